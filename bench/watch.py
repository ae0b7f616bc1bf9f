"""What watching costs: an LSTM trained with and without `rnnviz_core.watch`, in turns.

python -m bench.watch --updates 400 --rounds 5
"""

import argparse
import time
from contextlib import nullcontext
from statistics import median

import torch
from torch import nn

from rnnviz_core.training.watch import EVERY, watch


class Model(nn.Module):
    """A classifier of usual size: 64 numbers a step, 128 units, two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(64, 128, num_layers=2, batch_first=True)
        self.output = nn.Linear(128, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A row of logits for each sequence."""
        found: torch.Tensor = self.output(self.lstm(x)[0][:, -1])
        return found


def train(updates: int, watched: bool) -> float:
    """Processor seconds for so many updates of 32 sequences of 50 steps."""
    torch.manual_seed(0)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters())
    x, y = torch.randn(32, 50, 64), torch.randint(0, 5, (32,))
    begun = time.process_time()
    with watch(model) if watched else nullcontext() as history:
        for _ in range(updates):
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            if history is not None:
                history.loss(loss)
            optimizer.step()
    return time.process_time() - begun


def main() -> None:
    """Print both times, and by how much they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    train(20, True)  # what is loaded when it is first needed
    pairs = [(train(options.updates, False), train(options.updates, True)) for _ in range(options.rounds)]
    shares = [watched / plain - 1 for plain, watched in pairs]
    plain, watched = (median(column) for column in zip(*pairs, strict=True))
    print(
        f"{options.updates} updates, every {EVERY} measured: {plain:.2f} s without, {watched:.2f} s watched; "
        f"{median(shares):+.1%} (median of {options.rounds} rounds in turns, from {min(shares):+.1%} to "
        f"{max(shares):+.1%})"
    )


if __name__ == "__main__":
    main()
