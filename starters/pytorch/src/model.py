"""The model."""

import torch
from torch import Tensor, nn


class SpiralNet(nn.Module):
    """Tell from the position of a point which of two spirals it belongs to."""

    def __init__(self, hidden: int = 64, dropout: float = 0.05) -> None:
        """Make a model with two hidden layers and random weights."""
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
        """Return the logits of both spirals (n, 2) for points (n, 2)."""
        logits: Tensor = self.layers(points)
        return logits

    def predict(self, points: Tensor) -> Tensor:
        """Return the spiral of each point, (n,) of 0 and 1 on the CPU, for points (n, 2).

        Raises:
            ValueError: The shape is another, or a point is NaN or infinite.
        """
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"points have shape {tuple(points.shape)}, not (n, 2)")
        finite = points.isfinite().all(dim=1)
        if not finite.all():
            first = int(finite.int().argmin())
            raise ValueError(f"point {first} is {points[first].tolist()}: leave it out")
        mode, weight = self.training, next(self.parameters())
        self.eval()
        try:
            with torch.inference_mode():
                return self.forward(points.to(weight)).argmax(dim=1).cpu()
        finally:
            self.train(mode)
