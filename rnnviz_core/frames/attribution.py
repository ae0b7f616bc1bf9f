"""Frames of attributions: a number per word and method, each method by its own largest."""

from collections.abc import Mapping, Sequence

import numpy as np

from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .numbers import printed
from .tokens import tick_texts


def attention(trace: Trace, groups: Sequence[Sequence[int]]) -> np.ndarray | None:
    """The weight of each word, its pieces added up; None without attention pooling."""
    if "attention.weights" not in trace or trace["attention.weights"].ndim != 1:
        return None
    weights = trace["attention.weights"].astype(np.float64)
    return np.asarray([weights[list(group)].sum() for group in groups])


def grid(words: Sequence[str], found: Mapping[str, np.ndarray]) -> Columns:
    """One row per method and word: ``method``, step columns of the words, ``value``, ``shade`` (-1 to 1)."""
    count, methods = len(words), list(found)
    position = np.tile(np.arange(count, dtype=np.int16), len(methods))
    values = np.concatenate(list(found.values()))
    shades = np.concatenate([row / (float(np.abs(row).max()) or 1.0) for row in found.values()])
    return {
        "method": Texts(np.repeat(np.arange(len(methods), dtype=np.int16), count), methods),
        "position": position,
        "tick": Texts(position, tick_texts(words)),
        "token": Texts(position, list(words)),
        "value": values.astype(np.float64),
        "shade": shades.astype(np.float32),
    }


def in_words(words: Sequence[str], found: Mapping[str, np.ndarray]) -> str:
    """The strongest word of each method, and whether they agree."""
    best = {name: int(np.abs(row).argmax()) for name, row in found.items()}
    said = [f"{name} “{words[at]}” ({printed(float(found[name][at]))})" for name, at in best.items()]
    agree = "All name the same word" if len(set(best.values())) == 1 else "They do not all name the same word"
    return f"{agree}: {', '.join(said)}."
