import Files
import Tensors

/// Reads the latents to start from: the tensor `latents` of a safetensors file.
/// - Parameters:
///   - file: the file.
///   - shape: the shape it must have, [count, C, H, W].
/// - Returns: f32, row-major.
/// - Throws: `.invalid` if it is no safetensors file, has no such tensor or another shape.
public func readLatents(_ file: any ByteSource, shape: [Int]) throws(ReadError) -> Tensor {
    let archive = try WeightArchive(file)
    guard archive.names.contains("latents") else {
        let names = archive.names.prefix(3).joined(separator: ", ")
        throw .invalid(file.name, "expected a tensor named latents, found \(names.isEmpty ? "none" : names)")
    }
    let found = try archive.shape(of: "latents")
    guard found == shape else {
        throw .invalid(
            file.name,
            "latents of shape \(found), where the run needs \(shape) (count, channels, height, width)")
    }
    return try archive.read("latents", shape: shape)
}
