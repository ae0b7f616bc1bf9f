"""Frames of the beam search: every piece it considered, as a tree, and the translations it finished."""

import numpy as np
import pandas as pd

from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .tokens import shown

KINDS = ("dropped", "kept", "chosen")


def slots(trace: Trace) -> int:
    """Columns of the beam's tree: those kept at a step, and the next best."""
    search = trace.meta["search"]
    kept = int(np.bincount(search["step"], weights=search["kept"]).max())
    return kept + (2 if kept <= 4 else 1)


def tree(trace: Trace) -> Columns:
    """The beam search: one row per piece it considered, at each step the best in column ``rank`` 0.

    ``x`` and ``step`` are its place, ``x2`` and ``step2`` those of the piece it continues. ``kind`` is
    ``chosen``, ``kept`` or ``dropped``; ``score`` the log-probability per piece, which beams compare.
    """
    search, columns, vocab = trace.meta["search"], slots(trace), trace.labels["vocab"]
    step, parent = np.asarray(search["step"]), np.asarray(search["parent"])
    total = np.asarray(search["log_probability"], dtype=np.float64)
    rank = np.arange(len(step)) - np.searchsorted(step, step)  # nodes come step by step, best first
    x = (rank + 0.5) / columns
    first = parent < 0
    kind = np.asarray(search["kept"], dtype=np.int8)
    kind[list(trace.meta["search_path"])] = 2
    shown_rows = rank < columns
    frame: dict[str, np.ndarray] = {
        "step": step,
        "rank": rank,
        "x": x,
        "x2": np.where(first, 0.5, x[parent]),
        "step2": np.where(first, -1, step[parent]),
        "log_probability": total,
        "probability": np.exp(total - np.where(first, 0.0, total[parent])),
        "score": total / (step + 1),
    }
    pieces = [shown(vocab[number]) for number in np.asarray(search["id"])[shown_rows]]
    return {
        **{name: values[shown_rows] for name, values in frame.items()},
        "piece": pieces,
        "kind": Texts(kind[shown_rows], KINDS),
    }


def hypotheses(trace: Trace) -> pd.DataFrame:
    """The finished translations of the beam, best first."""
    found = trace.meta["beam"]
    return pd.DataFrame(
        {
            "translation": [one["text"] for one in found],
            "score": [one["score"] for one in found],
            "log-probability": [one["log_probability"] for one in found],
            "tokens": [len(one["pieces"]) for one in found],
        }
    )
