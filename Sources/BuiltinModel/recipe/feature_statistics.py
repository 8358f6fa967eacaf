"""Mean and covariance of the judge's features, those of held-out pictures as a file, and the distance of two sets."""

from pathlib import Path

import torch
from safetensors.torch import save_file

import render
from classifier import Classifier

PICTURES = 5_000
SEED = 2


def fit(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean [F] and covariance [F, F] in f64 of features [N, F]."""
    features = features.double()
    return features.mean(0), features.T.cov()


def frechet_distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """Of the normal distributions fitted to two sets of features [N, F]: |Δμ|² + tr(A + B − 2 (A B)^½)."""
    (centre, first), (other_centre, second) = fit(one), fit(other)
    # The eigenvalues of A B are those of a symmetric positive product, so real and not negative but for rounding.
    roots = torch.linalg.eigvals(first @ second).real.clamp(min=0).sqrt().sum()
    return ((centre - other_centre).square().sum() + first.trace() + second.trace() - 2 * roots).item()


@torch.no_grad()
def held_out(model: Classifier, state: Path) -> torch.Tensor:
    """[PICTURES, F]: features of pictures, rounded to 8 bits as files are, of families that nothing was trained on."""
    masks = render.masks({"test"}, state)
    generator = torch.Generator().manual_seed(SEED)
    pictures, _ = render.draw(masks, PICTURES, generator, torch.device("cpu"))
    return torch.cat([model.features(((part + 1) * 127.5).round() / 127.5 - 1) for part in pictures.split(250)])


def save(features: torch.Tensor, folder: Path) -> None:
    """`classifier-statistics.safetensors`: mean [F], covariance [F, F] and count [1] in f32."""
    mean, covariance = fit(features)
    tensors = {"mean": mean, "covariance": covariance, "count": torch.tensor([len(features)])}
    save_file({name: value.float() for name, value in tensors.items()}, folder / "classifier-statistics.safetensors")
