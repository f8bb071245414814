"""Data to train on."""

import math

import torch
from torch.utils.data import TensorDataset


def make_spirals(count: int, seed: int) -> TensorDataset:
    """Return points (2,) near two spirals, each with the number of its spiral, 0 or 1.

    The same seed gives the same points.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(2, (count,), generator=generator)
    radius = torch.rand(count, generator=generator).sqrt()
    angle = math.pi * (3 * radius + labels)
    points = radius * torch.stack([angle.cos(), angle.sin()])
    noise = 0.02 * torch.randn(count, 2, generator=generator)
    return TensorDataset(points.T + noise, labels)
