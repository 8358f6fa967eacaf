"""Trains the exported autoencoder's decoder on: its encoder has made the transformer's latents, and stays as it is."""

import sys
import time
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file

import autoencode
import export
import render
import solids
import training
from sizes import EVERY, SIDE
from train_autoencoder import LIGHTEST

PEAK_LEARNING_RATE = 1e-3
# Another one than that of the drawings to learn from.
OTHER_DRAWINGS = 1


def decoding(model: AutoencoderKL) -> torch.nn.ModuleList:
    return torch.nn.ModuleList([model.post_quant_conv, model.decoder])


@torch.no_grad()
def restored(model: AutoencoderKL) -> float:
    """Decibels at which drawings come back that no part of the training has seen."""
    generator = torch.Generator().manual_seed(OTHER_DRAWINGS)
    drawn = torch.stack([solids.layers(solid, render.TOGETHER, SIDE, generator) for solid in range(len(solids.SOLIDS))])
    pictures, _ = render.draw(drawn * 255, 200, generator, torch.device("cpu"))
    error = model.decode(model.encode(pictures).latent_dist.mean).sample.clamp(-1, 1) - pictures
    return -10 * (error.square().mean() / 4).log10().item()


@torch.no_grad()
def replace_decoder(folder: Path, state: Path) -> None:
    model = AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32)
    before = restored(model)
    training.load_average(decoding(model), state / "decoder.pt")
    print(f"other drawings restored to {before:.1f} dB, with the new decoder to {restored(model):.1f} dB")
    # The weights alone: diffusers would write into the configuration where the folder lay.
    weights = {name: value.to(export.STORED).contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})


def main() -> int:
    parser = training.arguments(__doc__, images=20_000, batch=16)
    parser.add_argument("--output", type=Path, required=True, help="folder of the exported model")
    options = parser.parse_args()
    device = training.device(options.device)
    masks = render.masks(EVERY, options.state, LIGHTEST)
    torch.manual_seed(options.seed)
    model = autoencode.averaged_autoencoder(options.state).to(device)
    decoder = decoding(model).requires_grad_(True)
    optimizer = torch.optim.AdamW(decoder.parameters(), betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    average = training.AveragedWeights(decoder, decay=0.999)
    run = training.Run("decoder", options, {"decoder": decoder}, optimizer, average)
    while run.goes_on():
        began = time.monotonic()
        run.set_learning_rate(PEAK_LEARNING_RATE)
        pictures, _ = render.draw(masks, options.batch, run.generator, device)
        with torch.autocast(device.type, torch.bfloat16):
            with torch.no_grad():
                latents = model.encode(pictures).latent_dist.sample()
            error = model.decode(latents).sample.float() - pictures
        optimizer.zero_grad(set_to_none=True)
        (error.abs().mean() + error.square().mean()).backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimizer.step()
        average.update(decoder, run.step)
        run.finished_step(options.batch, time.monotonic() - began, {"mse": error.detach().square().mean().item() / 4})
    if run.exit_status == 0:
        replace_decoder(options.output / "vae", options.state)
    return run.exit_status


if __name__ == "__main__":
    sys.exit(main())
