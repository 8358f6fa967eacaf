"""Trains the judge on font families of its own, and measures it on families that nothing was trained on."""

import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import feature_statistics
import render
import training
from classifier import Classifier, load

PEAK_LEARNING_RATE = 2e-3
# Wider than what the model sees: the judge has to read what the model misplaces and misshapes.
DEVIATIONS = {"scale": 0.15, "shift": 0.06, "turn": 7.0, "shear": 0.1}
NOISE = 0.1
LABEL_SMOOTHING = 0.05


@torch.no_grad()
def accuracy(model: Classifier, masks: torch.Tensor, device: torch.device) -> tuple[float, dict[str, int]]:
    """Share of right classes over every face and class once, and the most frequent mistakes."""
    model.eval()
    generator = torch.Generator().manual_seed(1)
    right, total, mistakes = 0, 0, {}
    for face in range(len(masks)):
        label = torch.arange(len(render.LABELS))
        pictures = render.render(masks, torch.full_like(label, face), label, generator, device)
        guess = model(pictures).argmax(dim=1).cpu()
        right, total = right + (guess == label).sum().item(), total + len(label)
        for wrong in (guess != label).nonzero().flatten().tolist():
            name = f"{render.LABELS[wrong]} read as {render.LABELS[guess[wrong]]}"
            mistakes[name] = mistakes.get(name, 0) + 1
    model.train()
    return right / total, dict(sorted(mistakes.items(), key=lambda item: -item[1])[:8])


def export(model: Classifier, checkpoint: Path, state: Path, folder: Path) -> None:
    """Averaged weights and running statistics in f16, names as in `classifier.py`, and what it sees in real pictures."""
    training.load_average(model, checkpoint)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.detach().half().cpu().contiguous() for name, value in model.state_dict().items()
               if value.is_floating_point()}
    save_file(tensors, folder / "classifier.safetensors")
    # Of the weights as they are read back, rounded.
    feature_statistics.save(feature_statistics.held_out(load(folder), state), folder)


def main() -> int:
    parser = training.arguments(__doc__, images=600_000, batch=128)
    parser.add_argument("--output", type=Path, help="folder for classifier.safetensors and its statistics")
    options = parser.parse_args()
    device = training.device(options.device)
    masks = render.masks({"classifier"}, options.state)
    unseen = render.masks({"test"}, options.state)
    torch.manual_seed(options.seed)
    model = Classifier().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.05, fused=True)
    average = training.AveragedWeights(model, decay=0.998)
    run = training.Run("classifier", options, {"model": model}, optimizer, average)
    while run.goes_on():
        began = time.monotonic()
        run.set_learning_rate(PEAK_LEARNING_RATE)
        pictures, label = render.draw(masks, options.batch, run.generator, device, **DEVIATIONS)
        level = torch.rand(options.batch, 1, 1, 1, generator=run.generator) * NOISE
        noise = torch.randn(pictures.shape, generator=run.generator) * level
        with torch.autocast(device.type, torch.bfloat16):
            scores = model(pictures + noise.to(device)).float()
        loss = F.cross_entropy(scores, label.to(device), label_smoothing=LABEL_SMOOTHING)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        average.update(model, run.step)
        run.finished_step(options.batch, time.monotonic() - began, {"loss": loss.item()})
    if options.output:
        export(model, run.path, options.state, options.output)
    for name, faces in (("classifier's", masks), ("test", unseen)):
        share, mistakes = accuracy(model, faces, device)
        print(f"accuracy on the {name} families: {100 * share:.2f} %  {mistakes}", flush=True)
    return run.exit_status


if __name__ == "__main__":
    sys.exit(main())
