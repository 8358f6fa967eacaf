import Tables

extension EvaluationTable {
    /// The table as comma-separated values (RFC 4180): one header row, numbers in full, nothing where none is.
    public func csv() -> String {
        let fields = Self.fields
        let rows = [fields.map(\.name)] + entries.map { entry in fields.map { $0.value(entry) ?? "" } }
        return commaSeparatedValues(rows)
    }

    private typealias Field = (name: String, value: (EvaluationEntry) -> String?)

    private static var fields: [Field] {
        let general: [Field] = [
            ("name", { $0.name }),
            ("policy", { $0.policy }),
            ("sampler", { $0.sampler }),
            ("budget", { "\($0.budget)" }),
            ("chosen_for", { $0.chosenFor?.joined(separator: " ") }),
            ("equal_steps", { "\($0.cost.equalSteps)" }),
            ("computed_steps", { "\($0.cost.computedSteps)" }),
            ("block_evaluations", { "\($0.cost.blockEvaluations)" }),
            ("flops", { "\($0.cost.flops)" }),
            ("seconds", { "\($0.cost.seconds)" }),
            ("bytes_moved", { "\($0.cost.bytesMoved)" }),
            ("calibration_images", { $0.calibrationImages.map { "\($0)" } }),
        ]
        return general + fields("uncached", \.toUncached) + fields("converged", \.toConverged)
            + fields("class_accuracy", \.classAccuracy)
            + [("frechet_distance", { $0.frechetDistance.map { "\($0)" } })]
    }

    private static func fields(
        _ reference: String, _ closeness: @escaping (EvaluationEntry) -> Closeness?
    ) -> [Field] {
        fields(reference + "_psnr_db", { closeness($0)?.psnr })
            + fields(reference + "_psnr_db", { closeness($0)?.psnrTail })
            + fields(reference + "_ssim_luma", { closeness($0)?.ssimLuma })
            + fields(reference + "_ssim_luma", { closeness($0)?.ssimLumaTail })
            + fields(reference + "_ssim_rgb", { closeness($0)?.ssimRGB })
            + fields(reference + "_latent_error", { closeness($0)?.latentError })
            + fields(reference, "planned", { closeness($0)?.toPlanned })
            + fields(reference, "plain", { closeness($0)?.toPlain })
    }

    private static func fields(
        _ reference: String, _ other: String, _ difference: @escaping (EvaluationEntry) -> Difference?
    ) -> [Field] {
        let prefix = "\(reference)_to_\(other)_"
        let name: [Field] = [(prefix + "name", { difference($0)?.other })]
        return name + fields(prefix + "psnr_db", { difference($0)?.psnr })
            + fields(prefix + "ssim_luma", { difference($0)?.ssimLuma })
            + fields(prefix + "ssim_rgb", { difference($0)?.ssimRGB })
            + fields(prefix + "latent_error", { difference($0)?.latentError })
    }

    private static func fields(_ name: String, _ tail: @escaping (EvaluationEntry) -> Tail?) -> [Field] {
        [
            (name + "_worst", { tail($0).map { "\($0.worst)" } }),
            (name + "_5th_percentile", { tail($0).map { "\($0.fifthPercentile)" } }),
        ]
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
