"""The model."""

import torch
from torch import Tensor, nn

from .errors import ShapeError


class SpiralNet(nn.Module):
    """Tells from where a point lies which of two spirals it belongs to."""

    def __init__(self, hidden: int = 64, dropout: float = 0.05) -> None:
        """Make a model with two hidden layers of that size and random weights."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, hidden),
            nn.SiLU(),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 2),
        )

    def forward(self, points: Tensor) -> Tensor:
        """Return the logits of both spirals (n, 2) for points (n, 2) of float32.

        Raises ShapeError for points of another shape or dtype.
        """
        if points.ndim != 2 or points.shape[1] != 2 or points.dtype != torch.float32:
            given = f"points have shape {tuple(points.shape)} and are {points.dtype}"
            raise ShapeError(f"{given}: (n, 2) of torch.float32 is expected")
        logits: Tensor = self.layers(points)
        return logits

    def predict(self, points: Tensor) -> Tensor:
        """Return the spiral of each point, (n,) of 0 and 1 on the CPU, for points (n, 2).

        They may be on any device. Raises ShapeError as `forward` does.
        """
        device = next(self.parameters()).device
        mode = self.training
        self.eval()
        try:
            with torch.inference_mode():
                return self.forward(points.to(device)).argmax(dim=1).cpu()
        finally:
            self.train(mode)
