"""Makes a plan of the routers of Learning-to-Cache (arXiv 2406.01733); README.md says how they are read."""

import argparse
import json
import math
import sys


def read_routers(path):
    """The numbers of each router, [S][2·L], in the file's order."""
    # Here, so that masks can be tested without it.
    import torch

    with torch.serialization.safe_globals([argparse.Namespace]):
        file = torch.load(path, map_location="cpu", weights_only=True)
    state = file.get("routers", file)
    numbers = {int(name.split(".")[0]): row for name, row in state.items() if name.endswith("prob")}
    if sorted(numbers) != list(range(len(numbers))) or len({row.numel() for row in numbers.values()}) != 1:
        sys.exit(f"{path}: expected routers '0.prob' … of equal length, found {sorted(state)[:4]}")
    if len(numbers) % 2 or numbers[0].numel() % 2:
        sys.exit(f"{path}: expected an even number of routers and entries, found {len(numbers)} of {numbers[0].numel()}")
    return [numbers[index].flatten().tolist() for index in range(len(numbers))]


def masks(routers, threshold):
    """[S][L] letters of the attention and of the feed-forward layers, in the order of execution."""

    def letter(number):
        return "C" if sigmoid(number) > threshold else "R"

    attention, mlp = [], []
    for index in reversed(range(len(routers))):
        row = [letter(number) if index % 2 == 0 else "C" for number in routers[index]]
        attention.append("".join(row[0::2]))
        mlp.append("".join(row[1::2]))
    return attention, mlp


def sigmoid(number):
    return 1 / (1 + math.exp(-number))


def threshold_that_reuses(share, routers):
    """The θ that reuses so many of all modules, or as nearly as it can where routers are equal."""
    numbers = sorted(number for row in routers[0::2] for number in row)
    possible = len(numbers) / sum(map(len, routers))
    if not 0 <= share <= possible:
        sys.exit(f"--reuse {share}: expected 0 to {possible}: every second step computes everything")
    # A θ can only end behind the last of equal numbers.
    ends = [0] + [count for count in range(1, len(numbers) + 1) if numbers[count - 1:count] != numbers[count:count + 1]]
    wanted = share * sum(map(len, routers))
    count = min(ends, key=lambda end: abs(end - wanted))
    return sigmoid(numbers[count - 1]) if count else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--routers", required=True, help="a router file of Learning-to-Cache")
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("--threshold", type=float, default=0.1, help="θ: modules above it are computed; 0.1 if none")
    amount.add_argument("--reuse", type=float, metavar="SHARE", help="take the θ that reuses this share of all modules")
    parser.add_argument("--for", dest="run", required=True, help="any plan of the run that the new one is for")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    with open(arguments.run) as file:
        plan = json.load(file)
    routers = read_routers(arguments.routers)
    steps = plan["steps"]
    if len(routers) != steps:
        sys.exit(f"{arguments.routers} holds routers of {len(routers)} steps, but {arguments.run} is for {steps}")
    threshold = arguments.threshold
    if arguments.reuse is not None:
        threshold = threshold_that_reuses(arguments.reuse, routers)
    attention, mlp = masks(routers, threshold)
    zeros = [0.0] * steps
    plan.pop("dynamic", None)
    plan.update(
        policy="l2c",
        mask=["C" in a + m for a, m in zip(attention, mlp)],
        modules={"combine": "reuse", "attention": attention, "mlp": mlp},
        scores=zeros,
        gamma=zeros,
        expectedError=zeros,
        predictedError=0.0,
        predictedSpread=0.0,
        correction="none",
    )
    with open(arguments.output, "w") as file:
        json.dump(plan, file, indent=2, sort_keys=True, ensure_ascii=False)
        file.write("\n")
    reused = sum(row.count("R") for row in attention + mlp)
    print(f"{arguments.output}: {reused} of {2 * sum(map(len, attention))} modules reused, θ {threshold:.4g}")


if __name__ == "__main__":
    main()
