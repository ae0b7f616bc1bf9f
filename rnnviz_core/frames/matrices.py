"""Frames of a gate's matrices: the rows of W, U and the biases that belong to one gate."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from .columns import Columns
from .gates import names
from .inspector import weights
from .layer import Layer
from .numbers import printed

DRAWN = 16_384  # numbers of one matrix drawn at most; of a larger one, the rows around the chosen unit


@dataclass(frozen=True)
class Matrix:
    """The part of a weight matrix that makes one gate's sums, a row per unit."""

    values: np.ndarray  # (unit, column)
    bias: np.ndarray | None  # (unit,)

    def window(self, unit: int) -> tuple[int, int]:
        """The first row drawn and the one after the last: all, or those around `unit`."""
        units, columns = self.values.shape
        count = min(units, max(1, DRAWN // columns))
        first = min(max(unit - count // 2, 0), units - count)
        return first, first + count


def of_gate(model: Any, trace: Trace, place: Layer, gate: str) -> dict[str, Matrix]:
    """``W``, which the input is multiplied by, and ``U``, which the old state is: the rows of one gate.

    There is no ``U`` where gates do not read the old state.
    """
    found, every = weights(model, place), names(trace)
    size = len(found["W_i"]) // len(every)
    mine = slice(every.index(gate) * size, (every.index(gate) + 1) * size)
    return {
        name: Matrix(found[matrix][mine], found[bias][mine] if bias in found else None)
        for name, matrix, bias in (("W", "W_i", "b_i"), ("U", "W_h", "b_h"))
        if matrix in found
    }


def rows(matrix: Matrix, unit: int) -> Columns:
    """One row per weight drawn: ``unit``, ``column``, ``value``, and ``shade``, relative to the largest."""
    first, end = matrix.window(unit)
    values, columns = matrix.values[first:end].astype(np.float32), matrix.values.shape[1]
    return {
        "unit": np.repeat(np.arange(first, end, dtype=np.int16), columns),
        "column": np.tile(np.arange(columns, dtype=np.int16), end - first),
        "value": values.reshape(-1),
        "shade": values.reshape(-1) / (float(np.abs(matrix.values).max()) or 1.0),
    }


def chosen(unit: int) -> Columns:
    """The row that outlines the chosen unit."""
    return {"unit": np.asarray([unit], dtype=np.int16)}


def in_words(name: str, matrix: Matrix, unit: int) -> str:
    """Its dimensions, its bias, and which rows are drawn."""
    units, columns = matrix.values.shape
    first, end = matrix.window(unit)
    shape = {"units": units, "columns": columns}
    if name == "W":
        text = _("{units} × {columns}: a row per unit, a column per number of the input", **shape)
    else:
        text = _("{units} × {columns}: a row per unit, a column per unit of the old state", **shape)
    if matrix.bias is not None:
        text += _("; bias of unit {unit}: {bias}", unit=unit, bias=printed(matrix.bias[unit], ".3f"))
    if end - first < units:
        text += _(". Drawn: units {first} to {last}", first=first, last=end - 1)
    return f"{text}."
