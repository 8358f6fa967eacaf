import Foundation
import Subprocess
import TestSupport
import Testing

extension WaitingSuite {
    @Suite struct JobTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        private static let lines = """
            {"label": "hen", "seed": 7, "output": "a.png"}
            {"label": "tench", "seed": 18446744073709551615, "steps": 6, "output": "birds/b.png"}

            {"label": 1, "seed": 0, "steps": 5, "guidance": 1.5, "output": "birds/far/c.png"}
            {"output": "d.png", "seed": 8, "label": "#2"}
            """

        private func draw(
            _ lines: String = lines, _ extra: [String] = [], ranks: Int = 1, interruption: Interruption? = nil
        ) async throws -> Outcome {
            try place.write(lines, to: "../jobs.jsonl")
            return try await place.omnicache(
                [
                    "--model", model.path, "--jobs", "../jobs.jsonl", "--output", "out/", "--steps", "5",
                    "--policy", "uniform",
                ] + extra, ranks: ranks, interruption: interruption)
        }

        /// The picture that a command for one image draws.
        private func alone(_ arguments: String...) async throws -> [UInt8] {
            let outcome = try await place.omnicache(
                ["--model", model.path, "--policy", "uniform", "--output", "../one.png"] + arguments)
            try check(outcome.status == 0, outcome.errors)
            return try place.bytes("../one.png")
        }

        @Test(arguments: [1, 3])
        func drawsWhatEachLineSays(ranks: Int) async throws {
            let outcome = try await draw(ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "out/\n")
            // Two lines are alike and go through together.
            #expect(outcome.errorCount(of: "2 images, 5 steps") == 1)
            #expect(
                place.listing("out") == [
                    "a.png", "birds", "birds/b.png", "birds/far", "birds/far/c.png", "d.png", "journal.jsonl",
                ])
            #expect(
                try await place.bytes("out/a.png") == alone("--class", "hen", "--seed", "7", "--steps", "5"))
            #expect(
                try await place.bytes("out/birds/b.png")
                    == alone("--class", "tench", "--seed", "18446744073709551615", "--steps", "6"))
            #expect(
                try await place.bytes("out/birds/far/c.png")
                    == alone("--class", "1", "--steps", "5", "--guidance", "1.5"))
            let mode = try FileManager.default.attributesOfItem(atPath: place.path("out/journal.jsonl"))[
                .posixPermissions]
            #expect(mode as? Int == 0o600)
        }

        @Test func theSameCommandDoesTheRest() async throws {
            #expect(try await draw().status == 0)
            let pictures = try ["out/a.png", "out/d.png"].map { try place.bytes($0) }
            // What is done is not touched: a mark stays.
            try place.write("mark", to: "out/a.png")
            try FileManager.default.removeItem(atPath: place.path("out/d.png"))
            let again = try await draw(ranks: 2)
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.errorCount(of: "1 image,") == 1)
            #expect(try place.bytes("out/a.png") == Array("mark".utf8))
            #expect(try place.bytes("out/d.png") == pictures[1])
            let third = try await draw()
            #expect(third.status == 0)
            #expect(third.errorCount(of: "all jobs are done already") == 1)
        }

        /// However it ends, what the journal says is there, and the next start completes it.
        @Test(arguments: [1, 3], [Signal.kill, .terminate])
        func goesOnAfterAnEnd(ranks: Int, signal: Signal) async throws {
            let lines = (0..<300).map { #"{"label": 3, "seed": \#($0), "output": "\#($0).png"}"# }
            // A few at once, or all would be done at the same time.
            let waves = ["--in-flight", "3"]
            let journal = place.path("out/journal.jsonl")
            let outcome = try await draw(
                lines.joined(separator: "\n"), waves, ranks: ranks,
                interruption: Interruption(signal: signal, after: "5 steps of ddim") {
                    while true {
                        let text = FileManager.default.contents(atPath: journal) ?? Data()
                        if text.count(where: { $0 == 10 }) > 3 { return nil }
                        usleep(1000)
                    }
                })
            #expect(outcome.status != 0)
            // Ranks that mpirun has left behind may hold the folder a while longer, as they should.
            let lock = open(place.path("out/.omnicache.lock"), O_CREAT | O_RDWR, 0o600)
            #expect(flock(lock, LOCK_EX) == 0)
            close(lock)
            let kept =
                String(decoding: try place.bytes("out/journal.jsonl"), as: UTF8.self)
                .split(separator: "\n").count - 1
            #expect((3..<300).contains(kept))
            // An end in the middle of a line.
            let file = try #require(FileHandle(forWritingAtPath: journal))
            try file.seekToEnd()
            try file.write(contentsOf: Data(#"{"line": 300, "ou"#.utf8))
            try file.close()
            let again = try await draw(lines.joined(separator: "\n"), waves)
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.errorCount(of: "\(300 - kept) image") >= 1, "\(again.errors)")
            for seed in [0, 150, 299] {
                #expect(
                    try await place.bytes("out/\(seed).png")
                        == alone("--class", "3", "--seed", "\(seed)", "--steps", "5"))
            }
        }

        @Test func anotherRunsJournalIsRefused() async throws {
            #expect(try await draw().status == 0)
            let files = place.listing()
            let edited = try await draw(Self.lines + "\n\n")
            expectRefusal(
                edited, status: 65,
                saying: ["out/journal.jsonl: belongs to another run: its job file is ", "remove the file"],
                place: place, leaving: files)
            let others = try await draw(Self.lines, ["--guidance", "2"])
            expectRefusal(
                others, status: 65,
                saying: ["belongs to another run: its --guidance is 4.0 4.0 1.5, this"],
                place: place, leaving: files)
            try model.edit(TinyModel.transformer) { bytes in bytes[bytes.count - 2] ^= 1 }
            let spoilt = try await draw()
            expectRefusal(
                spoilt, status: 65, saying: ["belongs to another run: its model's weights is "], place: place,
                leaving: files)
            try place.write("{\n", to: "out/journal.jsonl")
            let broken = try await draw()
            expectRefusal(
                broken, status: 65, saying: ["out/journal.jsonl:1: is no line of a journal"], place: place,
                leaving: files)
        }

        @Test(arguments: [1, 3])
        func aSecondRunInOneFolderIsRefused(ranks: Int) async throws {
            let lock = try place.lock("out")
            defer { close(lock) }
            let outcome = try await draw(ranks: ranks)
            expectRefusal(
                outcome, status: 73, saying: ["out/: process 12 on host-3 writes there; wait for it"],
                place: place, leaving: ["out", "out/.omnicache.lock"])
            flock(lock, LOCK_UN)
            #expect(try await draw(ranks: ranks).status == 0)
        }

        @Test(arguments: [
            ("{", "not JSON: expected a name in quotes at byte 1"), ("[1]", "expected one JSON object"),
            (
                #"{"label": "hen", "seed": 1, "output": "b.png", "se\u0065d": 2}"#,
                "the name \"seed\" occurs twice"
            ),
            (
                #"{"label": "hen", "seed": 1, "output": "a/\#(String(repeating: "ü", count: 126)).png"}"#,
                "has a name of 256 bytes in it, where a file system takes 255; choose a shorter one"
            ),
            (
                #"{"label": "hen", "seed": 1, "output": "\#(String(repeating: "a/", count: 2100))b.png"}"#,
                "bytes, where the system takes 4095; choose a shorter one"
            ),
            (#"{"label": "he\u0000n", "seed": 1, "output": "b.png"}"#, "the model has no such label"),
            (
                #"{"label": "hen", "seed": 1, "output": "b.png", "size": 3}"#,
                "unknown key 'size'; there are label,"
            ),
            (#"{"seed": 1, "output": "b.png"}"#, "label is missing"),
            (#"{"label": "hen", "output": "b.png"}"#, "seed is missing: give a whole number"),
            (#"{"label": "hen", "seed": -1, "output": "b.png"}"#, "seed: expected a whole number from 0 on"),
            (#"{"label": "hen", "seed": 1.5, "output": "b.png"}"#, "seed: expected a whole number from 0 on"),
            (#"{"label": "hen", "seed": 1, "steps": 0, "output": "b.png"}"#, "steps 0: expected 1 to"),
            (
                #"{"label": "hen", "seed": 1, "steps": 2000, "output": "b.png"}"#,
                "steps: expected at most 1000, the timesteps"
            ),
            (
                #"{"label": "hen", "seed": 1, "guidance": 1e9, "output": "b.png"}"#,
                "expected a number from 0 to 1000"
            ),
            (
                #"{"label": "crow", "seed": 1, "output": "b.png"}"#,
                "class 'crow': the model has no such label"
            ),
            (#"{"label": "hen", "seed": 1}"#, "output is missing"),
            (#"{"label": "hen", "seed": 1, "output": "/tmp/b.png"}"#, "'/tmp/b.png' is an absolute path"),
            (#"{"label": "hen", "seed": 1, "output": "x/../../b.png"}"#, "leaves the folder by '..'"),
            (#"{"label": "hen", "seed": 1, "output": "x//b.png"}"#, "has an empty name or '.' in it"),
            (#"{"label": "hen", "seed": 1, "output": ".b.png"}"#, "names a hidden file or folder"),
            (#"{"label": "hen", "seed": 1, "output": "b.jpg"}"#, "expected a name that ends in .png"),
            (#"{"label": "hen", "seed": 1, "output": "out.png/b.png"}"#, "a link there leads out of out/"),
            (#"{"label": "hen", "seed": 1, "output": "a.png"}"#, "output a.png is also that of line 1"),
            (#"{"label": "hen", "seed": 1, "output": "a.png/b.png"}"#, "one name is to be file and folder"),
        ])
        func aBadLineIsNamed(_ line: String, message: String) async throws {
            try FileManager.default.createDirectory(
                atPath: place.path("out"), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: place.path("out/out.png"), withDestinationPath: place.root)
            let outcome = try await draw(#"{"label": 1, "seed": 1, "output": "a.png"}"# + "\n\n" + line)
            expectRefusal(
                outcome, status: 65, saying: ["../jobs.jsonl:3: ", message], place: place,
                leaving: ["out", "out/out.png"])
        }

        /// Lines of three choices of steps and guidance are three runs; the rest of them is one.
        @Test(arguments: [1, 3])
        func reportsEachKindOfJob(ranks: Int) async throws {
            let report = ["--run-report", "r.json", "--trace", "t.json"]
            func parts() throws -> [ReportFields] {
                try JSONDecoder().decode([ReportFields].self, from: Data(try place.bytes("r.json")))
            }
            let outcome = try await draw(Self.lines, report, ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try parts().map(\.steps.count) == [5, 6, 5])
            #expect(try parts().map(\.totals.images) == [2, 1, 1])
            #expect(try parts().allSatisfy { $0.stages.count == ranks && $0.firstStep == nil })
            #expect(
                try parts().allSatisfy { part in
                    part.steps.allSatisfy { ($0.activationBytes > 0) == (ranks > 1 && $0.kind == "computed") }
                })
            let trace = String(decoding: try place.bytes("t.json"), as: UTF8.self)
            #expect(trace.contains("\"compute 5\""))
            let table = try await place.omnicache(["report", "r.json"])
            #expect(table.status == 0, "\(table.errors)")
            for part in 0..<3 { #expect(table.output.contains("r.json[\(part)]: ")) }

            try FileManager.default.removeItem(atPath: place.path("out/birds/b.png"))
            #expect(try await draw(Self.lines, report, ranks: ranks).status == 0)
            let rest = try JSONDecoder().decode(ReportFields.self, from: Data(try place.bytes("r.json")))
            #expect(rest.steps.count == 6 && rest.totals.images == 1)
            #expect(try await draw(Self.lines, report, ranks: ranks).status == 0)
            #expect(try parts().isEmpty)
        }

        @Test func optionsThatDoNotGoTogether() async throws {
            for (extra, message) in [
                (["--class", "hen"], "--jobs says what to draw"),
                (["--final-latents", "x"], "do not go with --jobs"),
                (["--output", "x.png"], "--jobs writes many pictures: name a folder"),
                (
                    ["--run-report", "out/journal.jsonl"],
                    "--run-report and --jobs would both write out/journal"
                ),
            ] {
                let outcome = try await draw(Self.lines, extra)
                expectRefusal(outcome, status: 64, saying: [message], place: place)
            }
            let empty = try await draw("\n \n")
            expectRefusal(empty, status: 65, saying: ["jobs.jsonl: holds no job"], place: place)
        }
    }
}
