import Platform

/// The part of the noise estimate that is taken off: its low frequencies early in a run, its high ones late.
///
/// OmniCache (arXiv 2508.16212) says that much; the numbers are ours. Frequencies are radial over a channel's
/// [H, W], 1 = the Nyquist frequency of a side, and the mean is a low frequency always.
public struct FrequencyFilter: Sendable, Codable, Equatable {
    /// What the filter does.
    public enum Kind: String, Sendable, Codable {
        /// Lets everything pass.
        case none
        /// Low-pass before `switchStep`, high-pass from there on.
        case lowThenHigh
    }

    /// What the filter does.
    public let kind: Kind
    /// Where low ends and high begins, in Nyquist frequencies.
    public let cutoff: Double
    /// Width of the cosine roll-off about `cutoff`.
    public let rollOff: Double
    /// The first step of the high-pass.
    public let switchStep: Int

    /// Lets everything pass.
    public static let identity = FrequencyFilter(kind: .none, cutoff: 0.5, rollOff: 0.1, switchStep: 0)

    /// The filter that changes over halfway through a run.
    public static func lowThenHigh(
        steps: Int, cutoff: Double = 0.5, rollOff: Double = 0.1
    ) -> FrequencyFilter {
        FrequencyFilter(kind: .lowThenHigh, cutoff: cutoff, rollOff: rollOff, switchStep: steps / 2)
    }

    /// The share of radial frequency `radius` that is low: 1 below the roll-off, 0 above.
    public func lowShare(radius: Double) -> Double {
        if radius == 0 || radius <= cutoff - rollOff / 2 { return 1 }
        if radius >= cutoff + rollOff / 2 { return 0 }
        return (1 + cos(Double.pi * ((radius - cutoff) / rollOff + 0.5))) / 2
    }
}
