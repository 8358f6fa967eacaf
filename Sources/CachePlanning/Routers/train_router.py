"""Trains the routers of Learning-to-Cache (arXiv 2406.01733) for a diffusers DiT; README.md says how they are read."""

import argparse
import sys
import time
from pathlib import Path

import torch
from diffusers import DDIMScheduler, DiTTransformer2DModel
from diffusers.models.attention_processor import AttnProcessor

import latents


# λ that leaves about two fifths of the built-in model's modules to be reused, by what the loss is.
PENALTIES = {"end": 3e-7, "prediction": 3e-5}


class Modules:
    """The attention and feed-forward layers of all blocks, whose outputs can be kept and mixed with kept ones."""

    def __init__(self, model: DiTTransformer2DModel):
        self.kept: dict[int, torch.Tensor] = {}
        self.keeps = False
        self.weights: torch.Tensor | None = None
        for number, block in enumerate(model.transformer_blocks):
            # On a CPU the backward pass of fused attention takes longer than that of its parts.
            block.attn1.set_processor(AttnProcessor())
            for entry, module in ((2 * number, block.attn1), (2 * number + 1, block.ff)):
                module.register_forward_hook(lambda _, __, output, entry=entry: self._output(entry, output))

    def _output(self, entry: int, output: torch.Tensor) -> torch.Tensor:
        # What comes here is not yet multiplied by its gate, so that a kept output gets the gate of its new step.
        if self.keeps:
            self.kept[entry] = output
        if self.weights is None:
            return output
        return torch.lerp(self.kept[entry], output, self.weights[entry])


class Pairs:
    """Pairs of a step that computes everything and the step behind it, which reuses some of that."""

    def __init__(self, model: DiTTransformer2DModel, scheduler: DDIMScheduler, examples, drop: float = 0.1):
        self.model, self.modules = model, Modules(model)
        self.latents, self.labels = examples
        self.drop = drop
        self.timesteps = [int(timestep) for timestep in scheduler.timesteps]
        # ᾱ of each step, and of the clean latent behind the last.
        levels = [scheduler.alphas_cumprod[timestep] for timestep in self.timesteps]
        self.levels = [float(level) for level in [*levels, scheduler.final_alpha_cumprod]]
        # What a step's mean square error counts.
        self.weights = [1.0] * len(self.timesteps)

    def prediction(self, noisy: torch.Tensor, timestep: int, labels: torch.Tensor, weights=None) -> torch.Tensor:
        """The whole output, its modules mixed with kept ones: of weight 1 as computed, of weight 0 as kept."""
        self.modules.weights = weights
        output = self.model(noisy, torch.full_like(labels, timestep), class_labels=labels).sample
        self.modules.weights = None
        return output

    @torch.no_grad()
    def begin(self, step: int, rows: torch.Tensor, generator: torch.Generator):
        """Keeps what the computed step before `step` leaves; latents and labels at `step`, and what it predicts."""
        channels, device, before = self.latents.shape[1], self.model.device, self.timesteps[step - 1]
        clean, labels = self.latents[rows], self.labels[rows].clone()
        labels[torch.rand(len(rows), generator=generator) < self.drop] = self.model.config.num_embeds_ada_norm
        noise = torch.randn(clean.shape, generator=generator)
        level = self.levels[step - 1]
        noisy = (level ** 0.5 * clean + (1 - level) ** 0.5 * noise).to(device)
        labels = labels.to(device)
        found = self.kept_prediction(noisy, before, labels)
        noisy = self.advanced(noisy, found[:, :channels], step - 1)
        return noisy, labels, self.prediction(noisy, self.timesteps[step], labels)

    def kept_prediction(self, noisy: torch.Tensor, timestep: int, labels: torch.Tensor) -> torch.Tensor:
        self.modules.keeps = True
        found = self.prediction(noisy, timestep, labels)
        self.modules.keeps = False
        return found

    def advanced(self, noisy: torch.Tensor, found: torch.Tensor, step: int) -> torch.Tensor:
        """DDIM's step: latents at the step behind `step`."""
        level, following = self.levels[step], self.levels[step + 1]
        clean = (noisy - (1 - level) ** 0.5 * found) / level ** 0.5
        return following ** 0.5 * clean + (1 - following) ** 0.5 * found

    @torch.no_grad()
    def weigh_by_end(self, rows: torch.Tensor, generator: torch.Generator) -> None:
        """Lets each cache step's error count as much as it is in the final latent.

        Measured on paths from noise without guidance: one step reuses everything, all others compute.
        """
        channels, device = self.latents.shape[1], self.model.device
        labels = self.labels[rows].to(device)
        path = [torch.randn(self.latents[rows].shape, generator=generator).to(device)]
        predictions = []
        for step, timestep in enumerate(self.timesteps):
            predictions.append(self.prediction(path[-1], timestep, labels)[:, :channels])
            path.append(self.advanced(path[-1], predictions[-1], step))
        nothing = torch.zeros(2 * len(self.model.transformer_blocks), device=device)
        for cached in range(1, len(self.timesteps), 2):
            self.kept_prediction(path[cached - 1], self.timesteps[cached - 1], labels)
            reused = self.prediction(path[cached], self.timesteps[cached], labels, nothing)[:, :channels]
            noisy = self.advanced(path[cached], reused, cached)
            for step in range(cached + 1, len(self.timesteps)):
                noisy = self.advanced(noisy, self.prediction(noisy, self.timesteps[step], labels)[:, :channels], step)
            error = (reused - predictions[cached]).square().mean()
            self.weights[cached] = ((noisy - path[-1]).square().mean() / error).item()

    def error(self, step: int, rows: torch.Tensor, weights, generator: torch.Generator) -> list[torch.Tensor]:
        """The weighted mean square error of the prediction at `step`, for each of the given weights [2·L]."""
        noisy, labels, target = self.begin(step, rows, generator)
        return [
            self.weights[step]
            * (self.prediction(noisy, self.timesteps[step], labels, one.to(noisy.device)) - target).square().mean()
            for one in weights
        ]


def router_of(step: int, steps: int) -> int:
    """Routers are counted from the smallest timestep on, steps from the largest."""
    return steps - 1 - step


def train(pairs: Pairs, rows: torch.Tensor, options) -> list[torch.nn.Parameter]:
    """The logits [2·L] of each router; those of odd number stay as they began, for none reads them."""
    entries = 2 * len(pairs.model.transformer_blocks)
    # The paper's begin at random, which a short training would not forget.
    routers = [torch.nn.Parameter(torch.zeros(entries)) for _ in range(options.steps)]
    # Gradients of steps that hardly differ are no larger than AdamW's usual ε.
    optimizer = torch.optim.AdamW(routers, lr=options.learning_rate, weight_decay=0, eps=1e-12)
    generator = torch.Generator().manual_seed(options.seed)
    began, told, losses = time.monotonic(), time.monotonic(), []
    for round in range(options.rounds):
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * (1 - round / options.rounds)
        steps = 2 * torch.randperm(options.steps // 2, generator=generator) + 1
        for step in steps.tolist():
            chosen = rows[torch.randint(len(rows), (options.batch,), generator=generator)]
            router = routers[router_of(step, options.steps)]
            weights = router.sigmoid()
            error, = pairs.error(step, chosen, [weights], generator)
            loss = error + options.penalty * weights.sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                router.clamp_(-5, 5)
            losses.append((loss.item(), error.item()))
        if time.monotonic() - told > 15 or round + 1 == options.rounds or round == 0:
            told = time.monotonic()
            recent = torch.tensor(losses[-5 * len(steps):]).mean(dim=0)
            share = reused(masks(routers, options.threshold))
            print(f"round {round + 1} of {options.rounds}, {told - began:.0f} s: loss {recent[0]:.3e}, error "
                  f"{recent[1]:.3e}, {100 * share:.1f} % of the modules of cache steps reused", flush=True)
    return routers


def masks(routers, threshold: float) -> torch.Tensor:
    """[S/2][2·L]: 1 where the cache steps compute, in the order of their routers."""
    return torch.stack([router.detach().sigmoid() > threshold for router in routers[0::2]]).float()


def reused(mask: torch.Tensor) -> float:
    return 1 - mask.mean().item()


@torch.no_grad()
def judge(pairs: Pairs, rows: torch.Tensor, mask: torch.Tensor, options) -> None:
    """Compares the mask with random ones: of as many modules anywhere, and of as many in each step."""
    generator = torch.Generator().manual_seed(options.seed + 1)

    def shuffled(values: torch.Tensor) -> torch.Tensor:
        return values.flatten()[torch.randperm(values.numel(), generator=generator)].view(values.shape)

    compared = {
        "everything reused": torch.zeros_like(mask), "learned": mask, "random": shuffled(mask),
        "random in each step": torch.stack([shuffled(row) for row in mask]),
    }
    sums = torch.zeros(len(compared))
    for step in range(1, options.steps, 2):
        index = router_of(step, options.steps) // 2
        sums += torch.stack(pairs.error(step, rows, [one[index] for one in compared.values()], generator)).cpu()
    for name, sum in zip(compared, sums.tolist()):
        print(f"held out: error {sum / len(mask):.3e}, {name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a diffusers folder: a DiT that predicts noise")
    parser.add_argument("--output", type=Path, required=True, help="the router file")
    parser.add_argument("--steps", type=int, default=50, help="of the folder's DDIM; even")
    parser.add_argument("--latents", type=Path, help="latents and labels, safetensors; drawn where there is no such "
                        "file. Default: latents.safetensors beside the output")
    parser.add_argument("--samples", type=int, default=1024, help="how many are drawn")
    parser.add_argument("--guidance", type=float, default=2.5, help="with which they are drawn")
    parser.add_argument("--sample-steps", type=int, default=20, help="in which they are drawn")
    parser.add_argument("--rounds", type=int, default=100, help="steps of each router")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=0.2)
    parser.add_argument("--penalty", type=float, help="λ: what computing a module costs. Default: "
                        + ", ".join(f"{value} for {name}" for name, value in PENALTIES.items()))
    parser.add_argument("--error", choices=PENALTIES, default="end", help="what the loss is: the error of the final "
                        "latent because of a step's prediction, or, as the authors have it, of that prediction")
    parser.add_argument("--threshold", type=float, default=0.1, help="θ of the mask that is told of")
    parser.add_argument("--held-out", type=int, default=32, help="latents that judge the mask at the end")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="default: PyTorch's")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    if options.penalty is None:
        options.penalty = PENALTIES[options.error]
    if options.threads:
        torch.set_num_threads(options.threads)
    model = DiTTransformer2DModel.from_pretrained(options.model / "transformer", torch_dtype=torch.float32)
    model = model.to(options.device).eval().requires_grad_(False)
    scheduler = DDIMScheduler.from_pretrained(options.model / "scheduler")
    if scheduler.config.prediction_type != "epsilon":
        sys.exit(f"{options.model}: expected a model that predicts epsilon, found {scheduler.config.prediction_type}")
    if options.steps < 2 or options.steps % 2:
        sys.exit(f"--steps {options.steps}: expected an even number: every second step reuses the one before it")
    scheduler.set_timesteps(options.sample_steps)
    path = options.latents or options.output.with_name("latents.safetensors")
    examples = latents.kept_or_drawn(
        path, options.model, model, scheduler, options.samples, options.guidance, options.seed)
    if len(examples[0]) <= options.held_out:
        sys.exit(f"{path}: expected more than {options.held_out} latents, found {len(examples[0])}")
    scheduler.set_timesteps(options.steps)
    pairs = Pairs(model, scheduler, examples)
    last = len(examples[0]) - options.held_out
    if options.error == "end":
        pairs.weigh_by_end(torch.arange(min(8, last)), torch.Generator().manual_seed(options.seed))
    routers = train(pairs, torch.arange(last), options)
    judge(pairs, torch.arange(last, len(examples[0])), masks(routers, options.threshold), options)
    told = {name: str(value) if isinstance(value, Path) else value for name, value in vars(options).items()}
    torch.save({"routers": {f"{number}.prob": router.detach() for number, router in enumerate(routers)},
                "args": told}, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
