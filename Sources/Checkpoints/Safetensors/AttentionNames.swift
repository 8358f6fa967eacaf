/// Today's name of a tensor of a VAE's attention, which diffusers has named otherwise before 0.18.
func currentName(of name: String) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[parts.count - 4] == "attentions",
        let renamed = renamedLayers[String(parts[parts.count - 2])]
    else { return name }
    return (parts.dropLast(2) + [renamed[...], parts[parts.count - 1]]).joined(separator: ".")
}

private let renamedLayers = ["query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"]
