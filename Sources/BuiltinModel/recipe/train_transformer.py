"""Trains the diffusion transformer on cached latents: predicted noise, min-SNR weights, averaged weights.

Hang and others, "Efficient Diffusion Training via Min-SNR Weighting Strategy" (arXiv 2303.09556), equation 8 for noise.
"""

import sys
import time

import torch
from diffusers import DDIMScheduler

import autoencode
import training
from transformer import NULL_CLASS, Transformer

PEAK_LEARNING_RATE = 1e-3
LARGEST_SIGNAL_TO_NOISE = 5.0
LABEL_DROPOUT = 0.1
# The part of the training that sees the first fonts alone.
FIRST_STAGE = 0.6


def new_scheduler() -> DDIMScheduler:
    return DDIMScheduler(
        num_train_timesteps=1000, beta_start=1e-4, beta_end=0.02, beta_schedule="linear", clip_sample=False,
        prediction_type="epsilon")


class Latents:
    """Cached latents scaled to a deviation of 1, in f16; draws with replacement."""

    def __init__(self, options, stage: str, scaling: float | None = None):
        latents, self.labels = autoencode.load(options.state, stage)
        self.scaling = scaling or 1 / latents.float().std().item()
        self.latents = latents.mul_(self.scaling)

    def draw(self, count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        chosen = torch.randint(len(self.labels), (count,), generator=generator)
        return self.latents[chosen].float(), self.labels[chosen]


def even_timesteps(count: int, generator: torch.Generator) -> torch.Tensor:
    """One uniform draw from each of `count` equal spans of 0 … 999: uniform, with less variance in the loss."""
    spans = torch.arange(count) + torch.rand(count, generator=generator)
    return (spans * (1000 / count)).long().clamp(max=999)


def main() -> int:
    parser = training.arguments(__doc__, images=1_000_000, batch=128)
    parser.add_argument("--average", type=float, default=0.9995, help="decay of the averaged weights, per step")
    options = parser.parse_args()
    device = training.device(options.device)
    first = Latents(options, "first")
    every = Latents(options, "all", first.scaling)
    torch.manual_seed(options.seed)
    model = Transformer().to(device)
    signal = new_scheduler().alphas_cumprod
    ratio = signal / (1 - signal)
    weights = (ratio.clamp(max=LARGEST_SIGNAL_TO_NOISE) / ratio).to(device)
    signal = signal.to(device)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    average = training.AveragedWeights(model, decay=options.average)
    run = training.Run("transformer", options, {"model": model}, optimizer, average)
    for block in model.blocks:
        block.compile(dynamic=False)
    while run.goes_on():
        began = time.monotonic()
        run.set_learning_rate(PEAK_LEARNING_RATE)
        source = first if run.done < FIRST_STAGE else every
        clean, label = source.draw(options.batch, run.generator)
        timestep = even_timesteps(options.batch, run.generator)
        dropped = torch.rand(options.batch, generator=run.generator) < LABEL_DROPOUT
        label = torch.where(dropped, NULL_CLASS, label)
        noise = torch.randn(clean.shape, generator=run.generator)
        clean, label, timestep, noise = (value.to(device) for value in (clean, label, timestep, noise))
        kept = signal[timestep].view(-1, 1, 1, 1)
        noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
        with torch.autocast(device.type, torch.bfloat16):
            predicted = model(noisy, timestep, label).float()
        error = (predicted - noise).square().mean(dim=(1, 2, 3))
        loss = (error * weights[timestep]).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model, run.step)
        run.finished_step(options.batch, time.monotonic() - began, {"loss": loss.item(), "mse": error.mean().item()})
    return run.exit_status


if __name__ == "__main__":
    sys.exit(main())
