"""Makes the reference numbers of Evaluation's tests: measures.json, frechet.json, arrays.npz and classifier/.

PSNR and SSIM come from scikit-image, the Fréchet distance from SciPy's matrix square root, the archive from NumPy's
writer within Python's zipfile, and the classifier is the recipe's class, narrowed, with random weights.

Made with Python 3.11, torch 2.15.0, numpy 2.4.6, scipy 1.17.1, scikit-image 0.26.0, seed 20250904.   python make.py
"""

import io
import json
import pathlib
import sys
import zipfile

import numpy as np
import scipy.linalg
import torch
from safetensors.torch import save_file
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parents[2] / "Sources/BuiltinModel/recipe"))
import classifier
import feature_statistics
import render

random = np.random.default_rng(20250904)


def pair(height, width, noise):
    """A smooth random picture and the same with noise."""
    coarse = random.uniform(0, 255, (4, 5, 3))
    rows, columns = np.arange(height) * 3 / max(1, height - 1), np.arange(width) * 4 / max(1, width - 1)
    along = np.stack([[np.interp(columns, range(5), row[:, c]) for c in range(3)] for row in coarse])
    smooth = np.stack(
        [[np.interp(rows, range(4), along[:, c, x]) for c in range(3)] for x in range(width)]).transpose(2, 0, 1)
    other = smooth + random.normal(0, noise, smooth.shape)
    return [np.clip(np.rint(picture), 0, 255).astype(np.uint8) for picture in (smooth, other)]


def measured(height, width, noise):
    a, b = pair(height, width, noise)
    settings = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)
    weights = np.array([0.299, 0.587, 0.114])
    return {
        "height": height, "width": width, "a": a.flatten().tolist(), "b": b.flatten().tolist(),
        "psnr": float(peak_signal_noise_ratio(a, b)),
        "ssimLuma": float(structural_similarity(a @ weights, b @ weights, **settings)),
        "ssimRGB": float(structural_similarity(a, b, channel_axis=2, **settings)),
    }


def distance(count, other, width):
    one = random.normal(0, 1, (count, width)) @ random.normal(0, 1, (width, width)) + random.normal(0, 1, width)
    two = random.normal(0, 1, (other, width)) * random.uniform(0.2, 3, width)
    one, two = one.astype(np.float32), two.astype(np.float32)
    fits = [(features.astype(np.float64).mean(0), np.cov(features.astype(np.float64), rowvar=False).reshape(width, width))
            for features in (one, two)]
    root = scipy.linalg.sqrtm(fits[0][1] @ fits[1][1]).real
    shift = fits[0][0] - fits[1][0]
    return {
        "one": one.tolist(), "two": two.tolist(),
        "mean": fits[0][0].tolist(), "covariance": fits[0][1].flatten().tolist(),
        "distance": float(shift @ shift + np.trace(fits[0][1] + fits[1][1] - 2 * root)),
    }


def archive(path, arrays):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, version=(1, 0))
            entry = zipfile.ZipInfo(name + ".npy")
            entry.create_system = 0
            file.writestr(entry, content.getvalue())
            # writestr has given it permissions, which the directory at the end would hold.
            entry.external_attr = 0


@torch.no_grad()
def tiny_classifier(folder):
    torch.manual_seed(20250904)
    render.SIDE, render.LABELS = 16, "ABCDE"
    classifier.FEATURES, classifier.CHANNELS = 7, (5, 6, 9)
    model = classifier.Classifier()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 2)
            torch.nn.init.normal_(module.bias, 0, 0.3)
            torch.nn.init.normal_(module.running_mean, 0, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.05, 0.5)
    model.eval()
    pictures = np.stack([pair(16, 16, 60)[1] for _ in range(6)])
    inputs = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 127.5 - 1
    # Features of both signs and large weights, so that the pictures are of several classes.
    model.projection.bias -= model.features(inputs).mean(0)
    torch.nn.init.normal_(model.classes.weight, 0, 2)
    folder.mkdir(exist_ok=True)
    halves = {name: value.half() for name, value in model.state_dict().items() if value.is_floating_point()}
    save_file(halves, folder / "classifier.safetensors")
    model.load_state_dict({name: value.float() for name, value in halves.items()}, strict=False)
    features = model.features(inputs)
    scores = model.classes(torch.relu(features))
    feature_statistics.save(features, folder)
    return {
        "pictures": pictures.reshape(6, -1).tolist(), "features": features.tolist(),
        "classes": scores.argmax(dim=1).tolist(),
    }


def write(name, value):
    (here / name).write_text(json.dumps(value))


write("measures.json", [measured(*case) for case in [(11, 11, 20), (12, 17, 3), (23, 16, 40), (33, 31, 1)]])
write("frechet.json", [distance(*case) for case in [(40, 30, 5), (4, 60, 9), (50, 20, 1)]])
archive(here / "arrays.npz", {
    "arr_0": random.integers(0, 256, (2, 3, 5, 3), dtype=np.uint8), "labels": np.arange(7, dtype=np.uint8)})
write("classifier.json", tiny_classifier(here / "classifier"))
