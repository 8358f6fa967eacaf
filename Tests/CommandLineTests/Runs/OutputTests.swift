import Foundation
import Testing

extension WaitingSuite {
    /// Logs and results that cannot be written.
    @Suite struct OutputTests {
        let place: Workplace
        let model: TinyModel

        init() throws {
            place = try Workplace()
            model = try TinyModel(in: place)
        }

        /// Runs omnicache in a shell, on each rank, with its standard files as the redirection says.
        private func run(_ arguments: [String], _ redirection: String, ranks: Int = 1) async throws -> Outcome
        {
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            let launcher = ranks == 1 ? [] : ["mpirun", "-np", "\(ranks)", "--oversubscribe"]
            let shell = ["sh", "-c", "exec \"$@\" \(redirection)", "sh", Program.path]
            return try await start(launcher + shell + arguments, in: place.folder, environment: environment)
        }

        private var drawing: [String] {
            [
                "--model", model.path, "--class", "hen", "--steps", "4", "--output", "a.png", "--engine",
                "openblas",
            ]
        }

        /// Everything is drawn, and no message has come into a file that was opened in a log's place.
        @Test(arguments: [1, 2], ["2>&-", "2>/dev/full", "<&- 2>&-"])
        func aLogThatCannotBeWrittenEndsNothing(ranks: Int, redirection: String) async throws {
            let outcome = try await run(drawing, redirection, ranks: ranks)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "a.png\n")
            let picture = try place.bytes("a.png")
            _ = try Picture(picture)
            let usual = try await run(drawing, "")
            #expect(usual.status == 0 && usual.errors.contains("steps of ddim"))
            #expect(try place.bytes("a.png") == picture)
        }

        @Test func aLogThatNobodyReadsEndsNothing() async throws {
            let outcome = try await run(drawing, "2>&1 >/dev/null | true; [ -s a.png ]")
            #expect(outcome.status == 0, "\(outcome.errors)")
            _ = try Picture(try place.bytes("a.png"))
        }

        /// The same for what a run says at its end, and of its failure.
        @Test(arguments: ["2>&-", "2>/dev/full"]) func aRefusalKeepsItsStatus(redirection: String)
            async throws
        {
            #expect(try await run(["--model", "nowhere"], redirection).status == 66)
            #expect(try await run(["--steps", "none"], redirection).status == 64)
        }

        @Test(arguments: [(">&-", "Bad file descriptor"), (">/dev/full", "No space left on device")])
        func resultsThatCannotBeWrittenAreAnError(redirection: String, cause: String) async throws {
            for arguments in [
                ["inspect", "--model", model.path], ["doctor", "--model", model.path], ["--help"], drawing,
            ] {
                let outcome = try await run(arguments, redirection)
                #expect(outcome.status == 73, "\(arguments): \(outcome.errors)")
                #expect(outcome.errorCount(of: "omnicache: error: standard output: \(cause)") == 1)
            }
            // What the run was for is there.
            _ = try Picture(try place.bytes("a.png"))
        }

        @Test func resultsThatNobodyReadsAreAnError() async throws {
            let shell = "{ sleep 1; \"$@\"; echo status $? >&2; } | true"
            var environment = Program.environment
            environment["XDG_CACHE_HOME"] = place.cache
            let outcome = try await start(
                ["sh", "-c", shell, "sh", Program.path, "inspect", "--model", model.path], in: place.folder,
                environment: environment)
            #expect(outcome.errors.contains("standard output: Broken pipe"), "\(outcome.errors)")
            #expect(outcome.errors.contains("status 73"))
        }
    }
}
