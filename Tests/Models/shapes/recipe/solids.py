"""Twelve solids as distance functions, and what light does to them: layers of shade that any colours can be put into.

A distance function maps points [N, 3] to (main, accent): distances to the part in the object's colour and to the part
in a colour of its class, such as a trunk. None is larger than the true distance, so that a ray may step as far.
Objects stand on the ground, y = 0, about 1.3 units high.
"""

import math

import torch

FAR = 9.0


def _length(*parts):
    return torch.sqrt(sum(part * part for part in parts))


def _joined(*distances):
    """Within all of these."""
    inside = torch.stack(distances)
    return inside.amax(0).clamp(max=0) + inside.clamp(min=0).square().sum(0).sqrt()


def _box(x, y, z, width, height, depth, rounding=0.05):
    return _joined(x.abs() - width + rounding, y.abs() - height + rounding, z.abs() - depth + rounding) - rounding


def _cylinder(x, y, z, radius, height, rounding=0.05):
    return _joined(_length(x, z) - radius + rounding, y.abs() - height + rounding) - rounding


def _plate(outline, z, depth, rounding):
    """An outline's distance, drawn out along z."""
    return _joined(outline, z.abs() - depth) - rounding


def _cone(across, y, radius, height, rounding=0.04):
    """Round where `across` is the distance from the axis, a pyramid where it is the larger of |x| and |z|."""
    slope = (across * height + (y - height) * radius) / math.hypot(height, radius)
    return torch.maximum(slope, -y) - rounding


def ball(x, y, z):
    return _length(x, y - 0.66, z) - 0.66, None


def cube(x, y, z):
    return _box(x, y - 0.54, z, 0.54, 0.54, 0.54), None


def cylinder(x, y, z):
    return _cylinder(x, y - 0.62, z, 0.48, 0.62), None


def cone(x, y, z):
    return _cone(_length(x, z), y - 0.04, 0.62, 1.35), None


def gem(x, y, z):
    a, b = 0.55, 0.72
    return ((x.abs() + z.abs()) / a + (y - b).abs() / b - 1) / math.sqrt(2 / a**2 + 1 / b**2), None


def ring(x, y, z):
    return _length(_length(x, y - 0.68) - 0.48, z) - 0.2, None


def star(x, y, z):
    tip, notch, fold = 0.72, 0.36, math.pi / 5
    y = y - 0.62
    angle = (torch.remainder(torch.atan2(x, y) + fold, 2 * fold) - fold).abs()
    radius = _length(x, y)
    across, along = radius * angle.sin(), radius * angle.cos() - tip
    edge_x, edge_y = notch * math.sin(fold), notch * math.cos(fold) - tip
    outline = (along * edge_x - across * edge_y) / math.hypot(edge_x, edge_y)
    return _plate(outline, z, 0.13, 0.06), None


def heart(x, y, z):
    half, root = 0.4, math.sqrt(0.5)
    y = y - 0.06 - half * math.sqrt(2)
    u, v = (x + y) * root, (y - x) * root
    square = _joined(u.abs() - half, v.abs() - half)
    circles = _length(x.abs() - half * root, y - half * root) - half
    return _plate(torch.minimum(square, circles), z, 0.15, 0.06), None


def cross(x, y, z):
    y = y - 0.66
    return torch.minimum(_box(x, y, z, 0.22, 0.66, 0.22), _box(x, y, z, 0.66, 0.22, 0.22)), None


def mushroom(x, y, z):
    cap = _joined(_length(x, y - 0.6, z) - 0.64, 0.62 - y) - 0.05
    return cap, _cylinder(x, y - 0.35, z, 0.22 - 0.08 * (y - 0.3), 0.35) * 0.9


def house(x, y, z):
    return _cone(torch.maximum(x.abs(), z.abs()), y - 0.74, 0.62, 0.6), _box(x, y - 0.39, z, 0.46, 0.39, 0.46, 0.02)


def tree(x, y, z):
    axis = _length(x, z)
    crown = torch.minimum(_cone(axis, y - 0.42, 0.58, 0.7), _cone(axis, y - 0.84, 0.44, 0.6))
    return crown, _cylinder(x, y - 0.22, z, 0.13, 0.22, 0.02)


# Each with the largest turn from facing the viewer; the flat ones must stay recognizable.
SOLIDS = [(ball, 180), (cube, 180), (cylinder, 180), (cone, 180), (gem, 180), (ring, 50), (star, 40), (heart, 40),
          (cross, 50), (mushroom, 180), (house, 180), (tree, 180)]
LABELS = [solid.__name__ for solid, _ in SOLIDS]


class Scene:
    """One solid [N times], each turned, sized and placed at random, before a viewer and under a light."""

    def __init__(self, solid: int, count: int, generator: torch.Generator):
        def spread(most: float) -> torch.Tensor:
            return (torch.rand(count, 1, generator=generator) * 2 - 1) * most

        self.function, turn = SOLIDS[solid]
        angle = spread(turn * math.pi / 180)
        self.cos, self.sin = angle.cos(), angle.sin()
        self.size = torch.exp(spread(0.14))
        self.x, self.z = spread(0.16), spread(0.2)
        round_ = torch.where(torch.rand(count, 1, generator=generator) < 0.5, -1.0, 1.0)
        azimuth = round_ * (0.7 + spread(0.35))
        height = 0.8 + spread(0.15)
        self.light = torch.stack([azimuth.sin() * height.cos(), height.sin(), azimuth.cos() * height.cos()])

    def parts(self, point: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(main, accent) distances of points [3, N, pixels]."""
        x, z = (point[0] - self.x) / self.size, (point[2] - self.z) / self.size
        main, accent = self.function(self.cos * x - self.sin * z, point[1] / self.size, self.sin * x + self.cos * z)
        return main * self.size, torch.full_like(main, FAR) if accent is None else accent * self.size

    def distance(self, point: torch.Tensor) -> torch.Tensor:
        return torch.minimum(*self.parts(point))

    def light_reaching(self, origin: torch.Tensor) -> torch.Tensor:
        """1 in full light, 0 in full shadow; a light of some width softens its edge."""
        reached, travelled = torch.ones_like(origin[0]), torch.full_like(origin[0], 0.04)
        for _ in range(24):
            free = self.distance(origin + travelled * self.light)
            reached = torch.minimum(reached, 6 * free / travelled)
            travelled = travelled + free.clamp(0.03, 0.25)
        return reached.clamp(0, 1)

    def normal(self, point: torch.Tensor) -> torch.Tensor:
        axes = torch.eye(3).view(3, 3, 1, 1) * 0.004
        slope = torch.stack([self.distance(point + axis) - self.distance(point - axis) for axis in axes])
        return slope / _length(*slope).clamp(min=1e-6)


def _rays(side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The eye [3, 1, 1] and directions [3, 1, pixels]: from above, 13 degrees to either side of the solid."""
    eye, looks_at = torch.tensor([0.0, 1.75, 5.0]), torch.tensor([0.0, 0.6, 0.0])
    forward = torch.nn.functional.normalize(looks_at - eye, dim=0)
    right = torch.tensor([1.0, 0.0, 0.0])
    up = torch.linalg.cross(right, forward)
    steps = ((torch.arange(side) + 0.5) / side * 2 - 1) * math.tan(math.radians(13))
    v, u = torch.meshgrid(-steps, steps, indexing="ij")
    ray = forward.view(3, 1) + right.view(3, 1) * u.flatten() + up.view(3, 1) * v.flatten()
    return eye.view(3, 1, 1), (ray / _length(*ray)).unsqueeze(1)


@torch.no_grad()
def layers(solid: int, count: int, side: int, generator: torch.Generator) -> torch.Tensor:
    """[count, 5, side, side] in 0 … 1: shade of the main part, shade of the accent, cover, gloss, shadow on the ground.

    Shades are those of the covered part of a pixel, times that part; drawn at twice the side and averaged.
    """
    scene = Scene(solid, count, generator)
    eye, ray = _rays(2 * side)
    travelled = torch.full((count, ray.shape[2]), 3.2)
    for _ in range(40):
        travelled = (travelled + scene.distance(eye + travelled * ray)).clamp(max=FAR)
    point = eye + travelled * ray
    main, accent = scene.parts(point)
    hit = torch.minimum(main, accent) < 0.02
    normal = scene.normal(point)
    ground = torch.where(ray[1] < -0.02, -eye[1] / ray[1].clamp(max=-0.02), FAR * 4)
    floor = eye + ground * ray
    lit = scene.light_reaching(torch.where(hit, point + 0.03 * normal, floor))
    towards = (normal * scene.light).sum(0).clamp(min=0)
    shade = 0.32 + 0.12 * normal[1] + 0.6 * towards * lit
    middle = scene.light - ray
    shine = ((normal * middle).sum(0) / _length(*middle)).clamp(min=0) ** 36 * lit
    # What stands on the ground keeps the sky's light from it, most where they touch.
    near = (1 - scene.distance(floor + torch.tensor([0.0, 0.1, 0.0]).view(3, 1, 1)) / 0.25).clamp(0, 1)
    shadow = 1 - (1 - 0.55 * (1 - lit)) * (1 - 0.35 * near)
    body, trim = hit & (main <= accent), hit & (main > accent)
    shown = torch.stack([shade * body, shade * trim, hit.float(), shine * hit, shadow * ~hit], dim=1)
    fine = shown.view(count, 5, 2 * side, 2 * side).clamp(0, 1)
    return torch.nn.functional.avg_pool2d(fine, 2)
