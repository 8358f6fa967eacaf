import Foundation
import Subprocess
import TestSupport
import Testing

/// The program that was built beside the tests.
enum Program {
    /// Its path: in the folder of the running test executable.
    static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent("omnicache").path
    }()

    /// A copy of it with another build ID, where the linker has noted one.
    static func ofAnotherBuild(in place: Workplace) throws -> String {
        var program = try Data(contentsOf: URL(fileURLWithPath: path))
        let note = Data([20, 0, 0, 0, 3, 0, 0, 0]) + Data("GNU\0".utf8)
        let id = try #require(program.range(of: note)).upperBound
        for byte in id..<id + 4 { program[byte] ^= 0xff }
        let other = place.root + "/omnicache"
        try program.write(to: URL(fileURLWithPath: other))
        #expect(chmod(other, 0o700) == 0)
        return other
    }

    /// The test run's own variables without what launchers leave, and with what mpirun asks of root.
    static var environment: [String: String] {
        let launchers = ["OMPI_", "PMIX_", "PMI_", "SLURM_", "PRTE_"]
        var variables = ProcessInfo.processInfo.environment.filter { variable in
            !launchers.contains { variable.key.hasPrefix($0) }
        }
        if geteuid() == 0 {
            variables["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
            variables["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
        }
        return variables
    }
}

/// What a command left behind it.
struct Outcome: Sendable {
    /// As a shell would give it: 128 + the signal for a command that a signal ended.
    var status: Int32
    var output: String
    var errors: String
    /// From the start, or from the signal that was sent, to the end.
    var seconds: Double

    /// How often a text stands on standard error.
    func errorCount(of text: String) -> Int { errors.components(separatedBy: text).count - 1 }
}

/// A signal to send once a text has appeared on standard error.
struct Interruption: Sendable {
    var signal: Signal
    var after: String
    /// Which process gets it: by default the one that was started.
    var target: @Sendable () throws -> Int32? = { nil }
}

/// Starts a command and waits for its end, of which it is given four minutes: what hangs fails, and what is slow does not.
/// - Parameters:
///   - command: a program, by name or path, and its arguments.
///   - folder: where it runs.
/// - Throws: `CheckFailure` after them, when all that was started has been ended.
func start(
    _ command: [String], in folder: String, environment: [String: String],
    interruption: Interruption? = nil
) async throws -> Outcome {
    var options = PlatformOptions()
    // Its own session, so that the limit can end mpirun and its ranks together.
    options.createSession = true
    options.teardownSequence = [
        .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(3))
    ]
    let variables = environment.reduce(into: [Environment.Key: String]()) { variables, next in
        variables[Environment.Key(stringLiteral: next.key)] = next.value
    }
    // `env` sets the folder, and becomes the command with the same process identifier.
    let configuration = Configuration(
        executable: .name("env"), arguments: Arguments(["-C", folder] + command),
        environment: .custom(variables), platformOptions: options)
    return try await withThrowingTaskGroup(of: Outcome.self) { group in
        group.addTask { try await run(configuration, interruption) }
        group.addTask {
            try await Task.sleep(for: .seconds(240))
            throw CheckFailure("'\(command.joined(separator: " "))' still runs after four minutes")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CheckFailure("no outcome") }
        return first
    }
}

private func run(_ configuration: Configuration, _ interruption: Interruption?) async throws -> Outcome {
    let clock = ContinuousClock()
    var start = clock.now
    let result = try await Subprocess.run(
        configuration, input: .none, output: .string(limit: 1 << 22), error: .sequence
    ) { execution in
        var errors: [UInt8] = []
        var pending = interruption
        for try await buffer in execution.standardError {
            buffer.withUnsafeBytes { errors += $0 }
            if let waiting = pending, String(decoding: errors, as: UTF8.self).contains(waiting.after) {
                if let target = try waiting.target() {
                    kill(target, waiting.signal.rawValue)
                } else {
                    try execution.send(signal: waiting.signal)
                }
                start = clock.now
                pending = nil
            }
        }
        return String(decoding: errors, as: UTF8.self)
    }
    let status: Int32 =
        switch result.terminationStatus {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    return Outcome(
        status: status, output: result.standardOutput, errors: result.closureResult,
        seconds: (clock.now - start) / .seconds(1))
}
