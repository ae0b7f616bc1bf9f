"""Rows as plain columns, for what is made anew at every run: a dict of arrays costs a tenth of a DataFrame.

Whatever draws rows takes either form (`Rows`); `frame` makes a DataFrame of columns, for a table or a file.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd


class Texts(NamedTuple):
    """A column of repeated texts: row i says ``texts[codes[i]]``. Each text travels once."""

    codes: np.ndarray  # (row,) whole numbers
    texts: Sequence[str]


Columns: TypeAlias = Mapping[str, "np.ndarray | Sequence[str] | Texts"]
Rows: TypeAlias = "Columns | pd.DataFrame"


def frame(rows: Rows) -> pd.DataFrame:
    """The rows as a DataFrame."""
    if isinstance(rows, pd.DataFrame):
        return rows
    return pd.DataFrame({name: _series(column) for name, column in rows.items()})


def _series(column: "np.ndarray | Sequence[str] | Texts") -> object:
    if not isinstance(column, Texts):
        return column
    texts = dict.fromkeys(column.texts)  # pandas wants each category once
    if len(texts) == len(column.texts):
        return pd.Categorical.from_codes(column.codes, list(texts))
    return pd.Categorical(np.asarray(column.texts, dtype=object)[column.codes])
