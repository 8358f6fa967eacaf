import Checkpoints
import Files
import Models
import TestSupport
import Testing

struct UViTConfigurationTests {
    /// A folder that holds one configuration.
    private struct Folder: FileTable {
        let name = "memory"
        let files: [String: any ByteSource]

        init(_ text: String) {
            files = ["config.json": MemorySource(name: "config.json", Array(text.utf8))]
        }
    }

    private func read(_ text: String) throws -> UViTConfiguration {
        try UViTConfiguration(
            ConfigurationReader(Folder(text), "config.json", classes: UViTConfiguration.models))
    }

    @Test(arguments: UViTConfiguration.names)
    func publishedSizesAreReadAsTheyAreWritten(name: String) throws {
        let size = try #require(UViTConfiguration.named(name) as? UViTConfiguration)
        #expect(try read(size.text) == size)
        // In both sizes of picture, as the paper has it.
        #expect(size.layout == TokenLayout(rows: 258, width: size.width, kept: 2..<258))
    }

    @Test func theHugeModelHasAsManyNumbersAsPublished() throws {
        let huge = try #require(UViTConfiguration.named("U-ViT-H/2"))
        #expect(huge.parameters == 500_832_016)
        #expect(huge.blocks == 29)
        #expect(huge.longSkips.first == LongSkip(from: 0, to: 28))
        #expect(huge.longSkips.last == LongSkip(from: 13, to: 15))
        #expect(UViTConfiguration.named("U-ViT-H/8") == nil)
    }

    @Test func anOddDepthHasNoBlockMore() throws {
        let (odd, even) = try (read(text(["depth": "5"])), read(text(["depth": "4"])))
        #expect(odd == even && odd.blocks == 5)
    }

    @Test(arguments: [
        ("qkv_bias", "true", "supported: false"), ("mlp_time_embed", "true", "supported: false"),
        ("skip", "false", "supported: true"), ("mlp_ratio", "2", "supported: 4"),
        ("num_classes", "-1", "a whole number from 2"), ("depth", "1", "a whole number from 2 to 10000"),
        ("depth", "1000000000", "a whole number from 2 to 10000"),
        ("embed_dim", "25", "an even number"), ("num_heads", "5", "that num_heads (5) divides"),
        ("embed_dim", "1e99", "a whole number from 2 to 1048576"),
        ("img_size", "7", "a multiple of patch_size (2)"),
        ("img_size", "16384", "an image has at most 268435456 numbers"),
        ("in_chans", "0", "a whole number from 1 to 4096"), ("patch_size", "0", "a whole number from 1"),
        ("timestep_scale", "0", "a number above 0"), ("guidance_scale", "-1", "a number above 0"),
        ("qk_scale", "3", "UViT has no such key"),
    ])
    func refuses(key: String, value: String, supported: String) {
        do {
            _ = try read(text([key: value]))
            Issue.record("\(key) \(value) was taken")
        } catch {
            #expect("\(error)".contains(key) && "\(error)".contains(supported))
        }
    }

    private func text(_ changes: [String: String]) -> String {
        let all = [
            "_class_name": "\"UViT\"", "img_size": "6", "patch_size": "2", "in_chans": "4", "embed_dim": "24",
            "depth": "5", "num_heads": "3", "num_classes": "7", "conv": "false",
        ].merging(changes) { $1 }
        return "{" + all.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }
}
