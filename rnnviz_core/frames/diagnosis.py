"""Frames of the diagnosis page: how near every detector came, and the row of numbers behind a finding."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from rnnviz_core.languages import N_, _

from .columns import Columns, Texts

END = 1.25  # where the axis ends: what is far beyond its limit is drawn there
FOUND, BELOW = N_("a finding"), N_("below its limit")
MARKED, OTHERS = N_("what it is about"), N_("the others")


class Row(Protocol):
    """What a detector measured; `rnnviz_core.diagnosis.symptoms.Measured` is one."""

    @property
    def name(self) -> str:
        """Of the detector."""
        ...

    @property
    def said(self) -> str:
        """What was measured."""
        ...

    @property
    def share(self) -> float | None:
        """How near it came: 1 is a finding; None: not looked at."""
        ...


class Numbers(Protocol):
    """The numbers behind a finding; `rnnviz_core.diagnosis.evidence.Evidence` is one."""

    @property
    def values(self) -> tuple[float, ...]:
        """One for each place."""
        ...

    @property
    def marked(self) -> tuple[int, ...]:
        """The places that the finding is about."""
        ...

    @property
    def limit(self) -> float | None:
        """From where on it is a finding."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the places."""
        ...

    @property
    def every(self) -> int:
        """How many places one value stands for."""
        ...

    @property
    def log(self) -> bool:
        """Whether the values span powers of ten."""
        ...


def nearness(rows: Sequence[Row]) -> Columns:
    """A row for each detector that had something to look at, in the order given.

    ``name``, ``order``, ``shown`` (the share, as far as the axis goes), ``share``, ``said``, and ``kind``:
    whether it is a finding.
    """
    there = [(row.name, row.said, row.share) for row in rows if row.share is not None]
    shares = np.array([share for *_rest, share in there], dtype=np.float64)
    return {
        "name": [_(name) for name, *_rest in there],
        "order": np.arange(len(there), dtype=np.int16),
        "shown": np.clip(shares, 0, END),
        "share": shares,
        "said": [said for _name, said, _share in there],
        "kind": Texts((shares >= 1).astype(np.int8), (BELOW, FOUND)),
    }


def evidence(found: Numbers, labels: Sequence[str] = ()) -> Columns:
    """A row for each place: ``place``, ``label``, ``value``, ``limit``, and ``kind``: whether it is marked.

    On a logarithmic axis zero has no place: its ``shown`` is missing, and so is what is not finite.
    """
    values = np.asarray(found.values, dtype=np.float64)
    places = np.arange(len(values)) * found.every
    names = found.labels or (tuple(labels) if len(labels) == len(values) and found.every == 1 else ())
    kinds = np.zeros(len(values), dtype=np.int8)
    if found.marked:
        kinds[:] = 1
        kinds[list(found.marked)] = 0
    drawn = np.isfinite(values) & ((values > 0) | (not found.log))
    return {
        "place": places.astype(np.int32),
        "label": list(names) if names else [str(place) for place in places.tolist()],
        "value": values,
        "shown": np.where(drawn, values, np.nan),
        "limit": np.full(len(values), np.nan if found.limit is None else found.limit),
        "kind": Texts(kinds, (MARKED, OTHERS)),
    }
