import Checkpoints
import Files
import Foundation
import Models
import TestSupport
import Testing

/// Folders that hold no model, or not where it is looked for.
@Suite(.serialized) struct ModelFolderTests {
    @Test("A folder that is not there is called so")
    func noFolder() throws {
        let path = try TemporaryFolder().path + "/none"
        let error = #expect(throws: ReadError.self) { _ = try ModelFolder(DirectoryTree(path + "/")) }
        #expect(error == ReadError(.missingFile, "\(path): no such folder"))
    }

    @Test("A model behind a link that leads nowhere is called so")
    func danglingFolder() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/folder", withDestinationPath: "elsewhere")
        let error = #expect(throws: ReadError.self) {
            _ = try ModelFolder(DirectoryTree(folder.path + "/folder"))
        }
        #expect(error?.kind == .missingFile)
        #expect(
            error?.description.hasPrefix(
                "\(folder.path)/folder: a symbolic link to elsewhere, where nothing is")
                == true)
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
        let error = #expect(throws: ReadError.self) { _ = try WeightArchive(parent, folder: part) }
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
        func said(_ path: String) -> ReadError? {
            #expect(throws: ReadError.self) { _ = try ModelFolder(DirectoryTree(folder.path + path)) }
        }
        func below(_ path: String, _ model: String) -> ReadError {
            ReadError(
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
                == ReadError(
                    .missingFile, "\(folder.path)/hub/snapshots/cc/model_index.json: no such file"))
    }

    @Test("A file that is not there is called so")
    func noFile() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: ReadError.self) { _ = try ModelFolder(DirectoryTree(folder.path)) }
        #expect(error == ReadError(.missingFile, "\(folder.path)/model_index.json: no such file"))
    }
}
