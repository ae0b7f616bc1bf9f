"""What every frame shares: the names of the steps along an axis, and arrays laid out as rows.

Columns, the same in every frame of the app:

``position``  step, counted from 0 in reading order; the axis is sorted by it
``tick``      unique text of a step, ``0003 ▁good``: the axis key, so that repeated pieces stay apart; of a
              long text with a digit for the blank, by which the axis chooses its labels (`priorities`)
``token``     the piece as a person reads it
"""

import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

from rnnviz_core.languages import _, in_quotes, pgettext
from rnnviz_core.tracing.kept import kept_with_trace
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .numbers import printed

LONG = 20  # steps up to which a label that has no room is left out from left to right
WORD_START = "▁"  # SentencePiece's mark of a blank


def shown(text: str) -> str:
    """A piece as a person reads it: without the tokenizer's word mark, blanks made visible."""
    match text:
        case "</s>":
            return "(end)"
        case "<s>":
            return "(start)"
    return text.replace(WORD_START, " ").strip() or "␣"


def is_punctuation(text: str) -> bool:
    """Whether a piece, as a person reads it, is nothing but punctuation, a blank or the mark of an end."""
    return text in ("(end)", "(start)", "␣") or all(unicodedata.category(mark)[0] in "PZ" for mark in text)


def ordered(trace: Trace) -> bool:
    """Whether the classes run from worst to best; traces of earlier versions know no others."""
    return bool(trace.meta.get("ordered", True))


class StepTexts(list[str]):
    """Texts of steps, and of many a `priorities` digit for each: which of their labels may be left out."""

    marks: str = ""


def tick_texts(texts: Sequence[str]) -> list[str]:
    """Unique, sortable texts of steps: ``["0000 ▁a", "0001 ▁a"]``."""
    marks = getattr(texts, "marks", "") or " " * len(texts)
    return [
        f"{position:04d}{mark}{text}" for position, (mark, text) in enumerate(zip(marks, texts, strict=True))
    ]


def priorities(moved: np.ndarray) -> str:
    """A digit for every step: of how many steps it may be the only one with a label.

    Where an axis has room for the label of every third step, those of 3 and more are drawn: no two of them
    are nearer than three steps, and of near ones the one that `moved` more is among them.
    """
    count, order = len(moved), np.argsort(-moved, kind="stable")
    alone = np.ones(count, dtype=np.int8)
    for apart in range(2, 10):
        free, kept = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
        for at in order:
            if free[at]:
                kept[at] = True
                free[max(0, at - apart + 1) : at + apart] = False
        alone[kept & (alone == apart - 1)] = apart
    return "".join(map(str, alone))


def round_numbers(count: int) -> str:
    """The same digits for steps that are counted: labels at every tenth, or every fiftieth."""
    return "".join(" " if step % 50 == 0 else "9" if step % 10 == 0 else "1" for step in range(count))


def _marked(trace: Trace, part: str, texts: list[str]) -> StepTexts:
    """The texts of a long part with the digits of how far its state moved."""
    found = StepTexts(texts)
    first = f"{part}.0.hidden"
    if len(texts) > LONG and first in trace and len(trace[first]) == len(texts):
        found.marks = round_numbers(len(texts)) if axis_of(trace, part) == "numbers" else _moved(trace, part)
    return found


@kept_with_trace
def _moved(trace: Trace, part: str) -> str:
    states = trace[f"{part}.0.hidden"].astype(np.float64)
    return priorities(np.linalg.norm(np.diff(states, axis=0, prepend=0 * states[:1]), axis=1))


def axis_of(trace: Trace, part: str) -> str:
    """What the steps of `part` are, as `steps_title` of the charts asks: ``numbers``, or the part itself."""
    tokens = trace.tokens.get(trace.time_axis(part), ())
    numbers = bool(tokens) and (tokens[0].value is not None or "encoder.inputs" in trace)
    return "numbers" if numbers else part


def named_steps(trace: Trace, part: str) -> list[str]:
    """The steps of `part` as a list of choices names them: ``3 · ▁good``, ``3 · 5.1``."""
    tokens = trace.tokens.get(trace.time_axis(part), ())
    texts = step_texts(trace, part)
    if tokens and tokens[0].value is not None:
        texts = [f"{token.value:g}" for token in tokens]
    return [str(step) if text == str(step) else f"{step} · {text}" for step, text in enumerate(texts)]


def called(texts: Sequence[str], step: int) -> str:
    """How a step stands in a sentence: its text in quotes; ``step 7`` where it has but a number."""
    if texts[step] == str(step):
        return pgettext("in a sentence", "step {step}", step=step)
    return in_quotes(texts[step])


def step_texts(trace: Trace, part: str) -> list[str]:
    """What `part` reads at each step; for a decoder also what it then writes (``<s> → ▁I``)."""
    found = _step_texts(trace, part)
    texts = StepTexts(found)  # the caller's own
    texts.marks = found.marks
    return texts


@kept_with_trace
def _step_texts(trace: Trace, part: str) -> StepTexts:
    axis = trace.time_axis(part)
    texts = [shown(token.text) for token in trace.tokens.get(axis, ())]
    if part == "decoder" and "target_input" in trace.labels:
        texts = [
            f"{shown(read)} → {text}" for read, text in zip(trace.labels["target_input"], texts, strict=True)
        ]
    if not texts:  # a recorded module has numbers, but no pieces
        return StepTexts(_("step {step}", step=position) for position in range(_steps(trace, part)))
    return _marked(trace, part, texts)


def read_texts(trace: Trace, part: str) -> list[str]:
    """The piece `part` reads at each step, alone."""
    if part == "decoder" and "target_input" in trace.labels:
        return _marked(trace, part, [shown(text) for text in trace.labels["target_input"]])
    return step_texts(trace, part)


def step_frame(texts: Sequence[str]) -> pd.DataFrame:
    """One row per step: ``position``, ``tick``, ``token``."""
    return pd.DataFrame(
        {
            "position": np.arange(len(texts), dtype=np.int32),
            "tick": pd.Categorical.from_codes(np.arange(len(texts)), tick_texts(texts)),
            "token": pd.array(texts, dtype="str"),
        }
    )


def grid_frame(values: np.ndarray, texts: Sequence[str], row: str) -> pd.DataFrame:
    """One row per number of ``values`` (steps, units): the step's columns, `row` and ``value``.

    Texts are categories (stored once), so that a large heatmap stays a small message.
    """
    steps, rows = values.shape
    codes = np.repeat(np.arange(steps, dtype=np.int32), rows)
    names, inverse = np.unique(np.asarray(texts, dtype=object), return_inverse=True)
    return pd.DataFrame(
        {
            "position": codes,
            "tick": pd.Categorical.from_codes(codes, tick_texts(texts)),
            "token": pd.Categorical.from_codes(inverse[codes], names),
            row: np.tile(np.arange(rows, dtype=np.int32), steps),
            "value": np.ascontiguousarray(values).reshape(-1),
        }
    )


def step_columns(texts: Sequence[str]) -> dict[str, np.ndarray | Sequence[str]]:
    """`step_frame` as plain columns."""
    return {
        "position": np.arange(len(texts), dtype=np.int16),
        "tick": tick_texts(texts),
        "token": list(texts),
    }


def grid_columns(
    texts: Sequence[str], units: int, row: str, **values: np.ndarray
) -> dict[str, np.ndarray | Texts]:
    """`grid_frame` as plain columns, with a column per array (steps, units) of `values`."""
    codes = np.repeat(np.arange(len(texts), dtype=np.int16), units)
    return {
        "position": codes,
        "tick": Texts(codes, tick_texts(texts)),
        "token": Texts(codes, texts),
        row: np.tile(np.arange(units, dtype=np.int16), len(texts)),
        **{name: np.ascontiguousarray(array, dtype=np.float32).reshape(-1) for name, array in values.items()},
    }


def one_step(texts: Sequence[str], position: int, **numbers: int) -> Columns:
    """The one row that outlines a chosen step, or a cell of it (``unit=3``)."""
    return {
        "position": np.asarray([position], dtype=np.int16),
        "tick": [tick_texts(texts)[position]],
        "token": [texts[position]],
        **{name: np.asarray([number], dtype=np.int16) for name, number in numbers.items()},
    }


def entropy(shares: np.ndarray) -> np.ndarray:
    """The entropy of shares that sum to 1 along the last axis, in bits."""
    shares = shares.astype(np.float64)
    logarithms = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    bits: np.ndarray = -(shares * logarithms).sum(-1) + 0.0  # never -0
    return bits


def spread(values: np.ndarray) -> str:
    """The numbers of a chart in words, for a reader who cannot see it."""
    values = np.asarray(values)
    if not values.size:
        return _("no values")
    return _(
        "values from {low} to {high}, mean {mean}",
        low=printed(values.min()),
        high=printed(values.max()),
        mean=printed(values.mean()),
    )


def clipped(values: np.ndarray, limit: float) -> int:
    """How many numbers lie outside ±`limit` and therefore share a scale's end colour."""
    return int((np.abs(values) > limit).sum())


def _steps(trace: Trace, part: str) -> int:
    return trace[f"{part}.0.hidden"].shape[0]
