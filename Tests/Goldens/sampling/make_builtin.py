"""Makes builtin.json: what diffusers draws with the built-in model.

Made with torch 2.13.0, diffusers 0.42.1, Python 3.11, on a CPU. Run it beside itself:

    python make_builtin.py

The folder is Sources/BuiltinModel/model, its weights widened to float32; the loop is that of
../models/make_full_size.py. Image k starts from the noise of seed firstSeed + k.
"""

import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "models"))
from make_full_size import load, sample  # noqa: E402

STEPS, GUIDANCE, FIRST_SEED, CLASSES = 5, 2.5, 14, [10, 35]


def main():
    folder = HERE.parent.parent.parent / "Sources" / "BuiltinModel" / "model"
    model, scheduler = load(folder, torch.float32)
    shape = (1, model.config.in_channels, model.config.sample_size, model.config.sample_size)
    generators = [torch.Generator().manual_seed(FIRST_SEED + k) for k in range(len(CLASSES))]
    latents = torch.cat([torch.randn(shape, generator=g) for g in generators])
    final = sample(model, scheduler, latents, torch.tensor(CLASSES), GUIDANCE, STEPS, generators)
    document = {
        "steps": STEPS,
        "guidance": GUIDANCE,
        "firstSeed": FIRST_SEED,
        "classes": CLASSES,
        "finals": [[float(f"{value:.9g}") for value in image.flatten().tolist()] for image in final],
    }
    (HERE / "builtin.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
