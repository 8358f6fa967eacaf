"""What the classifier says of pictures that diffusers draws from the folder: accuracy and Fréchet distance."""

import argparse
import sys
from pathlib import Path

import torch
from diffusers import DiTPipeline
from PIL import Image

import feature_statistics
import render
import training
from classifier import load


@torch.no_grad()
def sampled(pipeline: DiTPipeline, labels: torch.Tensor, options, device: torch.device) -> torch.Tensor:
    """[N, 3, 64, 64] in -1 … 1; picture k starts from the noise of seed + k."""
    side, channels = pipeline.transformer.config.sample_size, pipeline.transformer.config.in_channels
    pipeline.scheduler.set_timesteps(options.steps)
    pictures = []
    for first in range(0, len(labels), options.batch):
        label = labels[first:first + options.batch].to(device)
        latents = torch.cat([
            torch.randn(1, channels, side, side, generator=torch.Generator().manual_seed(options.seed + first + k))
            for k in range(len(label))]).to(device)
        both = torch.cat([label, torch.full_like(label, 1000)])
        for timestep in pipeline.scheduler.timesteps:
            timesteps = timestep.to(device).expand(len(both))
            noise = pipeline.transformer(torch.cat([latents] * 2), timesteps, class_labels=both).sample
            wanted, null = noise.chunk(2)
            guided = null + options.guidance * (wanted - null)
            latents = pipeline.scheduler.step(guided, timestep, latents).prev_sample
        pictures.append(pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample.clamp(-1, 1).cpu())
    return torch.cat(pictures)


def save_grid(pictures: torch.Tensor, path: Path, columns: int) -> None:
    columns = min(columns, len(pictures))
    rows = len(pictures) // columns
    levels = ((pictures[:rows * columns] + 1) * 127.5).round().to(torch.uint8)
    grid = levels.view(rows, columns, 3, render.SIDE, render.SIDE).permute(0, 3, 1, 4, 2)
    Image.fromarray(grid.reshape(rows * render.SIDE, columns * render.SIDE, 3).numpy()).save(path)


@torch.no_grad()
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder with the model and the classifier")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--guidance", type=float, default=2.5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--grid", type=Path, help="PNG of the first pictures, six in a row")
    options = parser.parse_args()
    device = training.device(options.device)
    pipeline = DiTPipeline.from_pretrained(options.model, torch_dtype=torch.float32).to(device)
    judge = load(options.model)
    labels = torch.arange(options.count) % len(render.LABELS)
    pictures = sampled(pipeline, labels, options, device)
    if options.grid:
        save_grid(pictures[:36], options.grid, columns=6)
    features = judge.features(pictures)
    guess = judge.classes(torch.relu(features)).argmax(dim=1)
    print(f"accuracy on {options.count} pictures, {options.steps} steps, guidance {options.guidance}: "
          f"{100 * (guess == labels).float().mean().item():.2f} %")
    wrong = [f"{render.LABELS[label]}→{render.LABELS[seen]}" for label, seen in zip(labels, guess) if label != seen]
    if wrong:
        print("read wrongly:", " ".join(wrong[:60]))
    real = feature_statistics.held_out(judge, options.state)
    distance = feature_statistics.frechet_distance(features, real)
    print(f"Fréchet distance of features to the test families: {distance:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
