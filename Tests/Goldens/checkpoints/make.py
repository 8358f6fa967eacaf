"""Writes the goldens of CheckpointsTests: tiny safetensors files, and numbers of the built-in model.

Made with Python 3.11, torch 2.15.0 (CPU), safetensors 0.8.0; seed 20. Run it from anywhere.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

here = Path(__file__).parent
model = here.parents[2] / "Sources" / "BuiltinModel" / "model"
torch.manual_seed(20)


def numbers(tensor):
    return tensor.to(torch.float32).flatten().tolist()


# Two shards with an index, each format that we read, one that we do not.
tensors = {
    "a.weight": torch.randn(5, 3),
    "a.bias": torch.randn(1).half(),
    "b.weight": torch.randn(17, 2, 1, 1).bfloat16(),
    "b.half": (torch.randn(33) * 100).half(),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 4),
    "steps": torch.arange(3),
}
shards = {
    "diffusion_pytorch_model-00001-of-00002.safetensors": ["a.weight", "a.bias", "scalar", "steps"],
    "diffusion_pytorch_model-00002-of-00002.safetensors": ["b.weight", "b.half", "empty"],
}
folder = here / "shards" / "part"
folder.mkdir(parents=True, exist_ok=True)
for file, names in shards.items():
    save_file({name: tensors[name] for name in names}, folder / file, metadata={"format": "pt"})
index = {
    "metadata": {"total_size": sum(t.numel() * t.element_size() for t in tensors.values())},
    "weight_map": {name: file for file, names in shards.items() for name in names},
}
(folder / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")

# What the built-in model's tensors hold, by torch.
probes = {}
for part in ("transformer", "vae"):
    weights = load_file(model / part / "diffusion_pytorch_model.safetensors")
    names = sorted(weights)
    for name in names[:: len(names) // 8]:
        wide = weights[name].double()
        probes[name] = {
            "part": part,
            "shape": list(wide.shape),
            "first": numbers(weights[name])[:4],
            "last": numbers(weights[name])[-1],
            "sum": wide.sum().item(),
            "squares": (wide * wide).sum().item(),
        }
golden = {
    "shards": {
        name: {"shape": list(t.shape), "values": numbers(t)} for name, t in tensors.items() if name != "steps"
    },
    "builtin": probes,
}
(here / "goldens.json").write_text(json.dumps(golden, indent=1) + "\n")
