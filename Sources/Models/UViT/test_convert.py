"""Tests of the converter with a checkpoint of a tiny model; they need PyTorch and safetensors.

    python -m unittest discover Sources/Models/UViT
"""

import json
import math
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch
from safetensors.torch import load_file, save_file

import convert

TINY = {
    "in_chans": 3, "num_heads": 2, "num_classes": 4, "embed_dim": 8, "depth": 5, "img_size": 6, "patch_size": 2,
}


class Hostile:
    """Leaves a mark when it is read."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


class ConvertTests(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        variants = {
            "tiny-huge": convert.HUGE | TINY,
            "tiny-large": convert.LARGE | TINY,
        }
        patch = mock.patch.dict(convert.VARIANTS, variants)
        patch.start()
        self.addCleanup(patch.stop)
        self.vae = self.place / "vae"
        self.vae.mkdir()
        self.write_vae_config(latent_channels=3)
        save_file({"decoder.weight": torch.ones(2)}, self.vae / convert.WEIGHTS)
        torch.manual_seed(0)
        self.state = self.drawn("tiny-huge")

    def drawn(self, variant):
        return {name: torch.randn(shape) for name, shape in convert.shapes(convert.configuration(variant)).items()}

    def write_vae_config(self, **entries):
        (self.vae / "config.json").write_text(json.dumps({"_class_name": "AutoencoderKL"} | entries))

    def converted(self, state, variant="tiny-huge", names=None):
        checkpoint, output = self.place / "uvit.pth", self.place / "folder"
        torch.save(state, checkpoint)
        convert.convert(variant, checkpoint, self.vae, output, names)
        return output

    def assertRefuses(self, message, state=None, **options):
        with self.assertRaisesRegex(SystemExit, message):
            self.converted(self.state if state is None else state, **options)
        self.assertFalse((self.place / "folder").exists())

    def test_keeps_every_number_under_its_name(self):
        folder = self.converted(self.state)
        kept = load_file(folder / "transformer" / convert.WEIGHTS)
        self.assertEqual(kept.keys(), self.state.keys())
        for name, tensor in self.state.items():
            self.assertTrue(torch.equal(kept[name], tensor), name)

    def test_writes_a_folder_of_parts(self):
        names = self.place / "labels.json"
        names.write_text(json.dumps({"id2label": {"0": "hen", "2": "tench"}, "vae": ["other", "Other"]}))
        folder = self.converted(self.state, names=names)
        index = json.loads((folder / "model_index.json").read_text())
        self.assertEqual(index["_class_name"], "UViTPipeline")
        self.assertEqual(index["id2label"], {"0": "hen", "2": "tench"})
        self.assertEqual(index["vae"], ["diffusers", "AutoencoderKL"])
        config = json.loads((folder / "transformer/config.json").read_text())
        self.assertEqual((config["embed_dim"], config["depth"], config["conv"]), (8, 5, False))
        for file in ("config.json", convert.WEIGHTS):
            self.assertEqual((folder / "vae" / file).read_bytes(), (self.vae / file).read_bytes())

    def test_large_models_end_in_a_convolution(self):
        shapes = convert.shapes(convert.configuration("imagenet256-large"))
        self.assertEqual(shapes["final_layer.weight"], (4, 4, 3, 3))
        self.assertNotIn("final_layer.weight", convert.shapes(convert.configuration("imagenet256-huge")))
        folder = self.converted(self.drawn("tiny-large"), "tiny-large")
        self.assertIn("final_layer.bias", load_file(folder / "transformer" / convert.WEIGHTS))

    def test_the_huge_model_has_as_many_numbers_as_published(self):
        shapes = convert.shapes(convert.configuration("imagenet256-huge"))
        self.assertEqual(sum(math.prod(shape) for shape in shapes.values()), 500_832_016)

    def test_noise_of_the_large_models_is_that_of_continuous_time(self):
        scheduler = convert.scheduler(convert.configuration("imagenet256-large"))
        signal = 1.0
        for index, beta in enumerate(scheduler["trained_betas"]):
            signal *= 1 - beta
            t = (index + 1) / 1000
            self.assertAlmostEqual(math.log(signal), -0.1 * t - 9.95 * t * t, places=9)

    def test_what_a_pickle_would_run_is_not_run(self):
        mark = self.place / "mark"
        self.assertRefuses("cannot be read as a checkpoint", self.state | {"pos_embed": Hostile(mark)})
        self.assertFalse(mark.exists())

    def test_what_is_no_pickle_is_refused(self):
        for content in (b"", b"PK\3\4", b"no pickle at all"):
            checkpoint = self.place / "broken.pth"
            checkpoint.write_bytes(content)
            with self.assertRaisesRegex(SystemExit, "cannot be read as a checkpoint"):
                convert.convert("tiny-huge", checkpoint, self.vae, self.place / "folder")

    def test_tensors_of_another_model_are_refused(self):
        self.assertRefuses("pos_embed is missing", {k: v for k, v in self.state.items() if k != "pos_embed"})
        self.assertRefuses("context_embed belongs to no such model", self.state | {"context_embed": torch.ones(1)})
        self.assertRefuses(
            r"norm.weight is \[9\], expected \[8\]", self.state | {"norm.weight": torch.ones(9)})
        self.assertRefuses(
            "norm.weight holds torch.int64", self.state | {"norm.weight": torch.ones(8, dtype=torch.int64)})
        self.assertRefuses("final_layer.weight is missing", variant="tiny-large")
        self.assertRefuses("expected tensors by name", {"step": 7})

    def test_another_autoencoder_is_refused(self):
        self.write_vae_config(latent_channels=16)
        self.assertRefuses("AutoencoderKL of 16 latent channels, expected AutoencoderKL of 3")
        (self.vae / convert.WEIGHTS).unlink()
        self.assertRefuses("no such file; --vae names")

    def test_labels_of_other_classes_are_refused(self):
        names = self.place / "labels.json"
        for text in ('{"id2label": {"3": "null"}}', '{"id2label": {"a": "b"}}', '{"id2label": [1]}', "{}", "nothing"):
            names.write_text(text)
            self.assertRefuses("no names of these classes", names=names)

    def test_a_folder_that_is_there_is_left_alone(self):
        (self.place / "folder").mkdir()
        with self.assertRaisesRegex(SystemExit, "is there already"):
            self.converted(self.state)
        self.assertEqual(list((self.place / "folder").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
