"""Tests of the training with a tiny model of random weights; they need PyTorch and diffusers.

    python -m unittest discover Sources/CachePlanning/Routers
"""

import argparse
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch
from diffusers import DDIMScheduler, DiTTransformer2DModel

import plan_of_routers
import train_router

STEPS, BLOCKS = 4, 2
# More threads than the machine has free wait for each other longer than they compute.
torch.set_num_threads(1)


def tiny_model(folder: Path) -> Path:
    torch.manual_seed(0)
    model = DiTTransformer2DModel(
        num_attention_heads=2, attention_head_dim=4, in_channels=4, out_channels=8, num_layers=BLOCKS, sample_size=4,
        num_embeds_ada_norm=3)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder / "transformer")
    DDIMScheduler(clip_sample=False).save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps({"id2label": {"0": "hen", "1": "tench"}}))
    return folder


def pairs_of(folder: Path) -> train_router.Pairs:
    model = DiTTransformer2DModel.from_pretrained(folder / "transformer").eval().requires_grad_(False)
    scheduler = DDIMScheduler.from_pretrained(folder / "scheduler")
    scheduler.set_timesteps(STEPS)
    examples = (torch.randn(6, 4, 4, 4, generator=torch.Generator().manual_seed(1)), torch.tensor([0, 1] * 3))
    return train_router.Pairs(model, scheduler, examples)


def run(module, *arguments) -> None:
    with mock.patch.object(sys, "argv", ["program", *map(str, arguments)]), mock.patch("builtins.print"):
        module.main()


class TrainingTests(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = tiny_model(Path(place.name))

    def test_only_what_is_reused_costs_accuracy(self):
        pairs, generator = pairs_of(self.folder), torch.Generator()
        all_computed, all_reused = torch.ones(2 * BLOCKS), torch.zeros(2 * BLOCKS)
        for step in (1, 3):
            errors = pairs.error(step, torch.arange(6), [all_computed, all_reused, all_computed], generator)
            self.assertEqual([errors[0].item(), errors[2].item()], [0, 0])
            self.assertGreater(errors[1].item(), 0)

    def test_reuse_takes_the_ungated_outputs_of_the_step_before(self):
        pairs = pairs_of(self.folder)
        noisy, labels = torch.randn(2, 4, 4, 4), torch.tensor([0, 1])
        seen = []
        with torch.no_grad():
            handle = pairs.model.transformer_blocks[1].ff.register_forward_hook(lambda *call: seen.append(call[2]))
            pairs.modules.keeps = True
            pairs.prediction(noisy, 750, labels)
            pairs.modules.keeps = False
            weights = torch.ones(2 * BLOCKS)
            weights[3] = 0
            pairs.prediction(noisy, 500, labels, weights)
            handle.remove()
        self.assertTrue(torch.equal(seen[0], seen[1]))

    def test_the_step_between_is_that_of_ddim(self):
        pairs = pairs_of(self.folder)
        pairs.drop = 0
        latents, labels, _ = pairs.begin(1, torch.arange(6), torch.Generator().manual_seed(3))
        generator = torch.Generator().manual_seed(3)
        torch.rand(6, generator=generator)
        scheduler = DDIMScheduler.from_pretrained(self.folder / "scheduler")
        scheduler.set_timesteps(STEPS)
        noise = torch.randn(pairs.latents.shape, generator=generator)
        noisy = scheduler.add_noise(pairs.latents, noise, scheduler.timesteps[0])
        with torch.no_grad():
            found = pairs.prediction(noisy, int(scheduler.timesteps[0]), labels)[:, :4]
        expected = scheduler.step(found, scheduler.timesteps[0], noisy).prev_sample
        self.assertLess((latents - expected).abs().max().item(), 1e-4)

    def test_the_last_error_counts_as_it_is_in_the_end(self):
        pairs = pairs_of(self.folder)
        pairs.weigh_by_end(torch.arange(6), torch.Generator().manual_seed(5))
        # DDIM's last step: the clean latent is (x − √(1−ᾱ) ε) / √ᾱ.
        level = pairs.levels[STEPS - 1]
        self.assertAlmostEqual(pairs.weights[3] / ((1 - level) / level), 1, places=3)
        self.assertEqual(pairs.weights[0], 1)
        self.assertGreater(pairs.weights[1], 0)

    def test_training_lowers_the_error_of_what_is_worth_computing(self):
        pairs = pairs_of(self.folder)
        options = argparse.Namespace(
            steps=STEPS, rounds=30, batch=4, learning_rate=0.3, penalty=0, threshold=0.1, seed=0)
        with mock.patch("builtins.print"):
            routers = train_router.train(pairs, torch.arange(6), options)
        self.assertEqual([routers[1].abs().sum().item(), routers[3].abs().sum().item()], [0, 0])
        for step in (1, 3):
            router = routers[train_router.router_of(step, STEPS)].detach()
            began, ended = pairs.error(
                step, torch.arange(6), [torch.full_like(router, 0.5), router.sigmoid()],
                torch.Generator().manual_seed(4))
            self.assertLess(ended.item(), 0.5 * began.item())
        options.penalty = 1e6
        with mock.patch("builtins.print"):
            routers = train_router.train(pairs, torch.arange(6), options)
        self.assertEqual(train_router.reused(train_router.masks(routers, 0.1)), 1)

    def test_a_file_is_the_same_each_time_and_becomes_a_plan(self):
        run_file = self.folder / "none.json"
        run_file.write_text(json.dumps({"steps": STEPS, "scheduler": "ddim", "predictedError": 0.1, "dynamic": {}}))
        files = [self.folder / "a.pt", self.folder / "b.pt"]
        for file in files:
            run(train_router, "--model", self.folder, "--steps", STEPS, "--samples", 6, "--held-out", 2,
                "--sample-steps", 2, "--rounds", 2, "--output", file)
        first, second = (plan_of_routers.read_routers(file) for file in files)
        self.assertEqual(first, second)
        self.assertEqual([len(first), len(first[0])], [STEPS, 2 * BLOCKS])
        run(plan_of_routers, "--routers", files[0], "--reuse", 0.5, "--for", run_file, "--output", self.folder / "p")
        plan = json.loads((self.folder / "p").read_text())
        self.assertEqual(plan["mask"], [True, False, True, False])
        self.assertEqual((plan["policy"], plan["scheduler"], plan["predictedError"]), ("l2c", "ddim", 0))
        self.assertNotIn("dynamic", plan)

    def test_latents_of_another_run_are_refused(self):
        arguments = ("--model", self.folder, "--steps", STEPS, "--samples", 6, "--held-out", 2, "--sample-steps", 2,
                     "--rounds", 1, "--output", self.folder / "a.pt")
        run(train_router, *arguments)
        with self.assertRaisesRegex(SystemExit, "latents of another seed: expected 5, found 0"):
            run(train_router, *arguments, "--seed", 5)


if __name__ == "__main__":
    unittest.main()
