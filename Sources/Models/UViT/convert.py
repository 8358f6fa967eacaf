"""Makes a folder that omnicache reads of a published U-ViT checkpoint (Bao et al., arXiv 2209.12152).

    python convert.py imagenet256-huge imagenet256_uvit_huge.pth --vae DIT/vae --labels DIT/model_index.json \\
        --output UVIT

The checkpoint is a pickled state dict without a configuration; tensors keep their names and numbers. Its autoencoder is
Stable Diffusion's, which any diffusers folder of that autoencoder has: the folder of a DiT-XL/2 has it, and the labels
of ImageNet. Needs PyTorch and safetensors.
"""

import argparse
import json
import math
import pickle
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

WEIGHTS = "diffusion_pytorch_model.safetensors"

LARGE = {"embed_dim": 1024, "depth": 20, "conv": True, "timestep_scale": 0.999}
HUGE = {"embed_dim": 1152, "depth": 28, "conv": False, "timestep_scale": 1.0}
PIXELS_256 = {"img_size": 32, "patch_size": 2}
PIXELS_512 = {"img_size": 64, "patch_size": 4}

# What the configurations of the published models say, which the checkpoints do not.
VARIANTS = {
    "imagenet256-large": LARGE | PIXELS_256 | {"guidance_scale": 0.4},
    "imagenet256-huge": HUGE | PIXELS_256 | {"guidance_scale": 0.4},
    "imagenet512-large": LARGE | PIXELS_512 | {"guidance_scale": 0.7},
    "imagenet512-huge": HUGE | PIXELS_512 | {"guidance_scale": 0.7},
}
COMMON = {
    "in_chans": 4, "num_heads": 16, "mlp_ratio": 4, "qkv_bias": False, "mlp_time_embed": False, "num_classes": 1001,
    "skip": True,
}


def configuration(variant: str) -> dict:
    return {"_class_name": "UViT"} | COMMON | VARIANTS[variant]


def blocks(config: dict) -> list[str]:
    half = config["depth"] // 2
    return [f"in_blocks.{i}" for i in range(half)] + ["mid_block"] + [f"out_blocks.{i}" for i in range(half)]


def shapes(config: dict) -> dict[str, tuple[int, ...]]:
    """The tensors of a checkpoint."""
    width, patch, channels = config["embed_dim"], config["patch_size"], config["in_chans"]
    tokens = (config["img_size"] // patch) ** 2
    shapes: dict[str, tuple[int, ...]] = {
        "pos_embed": (1, 2 + tokens, width),
        "label_emb.weight": (config["num_classes"], width),
    }

    def add(name: str, *weight: int, bias: bool = True) -> None:
        shapes[f"{name}.weight"] = weight
        if bias:
            shapes[f"{name}.bias"] = weight[:1]

    add("patch_embed.proj", width, channels, patch, patch)
    for block in blocks(config):
        add(f"{block}.norm1", width)
        add(f"{block}.attn.qkv", 3 * width, width, bias=False)
        add(f"{block}.attn.proj", width, width)
        add(f"{block}.norm2", width)
        add(f"{block}.mlp.fc1", 4 * width, width)
        add(f"{block}.mlp.fc2", width, 4 * width)
        if block.startswith("out_blocks"):
            add(f"{block}.skip_linear", width, 2 * width)
    add("norm", width)
    add("decoder_pred", patch * patch * channels, width)
    if config["conv"]:
        add("final_layer", channels, channels, 3, 3)
    return shapes


def scheduler(config: dict) -> dict:
    """Multistep DPM-Solver++ on the times that the model was trained on, from the last to the first of them.

    The huge models know Stable Diffusion's 1000 times. The large ones were trained in continuous time, with
    beta(t) = 0.1 + 19.9 t of Song et al. (arXiv 2011.13456, equation 32): the betas here have the same noise at 1/1000,
    2/1000, ... 1.
    """
    common = {"_class_name": "DPMSolverMultistepScheduler", "num_train_timesteps": 1000, "prediction_type": "epsilon",
              "solver_order": 2, "algorithm_type": "dpmsolver++", "timestep_spacing": "linspace",
              "final_sigmas_type": "sigma_min"}
    if config["timestep_scale"] == 1:
        return common | {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    noise = [0.1 * t + 19.9 * t * t / 2 for t in (k / 1000 for k in range(1001))]
    return common | {"trained_betas": [-math.expm1(before - after) for before, after in zip(noise, noise[1:])]}


def read(path: Path, config: dict) -> dict[str, torch.Tensor]:
    """The checkpoint's tensors, which must be those of the variant."""
    try:
        # A pickle may run anything when it is read: only tensors and containers of them are let through.
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise SystemExit(f"{path}: cannot be read as a checkpoint: {error}") from None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise SystemExit(f"{path}: expected tensors by name, as a published .pth or a training's nnet_ema.pth")
    wanted = shapes(config)
    problems = [f"{name} is missing" for name in wanted if name not in state]
    problems += [f"{name} belongs to no such model" for name in state if name not in wanted]
    problems += [
        f"{name} is {list(state[name].shape)}, expected {list(shape)}"
        for name, shape in wanted.items() if name in state and state[name].shape != shape]
    problems += [
        f"{name} holds {state[name].dtype}, expected floating point"
        for name in wanted if name in state and not state[name].is_floating_point()]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise SystemExit(f"{path}: no checkpoint of this variant: {'; '.join(problems[:3])}{more}")
    return {name: state[name].contiguous() for name in wanted}


def autoencoder(folder: Path, config: dict) -> list[Path]:
    """The files of a diffusers AutoencoderKL's folder."""
    files = [folder / "config.json", folder / WEIGHTS]
    for file in files:
        if not file.is_file():
            raise SystemExit(f"{file}: no such file; --vae names the vae/ of a diffusers folder with safetensors")
    try:
        vae = json.loads(files[0].read_text())
        found = vae.get("_class_name"), vae.get("latent_channels")
    except (ValueError, AttributeError) as error:
        raise SystemExit(f"{files[0]}: no configuration: {error}") from None
    if found != ("AutoencoderKL", config["in_chans"]):
        raise SystemExit(
            f"{files[0]}: {found[0]} of {found[1]} latent channels, expected AutoencoderKL of {config['in_chans']}")
    return files


def labels(path: Path | None, config: dict) -> dict:
    """The names of the classes, of another model of the same classes."""
    if path is None:
        return {}
    try:
        names = json.loads(path.read_text())["id2label"]
        known = range(config["num_classes"] - 1)
        if not all(int(key) in known and isinstance(name, str) for key, name in names.items()):
            raise ValueError(f"id2label names more than classes 0 to {len(known) - 1}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SystemExit(f"{path}: no names of these classes: {error}") from None
    return {"id2label": names}


def convert(variant: str, checkpoint: Path, vae: Path, output: Path, names: Path | None = None) -> None:
    config = configuration(variant)
    if output.exists():
        raise SystemExit(f"{output}: is there already; name a folder that is to be made")
    vae_files = autoencoder(vae, config)
    index = {
        "_class_name": "UViTPipeline",
        "transformer": ["omnicache", "UViT"],
        "vae": ["diffusers", "AutoencoderKL"],
        "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
    } | labels(names, config)
    weights = read(checkpoint, config)
    for part in ("transformer", "vae", "scheduler"):
        (output / part).mkdir(parents=True)
    save_file(weights, output / "transformer" / WEIGHTS, metadata={"format": "pt"})
    for file in vae_files:
        shutil.copyfile(file, output / "vae" / file.name)
    for path, entries in (
        ("transformer/config.json", config), ("scheduler/scheduler_config.json", scheduler(config)),
        ("model_index.json", index),
    ):
        (output / path).write_text(json.dumps(entries, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", choices=VARIANTS)
    parser.add_argument("checkpoint", type=Path, help="the published .pth")
    parser.add_argument("--vae", type=Path, required=True, help="the vae/ of a diffusers folder")
    parser.add_argument("--labels", type=Path, help="a model_index.json whose id2label names the classes")
    parser.add_argument("--output", type=Path, required=True, help="the folder to make")
    arguments = parser.parse_args()
    convert(arguments.variant, arguments.checkpoint, arguments.vae, arguments.output, arguments.labels)


if __name__ == "__main__":
    main()
