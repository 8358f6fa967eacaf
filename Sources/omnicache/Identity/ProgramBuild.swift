import Files

/// This build of the program: 8 hexadecimal digits of the build ID that the linker has noted in its file, a hash of what
/// it has linked; "unknown" where it noted none.
let programBuild: String = {
    // A note of ELF: the lengths of name and contents, the kind (a build ID), the name.
    let note: [UInt8] = [4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0] + Array("GNU\0".utf8)
    // Notes stand at the beginning of the file, behind a table of some hundred bytes.
    guard let start = try? FileSource("/proc/self/exe").bytes(first: 1 << 16),
        let place = start.firstRange(of: note)?.upperBound, place + 4 <= start.count
    else { return "unknown" }
    return start[place..<place + 4].map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }.joined()
}()
