"""Pictures of solids: 48×48 RGB, coloured at random from layers of shade drawn once. Names as in the glyphs' module."""

from pathlib import Path

import torch

import solids
from sizes import SIDE
from solids import LABELS
from training import save_atomically

# Drawings of each solid; mirrored ones come on top.
DRAWINGS, TOGETHER = 480, 8

MAIN = ["e5484d", "f2762e", "f5b82e", "7cb342", "2a9d8f", "3d8bd9", "5b5fc7", "9b51c9", "e0609f", "d9d4c7"]
# Upper and lower edge of the ground behind.
GROUNDS = [("cfe3f2", "f4efe6"), ("f6d9c6", "fbf1e4"), ("d7e8d0", "f5f3e3"), ("e4d8ee", "f7eef2"),
           ("9fb8c9", "dfe7ea"), ("b7c6b0", "e9e6d3"), ("8f9bb8", "d6d3e0"), ("dcbfa6", "f3e3cd")]
ACCENTS = {"mushroom": "f3e6cf", "house": "f0e2c8", "tree": "8a5a3b"}
COLOUR_SPREAD = 0.02


def _channels(codes: list[str]) -> torch.Tensor:
    return torch.tensor([[value / 255 for value in bytes.fromhex(code)] for code in codes])


def masks(sets: set[str], state: Path, lightest: float = 0) -> torch.Tensor:
    """[classes, drawings, 5, side, side] u8 layers, cached under `state`: a resumed run colours the same ones."""
    cache = state / f"layers-{'-'.join(sorted(sets))}.pt"
    if cache.exists():
        return torch.load(cache)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.stack([
        torch.cat([solids.layers(solid, TOGETHER, SIDE, generator).mul(255).round().to(torch.uint8)
                   for _ in range(DRAWINGS // TOGETHER)])
        for solid in range(len(LABELS))])
    save_atomically(drawn, cache)
    return drawn


def coloured(layers: torch.Tensor, label: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """[N, 3, side, side] f32 in -1 … 1 of layers [N, 5, side, side] in 0 … 1."""
    def chosen(colours: torch.Tensor) -> torch.Tensor:
        return colours[torch.randint(len(colours), (len(label),), generator=generator)]

    def spread(colours: torch.Tensor) -> torch.Tensor:
        moved = colours + torch.randn(colours.shape, generator=generator) * COLOUR_SPREAD
        return moved[..., None, None]

    main = spread(chosen(_channels(MAIN)))
    accent = spread(_channels([ACCENTS.get(name, "ffffff") for name in LABELS])[label])
    edges = spread(chosen(torch.stack([_channels(list(pair)) for pair in GROUNDS])))
    down = torch.linspace(0, 1, SIDE).view(1, 1, SIDE, 1)
    ground = edges[:, 0] + (edges[:, 1] - edges[:, 0]) * down
    shade, trim, cover, gloss, shadow = layers.unsqueeze(2).unbind(1)
    # The ground's colour comes back from it a little, and strong light is whiter than the colour.
    picture = ground * (1 - cover) * (1 - shadow) + 1.25 * (main * shade + accent * trim) + 0.45 * gloss
    return picture.clamp(0, 1) * 2 - 1


def draw(masks: torch.Tensor, count: int, generator: torch.Generator, device: torch.device):
    """(pictures, labels) of `count` solids chosen uniformly over classes and drawings, half of them mirrored."""
    label = torch.randint(len(LABELS), (count,), generator=generator)
    drawing = torch.randint(masks.shape[1], (count,), generator=generator)
    layers = masks[label, drawing].float() / 255
    mirrored = torch.rand(count, 1, 1, 1, generator=generator) < 0.5
    return coloured(torch.where(mirrored, layers.flip(3), layers), label, generator).to(device), label
