"""Frames of the time machine: one text at every moment of a training run."""

from collections.abc import Sequence

import numpy as np

from rnnviz_core.contracts.task import task
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.training.history_file import History

from .columns import Columns, Texts
from .gate_order import order as order_of
from .gates import names as gate_names
from .layer import Layer
from .numbers import printed
from .states import limit
from .tokens import tick_texts
from .training import epoch_ends, moment_names


def moments_of(history: History) -> list[str]:
    """The names of the moments whose weights are kept."""
    names = moment_names(history)
    return [names[place] for place in history.snapshots]


def named_moments(history: History) -> list[str]:
    """The same, as a slider says them."""
    ends = epoch_ends(history)
    return [
        name if history.moments[place] in ends else _("update {update}", update=name)
        for name, place in zip(moments_of(history), history.snapshots, strict=True)
    ]


def verdicts(history: History, film: Sequence[Trace]) -> Columns:
    """One row per snapshot and class: an axis of moments, ``class``, ``order`` and ``probability``."""
    classes, names = film[0].labels["class"], moments_of(history)
    codes = np.repeat(np.arange(len(names), dtype=np.int16), len(classes))
    order = np.tile(np.arange(len(classes), dtype=np.int16), len(names))
    return {
        "position": codes,
        "tick": Texts(codes, tick_texts(names)),
        "token": Texts(codes, names),
        "class": Texts(order, list(classes)),
        "order": order,
        "probability": np.concatenate([trace["readout.probabilities"] for trace in film]).astype(np.float64),
    }


def answer_in_words(trace: Trace) -> str:
    """What the network says of the text at this moment: ``positive (71.2 %)``."""
    said = task(trace.meta["task"]).answer(trace)
    return said.text + (f" ({printed(said.share, '.1%')})" if said.share is not None else "")


def turned_in_words(history: History, film: Sequence[Trace]) -> str:
    """When the verdict became what it is at the end."""
    texts = [task(trace.meta["task"]).answer(trace).text for trace in film]
    turn = len(texts) - 1
    while turn and texts[turn - 1] == texts[-1]:
        turn -= 1
    if not turn:
        return _("The verdict is “{answer}” from the start, before anything was learned.", answer=texts[-1])
    return _(
        "The verdict is “{answer}” from {moment} on; before it was “{before}”.",
        answer=texts[-1],
        moment=named_moments(history)[turn],
        before=texts[turn - 1],
    )


def same_order(film: Sequence[Trace], place: Layer, kind: str) -> np.ndarray | None:
    """The units from the top row down, for every snapshot as for the last; None: by their numbers."""
    if kind == "index":
        return None
    last = film[-1]
    return order_of(last, place, gate_names(last, place.part), kind)


def same_limits(film: Sequence[Trace], place: Layer, states: Sequence[str]) -> tuple[float, ...]:
    """Where the colours of each state end, for every snapshot."""
    return tuple(max(limit(trace, place, state) for trace in film) for state in states)


def nowhere() -> Columns:
    """The dataset ``chosen`` of a chart in which nothing is chosen: no row, no mark."""
    none = np.zeros(0, dtype=np.int16)
    return {
        "position": none,
        "tick": Texts(none, [""]),
        "token": Texts(none, [""]),
        "unit": none,
        "row": none,
    }
