"""Samples one folder with diffusers and with omnicache from the same seeds, and compares the final latents.

Made for torch 2.15.0, diffusers 0.42.1, safetensors 0.8.0. Minutes for a model of DiT-XL/2's size:

    python compare_with_diffusers.py OUT                       makes a random DiT-XL/2 in OUT (2.8 GB) and samples it
    python compare_with_diffusers.py OUT --model FOLDER        samples FOLDER; OUT is for latents
    python compare_with_diffusers.py OUT --model FOLDER --launch "mpirun -np 2" --options "--engine openblas"

Ends with status 1 if the relative difference is above --most (1e-4).
"""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

from safetensors.torch import load_file

here = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--class", type=int, nargs="+", dest="classes", default=[0])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=float, default=1e-4)
    parser.add_argument("--launch", default="", help="what omnicache is started with")
    parser.add_argument("--omnicache", default=str(here.parents[2] / ".build/release/omnicache"))
    parser.add_argument("--options", default="", help="further options of omnicache")
    given = parser.parse_args()

    common = ["--guidance", str(given.guidance), "--seed", str(given.seed)]
    folder = given.model or given.out
    theirs = [sys.executable, str(here / "make_full_size.py"), str(given.out), "--sample", str(given.steps)]
    theirs += ["--class", *map(str, given.classes), *common]
    subprocess.run(theirs + (["--model", str(given.model)] if given.model else []), check=True)

    ours = given.out / "omnicache-latents.safetensors"
    command = [*shlex.split(given.launch), given.omnicache, "sample", "--model", str(folder)]
    command += ["--class", *(f"#{c}" for c in given.classes), "--steps", str(given.steps), *common]
    command += ["--policy", "none", "--final-latents", str(ours), "--output", str(given.out / "omnicache.png")]
    subprocess.run(command + shlex.split(given.options), check=True)

    expected = load_file(given.out / "final-latents.safetensors")["latents"]
    found = load_file(ours)["latents"]
    difference = ((found - expected).norm() / expected.norm()).item()
    print(json.dumps({"relativeDifference": difference, "most": given.most}))
    sys.exit(0 if difference <= given.most else 1)


if __name__ == "__main__":
    main()
