/// What follows a linear layer's sum, or stands by itself; the GELUs are Hendrycks and Gimpel's (arXiv 1606.08415).
public enum Activation: Sendable, CaseIterable {
    /// Nothing.
    case identity
    /// x · sigmoid(x).
    case silu
    /// GELU in its tanh form, x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2: torch's `gelu(approximate="tanh")`,
    /// transformers' `gelu_new`.
    case gelu
    /// GELU itself, x · (1 + erf(x / √2)) / 2: torch's `gelu`.
    case exactGELU
    /// x · sigmoid(1.702 x): CLIP's `quick_gelu`.
    case quickGELU
    /// The greater of x and 0; a NaN stays one, but not behind a linear layer of oneDNN's.
    case relu
    /// tanh(x).
    case tanh
}
