/// What stands in place of a file that was not fetched as it is, and the remedy; nil if its first bytes are of none
/// that is known.
///
/// A safetensors file begins with a number whose highest bytes are 0, JSON with a brace: neither looks like these.
package func standIn(_ first: some Collection<UInt8>) -> String? {
    if first.starts(with: "version https://git-lfs".utf8) {
        return "a Git LFS pointer, which only names the file: fetch it with 'git lfs pull' in its repository"
    }
    if first.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
        return "a zip archive, as torch.save writes it: save the model again with safe_serialization=True"
    }
    let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF]
    if first.first(where: { !blanks.contains($0) }) == UInt8(ascii: "<") {
        return "a web page: download the file itself ('/resolve/' in place of '/blob/' in a hub's address)"
    }
    return nil
}
