"""Samples one folder with diffusers and with omnicache from the same seeds, and compares the final latents.

Made for torch 2.15.0, diffusers 0.42.1, safetensors 0.8.0. Minutes for a model of DiT-XL/2's size:

    python compare_with_diffusers.py OUT                       makes a random DiT-XL/2 in OUT (2.8 GB) and samples it
    python compare_with_diffusers.py OUT --model FOLDER        samples FOLDER; OUT is for latents
    python compare_with_diffusers.py OUT --model FOLDER --launch "mpirun -np 2" --options "--engine openblas"

Ends with status 1 if the relative difference is above --most (1e-4). With --precision bf16 both run in f32 and in
bf16, and what that changes is compared: status 1 if it changes omnicache's latents more than diffusers' own.
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
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--launch", default="", help="what omnicache is started with")
    parser.add_argument("--omnicache", default=str(here.parents[2] / ".build/release/omnicache"))
    parser.add_argument("--options", default="", help="further options of omnicache")
    given = parser.parse_args()

    if given.precision == "bf16":
        changes = {}
        for name, run in {"diffusers": run_diffusers, "omnicache": run_omnicache}.items():
            changes[name] = difference(run(given, "bf16"), run(given, "f32"))
        print(json.dumps({"relativeDifferenceOfBF16ToF32": changes}))
        sys.exit(0 if changes["omnicache"] <= changes["diffusers"] else 1)
    expected = run_diffusers(given, "f32")  # first: it makes the folder if there is none
    found = difference(run_omnicache(given, "f32"), expected)
    print(json.dumps({"relativeDifference": found, "most": given.most}))
    sys.exit(0 if found <= given.most else 1)


def common(given):
    return ["--guidance", str(given.guidance), "--seed", str(given.seed), "--class"]


def run_diffusers(given, precision):
    command = [sys.executable, str(here / "make_full_size.py"), str(given.out), "--sample", str(given.steps)]
    command += ["--precision", precision, *common(given), *map(str, given.classes)]
    subprocess.run(command + (["--model", str(given.model)] if given.model else []), check=True)
    return load_file(given.out / "final-latents.safetensors")["latents"]


def run_omnicache(given, precision):
    latents = given.out / "omnicache-latents.safetensors"
    command = [*shlex.split(given.launch), given.omnicache, "sample", "--model", str(given.model or given.out)]
    command += ["--steps", str(given.steps), *common(given), *(f"#{c}" for c in given.classes)]
    command += ["--precision", precision, "--policy", "none", "--final-latents", str(latents)]
    command += ["--output", str(given.out / "omnicache.png"), *shlex.split(given.options)]
    subprocess.run(command, check=True)
    return load_file(latents)["latents"]


def difference(a, b):
    return ((a - b).norm() / b.norm()).item()


if __name__ == "__main__":
    main()
