import Checkpoints
import Foundation
import Testing

@Suite(.serialized) struct DirectoryTreeTests {
    @Test("A folder that is not there is called so")
    func noFolder() {
        let error = #expect(throws: CheckpointError.self) { _ = try ModelFolder(DirectoryTree("/no/such/")) }
        #expect(error == CheckpointError(.missingFile, "/no/such: no such folder"))
    }

    @Test("A file that is not there is called so")
    func noFile() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: CheckpointError.self) { _ = try ModelFolder(DirectoryTree(folder.path)) }
        #expect(error == CheckpointError(.missingFile, "\(folder.path)/model_index.json: no such file"))
    }

    @Test("A folder and a pipe are no files, and nobody waits for the pipe")
    func notRegular() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        #expect(mkdir(folder.path + "/sub", 0o700) == 0)
        for name in ["pipe", "sub"] {
            let error = #expect(throws: CheckpointError.self) {
                _ = try DirectoryTree(folder.path).open(name)
            }
            #expect(error == CheckpointError(.invalid, "\(folder.path)/\(name): not a regular file"))
        }
        #expect(DirectoryTree(folder.path).list("") == ["pipe", "sub"])
        #expect(DirectoryTree(folder.path).list("nowhere") == [])
    }

    @Test("A file that shrinks while it is read is an error, not a crash")
    func shrinks() throws {
        let folder = try TemporaryFolder()
        try WholeFile.write(
            safetensors(
                #"{"x":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}"#, Array(repeating: 0, count: 32)),
            to: folder.path + "/f")
        let archive = try WeightArchive(try DirectoryTree(folder.path).open("f"))
        #expect(truncate(folder.path + "/f", 70) == 0)
        let error = #expect(throws: CheckpointError.self) { _ = try archive.read("x", shape: [8]) }
        #expect(error?.description.contains("became shorter while it was read") == true)
    }
}
