"""Makes geometry.json and filter.json, the reference numbers of CachePlanning's tests.

Independent of the Swift code in method: the geometry by a singular value decomposition of the points themselves
(not through their Gram matrix), the filter by a Fourier transform of the mirrored plane (not by a cosine basis).

Made with Python 3.11, numpy 2.4.6, seed 20250822.   python make.py
"""

import json
import pathlib

import numpy as np

here = pathlib.Path(__file__).parent
random = np.random.default_rng(20250822)


def geometry(steps, dimensions):
    """A random smooth path that shrinks as a trajectory in x/sqrt(alphaBar) does."""
    time = np.linspace(0, 1, steps + 1)[:, None]
    directions = random.standard_normal((5, dimensions))
    points = sum((1 - time) ** (k + 1) * np.cos(k * 1.7 * time) * 8.0 ** (1 - k) * directions[k] for k in range(5))
    points = (points + random.standard_normal(dimensions)).astype(np.float32).astype(np.float64)

    seen = points - points[-1]
    u = (points[-1] - points[0]) / np.linalg.norm(points[-1] - points[0])
    along = seen @ u
    off = seen - np.outer(along, u)
    _, _, axes = np.linalg.svd(off - off.mean(axis=0), full_matrices=False)
    p = np.stack([along, off @ axes[0], off @ axes[1]], axis=1)

    a, b = p[1:-1] - p[:-2], p[2:] - p[1:-1]
    bend = np.linalg.norm(np.cross(a, b), axis=1)
    length = lambda v: np.linalg.norm(v, axis=1)
    scores = {
        "turn": np.arctan2(bend, (a * b).sum(axis=1)),
        "menger": 2 * bend / (length(a) * length(b) * length(a + b)),
        "frenet": length(np.cross((a + b) / 2, b - a)) / length((a + b) / 2) ** 3,
    }
    scores = {name: [s[0], *s] for name, s in scores.items()}
    return {"points": points.tolist(), "coordinates": p.tolist(), **scores}


def low(plane, cutoff, roll_off):
    height, width = plane.shape
    mirrored = np.concatenate([plane, plane[::-1]], axis=0)
    mirrored = np.concatenate([mirrored, mirrored[:, ::-1]], axis=1)
    vertical = np.abs(np.fft.fftfreq(2 * height)) * 2
    horizontal = np.abs(np.fft.fftfreq(2 * width)) * 2
    radius = np.hypot(vertical[:, None], horizontal[None, :])
    ramp = np.clip((radius - cutoff) / roll_off + 0.5, 0, 1)
    share = 0.5 + 0.5 * np.cos(np.pi * ramp)
    share[0, 0] = 1
    return np.fft.ifft2(np.fft.fft2(mirrored) * share).real[:height, :width]


def filtered(channels, height, width, cutoff=0.5, roll_off=0.1):
    values = random.standard_normal((channels, height, width)).astype(np.float32)
    result = np.stack([low(plane.astype(np.float64), cutoff, roll_off) for plane in values])
    return {
        "shape": [channels, height, width],
        "cutoff": cutoff,
        "rollOff": roll_off,
        "values": values.flatten().tolist(),
        "low": result.flatten().tolist(),
    }


(here / "geometry.json").write_text(json.dumps([geometry(s, d) for s, d in [(2, 5), (13, 48), (20, 31)]]))
(here / "filter.json").write_text(
    json.dumps(
        [filtered(*shape) for shape in [(1, 1, 1), (3, 1, 5), (2, 7, 1), (2, 5, 7), (4, 16, 16)]]
        + [filtered(1, 9, 8, cutoff=0.3, roll_off=0.4)]
    )
)
