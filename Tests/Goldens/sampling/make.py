"""Makes the goldens of SamplingTests: two tiny diffusers models and what diffusers samples from them.

Made with torch 2.15.0, diffusers 0.42.1, safetensors 0.8.0, Python 3.11, on a CPU. Run it beside itself:

    python make.py

`plain` and `learned-sigma` are folders as DiTPipeline saves them, without a scheduler: each case of
`samples.json` brings its own. Weights are rounded to float16 first; diffusers then runs in float32. The loop
is that of ../models/make_full_size.py. Image k draws everything from a torch.Generator of seed firstSeed + k.
Seeds of the weights: 11 and 12, the decoders' 21 and 22.
"""

import copy
import json
import shutil
import sys
from pathlib import Path

import safetensors.torch
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DDPMScheduler,
    DiTTransformer2DModel,
    DPMSolverMultistepScheduler,
)

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "models"))
from make_full_size import sample  # noqa: E402

CLASSES = 4


def transformer(seed, blocks, width, channels, learned):
    """A DiT whose trajectories stay sane.

    Patch embedding and final projection are transposes of each other, so that the prediction points along
    the latent, as a trained model's does in early steps; the blocks add what depends on time and class.
    """
    torch.manual_seed(seed)
    out = channels * (2 if learned else 1)
    model = DiTTransformer2DModel(
        num_attention_heads=width // 4,
        attention_head_dim=4,
        num_layers=blocks,
        in_channels=channels,
        out_channels=out,
        sample_size=6,
        patch_size=2,
        num_embeds_ada_norm=CLASSES,
    ).eval()
    for name, parameter in model.named_parameters():
        fan_in = parameter[0].numel() if parameter.dim() > 1 else 100
        parameter.data.normal_(std=fan_in**-0.5)
        if "norm1.linear" in name or "proj_out_1" in name:
            # Small gates and shifts.
            parameter.data *= 0.25
        if "embedding_table" in name:
            parameter.data.normal_(std=0.7)
    basis = torch.linalg.qr(torch.randn(width, 4 * channels)).Q  # columns: (channel, row, column)
    model.pos_embed.proj.weight.data.copy_(6 * basis.reshape(width, channels, 2, 2))
    rows = basis.reshape(width, channels, 2, 2).permute(2, 3, 1, 0)  # row, column, channel, width
    projection = model.proj_out_2.weight.data.reshape(2, 2, out, width)
    projection *= 0.15
    projection[:, :, :channels] += 0.8 * rows
    # As trained checkpoints: every block holds the same embedders.
    first = model.transformer_blocks[0].norm1.emb.state_dict()
    for block in model.transformer_blocks:
        block.norm1.emb.load_state_dict(first)
    return rounded(model)


def autoencoder(seed, channels, levels):
    torch.manual_seed(seed)
    model = AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * len(levels),
        up_block_types=["UpDecoderBlock2D"] * len(levels),
        block_out_channels=levels,
        layers_per_block=1,
        norm_num_groups=2,
        latent_channels=channels,
        scaling_factor=0.5,
    ).eval()
    for parameter in model.parameters():
        parameter.data.normal_(std=parameter[0].numel() ** -0.5 if parameter.dim() > 1 else 0.2)
    return rounded(model)


def rounded(model):
    for parameter in model.parameters():
        parameter.data.copy_(parameter.data.half())
    return model


def save(model, folder):
    # A copy: the position embedding is no parameter and would stay rounded.
    copy.deepcopy(model).half().save_pretrained(folder)


def drop_encoder(folder):
    path = folder / "diffusion_pytorch_model.safetensors"
    kept = {
        name: tensor
        for name, tensor in safetensors.torch.load_file(path).items()
        if not name.startswith(("encoder.", "quant_conv."))
    }
    safetensors.torch.save_file(kept, path, metadata={"format": "pt"})


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


class NoisyDDIM(DDIMScheduler):
    """DDIM that always steps with the same eta."""

    eta = 0.5

    def step(self, output, t, latents, **options):
        return super().step(output, t, latents, eta=self.eta, **options)


def case(name, folder, model, scheduler, kind, steps, guidance, first_seed, classes, **settings):
    channels, size = model.config.in_channels, model.config.sample_size
    generators = [torch.Generator().manual_seed(first_seed + k) for k in range(len(classes))]
    latents = torch.cat([torch.randn(1, channels, size, size, generator=g) for g in generators])
    final = sample(model, scheduler, latents, torch.tensor(classes), guidance, steps, generators)
    print(f"{name}: deviation {final.std().item():.3g}, largest {final.abs().max().item():.3g}")
    return {
        "name": name,
        "model": folder,
        "kind": kind,
        "settings": settings,
        "steps": steps,
        "guidance": guidance,
        "firstSeed": first_seed,
        "classes": classes,
        "initial": numbers(latents),
        "final": numbers(final),
    }


def main():
    models = {
        "plain": transformer(11, blocks=5, width=12, channels=2, learned=False),
        "learned-sigma": transformer(12, blocks=4, width=8, channels=1, learned=True),
    }
    decoders = {"plain": autoencoder(21, 2, [4, 8]), "learned-sigma": autoencoder(22, 1, [4])}
    for name, model in models.items():
        shutil.rmtree(HERE / name, ignore_errors=True)
        save(model, HERE / name / "transformer")
        save(decoders[name], HERE / name / "vae")
        drop_encoder(HERE / name / "vae")
    plain, learned = models["plain"], models["learned-sigma"]
    quiet = {"clip_sample": False}
    range_ = {"variance_type": "learned_range"}
    cases = [
        case("ddim", "plain", plain, DDIMScheduler(**quiet), "ddim", 20, 4.0, 0, [1, 3, 1]),
        case("ddim-unguided", "plain", plain, DDIMScheduler(**quiet), "ddim", 20, 1.0, 5, [0, 2]),
        case("ddim-variance-dropped", "learned-sigma", learned, DDIMScheduler(**quiet), "ddim", 20, 4.0, 9, [2, 0]),
        case("dpmsolver", "plain", plain, DPMSolverMultistepScheduler(), "dpmsolver++", 10, 4.0, 20, [0, 3]),
        case("ddpm", "plain", plain, DDPMScheduler(**quiet), "ddpm", 8, 4.0, 30, [2, 1], variance="fixed_small"),
        case("ddim-noisy", "plain", plain, NoisyDDIM(**quiet), "ddim", 8, 2.5, 40, [3, 0], eta=0.5),
        case(
            "ddpm-learned", "learned-sigma", learned, DDPMScheduler(**quiet, **range_), "ddpm", 8, 4.0, 50,
            [1, 2], variance="learned_range",
        ),
    ]  # fmt: skip
    (HERE / "samples.json").write_text(json.dumps({"cases": cases}) + "\n")


if __name__ == "__main__":
    main()
