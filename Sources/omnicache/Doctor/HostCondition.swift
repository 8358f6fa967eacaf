import Checkpoints
import Engines
import Files
import Foundation
import MPITransport
import Models
import Sampling
import Transport

/// What one rank finds on its host.
struct HostCondition: Codable, Sendable {
    var hostName: String
    var mpi: String
    /// The build of the program.
    var program: String
    var cpu: String
    var cores: CoreShare
    var engine: EngineDescription?
    var availableBytes: Int
    var interfaces: [NetworkInterface]
    var model: ModelCondition?
    var warnings: [String]
    /// Why a run would fail here.
    var problems: [String] = []

    /// The model, as far as its headers say.
    struct ModelCondition: Codable, Sendable {
        var hash: String
        var blocks: Int
        /// Bytes of one block's weights.
        var blockBytes: Int
        /// Bytes of what is on every rank: the conditioner, the embeddings and the decoder.
        var sharedBytes: Int
    }

    /// Looks at this host; nothing is left out because something else is broken.
    init(_ options: ModelOptions, hostName: String) {
        self.hostName = hostName
        mpi = MPIWorld.libraryVersion
        program = programBuild
        cpu = Self.field("model name", of: "/proc/cpuinfo") ?? "unknown"
        cores = CoreShare(hostName: hostName)
        availableBytes = Self.availableMemory()
        interfaces = networkInterfaces()
        warnings = engineWarnings()
        do {
            engine =
                try makeEngine(options.engine, precision: options.precision, threads: options.threads ?? 1)
                .description
        } catch {
            problems.append("\(error)")
        }
        do {
            model = try ModelCondition(options)
        } catch {
            problems.append("\(error)")
        }
    }

    /// What the kernel can give without swapping, or what the control groups leave if that is less.
    private static func availableMemory() -> Int {
        let words = field("MemAvailable", of: "/proc/meminfo")?.split(separator: " ") ?? []
        let host = words.first.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
        return min(host, ControlGroups().availableBytes ?? host)
    }

    private static func field(_ name: String, of file: String) -> String? {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: ":", maxSplits: 1).last.map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }
}

extension HostCondition.ModelCondition {
    /// - Throws: `ReadError` for a model that cannot be used.
    fileprivate init(_ options: ModelOptions) throws(ReadError) {
        let folder = try ModelFolder(ModelSource(path: options.model).files)
        try folder.requireWholeModel()
        let denoiser = folder.denoiser
        let inBlocks = denoiser.blockParameters().reduce(0, +)
        let decoder = AutoencoderDecoder.expectedTensors(folder.autoencoder).values
        hash = String(folder.fingerprint, radix: 16)
        blocks = denoiser.blocks
        blockBytes = inBlocks / blocks * (options.precision == .bf16 ? 2 : 4)
        sharedBytes =
            (denoiser.parameters - inBlocks + decoder.reduce(0) { $0 + $1.reduce(1, *) }) * 4
    }
}
