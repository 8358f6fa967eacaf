"""Encodes a large draw of glyphs once, so that the transformer's training reads latents only.

Each shard has its own seed and is written whole: an interruption costs one shard.
"""

import argparse
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL

import render
import training
from sizes import EVERY, FIRST
from train_autoencoder import LIGHTEST, new_autoencoder

SHARD = 20_000
BATCH = 100


def averaged_autoencoder(state: Path) -> AutoencoderKL:
    return training.load_average(new_autoencoder(), state / "autoencoder.pt")


@torch.no_grad()
def encode_shard(model: AutoencoderKL, masks: torch.Tensor, seed: int, count: int, device: torch.device) -> dict:
    generator = torch.Generator().manual_seed(seed)
    latents, labels, squared_error = [], [], 0.0
    for first in range(0, count, BATCH):
        pictures, label = render.draw(masks, min(BATCH, count - first), generator, device)
        mean = model.encode(pictures).latent_dist.mean
        latents.append(mean.half().cpu())
        labels.append(label)
        if first == 0:
            squared_error = (model.decode(mean).sample - pictures).square().mean().item() / 4
    return {"latents": torch.cat(latents), "labels": torch.cat(labels), "squared_error": squared_error}


def load(state: Path, stage: str) -> tuple[torch.Tensor, torch.Tensor]:
    """(latents [N, channels, side, side] f16, labels [N]) of one stage, in the order of the shards."""
    shards = [torch.load(path) for path in sorted(state.glob(f"latents-{stage}-*.pt"))]
    return torch.cat([shard["latents"] for shard in shards]), torch.cat([shard["labels"] for shard in shards])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--first-shards", type=int, default=4, help="shards of the first fonts")
    parser.add_argument("--all-shards", type=int, default=8, help="shards of all the model's fonts")
    parser.add_argument("--shard", type=int, default=SHARD)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    device = training.device(options.device)
    model = averaged_autoencoder(options.state).to(device)
    stages = [("first", FIRST, options.first_shards), ("all", EVERY, options.all_shards)]
    for number, (stage, sets, shards) in enumerate(stages):
        masks = render.masks(sets, options.state, LIGHTEST)
        for index in range(shards):
            path = options.state / f"latents-{stage}-{index:02}.pt"
            if path.exists():
                continue
            shard = encode_shard(
                model, masks, options.seed + 1000 * (number + 1) + index, options.shard, device)
            training.save_atomically(shard, path)
            decibels = -10 * torch.tensor(shard["squared_error"]).log10().item()
            print(f"{path.name}: deviation {shard['latents'].float().std().item():.3f}, "
                  f"restored to {decibels:.1f} dB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
