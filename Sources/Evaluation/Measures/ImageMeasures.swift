public import ImageOutput
import Platform

/// How near one picture comes to another.
public enum ImageMeasures {
    /// What PSNR never exceeds, dB; identical pictures have it, so that means over pictures stay finite.
    public static let largestPSNR = 100.0

    /// Peak signal-to-noise ratio, 10 · log₁₀(255² / mean squared error) over all 8-bit RGB values, dB.
    ///
    /// At most ``largestPSNR``, by definition, which pictures below a million pixels only reach if identical.
    /// - Precondition: Both are of one size.
    public static func psnr(_ a: RGBImage, _ b: RGBImage) -> Double {
        checkSizes(a, b)
        var sum = 0
        for (one, other) in zip(a.pixels, b.pixels) {
            let difference = Int(one) - Int(other)
            sum += difference * difference
        }
        guard sum > 0 else { return largestPSNR }
        return min(largestPSNR, 10 * log10(255 * 255 * Double(a.pixels.count) / Double(sum)))
    }

    /// Mean structural similarity of luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), not rounded.
    ///
    /// Windows and constants: ``ssimRGB(_:_:)``.
    /// - Precondition: Both are of one size.
    public static func ssimLuma(_ a: RGBImage, _ b: RGBImage) -> Double {
        checkSizes(a, b)
        return StructuralSimilarity(width: a.width, height: a.height).mean(luma(a), luma(b))
    }

    /// Mean structural similarity, averaged over the channels R, G and B.
    ///
    /// Wang, Bovik, Sheikh, Simoncelli 2004, "Image Quality Assessment: From Error Visibility to Structural
    /// Similarity", equations 13 to 17: Gaussian windows of 11 × 11 and σ 1.5, K₁ 0.01, K₂ 0.03, L 255,
    /// averaged over the places where a window lies wholly within the picture. Equals scikit-image's
    /// `structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)`.
    /// Along a side of fewer than 11 pixels, which scikit-image refuses, the window is as long as the side.
    /// - Precondition: Both are of one size.
    public static func ssimRGB(_ a: RGBImage, _ b: RGBImage) -> Double {
        checkSizes(a, b)
        let similarity = StructuralSimilarity(width: a.width, height: a.height)
        return (0..<3).reduce(0) { $0 + similarity.mean(channel($1, a), channel($1, b)) } / 3
    }

    private static func checkSizes(_ a: RGBImage, _ b: RGBImage) {
        precondition(
            a.width == b.width && a.height == b.height,
            "a picture of \(a.width)×\(a.height) compared with one of \(b.width)×\(b.height)")
    }

    private static func channel(_ channel: Int, _ image: RGBImage) -> [Double] {
        stride(from: channel, to: image.pixels.count, by: 3).map { Double(image.pixels[$0]) }
    }

    private static func luma(_ image: RGBImage) -> [Double] {
        stride(from: 0, to: image.pixels.count, by: 3).map { start in
            let (red, green) = (Double(image.pixels[start]), Double(image.pixels[start + 1]))
            return 0.299 * red + 0.587 * green + 0.114 * Double(image.pixels[start + 2])
        }
    }
}
