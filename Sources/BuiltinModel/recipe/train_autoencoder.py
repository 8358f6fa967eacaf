"""Trains the autoencoder: pictures to latents of a quarter of their side, and back."""

import sys
import time

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL

import render
import training
from sizes import CHANNELS, EVERY, GROUPS, LATENT_CHANNELS, SIDE

PEAK_LEARNING_RATE = 1e-3
DIVERGENCE_WEIGHT = 3e-4
# Decoding latents at half size must give the picture at half size: that keeps high frequencies, which the
# transformer would have to learn and gets last, out of the latents.
HALF_SIZE_WEIGHT = 0.25
LIGHTEST = 100


def new_autoencoder() -> AutoencoderKL:
    return AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=LATENT_CHANNELS, sample_size=SIDE,
        block_out_channels=CHANNELS, layers_per_block=1, norm_num_groups=GROUPS,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3)


def loss_of(model: AutoencoderKL, pictures: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
    moments = model.quant_conv(model.encoder(pictures))
    mean, log_variance = moments.float().chunk(2, dim=1)
    log_variance = log_variance.clamp(-20, 10)
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
    latents = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
    restored = model.decoder(model.post_quant_conv(latents)).float()
    error = restored - pictures
    half = model.decoder(model.post_quant_conv(F.avg_pool2d(latents, 2))).float()
    half_error = (half - F.avg_pool2d(pictures, 2)).abs().mean()
    total = (error.abs().mean() + error.square().mean()
             + HALF_SIZE_WEIGHT * half_error + DIVERGENCE_WEIGHT * divergence)
    return total, {
        "mse": error.detach().square().mean().item() / 4, "half": half_error.item(),
        "divergence": divergence.item()}


def main() -> int:
    options = training.arguments(__doc__, images=100_000, batch=32).parse_args()
    device = training.device(options.device)
    masks = render.masks(EVERY, options.state, LIGHTEST)
    torch.manual_seed(options.seed)
    model = new_autoencoder().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    average = training.AveragedWeights(model, decay=0.999)
    run = training.Run("autoencoder", options, {"model": model}, optimizer, average)
    while run.goes_on():
        began = time.monotonic()
        run.set_learning_rate(PEAK_LEARNING_RATE)
        pictures, _ = render.draw(masks, options.batch, run.generator, device)
        with torch.autocast(device.type, torch.bfloat16):
            total, figures = loss_of(model, pictures)
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model, run.step)
        run.finished_step(options.batch, time.monotonic() - began, figures)
    return run.exit_status


if __name__ == "__main__":
    sys.exit(main())
