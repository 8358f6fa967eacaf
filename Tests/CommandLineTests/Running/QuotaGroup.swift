import Foundation

/// A control group whose processes together may take one CPU's time.
final class QuotaGroup: Sendable {
    private let path: String

    /// Makes it, of version 2 or 1; nil where that is not allowed.
    init?() {
        let versions = [
            ("/sys/fs/cgroup", [("cpu.max", "100000 100000")]),
            ("/sys/fs/cgroup/cpu", [("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "100000")]),
        ]
        let name = "/omnicache-tests-" + UUID().uuidString
        for (root, limits) in versions where mkdir(root + name, 0o700) == 0 {
            let path = root + name
            if limits.allSatisfy({ Self.write($1, to: path + "/" + $0) }) {
                self.path = path
                return
            }
            rmdir(path)
        }
        return nil
    }

    deinit { rmdir(path) }

    /// What starts a command in it.
    var launcher: [String] { ["sh", "-c", #"echo $$ >"$0/cgroup.procs" && exec "$@""#, path] }

    private static func write(_ text: String, to file: String) -> Bool {
        guard let file = FileHandle(forWritingAtPath: file) else { return false }
        return (try? file.write(contentsOf: Data(text.utf8))) != nil
    }
}
