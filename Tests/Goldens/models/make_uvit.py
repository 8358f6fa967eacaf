"""Makes the goldens of U-ViT: tiny folders, and what the published arithmetic makes of them.

Made with torch 2.15.0, diffusers 0.42.1, safetensors 0.8.0, Python 3.11, on a CPU. Run it beside itself, where
../commandline/model is:

    python make_uvit.py

diffusers has no U-ViT. `forward` is written from the formulas of Bao et al., "All are Worth Words: A ViT Backbone for
Diffusion Models" (arXiv 2209.12152, section 3 and figure 1), and computes in float64 with what the files hold.
Configurations and tensors bear the names of the published checkpoints, as the converter keeps them. `golden.json` of a
folder here holds inputs and outputs, row-major. ../sampling/uvit is a whole model as the converter writes it, with the
decoder of another golden; its `samples.json` holds trajectories of diffusers' scheduler. Seeds: each case draws
everything from torch.manual_seed(its number below), image k's noise from a torch.Generator of seed firstSeed + k.
"""

import json
import math
import shutil
import sys
import tempfile
from pathlib import Path
from unittest import mock

import torch
import torch.nn.functional as F
from diffusers import DPMSolverMultistepScheduler
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "Sources/Models/UViT"))
import convert  # noqa: E402

NORM_EPSILON = 1e-5
CONVERTED = {
    "embed_dim": 20, "num_heads": 5, "depth": 5, "img_size": 8, "patch_size": 2, "num_classes": 9, "conv": True,
    "guidance_scale": 0.4,
}


def configuration(width, heads, depth, patch, channels, size, classes, conv=False, timestep_scale=1.0):
    return {"_class_name": "UViT"} | convert.COMMON | {
        "img_size": size, "patch_size": patch, "in_chans": channels, "embed_dim": width, "depth": depth,
        "num_heads": heads, "num_classes": classes + 1, "conv": conv, "timestep_scale": timestep_scale,
    }


def weights(config, storage):
    """Fills every tensor, so that no norm or bias is at a value that hides a mistake."""
    drawn = {}
    for name, shape in convert.shapes(config).items():
        tensor = torch.randn(shape)
        if len(shape) == 1:
            tensor *= 0.2
            if "norm" in name and name.endswith("weight"):
                tensor += 1
        elif name in ("pos_embed", "label_emb.weight"):
            tensor *= 0.7
        else:
            tensor *= 1.2 / math.prod(shape[1:]) ** 0.5
        drawn[name] = tensor.to(storage)
    return drawn


def sinusoid(time, width):
    """[M, width] for an even width: cosines, then sines, whose angles are rounded to f32 as published."""
    half = width // 2
    frequencies = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
    angles = (time[:, None] * frequencies).double()
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def forward(weights, config, latents, time, labels):
    """The noise [M, C, H, W] in latents [M, C, H, W]."""
    width, heads, patch, channels = (config[k] for k in ("embed_dim", "num_heads", "patch_size", "in_chans"))

    def get(name):
        return weights[name].double()

    def linear(x, name):
        return F.linear(x, get(f"{name}.weight"), get(f"{name}.bias"))

    def norm(x, name):
        return F.layer_norm(x, (width,), get(f"{name}.weight"), get(f"{name}.bias"), NORM_EPSILON)

    def by_head(x):
        return x.unflatten(-1, (heads, width // heads)).transpose(1, 2)

    def attention(x, name):
        queries, keys, values = map(by_head, F.linear(x, get(f"{name}.qkv.weight")).chunk(3, dim=-1))
        shares = (queries @ keys.mT / (width // heads) ** 0.5).softmax(-1)
        return linear((shares @ values).transpose(1, 2).flatten(2), f"{name}.proj")

    def block(x, name):
        x = x + attention(norm(x, f"{name}.norm1"), f"{name}.attn")
        return x + linear(F.gelu(linear(norm(x, f"{name}.norm2"), f"{name}.mlp.fc1")), f"{name}.mlp.fc2")

    patches = F.conv2d(
        latents.double(), get("patch_embed.proj.weight"), get("patch_embed.proj.bias"), stride=patch)
    label = get("label_emb.weight")[labels]
    x = torch.cat([label[:, None], sinusoid(time, width)[:, None], patches.flatten(2).mT], dim=1) + get("pos_embed")
    waiting = []
    for name in convert.blocks(config):
        if name.startswith("out_blocks"):
            x = linear(torch.cat([x, waiting.pop()], dim=-1), f"{name}.skip_linear")
        x = block(x, name)
        if name.startswith("in_blocks"):
            waiting.append(x)
    tokens = linear(norm(x, "norm"), "decoder_pred")[:, 2:]
    grid = config["img_size"] // patch
    pixels = tokens.reshape(len(labels), grid, grid, patch, patch, channels)
    noise = pixels.permute(0, 5, 1, 3, 2, 4).reshape(latents.shape)
    if config["conv"]:
        noise = F.conv2d(noise, get("final_layer.weight"), get("final_layer.bias"), padding=1)
    return noise


def predict(weights, config, latents, timestep, labels):
    """The same at a scheduler's timestep, 0 … 999: models of discrete times were trained with 1 … 1000, those of
    continuous times with 999 of each 1000."""
    time = torch.full([len(labels)], (timestep + 1) * config["timestep_scale"], dtype=torch.float32)
    return forward(weights, config, latents, time, torch.tensor(labels))


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def make(seed, name, storage, config):
    torch.manual_seed(seed)
    drawn = weights(config, storage)
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    save_file(drawn, folder / convert.WEIGHTS, metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    null, size, channels = config["num_classes"] - 1, config["img_size"], config["in_chans"]
    cases = []
    for timestep, labels in [(999, [1, null]), (36.5, [null, 0])]:
        latents = torch.randn(len(labels), channels, size, size)
        output = predict(drawn, config, latents, timestep, labels)
        cases.append(
            {"timestep": timestep, "labels": labels, "latents": numbers(latents), "output": numbers(output)})
    (folder / "golden.json").write_text(json.dumps({"cases": cases}) + "\n")


def make_converted(seed, folder):
    """A model whose trajectories stay sane: as in ../sampling/make.py, its prediction points along the latent."""
    with mock.patch.dict(convert.VARIANTS, {"golden": convert.HUGE | CONVERTED}):
        config = convert.configuration("golden")
        torch.manual_seed(seed)
        drawn = weights(config, torch.float32)
        width, channels = config["embed_dim"], config["in_chans"]
        basis = torch.linalg.qr(torch.randn(width, 4 * channels)).Q.reshape(width, channels, 2, 2)
        drawn["patch_embed.proj.weight"] = 6 * basis
        drawn["decoder_pred.weight"] = (
            0.15 * drawn["decoder_pred.weight"] + 0.8 * basis.permute(2, 3, 1, 0).reshape(4 * channels, width))
        for block in range(config["depth"] // 2):
            # Out blocks go on from what came through the blocks, and add some of what came past them.
            drawn[f"out_blocks.{block}.skip_linear.weight"] = (
                torch.eye(width, 2 * width) + 0.1 * drawn[f"out_blocks.{block}.skip_linear.weight"])
        drawn["final_layer.weight"] *= 0.1
        drawn["final_layer.weight"][:, :, 1, 1] += torch.eye(channels)
        shutil.rmtree(folder, ignore_errors=True)
        commandline = HERE.parent / "commandline/model"
        with tempfile.TemporaryDirectory() as place:
            checkpoint = Path(place) / "uvit.pth"
            torch.save(drawn, checkpoint)
            convert.convert("golden", checkpoint, commandline / "vae", folder, commandline / "model_index.json")
    cases = [sample(folder, *case) for case in [("guided", 6, 0.4, 70, [3, 0]), ("unguided", 5, 0, 80, [7])]]
    (folder / "samples.json").write_text(json.dumps({"cases": cases}) + "\n")


def sample(folder, name, steps, guidance, first_seed, classes):
    config = json.loads((folder / "transformer/config.json").read_text())
    weights = load_file(folder / "transformer" / convert.WEIGHTS)
    scheduler = DPMSolverMultistepScheduler.from_pretrained(folder / "scheduler")
    scheduler.set_timesteps(steps)
    size, channels, null = config["img_size"], config["in_chans"], config["num_classes"] - 1
    latents = torch.cat([
        torch.randn(1, channels, size, size, generator=torch.Generator().manual_seed(first_seed + k))
        for k in range(len(classes))])
    initial = latents
    for timestep in scheduler.timesteps.tolist():
        output = predict(weights, config, latents, timestep, classes)
        if guidance > 0:
            free = predict(weights, config, latents, timestep, [null] * len(classes))
            output = output + guidance * (output - free)
        latents = scheduler.step(output.float(), timestep, latents).prev_sample
    print(f"{name}: deviation {latents.std().item():.3g}, largest {latents.abs().max().item():.3g}")
    return {
        "name": name, "steps": steps, "guidance": guidance, "firstSeed": first_seed, "classes": classes,
        "initial": numbers(initial), "final": numbers(latents),
    }


if __name__ == "__main__":
    make(31, "uvit-patch1-f32", torch.float32, configuration(24, 3, 5, 1, 3, 5, 6))
    make(32, "uvit-patch2-conv-bf16", torch.bfloat16,
         configuration(20, 5, 2, 2, 4, 6, 5, conv=True, timestep_scale=0.999))
    make(33, "uvit-one-token-f16", torch.float16, configuration(4, 1, 7, 3, 2, 3, 3, conv=True))
    make_converted(34, HERE.parent / "sampling/uvit")
