"""What every part of the training shares: atomic checkpoints, the learning rate's schedule, averaged weights."""

import argparse
import os
import signal
import time
from pathlib import Path

import torch


def save_atomically(value, path: Path) -> None:
    """Writes beside `path`, then renames: an interruption leaves the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    with open(beside, "wb") as file:
        torch.save(value, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def arguments(description: str, images: int, batch: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--state", type=Path, required=True, help="folder of checkpoints and caches")
    parser.add_argument("--images", type=int, default=images, help="length of the whole training")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--hours", type=float, default=float("inf"), help="stop this run then; the next one goes on")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def learning_rate(peak: float, done: float, warm_up: float = 0.01, decay: float = 0.3) -> float:
    """`peak` after a linear rise until the last `decay` of the run, then falls linearly to a hundredth.

    The flat middle means that a longer run can go on from a checkpoint of a shorter one that has not come to its end.
    """
    if done < warm_up:
        return peak * max(done / warm_up, 0.01)
    if done < 1 - decay:
        return peak
    return peak * max((1 - done) / decay, 0.01)


class AveragedWeights:
    """Exponential moving average of a model's parameters, slow only once there is something to average."""

    def __init__(self, model: torch.nn.Module, decay: float):
        self.decay = decay
        self.shadow = [parameter.detach().float().clone() for parameter in model.parameters()]

    @torch.no_grad()
    def update(self, model: torch.nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        live = [parameter.detach() for parameter in model.parameters()]
        torch._foreach_lerp_(self.shadow, live, 1 - decay)


@torch.no_grad()
def load_average(model: torch.nn.Module, checkpoint: Path) -> torch.nn.Module:
    """`model` with a checkpoint's averaged weights, for use and not for training."""
    average = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    for parameter, value in zip(model.parameters(), average, strict=True):
        parameter.copy_(value)
    return model.eval().requires_grad_(False)


class Run:
    """Progress of one part: what is done, when to save, when to stop, and everything needed to go on.

    `generator` is the only source of randomness on the host, so that a resumed run draws what an uninterrupted one
    would have drawn. SIGTERM and SIGINT save before they end the run.
    """

    def __init__(self, name: str, options: argparse.Namespace, parts: dict[str, torch.nn.Module],
                 optimizer: torch.optim.Optimizer, average: AveragedWeights, save_every: float = 300):
        self.path = options.state / f"{name}.pt"
        self.name, self.options, self.parts = name, options, parts
        self.optimizer, self.average, self.save_every = optimizer, average, save_every
        self.generator = torch.Generator().manual_seed(options.seed)
        torch.manual_seed(options.seed)
        self.images, self.step, self.seconds = 0, 0, 0.0
        self.began = self.saved = self.told = time.monotonic()
        self.recent: dict[str, float] = {}
        self.stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        if self.path.exists():
            self._resume()

    def _stop(self, number, frame) -> None:
        self.stopping = True

    def _resume(self) -> None:
        kept = torch.load(self.path, map_location="cpu", weights_only=True)
        for name, part in self.parts.items():
            part.load_state_dict(kept["parts"][name])
        self.optimizer.load_state_dict(kept["optimizer"])
        for average, value in zip(self.average.shadow, kept["average"]):
            average.copy_(value)
        self.generator.set_state(kept["generator"])
        torch.set_rng_state(kept["torch"])
        if kept["cuda"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(kept["cuda"])
        self.images, self.step, self.seconds = kept["images"], kept["step"], kept["seconds"]
        print(f"{self.name}: going on at {self.images} of {self.options.images} images", flush=True)

    def save(self) -> None:
        self.saved = time.monotonic()
        save_atomically({
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "optimizer": self.optimizer.state_dict(), "average": self.average.shadow,
            "generator": self.generator.get_state(), "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
            "images": self.images, "step": self.step, "seconds": self.seconds,
        }, self.path)

    @property
    def done(self) -> float:
        return self.images / self.options.images

    def goes_on(self) -> bool:
        """Whether another step is wanted; saves when it is time and at the end."""
        now = time.monotonic()
        over = self.images >= self.options.images
        out_of_time = now - self.began > self.options.hours * 3600
        if over or out_of_time or self.stopping:
            self.save()
            print(f"{self.name}: {'finished' if over else 'stopped'} at {self.images} images", flush=True)
            return False
        if now - self.saved > self.save_every:
            self.save()
        return True

    def set_learning_rate(self, peak: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(peak, self.done)

    def finished_step(self, images: int, seconds: float, figures: dict[str, float]) -> None:
        self.images += images
        self.step += 1
        self.seconds += seconds
        for name, value in figures.items():
            self.recent[name] = value if self.step == 1 else 0.98 * self.recent.get(name, value) + 0.02 * value
        if time.monotonic() - self.told > 30:
            self.told = time.monotonic()
            told = "  ".join(f"{name} {value:.5f}" for name, value in self.recent.items())
            print(f"{self.name}: {self.images} images  {images / seconds:.0f}/s  {told}", flush=True)

    @property
    def exit_status(self) -> int:
        """0 when the part is finished, 75 (try again) when it was stopped before."""
        return 0 if self.images >= self.options.images else 75
