"""Makes a plan of the routers of Learning-to-Cache (arXiv 2406.01733); README.md says how they are read."""

import argparse
import json
import math
import sys

import torch


def read_routers(path):
    """The numbers of each router, [S][2·L], in the file's order."""
    with torch.serialization.safe_globals([argparse.Namespace]):
        file = torch.load(path, map_location="cpu", weights_only=True)
    state = file.get("routers", file)
    numbers = {int(name.split(".")[0]): row for name, row in state.items() if name.endswith("prob")}
    if sorted(numbers) != list(range(len(numbers))) or len({row.numel() for row in numbers.values()}) != 1:
        sys.exit(f"{path}: expected routers '0.prob' … of equal length, found {sorted(state)[:4]}")
    return [numbers[index].flatten().tolist() for index in range(len(numbers))]


def masks(routers, threshold):
    """[S][L] letters of the attention and of the feed-forward layers, in the order of execution."""
    if len(routers) % 2 or len(routers[0]) % 2:
        sys.exit(f"expected an even number of routers and entries, found {len(routers)} of {len(routers[0])}")

    def letter(number):
        return "C" if 1 / (1 + math.exp(-number)) > threshold else "R"

    attention, mlp = [], []
    for index in reversed(range(len(routers))):
        row = [letter(number) if index % 2 == 0 else "C" for number in routers[index]]
        attention.append("".join(row[0::2]))
        mlp.append("".join(row[1::2]))
    return attention, mlp


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routers", required=True, help="a router file of Learning-to-Cache")
    parser.add_argument("--threshold", type=float, default=0.1, help="θ: modules above it are computed")
    parser.add_argument("--for", dest="run", required=True, help="any plan of the run that the new one is for")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    with open(arguments.run) as file:
        plan = json.load(file)
    routers = read_routers(arguments.routers)
    steps = plan["steps"]
    if len(routers) != steps:
        sys.exit(f"{arguments.routers} holds routers of {len(routers)} steps, but {arguments.run} is for {steps}")
    attention, mlp = masks(routers, arguments.threshold)
    zeros = [0.0] * steps
    plan.update(
        policy="l2c",
        mask=["C" in a + m for a, m in zip(attention, mlp)],
        modules={"combine": "reuse", "attention": attention, "mlp": mlp},
        scores=zeros,
        gamma=zeros,
        expectedError=zeros,
        correction="none",
    )
    with open(arguments.output, "w") as file:
        json.dump(plan, file, indent=2, sort_keys=True, ensure_ascii=False)
        file.write("\n")
    reused = sum(row.count("R") for row in attention + mlp)
    print(f"{arguments.output}: {reused} of {2 * sum(map(len, attention))} modules reused")


if __name__ == "__main__":
    main()
