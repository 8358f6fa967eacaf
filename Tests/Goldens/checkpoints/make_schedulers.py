"""Writes schedulers.json beside itself: the configuration keys of all schedulers of diffusers, and what is drawn with a
configuration that one of them has left to another; and schedulers-in-sigma.json, the same of those that solve in σ.

Made with Python 3.11, torch 2.13.0 (CPU; schedulers-in-sigma.json with 2.15.0), diffusers 0.42.1; seed 20. Run it from
anywhere.
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
IN_SIGMA = ["DPMSolverSinglestepScheduler", "UniPCMultistepScheduler", "EulerDiscreteScheduler"]
OTHERS = ["FlowMatchEulerDiscreteScheduler", "CogVideoXDDIMScheduler", "CogVideoXDPMScheduler"]
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
    scheduler.set_timesteps(STEPS)
    sample = torch.randn(SHAPE, generator=generator) * scheduler.init_noise_sigma
    offset = (0.1 * torch.sin(torch.arange(1, 25, dtype=torch.float32) * 1.7)).reshape(SHAPE)
    accepts = inspect.signature(scheduler.step).parameters
    for timestep in scheduler.timesteps:
        noise = {"generator": generator} if "generator" in accepts else {}
        output = 0.9 * scheduler.scale_model_input(sample, timestep) + offset
        sample = scheduler.step(output, timestep, sample, **noise).prev_sample
    if not torch.isfinite(sample).all():
        return None
    return base64.b64encode(np.asarray(sample, dtype="<f4").tobytes()).decode()


def exchanges(targets):
    """A folder's scheduler of each class, exchanged for each of the given ones and saved again."""
    results = []
    for source in sorted(kind.__name__ for kind in diffusers.DDIMScheduler().compatibles):
        kind = getattr(diffusers, source)
        try:
            saved = kind.from_config(json.loads(kind().to_json_string()))
        except ImportError:
            continue
        for target in targets:
            try:
                scheduler = getattr(diffusers, target).from_config(saved.config)
            except (NotImplementedError, ValueError):
                continue
            text = scheduler.to_json_string()
            read = getattr(diffusers, target).from_config(json.loads(text))
            final = final_state(read)
            if final is None:
                # UniPC divides by 0 where the orders do not fall at the end and σ does.
                continue
            results.append({
                "source": source, "target": target, "config": text, "final": final,
                "timesteps": [float(timestep) for timestep in read.timesteps],
            })
    return results


def defaults(name):
    parameters = list(inspect.signature(getattr(diffusers, name).__init__).parameters.values())[1:]
    # As texts, since one of them is infinite.
    return {parameter.name: json.dumps(parameter.default) for parameter in parameters}


def contents(names, more=()):
    return {
        "keys": keys_of_all_schedulers(),
        "defaults": {name: defaults(name) for name in [*names, *more]},
        "exchanges": exchanges(names),
    }


for name, classes in [
    ("schedulers.json", contents(OURS)),
    ("schedulers-in-sigma.json", contents(IN_SIGMA, more=OTHERS)),
]:
    (Path(__file__).parent / name).write_text(json.dumps(classes, indent=1) + "\n")
