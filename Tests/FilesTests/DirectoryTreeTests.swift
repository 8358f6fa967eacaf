import Files
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct DirectoryTreeTests {
    @Test("What is not there is called so, the folder before its files")
    func missing() throws {
        let folder = try TemporaryFolder()
        for (tree, text) in [
            (DirectoryTree(folder.path), "\(folder.path)/f: no such file"),
            (DirectoryTree(folder.path + "/none/"), "\(folder.path)/none: no such folder"),
        ] {
            let error = #expect(throws: ReadError.self) { _ = try tree.open("f") }
            #expect(error == ReadError(.missingFile, text))
        }
    }

    @Test("A link that leads nowhere is called so, wherever it is on the way")
    func danglingLinks() throws {
        let folder = try TemporaryFolder()
        let manager = FileManager.default
        for (name, target) in [("file", "../blobs/1"), ("folder", "elsewhere")] {
            try manager.createSymbolicLink(atPath: folder.path + "/" + name, withDestinationPath: target)
        }
        let tree = DirectoryTree(folder.path)
        let remedy =
            ", where nothing is; fetch the folder again, or copy it with what its links lead to (cp -rL)"
        for (file, text) in [
            ("file", "\(folder.path)/file: a symbolic link to ../blobs/1"),
            ("folder/x", "\(folder.path)/folder/x: \(folder.path)/folder is a symbolic link to elsewhere"),
        ] {
            let error = #expect(throws: ReadError.self) { _ = try tree.open(file) }
            #expect(error == ReadError(.missingFile, text + remedy))
        }
    }

    @Test("A folder and a pipe are no files, and nobody waits for the pipe")
    func notRegular() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        #expect(mkdir(folder.path + "/sub", 0o700) == 0)
        for name in ["pipe", "sub"] {
            let error = #expect(throws: ReadError.self) {
                _ = try DirectoryTree(folder.path).open(name)
            }
            #expect(error == ReadError(.invalid, "\(folder.path)/\(name): not a regular file"))
        }
        #expect(DirectoryTree(folder.path).list("") == ["pipe", "sub"])
        #expect(DirectoryTree(folder.path).list("nowhere") == [])
    }

    @Test("A file that shrinks while it is read is an error, not a crash")
    func shrinks() throws {
        let folder = try TemporaryFolder()
        try WholeFile.write(Array(repeating: 0, count: 100), to: folder.path + "/f")
        let file = try DirectoryTree(folder.path).open("f")
        #expect(truncate(folder.path + "/f", 70) == 0)
        let error = #expect(throws: ReadError.self) { _ = try file.bytes(atMost: 100) }
        #expect(error?.description.contains("became shorter while it was read") == true)
    }
}
