import Foundation
import TestSupport
import Testing

/// A sound model asked for what cannot be, and what the program says.
struct BadRun: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var status: Int32 = 64
    let message: [String]
    /// Prepares what the arguments name, outside of where the command runs.
    let arguments: @Sendable (Workplace, TinyModel, _ ranks: Int) async throws -> [String]

    init(
        _ description: String, status: Int32 = 64, message: [String],
        arguments: @escaping @Sendable (Workplace, TinyModel, Int) async throws -> [String]
    ) {
        testDescription = description
        self.status = status
        self.message = message
        self.arguments = arguments
    }

    /// A case that needs no preparation; given arguments come behind the class.
    init(_ description: String, status: Int32 = 64, message: [String], _ arguments: String...) {
        self.init(description, status: status, message: message) { _, _, _ in arguments }
    }

    static let usage = [
        BadRun(
            "unknown label", message: ["class 'tensch': the model has no such label; did you mean 'tench'"],
            "--class", "tensch"),
        BadRun(
            "ambiguous label",
            message: ["class 'crane' is ambiguous: say which of #2 (crane) and #3 (crane)"], "--class",
            "crane"),
        BadRun(
            "class out of range", message: ["class #8: the model has classes #0 to #7"], "--class", "#8"),
        BadRun("class below 0", message: ["class -1: the model has classes 0 to 7"], "--class", "3", "-1"),
        BadRun(
            "guidance below 0", message: ["--guidance -0.5: expected a number from 0 to 1000"], "--class",
            "hen",
            "--guidance", "-0.5"),
        BadRun(
            "seed below 0", message: ["The value '-1' is invalid for '--seed"], "--text", "7", "--seed", "-1"),
        BadRun("nothing to draw", message: ["nothing to draw: name at least one --class"]),
        BadRun(
            "a class and a text", message: ["--text and --class both say what to draw"], "--class", "hen",
            "--text", "7"),
        BadRun("no steps", message: ["--steps 0: expected 1 to 10000"], "--class", "hen", "--steps", "0"),
        BadRun(
            "more steps than trained timesteps", message: ["steps: expected at most 1000", "found 2000"],
            "--class", "hen", "--steps", "2000"),
        BadRun(
            "more steps than a plan may have", message: ["--steps 1000000: expected 1 to 10000"], "--class",
            "hen", "--steps", "1000000"),
        BadRun(
            "guidance beyond all numbers", message: ["--guidance 1e+300: expected a number from 0 to 1000"],
            "--class", "hen", "--guidance", "1e300"),
        BadRun(
            "a text with a space", message: ["--text '7 7': no model draws a space"], "--text", "7 7"),
        BadRun(
            "a grid that no PNG can hold",
            message: ["100000 images would make a picture of 16 × 1600000 pixels", "name a folder/"],
            "--text", "7", "--count", "100000"),
        BadRun(
            "two outputs of one name",
            message: ["--run-report and --output would both write x.png: name two files"],
            "--class", "hen", "--run-report", "./x.png", "--output", "x.png"),
        BadRun("pictures and states in one folder", message: ["--output and --checkpoint would both write"]) {
            place, _, _ in
            try FileManager.default.createDirectory(
                atPath: place.root + "/out", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: place.root + "/link", withDestinationPath: "out")
            return ["--class", "hen", "--output", "../out/", "--checkpoint", "../link"]
        },
        BadRun(
            "an output of a name that the states have",
            message: ["--run-report ../s/run.json: --checkpoint has a file of this name there: name another"]
        ) { place, _, _ in
            try FileManager.default.createDirectory(
                atPath: place.root + "/states", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: place.path("../s"), withDestinationPath: "states")
            return ["--class", "hen", "--checkpoint", "../states", "--run-report", "../s/run.json"]
        },
        BadRun("no images", message: ["--count 0: expected 1"], "--class", "hen", "--count", "0"),
        BadRun(
            "more reuse than rules allow",
            message: ["expected at most 1 reused, found 2", "take more steps"],
            "--class", "hen", "--steps", "4", "--preset", "slow"),
        BadRun(
            "η without DDIM", message: ["--eta 0.5 is DDIM's, but the scheduler is ddpm"], "--class", "hen",
            "--scheduler", "ddpm", "--eta", "0.5"),
        BadRun(
            "an output that is no PNG", message: ["--output x.jpg: expected a name that ends in .png"],
            "--class", "hen", "--output", "x.jpg"),
        BadRun(
            "unknown engine", message: ["The value 'abacus' is invalid for '--engine <engine>'"], "--class",
            "hen", "--engine", "abacus"),
        BadRun("partition that does not add up", message: ["adds up to", "blocks, but the model has 5"]) {
            _, _, ranks in ["--class", "hen", "--partition", ranks == 1 ? "4" : "2,1,1"]
        },
        BadRun(
            "partition for other ranks", message: ["names 2 ranks, but the run has"],
            "--class", "hen", "--partition", "3,2"),
        BadRun(
            "partition without numbers", message: ["The value '5,' is invalid for '--partition"],
            "--class", "hen", "--partition", "5,"),
        BadRun(
            "quotas beside a policy that decides by itself",
            message: ["--policy fora decides by itself how much is reused: leave out", "and --quota"],
            "--class", "hen", "--policy", "fora", "--quota", "1,1,1"),
    ]

    static let files = [
        BadRun(
            "initial latents of another shape", status: 65,
            message: ["initial.safetensors: latents of shape [1, 4, 8, 8], where the run needs [2, 4, 8, 8]"]
        ) {
            place, model, _ in
            let made = try await place.omnicache(
                [
                    "--model", model.path, "--class", "hen", "--steps", "1", "--final-latents",
                    "../initial.safetensors",
                    "--output", "../made.png",
                ])
            try check(made.status == 0, made.errors)
            return ["--class", "hen", "--count", "2", "--initial-latents", "../initial.safetensors"]
        },
        BadRun(
            "initial latents that are no numbers", status: 65,
            message: ["../initial.safetensors: the latents hold NaN or infinite numbers"]
        ) { place, _, _ in
            let file = try WeightFile(latents: [Float](repeating: .nan, count: 256), shape: [1, 4, 8, 8])
            try file.encoded().write(to: URL(fileURLWithPath: place.path("../initial.safetensors")))
            return ["--class", "hen", "--initial-latents", "../initial.safetensors"]
        },
        BadRun(
            "no initial latents", status: 66, message: ["nowhere.safetensors: no such file"],
            "--class", "hen", "--initial-latents", "nowhere.safetensors"),
        BadRun(
            "no plan", status: 66, message: ["nowhere.json: no such file"],
            "--class", "hen", "--plan", "nowhere.json"),
        BadRun(
            "no plan at the root", status: 66, message: ["error: \(nothingAtTheRoot): no such file"],
            "--class", "hen", "--plan", nothingAtTheRoot),
        BadRun(
            "plan that is no JSON", status: 65, message: ["../plan.json: not JSON: expected a name in quotes"]
        ) { place, _, _ in
            try place.write("{", to: "../plan.json")
            return ["--class", "hen", "--plan", "../plan.json"]
        },
        BadRun("plan with a key twice", status: 65, message: ["../plan.json: the name \"mask\" occurs twice"])
        {
            place, model, _ in
            try await place.makePlan(model)
            let text = String(decoding: try place.bytes("../plan.json"), as: UTF8.self)
            try place.write("{\"mask\": []," + text.dropFirst(), to: "../plan.json")
            return ["--class", "hen", "--plan", "../plan.json"]
        },
        BadRun("plan without a mask", status: 65, message: ["../plan.json: plan: the key mask is missing"]) {
            place, model, _ in
            try await place.makePlan(model)
            let text = String(decoding: try place.bytes("../plan.json"), as: UTF8.self)
            try place.write(text.replacingOccurrences(of: "\"mask\"", with: "\"_mask\""), to: "../plan.json")
            return ["--class", "hen", "--plan", "../plan.json"]
        },
        BadRun(
            "plan for other steps", status: 65,
            message: ["../plan.json: plan: steps: made for 8, but this run has 10; make a plan"]
        ) { place, model, _ in
            try await place.makePlan(model)
            return ["--class", "hen", "--plan", "../plan.json", "--steps", "10"]
        },
        BadRun(
            "plan for other guidance", status: 65,
            message: ["../plan.json: plan: guidance: made for 4.0, but this run has 2.5; make a plan"]
        ) {
            place, model, _ in
            try await place.makePlan(model)
            return ["--class", "hen", "--plan", "../plan.json", "--guidance", "2.5"]
        },
        BadRun("plan for another model", status: 65, message: ["../plan.json: plan: model hash: made for "]) {
            place, model, _ in
            try await place.makePlan(model)
            // One number in one block: the layout stays the same.
            try model.editWeights { weights in
                let name = "transformer_blocks.4.ff.net.2.weight"
                let start = weights.tensors[name]?.data_offsets[0] ?? 0
                weights.data.replaceSubrange(start..<start + 4, with: [0, 0, 0x80, 0x3f])
            }
            return ["--class", "hen", "--plan", "../plan.json"]
        },
    ]

    /// A path that leads nowhere on any machine.
    private static let nothingAtTheRoot = "/omnicache-\(UUID().uuidString).json"

    static let outputs = [
        BadRun(
            "a picture of a name that no file system takes", status: 73,
            message: ["x.png: cannot be written: a name in it is longer than the 255 bytes"],
            "--class", "hen", "--output", String(repeating: "x", count: 252) + ".png"),
        BadRun(
            "a folder of a name that no file system takes", status: 73,
            message: ["x/: cannot be written: a name in it is longer than the 255 bytes"],
            "--class", "hen", "--output", String(repeating: "x", count: 256) + "/"),
        BadRun(
            "a picture below a file", status: 73,
            message: ["../file/x.png: cannot be written: a part of the path is a file"]
        ) { place, _, _ in
            try place.write("", to: "../file")
            return ["--class", "hen", "--output", "../file/x.png"]
        },
        BadRun(
            "a folder below a file", status: 73,
            message: ["../file/out/: cannot be written: a part of the path is a file"]
        ) { place, _, _ in
            try place.write("", to: "../file")
            return ["--class", "hen", "--output", "../file/out/"]
        },
        BadRun(
            "a picture in no folder", status: 73,
            message: ["nowhere/x.png: cannot be written: there is no such folder"],
            "--class", "hen", "--output", "nowhere/x.png"),
        BadRun(
            "latents in no folder", status: 73,
            message: ["nowhere/x.safetensors: cannot be written: there is no such folder"],
            "--class", "hen", "--final-latents", "nowhere/x.safetensors"),
        BadRun(
            "a report in no folder", status: 73, message: ["nowhere/x.json: cannot be written"],
            "--class", "hen", "--run-report", "nowhere/x.json"),
        BadRun(
            "a trace in no folder", status: 73, message: ["nowhere/x.json: cannot be written"],
            "--class", "hen", "--trace", "nowhere/x.json"),
    ]
}

extension Workplace {
    /// Writes a plan of 8 steps beside the folder that commands run in.
    func makePlan(_ model: TinyModel) async throws {
        let made = try await omnicache(
            [
                "plan", "--model", model.path, "--steps", "8", "--policy", "uniform", "--output",
                "../plan.json",
            ])
        try check(made.status == 0, made.errors)
    }
}
