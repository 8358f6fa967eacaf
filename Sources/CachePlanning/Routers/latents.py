"""Latents that a model draws itself, for training what needs samples of its own kind."""

import hashlib
import json
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file


def classes(folder: Path) -> list[int]:
    """The classes that the model names, or all that it has a vector for."""
    named = json.loads((folder / "model_index.json").read_text()).get("id2label")
    if named:
        return sorted(int(number) for number in named)
    return list(range(json.loads((folder / "transformer/config.json").read_text())["num_embeds_ada_norm"]))


@torch.no_grad()
def drawn(model, scheduler, labels: torch.Tensor, guidance: float, seed: int, batch: int = 64) -> torch.Tensor:
    """DDIM samples [N, C, H, W] of the scheduler's timesteps, one for each label."""
    side, channels, null = model.config.sample_size, model.config.in_channels, model.config.num_embeds_ada_norm
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(labels), channels, side, side, generator=generator)
    finished = []
    for first in range(0, len(labels), batch):
        label = labels[first:first + batch].to(model.device)
        latents = noise[first:first + batch].to(model.device)
        both = torch.cat([label, torch.full_like(label, null)])
        for timestep in scheduler.timesteps:
            timesteps = timestep.to(model.device).expand(len(both))
            output = model(torch.cat([latents] * 2), timesteps, class_labels=both).sample[:, :channels]
            wanted, unconditional = output.chunk(2)
            guided = unconditional + guidance * (wanted - unconditional)
            latents = scheduler.step(guided, timestep, latents).prev_sample
        finished.append(latents.cpu())
        print(f"latents: {min(first + batch, len(labels))} of {len(labels)}", flush=True)
    return torch.cat(finished)


def kept_or_drawn(path: Path, folder: Path, model, scheduler, count: int, guidance: float, seed: int):
    """Latents [N, C, H, W] and labels [N] of a file; where there is none, they are drawn and the file is written."""
    weights = next((folder / "transformer").glob("*.safetensors"))
    facts = {
        "model": hashlib.sha256(weights.read_bytes()).hexdigest(), "count": str(count), "seed": str(seed),
        "guidance": str(guidance), "steps": str(len(scheduler.timesteps)),
    }
    if path.exists():
        with safe_open(path, "pt") as file:
            known = file.metadata() or {}
            for name, own in facts.items():
                # A file made elsewhere need not say where it is from.
                if known.get(name, own) != own:
                    sys.exit(f"{path}: latents of another {name}: expected {own}, found {known[name]}; remove it "
                             "or name another file")
            latents, labels = file.get_tensor("latents"), file.get_tensor("labels")
        expected = (model.config.in_channels, model.config.sample_size, model.config.sample_size)
        if tuple(latents.shape[1:]) != expected or labels.shape != latents.shape[:1]:
            sys.exit(f"{path}: expected latents of {expected} with a label each, found {tuple(latents.shape)} and "
                     f"{tuple(labels.shape)}")
        return latents.float(), labels.long()
    named = torch.tensor(classes(folder))
    labels = named[torch.arange(count) % len(named)]
    latents = drawn(model, scheduler, labels, guidance, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    save_file({"latents": latents, "labels": labels}, beside, metadata=facts)
    beside.replace(path)
    return latents, labels
