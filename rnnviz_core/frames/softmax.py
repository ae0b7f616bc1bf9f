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


def terms(trace: Trace, *beside: Trace) -> pd.DataFrame:
    """One row per class and summand of its logit, the largest first.

    ``name`` is ``unit 12`` or ``bias``, ``rank`` the place within the class, ``kind`` says which way
    it pushes. ``total`` (on every row) writes out the sum, ``high`` and ``low`` are the ends of the
    axis, which fit the same class of the traces drawn `beside` it, too.
    """
    bias = trace["readout.bias"]
    parts = []
    for number, name in enumerate(trace.labels["class"]):
        units = trace["readout.terms"][number]
        values = np.append(units, bias[number])
        names = np.asarray([f"unit {unit}" for unit in range(len(units))] + [BIAS], dtype=object)
        order = np.argsort(-values, kind="stable")
        every = [
            one[site][number]
            for one in (trace, *(other for other in beside if number < len(other.labels["class"])))
            for site in ("readout.terms", "readout.bias")
        ]
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
                    "high": max(array.max() for array in every),
                    "low": min(array.min() for array in every),
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


def slots(trace: Trace) -> int:
    """Columns of the beam's tree: those kept at a step, and the next best."""
    kept = pd.DataFrame(trace.meta["search"]).groupby("step")["kept"].sum().max()
    return int(kept) + (2 if kept <= 4 else 1)


def tree(trace: Trace) -> pd.DataFrame:
    """The beam search: one row per piece it considered, at each step the best in column ``rank`` 0.

    ``x`` and ``step`` are its place, ``x2`` and ``step2`` those of the piece it continues. ``kind`` is
    ``chosen``, ``kept`` or ``dropped``; ``score`` the log-probability per piece, which beams compare.
    """
    nodes = pd.DataFrame(trace.meta["search"])
    columns = slots(trace)
    rank = nodes.groupby("step").cumcount().to_numpy()
    parent = nodes["parent"].to_numpy()
    x = (rank + 0.5) / columns
    chosen = np.isin(np.arange(len(nodes)), trace.meta["search_path"])
    total = nodes["log_probability"]
    before = np.where(parent >= 0, total.to_numpy()[parent], 0.0)
    vocab = trace.labels["vocab"]
    frame = nodes.assign(
        rank=rank,
        x=x,
        x2=np.where(parent >= 0, x[parent], 0.5 / columns),
        step2=np.where(parent >= 0, nodes["step"].to_numpy()[parent], -1),
        piece=[shown(vocab[number]) for number in nodes["id"]],
        probability=np.exp(total - before),
        score=total / (nodes["step"] + 1),
        kind=np.where(chosen, "chosen", np.where(nodes["kept"], "kept", "dropped")),
    )
    return frame[frame["rank"] < columns].drop(columns=["parent", "id", "kept"])


def hypotheses(trace: Trace) -> pd.DataFrame:
    """The finished translations of the beam, best first."""
    found = trace.meta["beam"]
    return pd.DataFrame(
        {
            "translation": [one["text"] for one in found],
            "score": [one["score"] for one in found],
            "log-probability": [one["log_probability"] for one in found],
            "pieces": [len(one["pieces"]) for one in found],
        }
    )
