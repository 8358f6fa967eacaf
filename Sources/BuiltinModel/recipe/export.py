"""Writes the folder that diffusers and omnicache load: one conditioner per block, 16-bit weights."""

import argparse
import json
import sys
from pathlib import Path

import diffusers
import torch
from diffusers import AutoencoderKL, DiTTransformer2DModel

import autoencode
import render
import training
from sizes import DEPTH, HEADS, LATENT_CHANNELS, LATENT_SIDE, PATCH, WIDTH
from train_transformer import Latents, new_scheduler
from transformer import NORM_EPSILON, NULL_CLASS, Transformer

# DiTPipeline asks for row 1000 as the null class.
CLASS_ROWS = 1000
# Sixteen-bit floats: f16 has three more bits of precision than bf16, and no weight here needs its range.
STORED = torch.float16


def averaged_transformer(state: Path) -> Transformer:
    return training.load_average(Transformer(), state / "transformer.pt")


def label_table(label: torch.Tensor) -> torch.Tensor:
    table = torch.zeros(CLASS_ROWS + 1, WIDTH)
    table[:NULL_CLASS] = label[:NULL_CLASS]
    table[CLASS_ROWS] = label[NULL_CLASS]
    return table


def diffusers_weights(model: Transformer) -> dict[str, torch.Tensor]:
    """The same function under diffusers' names, the one conditioner copied into every block."""
    own = model.state_dict()
    weights = {}
    for kind in ("weight", "bias"):
        weights[f"pos_embed.proj.{kind}"] = own[f"patches.proj.{kind}"]
        weights[f"proj_out_1.{kind}"] = own[f"final_modulation.{kind}"]
        weights[f"proj_out_2.{kind}"] = own[f"final.{kind}"]
        for index in range(DEPTH):
            block, theirs = f"blocks.{index}", f"transformer_blocks.{index}"
            for layer in ("linear_1", "linear_2"):
                weights[f"{theirs}.norm1.emb.timestep_embedder.{layer}.{kind}"] = own[f"timestep.{layer}.{kind}"]
            weights[f"{theirs}.norm1.linear.{kind}"] = own[f"{block}.modulation.{kind}"]
            heads = own[f"{block}.query_key_value.{kind}"].chunk(3)
            for name, value in zip(("to_q", "to_k", "to_v"), heads):
                weights[f"{theirs}.attn1.{name}.{kind}"] = value
            weights[f"{theirs}.attn1.to_out.0.{kind}"] = own[f"{block}.attention_out.{kind}"]
            weights[f"{theirs}.ff.net.0.proj.{kind}"] = own[f"{block}.up.{kind}"]
            weights[f"{theirs}.ff.net.2.{kind}"] = own[f"{block}.down.{kind}"]
    table = label_table(own["label.weight"])
    for index in range(DEPTH):
        name = f"transformer_blocks.{index}.norm1.emb.class_embedder.embedding_table.weight"
        weights[name] = table.clone()
    return {name: value.clone() for name, value in weights.items()}


def new_diffusers_transformer() -> DiTTransformer2DModel:
    return DiTTransformer2DModel(
        num_attention_heads=HEADS, attention_head_dim=WIDTH // HEADS, in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS, num_layers=DEPTH, sample_size=LATENT_SIDE, patch_size=PATCH,
        num_embeds_ada_norm=CLASS_ROWS, attention_bias=True, norm_eps=NORM_EPSILON)


@torch.no_grad()
def check(ours: Transformer, theirs: DiTTransformer2DModel) -> None:
    """Stops the export if diffusers' model computes something else than what was trained."""
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(3, LATENT_CHANNELS, LATENT_SIDE, LATENT_SIDE, generator=generator)
    timestep = torch.tensor([7, 500, 999])
    expected = ours(latents, timestep, torch.tensor([0, NULL_CLASS - 1, NULL_CLASS]))
    found = theirs.eval()(latents, timestep, class_labels=torch.tensor([0, NULL_CLASS - 1, CLASS_ROWS])).sample
    difference = ((expected - found).norm() / expected.norm()).item()
    if not difference < 1e-4:
        raise SystemExit(f"diffusers' transformer differs from the trained one by {difference:.2g}, not below 1e-4")
    print(f"diffusers' transformer agrees with the trained one to {difference:.1e}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    ours = averaged_transformer(options.state)
    theirs = new_diffusers_transformer()
    theirs.load_state_dict(diffusers_weights(ours))
    check(ours, theirs)
    theirs.to(STORED).save_pretrained(options.output / "transformer")
    autoencoder: AutoencoderKL = autoencode.averaged_autoencoder(options.state)
    autoencoder.register_to_config(scaling_factor=Latents(options, "first").scaling)
    autoencoder.to(STORED).save_pretrained(options.output / "vae")
    new_scheduler().save_pretrained(options.output / "scheduler")
    index = {
        "_class_name": "DiTPipeline", "_diffusers_version": diffusers.__version__,
        "scheduler": ["diffusers", "DDIMScheduler"], "transformer": ["diffusers", "DiTTransformer2DModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "id2label": {str(number): label for number, label in enumerate(render.LABELS)},
    }
    (options.output / "model_index.json").write_text(json.dumps(index, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
