"""Makes policies.json: what reuse policies decide and draw with the tiny model `plain`, worked out in PyTorch.

Made with torch 2.13.0, diffusers 0.42.1, Python 3.11, on a CPU. Run it beside itself, after make.py:

    python make_policies.py

Each policy is written here from its authors' formulas over diffusers' own modules, image by image, without a look at
how the program does it: TaylorSeer (arXiv 2503.06923), GOC (2503.05156), FORA (2407.01425), Δ-DiT (2406.01125),
TeaCache (2411.19108), First-Block Cache, EasyCache (2507.02860), MagCache's magnitudes (2506.09045). Where an author
leaves something open, the doc comment of the policy in Sources/CachePlanning/Policies says what is meant.
"""

import json
import math
from pathlib import Path

import torch
from diffusers import DDIMScheduler, DiTTransformer2DModel

HERE = Path(__file__).parent
GUIDANCE = 3.0
IMAGES = [(1, 7), (3, 8), (0, 30)]  # class, seed


class Network:
    """A DiT taken apart: one image, the conditional branch first."""

    def __init__(self, model, label):
        self.model, self.blocks = model, model.transformer_blocks
        self.labels = torch.tensor([label, model.config.num_embeds_ada_norm])

    def embed(self, x):
        return self.model.pos_embed(torch.cat([x, x]))

    def modulated(self, h, t):
        """The modulated input of block 0."""
        return self.blocks[0].norm1(h, t, self.labels, hidden_dtype=h.dtype)[0]

    def block(self, h, t, index, module=lambda name, compute: compute()):
        """A block; `module` says what stands for an output of attention or feed-forward layers before its gate."""
        block = self.blocks[index]
        n, gate_a, shift, scale, gate_m = block.norm1(h, t, self.labels, hidden_dtype=h.dtype)
        h = h + gate_a[:, None] * module("attention", lambda: block.attn1(n))
        n = block.norm3(h) * (1 + scale[:, None]) + shift[:, None]
        return h + gate_m[:, None] * module("mlp", lambda: block.ff(n))

    def run(self, h, t, first=0):
        for index in range(first, len(self.blocks)):
            h = self.block(h, t, index)
        return h

    def predict(self, h, t):
        """The guided noise."""
        model = self.model
        c = self.blocks[0].norm1.emb(t, self.labels, hidden_dtype=h.dtype)
        shift, scale = model.proj_out_1(torch.nn.functional.silu(c)).chunk(2, dim=1)
        h = model.proj_out_2(model.norm_out(h) * (1 + scale[:, None]) + shift[:, None])
        side, patch = int(math.sqrt(h.shape[1])), model.config.patch_size
        h = h.reshape(2, side, side, patch, patch, -1)
        out = torch.einsum("nhwpqc->nchpwq", h).reshape(2, -1, side * patch, side * patch)
        return out[1:] + GUIDANCE * (out[:1] - out[1:])


def mean(x):
    return x.abs().mean().item()


def change(a, b):
    """mean|a − b| / mean|b|."""
    return mean(a - b) / mean(b)


def path(model, label, seed, steps, predict):
    """DDIM from a seed's noise; `predict(network, x, t, step)` gives the guided noise."""
    scheduler = DDIMScheduler(clip_sample=False)
    scheduler.set_timesteps(steps)
    network = Network(model, label)
    size = model.config.sample_size
    x = torch.randn(
        1, model.config.in_channels, size, size, generator=torch.Generator().manual_seed(seed)
    )
    for step, t in enumerate(scheduler.timesteps):
        x = scheduler.step(predict(network, x, t.expand(2), step), t, x).prev_sample
    return x


# --- what modules leave -------------------------------------------------------------------------------------


class Taylor:
    """D⁰ is the last computed output, D^{k+1} = (D^k − D^k before) / (steps between the two computed ones)."""

    def __init__(self, order):
        self.order, self.differences, self.last = order, [], None

    def computed(self, output, step):
        fresh = [output]
        for before in self.differences[: self.order]:
            fresh.append((fresh[-1] - before) / (step - self.last))
        self.differences, self.last = fresh, step

    def reused(self, step):
        distance = step - self.last
        return sum(d * distance**k / math.factorial(k) for k, d in enumerate(self.differences))


class Gradient:
    """C₁ + η(C₁ − C₂) of the cache's contents one and two steps ago, which move up at every step."""

    def __init__(self, eta):
        self.eta, self.contents = eta, []

    def computed(self, output, step):
        self.contents = [output] + self.contents[:1]

    def reused(self, step):
        last = self.contents[0]
        before = self.contents[1] if len(self.contents) > 1 else last
        self.contents = [last + self.eta * (last - before), last]
        return self.contents[0]


def modules(model, image, computes, make_cache):
    """Every module of every block computed or made up, by one mask of steps."""
    caches = {}

    def predict(network, x, t, step):
        h = network.embed(x)
        for index in range(len(network.blocks)):

            def module(name, compute):
                cache = caches.setdefault((index, name), make_cache())
                if not computes[step]:
                    return cache.reused(step)
                output = compute()
                cache.computed(output, step)
                return output

            h = network.block(h, t, index, module)
        return network.predict(h, t)

    return path(model, *image, len(computes), predict)


def offsets(model, image, computes):
    """Whole blocks computed or replaced by what they added last; `computes` is [step][block]."""
    added = {}

    def predict(network, x, t, step):
        h = network.embed(x)
        for index in range(len(network.blocks)):
            if computes[step][index]:
                after = network.block(h, t, index)
                added[index] = after - h
            h = h + added[index]
        return network.predict(h, t)

    return path(model, *image, len(computes), predict)


# --- decisions while sampling -------------------------------------------------------------------------------


def decided(model, image, steps, first, accumulates, signal_of, reuse, threshold, after=None):
    """Runs a rule: the signal's sum, or the signal, below the threshold lets a step be reused."""
    state = {"sum": 0.0}
    signals, computed = [], []

    def predict(network, x, t, step):
        h = network.embed(x)
        signal = signal_of(state, network, x, h, t)
        signals.append(signal)
        free = first <= step < steps - 1
        total = (state["sum"] if accumulates else 0) + (signal if signal is not None else 0)
        if free and signal is not None and total < threshold:
            state["sum"] = total
            computed.append(False)
            y = reuse(state, network, h, t)
        else:
            state["sum"] = 0.0
            computed.append(True)
            y = compute(state, network, h, t)
        if after:
            after(state, x, y, computed[-1])
        return y

    def compute(state, network, h, t):
        one = network.block(h, t, 0)
        end = network.run(one, t, first=1)
        state["all"], state["others"], state["first"] = end - h, end - one, one - h
        state["y"] = network.predict(end, t)
        return state["y"]

    final = path(model, *image, steps, predict)
    return {"signals": signals, "computed": computed, "final": numbers(final)}


def teacache(model, image, steps, threshold, coefficients):
    def signal_of(state, network, x, h, t):
        now, before = network.modulated(h, t)[:1], state.get("modulated")
        state["modulated"] = now
        return None if before is None else change(now, before)

    def polynomial(value):
        if not coefficients:
            return value
        return max(0.0, sum(c * value**k for k, c in enumerate(reversed(coefficients))))

    # The signal is noted as it is; the polynomial's value is what adds up.
    raw = []

    def weighed(state, network, x, h, t):
        raw.append(signal_of(state, network, x, h, t))
        return None if raw[-1] is None else polynomial(raw[-1])

    result = decided(
        model, image, steps, 1, True, weighed,
        lambda state, network, h, t: network.predict(h + state["all"], t), threshold,
    )  # fmt: skip
    result["signals"] = raw
    return result


def fbcache(model, image, steps, threshold):
    def signal_of(state, network, x, h, t):
        now = network.block(h, t, 0) - h
        return change(now[:1], state["first"][:1]) if "first" in state else None

    return decided(
        model, image, steps, 1, False, signal_of,
        lambda state, network, h, t: network.predict(network.block(h, t, 0) + state["others"], t), threshold,
    )  # fmt: skip


def easycache(model, image, steps, threshold):
    def signal_of(state, network, x, h, t):
        if "k" not in state:
            return None
        return state["k"] * mean(x - state["x"]) / mean(state["y"])

    def after(state, x, y, is_computed):
        state["x"] = x
        if not is_computed:
            return
        if "computed" in state:
            x_before, y_before = state["computed"]
            state["k"] = mean(y - y_before) / mean(x - x_before)
        state["computed"] = (x, y)

    return decided(
        model, image, steps, max(2, steps // 10), True, signal_of,
        lambda state, network, h, t: state["y"], threshold, after,
    )  # fmt: skip


def magnitudes(model, image, steps):
    """[S]: the mean over branches and tokens of ‖r_i‖ / ‖r_{i−1}‖, r what all blocks add; 1 at step 0."""
    found, last = [], []

    def predict(network, x, t, step):
        h = network.embed(x)
        end = network.run(h, t)
        norms = (end - h).norm(dim=2)
        found.append((norms / last[-1]).mean().item() if last else 1.0)
        last.append(norms)
        return network.predict(end, t)

    path(model, *image, steps, predict)
    return found


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def every(interval, steps, start=0):
    """The first `start` steps and then each interval-th."""
    return [step < start or (step - start) % interval == 0 for step in range(steps)]


@torch.no_grad()
def main():
    model = DiTTransformer2DModel.from_pretrained(
        HERE / "plain" / "transformer", torch_dtype=torch.float32
    ).eval()
    blocks, steps = len(model.transformer_blocks), 12
    # FORA counts from the last step, which it computes, and always computes the first.
    fora = {n: [step == 0 or (steps - 1 - step) % n == 0 for step in range(steps)] for n in (2, 3)}
    cached = 3 * blocks // 4
    delta = [
        [
            step % 2 == 0 or not (block >= blocks - cached if step < steps / 2 else block < cached)
            for block in range(blocks)
        ]
        for step in range(steps)
    ]
    static = {
        "taylorseer interval=3 order=2": lambda i: modules(model, i, every(3, steps, 1), lambda: Taylor(2)),
        "taylorseer interval=3 order=4": lambda i: modules(model, i, every(3, steps, 1), lambda: Taylor(4)),
        "taylorseer interval=2 order=3": lambda i: modules(model, i, every(2, steps, 1), lambda: Taylor(3)),
        "goc interval=2 gradient=1.2": lambda i: modules(model, i, fora[2], lambda: Gradient(1.2)),
        "goc interval=3 gradient=0.8": lambda i: modules(model, i, fora[3], lambda: Gradient(0.8)),
        "fora interval=3": lambda i: modules(model, i, fora[3], lambda: Gradient(0)),
        "deltadit interval=2": lambda i: offsets(model, i, delta),
    }
    dynamic = {
        "teacache": (0.45, [], lambda i: teacache(model, i, steps, 0.45, [])),
        "teacache by a polynomial": (
            0.5, [40.0, 0.0, 0.5, 0.02], lambda i: teacache(model, i, steps, 0.5, [40.0, 0.0, 0.5, 0.02]),
        ),
        "fbcache": (0.4, [], lambda i: fbcache(model, i, steps, 0.4)),
        "easycache": (0.9, [], lambda i: easycache(model, i, steps, 0.9)),
    }  # fmt: skip
    document = {
        "guidance": GUIDANCE,
        "steps": steps,
        "images": [{"label": label, "seed": seed} for label, seed in IMAGES],
        "uncached": [numbers(offsets(model, i, [[True] * blocks] * steps)) for i in IMAGES],
        "static": [
            {"policy": name, "finals": [numbers(draw(image)) for image in IMAGES]}
            for name, draw in static.items()
        ],
        "dynamic": [
            {
                "policy": name,
                "threshold": threshold,
                "coefficients": coefficients,
                "images": [draw(image) for image in IMAGES],
            }
            for name, (threshold, coefficients, draw) in dynamic.items()
        ],
        "magnitudes": [magnitudes(model, image, steps) for image in IMAGES],
    }
    for case in document["dynamic"]:
        for image in case["images"]:
            letters = "".join("C" if computed else "R" for computed in image["computed"])
            print(case["policy"], letters, [s and round(s, 3) for s in image["signals"]])
    (HERE / "policies.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
