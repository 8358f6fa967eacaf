"""Pictures of glyphs: 64×64 RGB in two tones, drawn from cached masks, so that a batch costs no font engine."""

import math
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont

import fonts
from sizes import SIDE
from training import save_atomically

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# Masks are drawn larger, so that moving and scaling them stays sharp.
MASK_SIDE = 128
CAP_HEIGHT, WIDEST = 80, 116

# Ink and paper; either may be the other.
PAIRS = [
    ("1d3557", "f1faee"), ("e63946", "fff3e6"), ("2a9d8f", "fdf0d5"), ("264653", "e9c46a"),
    ("6a4c93", "ffe5ec"), ("bc4749", "f2e8cf"), ("003049", "fcbf49"), ("386641", "eaf4d3"),
    ("5f0f40", "ffb997"), ("0f4c5c", "9be3de"), ("9d0208", "ffd166"), ("3a0ca3", "caf0f8"),
]
COLOUR_SPREAD = 0.02


def palette() -> torch.Tensor:
    """[pairs, 2, 3] in 0 … 1: ink and paper of every pair, both ways round."""
    def channels(code: str) -> list[float]:
        return [value / 255 for value in bytes.fromhex(code)]

    forward = torch.tensor([[channels(ink), channels(paper)] for ink, paper in PAIRS])
    return torch.cat([forward, forward.flip(1)])


def _mask(face: ImageFont.FreeTypeFont, character: str, cap_top: int, cap_bottom: int) -> Image.Image:
    picture = Image.new("L", (MASK_SIDE * 2, MASK_SIDE * 2))
    left, _, right, _ = face.getbbox(character)
    x = MASK_SIDE - (left + right) / 2
    y = MASK_SIDE - (cap_top + cap_bottom) / 2
    ImageDraw.Draw(picture).text((x, y), character, font=face, fill=255)
    half = MASK_SIDE // 2
    return picture.crop((half, half, half + MASK_SIDE, half + MASK_SIDE))


def font_masks(path: str, index: int) -> torch.Tensor:
    """[classes, side, side] u8: capitals of equal height in all fonts, centred, narrowed if W would not fit."""
    probe = ImageFont.truetype(path, 200, index=index)
    _, top, _, bottom = probe.getbbox("H")
    left, _, right, _ = probe.getbbox("W")
    size = round(200 * min(CAP_HEIGHT / (bottom - top), WIDEST / (right - left)))
    face = ImageFont.truetype(path, size, index=index)
    _, top, _, bottom = face.getbbox("H")
    return torch.stack([torch.from_numpy(numpy.array(_mask(face, label, top, bottom))) for label in LABELS])


def masks(sets: set[str], state: Path, lightest: float = fonts.LIGHTEST) -> torch.Tensor:
    """[fonts, classes, side, side] u8, cached under `state`: a resumed run draws from the same fonts."""
    cache = state / f"masks-{'-'.join(sorted(sets))}.pt"
    if cache.exists():
        return torch.load(cache)
    drawn = torch.stack([font_masks(*face) for face in fonts.files(sets, lightest)])
    save_atomically(drawn, cache)
    return drawn


def uniform(count: int, spread: float, generator: torch.Generator) -> torch.Tensor:
    return (torch.rand(count, generator=generator) * 2 - 1) * spread


def render(
    masks: torch.Tensor, font: torch.Tensor, label: torch.Tensor, generator: torch.Generator,
    device: torch.device, scale: float = 0.05, shift: float = 0.03, turn: float = 0.0, shear: float = 0.0,
) -> torch.Tensor:
    """[N, 3, 64, 64] f32 in -1 … 1 of the named fonts and labels, placed and coloured at random.

    `scale`, `shift` (of the picture's side), `turn` (degrees) and `shear` are the largest deviations.
    """
    count = len(label)
    size = 1 / torch.exp(uniform(count, scale, generator))
    angle = uniform(count, turn, generator) * math.pi / 180
    slant = uniform(count, shear, generator)
    place = torch.stack([uniform(count, 2 * shift, generator), uniform(count, 2 * shift, generator)], dim=1)
    matrix = torch.empty(count, 2, 3)
    matrix[:, 0, 0] = size * angle.cos()
    matrix[:, 0, 1] = size * (slant - angle.sin())
    matrix[:, 1, 0] = size * angle.sin()
    matrix[:, 1, 1] = size * angle.cos()
    matrix[:, :, 2] = place

    pairs = palette()
    chosen = pairs[torch.randint(len(pairs), (count,), generator=generator)]
    tones = (chosen + torch.randn(chosen.shape, generator=generator) * COLOUR_SPREAD).clamp(0, 1).to(device)

    shapes = masks[font, label].to(device).float().unsqueeze(1) / 255
    # Drawn at the masks' own size, then averaged over 2×2: bilinear sampling alone would alias.
    grid = F.affine_grid(matrix.to(device), [count, 1, MASK_SIDE, MASK_SIDE], align_corners=False)
    cover = F.avg_pool2d(F.grid_sample(shapes, grid, align_corners=False), MASK_SIDE // SIDE)
    ink, paper = tones[:, 0, :, None, None], tones[:, 1, :, None, None]
    return (paper + cover * (ink - paper)) * 2 - 1


def draw(masks: torch.Tensor, count: int, generator: torch.Generator, device: torch.device, **deviations):
    """(pictures, labels) of `count` glyphs chosen uniformly over fonts and classes."""
    font = torch.randint(len(masks), (count,), generator=generator)
    label = torch.randint(len(LABELS), (count,), generator=generator)
    return render(masks, font, label, generator, device, **deviations), label
