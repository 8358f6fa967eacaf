import Foundation

/// The arguments that the program was given.
enum GivenArguments {
    /// As the parser takes them: a negative number joined to its option, as in `--class=-1`.
    ///
    /// By itself the parser takes it for an option; so the option says what it expects.
    static func parsed(_ arguments: [String]) -> [String] {
        var result: [String] = []
        var option: String?
        for (index, argument) in arguments.enumerated() {
            if argument == "--" { return result + arguments[index...] }
            if argument.hasPrefix("--") {
                option = argument.split(separator: "=").first.map(String.init)
            } else if let option, isNegativeNumber(argument) {
                if result.last == option { result.removeLast() }
                result.append("\(option)=\(argument)")
                continue
            }
            result.append(argument)
        }
        return result
    }

    private static func isNegativeNumber(_ text: String) -> Bool {
        let digits = text.dropFirst()
        return text.hasPrefix("-") && digits.first.map { $0.isNumber || $0 == "." } == true
            && Double(digits) != nil
    }

    /// Checks that all arguments are UTF-8: in others Swift puts U+FFFD for what it cannot read, and no file has that
    /// name.
    /// - Throws: `UsageError` naming the first that is not.
    static func requireUTF8() throws(UsageError) {
        guard CommandLine.arguments.contains(where: { $0.unicodeScalars.contains("\u{FFFD}") }),
            let bytes = try? FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/cmdline"))
                .readToEnd()
        else { return }
        for (number, argument) in bytes.split(separator: 0, omittingEmptySubsequences: false).enumerated()
        where String(validating: argument, as: UTF8.self) == nil {
            throw UsageError(
                "argument \(number), \(String(decoding: argument, as: UTF8.self)): expected UTF-8, found other bytes: "
                    + "rename the file or folder, or name a link to it")
        }
    }
}
