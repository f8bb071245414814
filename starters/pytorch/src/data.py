"""Data to train on."""

import math

import torch
from torch import Tensor


def make_spirals(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Draw points on two spirals, one the other turned by half a turn.

    Returns:
        Points (count, 2) of float32, within about one of the origin, and the spiral
        that each lies on (count,), 0 or 1, of int64. The same seed, the same points.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(2, (count,), generator=generator)
    radius = torch.rand(count, generator=generator).sqrt()
    angle = math.pi * (3 * radius + labels)
    points = radius * torch.stack([angle.cos(), angle.sin()])
    noise = 0.02 * torch.randn(count, 2, generator=generator)
    return points.T + noise, labels
