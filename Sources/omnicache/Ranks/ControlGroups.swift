import Foundation

/// The limits of this process's control groups and of all above them: of version 1, of version 2, or of both.
struct ControlGroups {
    /// Folders with limits: of the own group first, up to the root of what is mounted.
    private let processorFolders: [String]
    private let memoryFolders: [String]
    private let isUnified: (processors: Bool, memory: Bool)

    /// - Parameter root: what stands before all paths; tests put folders of their own there.
    init(root: String = "") {
        let mounts = Self.text(root + "/proc/self/mountinfo").split(separator: "\n").compactMap(Mount.init)
        let groups = Self.text(root + "/proc/self/cgroup").split(separator: "\n").compactMap(Group.init)
        func folders(_ controller: String) -> (folders: [String], isUnified: Bool) {
            // A controller is in version 1 if that has it mounted, and else in version 2.
            for group in groups where group.controllers.contains(controller) {
                for mount in mounts where mount.controllers?.contains(controller) == true {
                    return (mount.folders(of: group.path).map { root + $0 }, false)
                }
            }
            guard let group = groups.first(where: { $0.controllers == [""] }),
                let mount = mounts.first(where: { $0.controllers == nil })
            else { return ([], true) }
            return (mount.folders(of: group.path).map { root + $0 }, true)
        }
        let (processors, memory) = (folders("cpu"), folders("memory"))
        (processorFolders, memoryFolders) = (processors.folders, memory.folders)
        isUnified = (processors.isUnified, memory.isUnified)
    }

    /// How many CPUs' time the process may take, perhaps a part of one; nil without a limit.
    var processors: Double? {
        processorFolders.compactMap { folder -> Double? in
            let numbers =
                isUnified.processors
                ? Self.text(folder + "/cpu.max").split(separator: " ").map { Double(Self.trimmed($0)) }
                : ["quota", "period"].map { Double(Self.trimmed(Self.text("\(folder)/cpu.cfs_\($0)_us"))) }
            guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0, period > 0
            else { return nil }
            return quota / period
        }.min()
    }

    /// Bytes that the process can take before a limit is met, what the kernel can drop at once included; nil without
    /// a limit.
    var availableBytes: Int? {
        let names =
            isUnified.memory
            ? ("/memory.max", "/memory.current", "inactive_file")
            : ("/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file")
        return memoryFolders.compactMap { folder -> Int? in
            func number(_ name: String) -> Int? { Int(Self.trimmed(Self.text(folder + name))) }
            // Version 1 writes a number near 2⁶³ for no limit.
            guard let limit = number(names.0), limit < 1 << 60, let used = number(names.1) else { return nil }
            let line = Self.text(folder + "/memory.stat").split(separator: "\n").first {
                $0.hasPrefix(names.2 + " ")
            }
            let droppable = line.flatMap { Int($0.dropFirst(names.2.count + 1)) } ?? 0
            return max(0, limit - used + min(droppable, used))
        }.min()
    }

    private static func text(_ path: String) -> String {
        // Files of the kernel have no length, which reading by a handle does not ask for.
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A line of /proc/self/cgroup, as in "4:cpu,cpuacct:/docker/5d0", or "0::/user.slice" of version 2.
private struct Group {
    /// [""] for version 2.
    let controllers: [String]
    let path: String

    init?(_ line: Substring) {
        let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        controllers = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        path = String(parts[2])
    }
}

/// A line of /proc/self/mountinfo that mounts control groups, as in
/// "32 24 0:28 /docker/5d0 /sys/fs/cgroup/cpu ro,nosuid - cgroup cgroup rw,cpu,cpuacct".
private struct Mount {
    /// The group that the mount point shows.
    let root: String
    let point: String
    /// nil for version 2, which has all.
    let controllers: Set<String>?

    init?(_ line: Substring) {
        let words = line.split(separator: " ")
        guard let dash = words.firstIndex(of: "-"), dash >= 5, words.count > dash + 3,
            ["cgroup", "cgroup2"].contains(words[dash + 1])
        else { return nil }
        root = String(words[3])
        point = String(words[4])
        controllers =
            words[dash + 1] == "cgroup2" ? nil : Set(words[dash + 3].split(separator: ",").map(String.init))
    }

    /// Folders of a group and of all above it that can be seen.
    func folders(of group: String) -> [String] {
        let top = root == "/" ? "" : root
        // A container may see its own group as the root, and its path as on the host.
        let isBelow = group == root || group.hasPrefix(top + "/")
        var names = isBelow ? group.dropFirst(top.count).split(separator: "/") : []
        if names.contains("..") { names = [] }
        return (0...names.count).reversed().map { count in
            point + names.prefix(count).map { "/" + $0 }.joined()
        }
    }
}
