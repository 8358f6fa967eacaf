extension EvaluationTable {
    /// The table as comma-separated values (RFC 4180): one header row, numbers in full, nothing where none is.
    public func csv() -> String {
        let fields = Self.fields
        let rows = [fields.map(\.name)] + entries.map { entry in fields.map { $0.value(entry) ?? "" } }
        return rows.map { $0.map(Self.quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    /// A field in quotes if it needs them, quotes in it doubled.
    private static func quoted(_ field: String) -> String {
        // Scalars, because a carriage return and a line feed are one character.
        guard field.unicodeScalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else {
            return field
        }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            + "\""
    }

    private typealias Field = (name: String, value: (EvaluationEntry) -> String?)

    private static var fields: [Field] {
        let general: [Field] = [
            ("name", { $0.name }),
            ("policy", { $0.policy }),
            ("sampler", { $0.sampler }),
            ("budget", { "\($0.budget)" }),
            ("computed_steps", { "\($0.cost.computedSteps)" }),
            ("block_evaluations", { "\($0.cost.blockEvaluations)" }),
            ("flops", { "\($0.cost.flops)" }),
            ("seconds", { "\($0.cost.seconds)" }),
            ("bytes_moved", { "\($0.cost.bytesMoved)" }),
        ]
        return general + fields("uncached", \.toUncached) + fields("converged", \.toConverged)
            + fields("class_accuracy", \.classAccuracy)
            + [("frechet_distance", { $0.frechetDistance.map { "\($0)" } })]
    }

    private static func fields(
        _ reference: String, _ closeness: @escaping (EvaluationEntry) -> Closeness?
    ) -> [Field] {
        fields(reference + "_psnr_db", { closeness($0)?.psnr })
            + fields(reference + "_ssim_luma", { closeness($0)?.ssimLuma })
            + fields(reference + "_ssim_rgb", { closeness($0)?.ssimRGB })
            + fields(reference + "_latent_error", { closeness($0)?.latentError })
            + fields(reference + "_psnr_difference_db", { closeness($0)?.psnrDifference })
            + fields(reference + "_ssim_luma_difference", { closeness($0)?.ssimLumaDifference })
            + fields(reference + "_ssim_rgb_difference", { closeness($0)?.ssimRGBDifference })
            + fields(reference + "_latent_error_difference", { closeness($0)?.latentErrorDifference })
    }

    private static func fields(
        _ name: String, _ estimate: @escaping (EvaluationEntry) -> Estimate?
    ) -> [Field] {
        [
            (name, { estimate($0).map { "\($0.mean)" } }),
            (name + "_se", { estimate($0).map { "\($0.standardError)" } }),
        ]
    }
}
