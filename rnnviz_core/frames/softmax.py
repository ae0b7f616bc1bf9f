"""Frames of the softmax page: logits, the terms they are sums of, probabilities, candidates."""

import numpy as np
import pandas as pd

from ..trace import Trace
from .overview import verdicts as verdicts
from .tokens import shown, step_frame

BIAS = "bias"


def classes(trace: Trace) -> pd.DataFrame:
    """One row per class, worst first: ``class``, ``number``, ``logit``, ``probability``."""
    return pd.DataFrame(
        {
            "class": list(trace.labels["class"]),
            "number": np.arange(len(trace.labels["class"])),
            "logit": trace["readout.logits"],
            "probability": trace["readout.probabilities"],
        }
    )


def terms(trace: Trace) -> pd.DataFrame:
    """One row per class and summand of its logit, the largest first.

    ``name`` is ``unit 12`` or ``bias``, ``rank`` the place within the class, ``kind`` says which way
    it pushes. ``total`` (on every row) writes out the sum.
    """
    bias = trace["readout.bias"]
    parts = []
    for number, name in enumerate(trace.labels["class"]):
        units = trace["readout.terms"][number]
        values = np.append(units, bias[number])
        names = np.asarray([f"unit {unit}" for unit in range(len(units))] + [BIAS], dtype=object)
        order = np.argsort(-values, kind="stable")
        up, down = float(values[values > 0].sum()), float(values[values < 0].sum())
        parts.append(
            pd.DataFrame(
                {
                    "class": name,
                    "name": names[order],
                    "rank": np.arange(len(values)),
                    "term": values[order],
                    "running": values[order].cumsum(),
                    "kind": np.where(values[order] > 0, "pushes up", "pushes down"),
                    "total": f"up {up:+.2f}, down {down:+.2f}: logit {up + down:+.2f}",
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def strongest(trace: Trace) -> str:
    """The class with the largest probability."""
    return trace.labels["class"][int(trace["readout.probabilities"].argmax())]


def steps(trace: Trace) -> pd.DataFrame:
    """Translation: one row per step of the decoder.

    ``probability`` of the piece it wrote, ``entropy`` of all pieces in bits, and ``choices``: over
    how many equally probable pieces a distribution would be as uncertain.
    """
    shares = trace["readout.probabilities"].astype(np.float64)
    written = [token.id for token in trace.tokens["target"]]
    bits = -(shares * np.log2(shares, out=np.zeros_like(shares), where=shares > 0)).sum(1) + 0.0
    return step_frame([shown(token.text) for token in trace.tokens["target"]]).assign(
        probability=shares[np.arange(len(written)), written], entropy=bits, choices=2.0**bits
    )


def candidates(trace: Trace, step: int, named: int = 12) -> pd.DataFrame:
    """Translation: one row per piece of the vocabulary at one step, the most probable first.

    The chart needs every logit for an exact temperature, but names the first `named` pieces only.
    """
    logits = trace["readout.logits"][step]
    order = np.argsort(-logits, kind="stable")
    pieces = np.full(len(order), "", dtype=object)
    pieces[:named] = [shown(trace.labels["vocab"][number]) for number in order[:named]]
    written = trace.tokens["target"][step].id
    return pd.DataFrame(
        {
            "rank": np.arange(len(order), dtype=np.int32),
            "piece": pieces,
            "logit": logits[order],
            "written": order == written,
        }
    )
