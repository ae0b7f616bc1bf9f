"""Histories of runs whose numbers are known, for the tests of frames and charts."""

import numpy as np

from rnnviz_core.inputs.steps import Token
from rnnviz_core.training.history_file import STEPS, History, Probe

TOKENS = (Token("▁good", 4, 0, 4), Token("▁film", 5, 5, 9))
REACH = np.array([[1e-3, 1.0], [0.01, 2.0], [0.5, 4.0]])


def run(training_losses, validation_losses, *, cut=3, clip=1.0):
    """A run of two updates an epoch."""
    pairs = enumerate(zip(training_losses, validation_losses, strict=True), 1)
    epochs = [
        {"epoch": number, "step": 2 * number, "train_loss": one, "loss": other, "accuracy": 50.0 + number}
        for number, (one, other) in pairs
    ]
    steps = {name: np.ones(2 * len(epochs)) for name in STEPS}
    steps["step"] = np.arange(1, 2 * len(epochs) + 1)
    steps["norm"] = np.full(2 * len(epochs), 2.0)
    steps["largest"] = np.full(2 * len(epochs), 2.0)
    steps["largest"][1] = 8.0
    steps["cut"] = np.arange(2 * len(epochs)) < cut
    probe_figures = {
        "low": np.array([[0.0, 0.1], [0.1, 0.2], [0.2, 0.3]]),
        "high": np.array([[0.0, 0.0], [0.1, 0.1], [0.4, 0.2]]),
        "horizon": np.array([[1.5], [2.5], [8.0]]),
        "value": np.zeros((3, 1)),
    }
    return History(
        about={"config": {"clip": clip}},
        spec=None,
        gates=("encoder.0.input", "encoder.0.forget"),
        layers=("encoder.0",),
        probes=(Probe("good film", "margin", TOKENS),),
        epochs=tuple(epochs),
        steps=steps,
        moments=(0, 1, 2),
        probe_figures=probe_figures,
        reach={(0, "encoder.0"): REACH},
    )


OVERFIT = run([0.7, 0.4, 0.2, 0.05], [0.69, 0.5, 0.6, 0.9])
LEARNING = run([0.7, 0.6, 0.5, 0.4], [0.69, 0.65, 0.6, 0.55])
FLAT = run([0.7, 0.6, 0.5, 0.4], [0.69, 0.600, 0.601, 0.605])
