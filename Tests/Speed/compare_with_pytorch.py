"""Times DiT-XL/2 of random weights with PyTorch and diffusers and with omnicache, alternately on one machine.

Made for torch 2.15.0, diffusers 0.42.1; omnicache as `swift build -c release --product omnicache` leaves it:

    python compare_with_pytorch.py                      one guided step in f32 and bf16, and a picture of 256 x 256
    python compare_with_pytorch.py --threads 1 --rounds 9

Each round takes the three in turn, and a round's ratio holds numbers of the same minute against each other: shown
are the median of the ratios and their range. Memory: the network is there twice in the precision under test.
"""

import argparse
import os
import re
import statistics
import subprocess
import time
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DiTTransformer2DModel

here = Path(__file__).resolve().parent
PRECISIONS = {"f32": torch.float32, "bf16": torch.bfloat16}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pixels", type=int, choices=[256, 512], default=256)
    parser.add_argument("--omnicache", default=str(here.parents[1] / ".build/release/omnicache"))
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print(f"{processor()}, {given.threads} threads, {given.pixels} x {given.pixels}, {given.rounds} rounds")
    print(f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}")
    shape = "DiT-XL/2" + ("-512" if given.pixels == 512 else "")

    def omnicache(subject, *options):
        command = [given.omnicache, "bench", subject, "--shape", shape, "--threads", str(given.threads), *options]
        kept = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
        return subprocess.run(command, check=True, capture_output=True, text=True, env=kept).stdout

    for precision, kind in PRECISIONS.items():
        step = torch_step(given.pixels // 8, kind)
        compare(
            f"guided step, {precision}", given.rounds, step,
            lambda: re.search(
                r"^computed +([\d.]+)", omnicache("step", "--precision", precision, "--repeats", "3"), re.M
            )[1],
        )
        del step
    compare(
        "picture, f32", given.rounds, torch_picture(given.pixels // 8),
        lambda: re.search(r"^0 on \S+ +([\d.]+)", omnicache("decode"), re.M)[1],
    )


def compare(what, rounds, theirs, ours):
    """Prints both medians and the ratio of their rounds."""
    theirs()
    pairs = []
    for _ in range(rounds):
        started = time.monotonic()
        theirs()
        theirs()
        pairs.append(((time.monotonic() - started) / 2, float(ours())))
    ratios = [a / b for a, b in pairs]
    torch_seconds, seconds = (statistics.median(column) for column in zip(*pairs))
    print(
        f"{what}: PyTorch {torch_seconds:.3f} s, omnicache {seconds:.3f} s, "
        f"{statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})",
        flush=True,
    )


def torch_step(side, kind):
    model = DiTTransformer2DModel(out_channels=8, sample_size=side).eval().to(kind)
    latents = torch.randn(2, 4, side, side).to(kind)
    timestep, labels = torch.tensor([500, 500]), torch.tensor([207, 1000])
    return torch.no_grad()(lambda: model(latents, timestep=timestep, class_labels=labels).sample)


def torch_picture(side):
    decoder = AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        block_out_channels=[128, 256, 512, 512],
        layers_per_block=2,
    ).eval()
    latent = torch.randn(1, 4, side, side)
    return torch.no_grad()(lambda: decoder.decode(latent).sample)


def processor():
    text = Path("/proc/cpuinfo").read_text()
    return re.search(r"^model name\s*: (.*)$", text, re.M)[1]


if __name__ == "__main__":
    main()
