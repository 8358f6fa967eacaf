"""The judge: a small convolutional network over 64×64 pictures whose features are 64 wide."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

import render

FEATURES = 64
CHANNELS = (24, 48, 96, 128)


def _stage(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class Classifier(nn.Module):
    """`features` maps [N, 3, 64, 64] in -1 … 1 to [N, 64]; the classes are a linear map of them."""

    def __init__(self):
        super().__init__()
        widths = (3, *CHANNELS)
        self.stages = nn.Sequential(*(_stage(*pair) for pair in zip(widths, widths[1:])))
        side = render.SIDE >> len(CHANNELS)
        # Where a stroke lies tells letters apart, so positions are kept, not averaged.
        self.projection = nn.Linear(CHANNELS[-1] * side * side, FEATURES)
        self.classes = nn.Linear(FEATURES, len(render.LABELS))

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.projection(self.stages(pictures).flatten(1))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.classes(torch.relu(self.features(pictures)))


def load(folder: Path) -> Classifier:
    """The classifier of a model's folder, for use and not for training."""
    model = Classifier()
    weights = {name: value.float() for name, value in load_file(folder / "classifier.safetensors").items()}
    model.load_state_dict(weights, strict=False)
    return model.eval().requires_grad_(False)
