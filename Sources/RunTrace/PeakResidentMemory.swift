import FoundationEssentials

/// The most memory that this process has held in RAM, in bytes; 0 where the kernel does not say.
///
/// Read from the kernel's VmHWM. getrusage's `ru_maxrss` would do, but a process inherits it from the one
/// that started it.
public func peakResidentBytes() -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
    return peakResidentBytes(status: status)
}

/// Finds the line "VmHWM: 1234 kB" of a /proc status file.
func peakResidentBytes(status: String) -> Int {
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
        let fields = line.split { $0 == " " || $0 == "\t" }
        return fields.count >= 2 ? (Int(fields[1]) ?? 0) * 1024 : 0
    }
    return 0
}
