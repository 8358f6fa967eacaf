/// Something that a test on several ranks found wrong.
///
/// Thrown rather than recorded, because a rank's thread is outside the test's task, and because the other
/// ranks must learn of it.
public struct CheckFailure: Error, CustomStringConvertible {
    /// What was found.
    public let description: String

    /// A finding.
    public init(_ description: String) { self.description = description }
}

/// Throws a `CheckFailure` unless `condition` holds.
public func check(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw CheckFailure(message()) }
}

/// Throws a `CheckFailure` unless two values are equal.
public func checkEqual<T: Equatable>(_ found: T, _ expected: T, _ what: @autoclosure () -> String) throws {
    if found != expected { throw CheckFailure("\(what()): found \(found), expected \(expected)") }
}
