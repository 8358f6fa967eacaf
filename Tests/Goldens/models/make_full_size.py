"""Makes a randomly initialised DiT-XL/2 folder, and samples any folder as diffusers' DiTPipeline does.

Made for torch 2.15.0, diffusers 0.42.1, safetensors 0.8.0. For comparing a finished tool with diffusers:

    python make_full_size.py XL --sample 20 --guidance 4 --seed 0 --count 2
    python make_full_size.py OUT --model FOLDER --sample 20 --guidance 2.5 --seed 7 --class 14 12

The first makes XL/model_index.json, XL/transformer, XL/vae, XL/scheduler, and samples it; the second samples
FOLDER. Sampling writes OUT/initial-latents.safetensors and OUT/final-latents.safetensors, tensor "latents"
[count, C, H, W] f32, and OUT/sample.json with the steps, guidance, seeds and classes. With --decode it also
writes OUT/images.safetensors, tensor "images" [count, 3, H, W] f32 as the decoder leaves them.

Nothing that this writes belongs into the repository: the folder is 2.8 GB (1.4 GB with --storage bf16).
"""

import argparse
import json
import time
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DDPMScheduler,
    DiTTransformer2DModel,
    DPMSolverMultistepScheduler,
    Transformer2DModel,
)
from safetensors.torch import load_file, save_file

STORAGE = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
SCHEDULERS = {
    name.__name__: name for name in (DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler)
}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, help="folder to make, or to write samples to")
    parser.add_argument("--model", type=Path, help="sample this folder instead of making one")
    parser.add_argument("--storage", choices=STORAGE, default="f32")
    parser.add_argument("--blocks", type=int, default=28)
    parser.add_argument("--untied", action="store_true", help="embedders of its own for every block")
    parser.add_argument("--init-seed", type=int, default=0)
    parser.add_argument("--sample", type=int, metavar="STEPS")
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=0, help="image k uses seed + k")
    parser.add_argument("--count", type=int, help="images; default: one for each --class, else 1")
    parser.add_argument("--class", type=int, nargs="+", dest="classes", metavar="ID")
    parser.add_argument("--initial", type=Path, help="start from these latents instead of drawing them")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32", help="of the network and latents")
    parser.add_argument("--decode", action="store_true")
    return parser.parse_args()


# --- making -----------------------------------------------------------------------------------------------


def transformer(blocks, tied, seed):
    """DiT-XL/2 whose output is not 0 and whose trajectory stays sane.

    Weights of deviation 0.02 and small gates leave the hidden state near the embedded latent; patch embedding
    and final projection are made transposes of each other, so that the prediction points along the latent,
    about as a trained model's does in early steps, and the blocks add what depends on time and class.
    """
    torch.manual_seed(seed)
    with torch.device("meta"):
        model = DiTTransformer2DModel(out_channels=8, num_layers=blocks)
    model.to_empty(device="cpu")
    width = model.inner_dim
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    first = model.transformer_blocks[0].norm1.emb
    # Larger than 0.02, so that time and class are seen through silu and the modulation's own 0.02.
    torch.nn.init.normal_(first.class_embedder.embedding_table.weight, std=0.5)
    torch.nn.init.normal_(first.timestep_embedder.linear_2.weight, std=0.1)
    for index, block in enumerate(model.transformer_blocks):
        if index == 0:
            continue
        if tied:
            block.norm1.emb.load_state_dict(first.state_dict())
        else:
            torch.nn.init.normal_(block.norm1.emb.class_embedder.embedding_table.weight, std=0.5)
            torch.nn.init.normal_(block.norm1.emb.timestep_embedder.linear_2.weight, std=0.1)
    basis = torch.linalg.qr(torch.randn(width, 16)).Q  # orthonormal columns: (channel, row, column)
    model.pos_embed.proj.weight.data.copy_(6 * basis.reshape(width, 4, 2, 2))
    rows = basis.reshape(width, 4, 2, 2).permute(2, 3, 1, 0)  # row, column, channel, width
    projection = model.proj_out_2.weight.data.reshape(2, 2, 8, width)
    projection[:, :, :4] += rows / 6
    # The position buffer is not a parameter: take it from a model of no blocks made in earnest.
    model.pos_embed.pos_embed = DiTTransformer2DModel(num_layers=0).pos_embed.pos_embed
    return model.eval()


def autoencoder(seed):
    torch.manual_seed(seed)
    return AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        block_out_channels=[128, 256, 512, 512],
        layers_per_block=2,
        sample_size=256,
    ).eval()


def make(out, storage, blocks, tied, seed):
    transformer(blocks, tied, seed).to(STORAGE[storage]).save_pretrained(out / "transformer")
    autoencoder(seed + 1).to(STORAGE[storage]).save_pretrained(out / "vae")
    (out / "scheduler").mkdir(parents=True, exist_ok=True)
    write_json(
        out / "scheduler" / "scheduler_config.json",
        {
            "_class_name": "DDIMScheduler",
            "_diffusers_version": "0.12.0.dev0",
            "beta_end": 0.02,
            "beta_schedule": "linear",
            "beta_start": 0.0001,
            "clip_sample": False,
            "num_train_timesteps": 1000,
            "prediction_type": "epsilon",
            "set_alpha_to_one": True,
            "steps_offset": 0,
            "trained_betas": None,
        },
    )
    write_json(
        out / "model_index.json",
        {
            "_class_name": "DiTPipeline",
            "_diffusers_version": "0.42.1",
            "id2label": {str(k): f"class {k}" for k in range(1000)},
            "scheduler": ["diffusers", "DDIMScheduler"],
            "transformer": ["diffusers", "DiTTransformer2DModel"],
            "vae": ["diffusers", "AutoencoderKL"],
        },
    )


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


# --- sampling ---------------------------------------------------------------------------------------------


def load(folder, precision):
    """The parts of a folder in one precision, whatever they are stored in."""

    def config(part):
        return json.loads((folder / part).read_text())

    named = config("transformer/config.json")["_class_name"]
    model_class = {"Transformer2DModel": Transformer2DModel}.get(named, DiTTransformer2DModel)
    model = model_class.from_pretrained(folder / "transformer", torch_dtype=precision).eval()
    scheduler_class = SCHEDULERS[config("scheduler/scheduler_config.json")["_class_name"]]
    return model, scheduler_class.from_pretrained(folder / "scheduler")


@torch.no_grad()
def sample(model, scheduler, latents, classes, guidance, steps, generators):
    """The loop of DiTPipeline: guidance on all latent channels, a learned variance dropped.

    A scheduler of learned variance, which that pipeline cannot feed, gets the conditional branch's.
    """
    channels = model.config.in_channels
    guided = guidance > 1
    null = torch.full_like(classes, model.config.num_embeds_ada_norm)
    labels = torch.cat([classes, null]) if guided else classes
    # A scheduler that draws noise does so once for an image, from that image's own generator.
    draws = {"generator": generators} if not isinstance(scheduler, DPMSolverMultistepScheduler) else {}
    learns_variance = str(scheduler.config.get("variance_type")).startswith("learned")
    scheduler.set_timesteps(steps)
    for t in scheduler.timesteps:
        x = torch.cat([latents, latents]) if guided else latents
        x = scheduler.scale_model_input(x, t)
        output = model(x, timestep=t.expand(len(x)), class_labels=labels).sample
        output, variance = output[:, :channels], output[: len(latents), channels:]
        if guided:
            conditional, unconditional = output.chunk(2)
            output = unconditional + guidance * (conditional - unconditional)
        if learns_variance:
            output = torch.cat([output, variance], dim=1)
        latents = scheduler.step(output, t, latents, **draws).prev_sample
    return latents


def main():
    arguments = parse()
    arguments.out.mkdir(parents=True, exist_ok=True)
    folder = arguments.model or arguments.out
    if arguments.model is None and not (arguments.out / "model_index.json").exists():
        make(
            arguments.out, arguments.storage, arguments.blocks, not arguments.untied, arguments.init_seed
        )
        print(f"made {arguments.out}")
    if arguments.sample is None:
        return
    precision = STORAGE[arguments.precision]
    model, scheduler = load(folder, precision)
    count = arguments.count or len(arguments.classes or [0])
    chosen = arguments.classes or [207, 360, 387, 974, 88, 979, 417, 279]
    limit = model.config.num_embeds_ada_norm
    classes = torch.tensor([chosen[k % len(chosen)] % limit for k in range(count)])
    size, channels = model.config.sample_size, model.config.in_channels
    generators = [torch.Generator().manual_seed(arguments.seed + k) for k in range(count)]
    if arguments.initial:
        latents = load_file(arguments.initial)["latents"].float()
    else:
        latents = torch.cat([torch.randn(1, channels, size, size, generator=g) for g in generators])
    assert latents.shape == (count, channels, size, size), (latents.shape, count)
    save_file({"latents": latents}, arguments.out / "initial-latents.safetensors")
    started = time.monotonic()
    final = sample(
        model, scheduler, latents.to(precision), classes, arguments.guidance, arguments.sample, generators
    ).float()
    seconds = time.monotonic() - started
    save_file({"latents": final.contiguous()}, arguments.out / "final-latents.safetensors")
    write_json(
        arguments.out / "sample.json",
        {
            "model": str(folder),
            "scheduler": type(scheduler).__name__,
            "precision": arguments.precision,
            "steps": arguments.sample,
            "guidance": arguments.guidance,
            "seeds": [arguments.seed + k for k in range(count)],
            "classes": classes.tolist(),
            "seconds": seconds,
            "initialDeviation": latents.std().item(),
            "finalDeviation": final.std().item(),
        },
    )
    print((arguments.out / "sample.json").read_text(), end="")
    if arguments.decode:
        vae = AutoencoderKL.from_pretrained(folder / "vae", torch_dtype=torch.float32).eval()
        unscaled = final / vae.config.scaling_factor + (vae.config.shift_factor or 0)
        with torch.no_grad():
            images = vae.decode(unscaled).sample
        save_file({"images": images.contiguous()}, arguments.out / "images.safetensors")


if __name__ == "__main__":
    main()
