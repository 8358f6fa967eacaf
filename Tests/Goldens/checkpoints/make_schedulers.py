"""Writes schedulers.json beside itself: the configuration keys of all schedulers of diffusers, and what is drawn with a
configuration that one of them has left to another.

Made with Python 3.11, torch 2.13.0 (CPU), diffusers 0.42.1; seed 20. Run it from anywhere.
"""

import ast
import base64
import inspect
import json
from pathlib import Path

import diffusers
import numpy as np
import torch

OURS = ["DDIMScheduler", "DDPMScheduler", "DPMSolverMultistepScheduler"]
STEPS, SEED, SHAPE = 4, 20, (1, 4, 3, 2)


def keys_of_all_schedulers():
    """From the sources, since some classes need further packages to be imported."""
    keys = set()
    for file in (Path(diffusers.__file__).parent / "schedulers").rglob("*.py"):
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef) and function.name == "__init__":
                if any(getattr(mark, "id", None) == "register_to_config" for mark in function.decorator_list):
                    keys |= {argument.arg for argument in function.args.args[1:] + function.args.kwonlyargs}
    return sorted(keys)


def final_state(scheduler):
    """What four steps with a linear stand-in for the model end at."""
    generator = torch.Generator().manual_seed(SEED)
    sample = torch.randn(SHAPE, generator=generator)
    offset = (0.1 * torch.sin(torch.arange(1, 25, dtype=torch.float32) * 1.7)).reshape(SHAPE)
    scheduler.set_timesteps(STEPS)
    for timestep in scheduler.timesteps:
        sample = scheduler.step(0.9 * sample + offset, timestep, sample, generator=generator).prev_sample
    assert torch.isfinite(sample).all()
    return base64.b64encode(np.asarray(sample, dtype="<f4").tobytes()).decode()


def exchanges():
    """A folder's scheduler of each class, exchanged for each of ours and saved again."""
    results = []
    for source in sorted(kind.__name__ for kind in diffusers.DDIMScheduler().compatibles):
        kind = getattr(diffusers, source)
        try:
            saved = kind.from_config(json.loads(kind().to_json_string()))
        except ImportError:
            continue
        for target in OURS:
            try:
                scheduler = getattr(diffusers, target).from_config(saved.config)
            except (NotImplementedError, ValueError):
                continue
            text = scheduler.to_json_string()
            read = getattr(diffusers, target).from_config(json.loads(text))
            results.append({
                "source": source, "target": target, "config": text, "final": final_state(read),
                "timesteps": [int(timestep) for timestep in read.timesteps],
            })
    return results


def defaults(name):
    parameters = list(inspect.signature(getattr(diffusers, name).__init__).parameters.values())[1:]
    # As texts, since one of them is infinite.
    return {parameter.name: json.dumps(parameter.default) for parameter in parameters}


contents = {
    "keys": keys_of_all_schedulers(),
    "defaults": {name: defaults(name) for name in OURS},
    "exchanges": exchanges(),
}
(Path(__file__).parent / "schedulers.json").write_text(json.dumps(contents, indent=1) + "\n")
