/// Every family of models that there is; to add one, add its folder and its name here.
public enum DenoiserFamilies {
    /// Their configurations.
    public static let all: [any DenoiserConfiguration.Type] = [DiTConfiguration.self, UViTConfiguration.self]
}
