import CSyncs
import Failures
import Foundation
import TestSupport
import Testing

@testable import Files

/// Whether this process may mount a small file system to fill.
private let mounts: Bool = {
    guard let folder = try? TemporaryFolder(), mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0
    else { return false }
    return umount(folder.path) == 0
}()

@Suite(.serialized) struct WholeFileTests {
    private func contents(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test("A file is written, and replaced, with nothing left beside it", arguments: [0, 1, 100_003])
    func writes(_ count: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/x.png"
        for value in [UInt8(1), 2] {
            let bytes = [UInt8](repeating: value, count: count)
            try WholeFile.write(bytes, to: path)
            #expect(try contents(path) == bytes)
            #expect(folder.contents == ["x.png"])
        }
    }

    @Test("A private file is for the user alone, with and without nameless files", arguments: [true, false])
    func keepsToTheUser(nameless: Bool) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/x"
        var file = try OutputFile(path, nameless: nameless, isPrivate: true)
        try file.commit()
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("A file in parts is there when all are, and not at all if one fails")
    func writesParts() throws {
        struct Failure: Error {}
        let folder = try TemporaryFolder()
        let path = folder.path + "/x"
        #expect(throws: Failure.self) {
            try WholeFile.write(to: path) { append in
                try append([1, 2])
                #expect(folder.contents.isEmpty)
                throw Failure()
            }
        }
        #expect(folder.contents.isEmpty)
        try WholeFile.write(to: path) { append in
            for byte in UInt8(0)..<5 { try append([byte, byte]) }
        }
        #expect(try contents(path) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
        #expect(folder.contents == ["x"])
    }

    @Test("A symbolic link is written through")
    func link() throws {
        let folder = try TemporaryFolder()
        try WholeFile.write([1], to: folder.path + "/target")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link", withDestinationPath: "target")
        try WholeFile.write([2], to: folder.path + "/link")
        #expect(try contents(folder.path + "/target") == [2])
        #expect(folder.contents == ["link", "target"])
    }

    @Test("A place that cannot be written is named with its cause")
    func refused() throws {
        let folder = try TemporaryFolder()
        try WholeFile.write([1], to: folder.path + "/file")
        for (path, cause) in [
            (folder.path + "/none/x", "there is no such folder; create it first"),
            (folder.path + "/file/x", "a part of the path is a file, not a folder; choose another place"),
            (folder.path, "it is a folder; name a file in it"),
            (
                folder.path + "/" + String(repeating: "x", count: 256),
                "a name in it is longer than the 255 bytes that a file system takes, or the whole than 4096; choose a "
                    + "shorter one"
            ),
            ("/dev/full", "the disk is full; free some space or choose another place"),
        ] {
            let error = #expect(throws: WriteError.self) { try WholeFile.write([1, 2, 3], to: path) }
            #expect(error?.description == "\(path): cannot be written: \(cause)")
            #expect(error?.failureKind == .output)
        }
        #expect(folder.contents == ["file"])
        // Found before anything is done, too.
        let long = folder.path + "/" + String(repeating: "ü", count: 128)
        let file = #expect(throws: WriteError.self) { try WholeFile.check(long) }
        let below = #expect(throws: WriteError.self) { try WholeFile.checkFolder(long) }
        #expect(file?.description.contains("longer than the 255 bytes") == true)
        #expect(below == file)
    }

    @Test("A pipe that is checked is not opened: its reader waits for what is written")
    func pipe() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        // With this reader a writer need not wait; an end of file shows as an event.
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        func event() -> Int16 {
            var state = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            return poll(&state, 1, 0) > 0 ? state.revents : 0
        }
        try WholeFile.check(path)
        #expect(event() == 0)
        try WholeFile.write([7, 8], to: path)
        #expect(event() & Int16(POLLIN | POLLHUP) == Int16(POLLIN | POLLHUP))
        #expect(folder.contents == ["pipe"])
    }

    @Test("A name of wide characters is replaced where hidden files stand in")
    func wideNames() throws {
        let folder = try TemporaryFolder()
        let name = String(repeating: "👩‍👩‍👧", count: 13) + ".png"
        for value in [UInt8(1), 2] {
            var file = try OutputFile(folder.path + "/" + name, nameless: value == 1)
            try WholeFile.append([value], to: file)
            try file.commit()
        }
        try WholeFile.write([3], to: folder.path + "/" + name)
        #expect(try contents(folder.path + "/" + name) == [3])
        #expect(folder.contents == [name])
    }

    @Test(
        "The name of a new file of lines, and of new folders, is put on the disk",
        .enabled(if: syncs_are_counted()))
    func namesLast() throws {
        let folder = try TemporaryFolder()
        var before = folders_synced()
        let file = try LineFile(folder.path + "/lines")
        #expect(folders_synced() == before + 1)
        try file.append([1])
        _ = try LineFile(folder.path + "/lines")
        #expect(folders_synced() == before + 1)
        before = folders_synced()
        try WholeFile.makeFolder(folder.path + "/a/b")
        #expect(folders_synced() == before + 2)
        try WholeFile.makeFolder(folder.path + "/a/b")
        #expect(folders_synced() == before + 2)
    }

    @Test("Two names of one place are the same place, through links and before it is there")
    func places() throws {
        let folder = try TemporaryFolder()
        try WholeFile.makeFolder(folder.path + "/real/sub")
        for (link, target) in [("link", "real"), ("deep", "real/sub")] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + link, withDestinationPath: target)
        }
        let place = ContainedPath.place(of: folder.path)
        for (path, expected) in [
            ("link", "/real"), ("link/", "/real"), ("./link/x.png", "/real/x.png"), ("deep/..", "/real"),
            ("none/../real", "/real"), ("none/x", "/none/x"), ("deep/../x/./y", "/real/x/y"),
        ] {
            #expect(ContainedPath.place(of: folder.path + "/" + path) == place + expected, "\(path)")
        }
        #expect(ContainedPath.place(of: "/") == "/")
        #expect(ContainedPath.place(of: "x") == ContainedPath.place(of: ".") + "/x")
    }

    @Test("Of a folder that takes no files it is not said that it does not exist")
    func noFilesThere() {
        let error = #expect(throws: WriteError.self) { try WholeFile.check("/proc/x.png") }
        #expect(error?.description.hasSuffix("; choose another place") == true, "\(error?.description ?? "")")
    }

    @Test("A device is written to and not replaced")
    func device() throws {
        try WholeFile.write([1], to: "/dev/null")
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    @Test("A file has no name before it is whole, and none if it never is", arguments: [true, false])
    func unfinished(_ nameless: Bool) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/x"
        do {
            let file = try OutputFile(path, nameless: nameless)
            try WholeFile.append([1, 2, 3], to: file)
            #expect(folder.contents.filter { !($0.hasPrefix(".") && $0.hasSuffix(".partial")) } == [])
            #expect(folder.contents.count == (nameless ? 0 : 1))
        }
        #expect(folder.contents == [])
    }

    @Test("A file system without nameless files gets the same file, new or replaced")
    func hiddenFile() throws {
        let folder = try TemporaryFolder()
        for value in [UInt8(1), 2] {
            var file = try OutputFile(folder.path + "/x", nameless: false)
            try WholeFile.append([value], to: file)
            try file.commit()
            #expect(try contents(folder.path + "/x") == [value])
        }
        #expect(folder.contents == ["x"])
    }

    @Test("A full disk is an error that leaves the old file and no other", .enabled(if: mounts))
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        #expect(mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0)
        defer { umount(folder.path) }
        let path = folder.path + "/x"
        try WholeFile.write([1, 2, 3], to: path)
        let error = #expect(throws: WriteError.self) {
            try WholeFile.write(Array(repeating: 0, count: 400_000), to: path)
        }
        #expect(error?.description.contains("the disk is full") == true)
        #expect(try contents(path) == [1, 2, 3])
        #expect(folder.contents == ["x"])
    }
}
