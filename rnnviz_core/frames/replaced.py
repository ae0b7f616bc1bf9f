"""Frames of attention's test: the answer with the model's own weights, with equal and with shuffled ones."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace

from .tokens import shown, step_frame

OWN = N_("its own")
KINDS = (OWN, N_("all equal"), N_("shuffled"))


def classes(trace: Trace, others: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Sentiment: one row per kind of weights and class: ``kind``, ``order``, ``name``, ``probability``.

    `others` holds the probabilities (class) with replaced weights, by kind.
    """
    names = trace.labels["class"]
    found = {OWN: trace["readout.probabilities"], **others}
    frames = [
        pd.DataFrame(
            {"kind": kind, "order": np.arange(len(names)), "name": list(names), "probability": values}
        )
        for kind, values in found.items()
    ]
    return pd.concat(frames, ignore_index=True)


def pieces(trace: Trace, others: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Translation: one row per kind and target piece: step columns, ``kind``, ``probability``, ``writes``.

    ``probability`` is that of the piece the model wrote with its own weights, ``writes`` the piece it
    finds most probable now, and ``moved`` half the sum of all changes, from 0 to 1.
    """
    tokens = trace.tokens["target"]
    steps = step_frame([shown(token.text) for token in tokens])
    ids = np.asarray([token.id for token in tokens])
    own = trace["readout.probabilities"]
    frames = []
    for kind, values in {OWN: own, **others}.items():
        best = [shown(trace.labels["vocab"][int(index)]) for index in values.argmax(1)]
        frames.append(
            steps.assign(
                kind=kind,
                probability=values[np.arange(len(ids)), ids],
                writes=pd.array(best, dtype="str"),
                changed=values.argmax(1) != own.argmax(1),
                moved=np.abs(values - own).sum(1) / 2,
            )
        )
    return pd.concat(frames, ignore_index=True)


def classes_in_words(frame: pd.DataFrame) -> str:
    """How far each kind moves the verdict: ``all equal: positive, 4 % of the probability moved``."""
    own = frame[frame["kind"] == OWN].set_index("name")["probability"]
    words = []
    for kind, rows in frame[frame["kind"] != OWN].groupby("kind", sort=False):
        values = rows.set_index("name")["probability"]
        moved = float((values - own).abs().sum() / 2)
        words.append(
            _(
                "{kind}: “{answer}” (was “{before}”), {share:.1%} of the probability moved",
                kind=_(str(kind)),
                answer=_(values.idxmax()),
                before=_(own.idxmax()),
                share=moved,
            )
        )
    return "; ".join(words)


def pieces_in_words(frame: pd.DataFrame) -> str:
    """How far each kind moves the translation: ``shuffled: another piece at 3 of 9 steps``."""
    words = []
    for kind, rows in frame[frame["kind"] != OWN].groupby("kind", sort=False):
        words.append(
            _(
                "{kind}: another token would win at {count} of {steps} steps, {share:.0%} of the probability "
                "moved on average",
                kind=_(str(kind)),
                count=int(rows["changed"].sum()),
                steps=len(rows),
                share=rows["moved"].mean(),
            )
        )
    return "; ".join(words)
