import Checkpoints
import Foundation
import Models
import Testing

@Suite(.serialized) struct DirectoryTreeTests {
    @Test("A folder that is not there is called so")
    func noFolder() throws {
        let path = try TemporaryFolder().path + "/none"
        let error = #expect(throws: CheckpointError.self) { _ = try ModelFolder(DirectoryTree(path + "/")) }
        #expect(error == CheckpointError(.missingFile, "\(path): no such folder"))
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
            let error = #expect(throws: CheckpointError.self) { _ = try tree.open(file) }
            #expect(error == CheckpointError(.missingFile, text + remedy))
        }
        let model = #expect(throws: CheckpointError.self) {
            _ = try ModelFolder(DirectoryTree(folder.path + "/folder"))
        }
        #expect(
            model
                == CheckpointError(
                    .missingFile, "\(folder.path)/folder: a symbolic link to elsewhere" + remedy))
    }

    @Test("Weights behind a link that leads nowhere are not passed over for others")
    func danglingWeights() throws {
        let folder = try TemporaryFolder()
        let stem = folder.path + "/diffusion_pytorch_model"
        let weights = safetensors(#"{"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, [0, 0x3C])
        try WholeFile.write(weights, to: stem + ".fp16.safetensors")
        try FileManager.default.createSymbolicLink(
            atPath: stem + ".safetensors", withDestinationPath: "../blobs/1")
        let parent = DirectoryTree(FileManager.default.temporaryDirectory.path)
        let part = folder.path.split(separator: "/").last.map(String.init) ?? ""
        let error = #expect(throws: CheckpointError.self) { _ = try WeightArchive(parent, folder: part) }
        #expect(error?.description.contains(".safetensors: a symbolic link to ../blobs/1") == true)
        // As diffusers, which asks for an index that is a file.
        try FileManager.default.removeItem(atPath: stem + ".safetensors")
        try WholeFile.write(weights, to: stem + ".safetensors")
        try FileManager.default.createSymbolicLink(
            atPath: stem + ".safetensors.index.json", withDestinationPath: "../blobs/2")
        #expect(try WeightArchive(parent, folder: part).names == ["x"])
    }

    @Test("Of a folder above the model's it is said where that is")
    func above() throws {
        let folder = try TemporaryFolder()
        for snapshot in ["aa", "bb", "cc"] {
            let place = folder.path + "/hub/snapshots/" + snapshot
            try WholeFile.makeFolder(place)
            if snapshot != "cc" { try WholeFile.write(Array("{}".utf8), to: place + "/model_index.json") }
        }
        func said(_ path: String) -> CheckpointError? {
            #expect(throws: CheckpointError.self) { _ = try ModelFolder(DirectoryTree(folder.path + path)) }
        }
        func below(_ path: String, _ model: String) -> CheckpointError {
            CheckpointError(
                .missingFile,
                "\(folder.path)\(path)/model_index.json: no such file; the model is in a folder below: name "
                    + folder.path + model)
        }
        #expect(said("/hub") == below("/hub", "/hub/snapshots/bb"))
        #expect(said("/hub/snapshots") == below("/hub/snapshots", "/hub/snapshots/bb"))
        try WholeFile.makeFolder(folder.path + "/hub/refs")
        try WholeFile.write(Array("aa".utf8), to: folder.path + "/hub/refs/main")
        #expect(said("/hub") == below("/hub", "/hub/snapshots/aa"))
        #expect(
            said("/hub/snapshots/cc")
                == CheckpointError(
                    .missingFile, "\(folder.path)/hub/snapshots/cc/model_index.json: no such file"))
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
