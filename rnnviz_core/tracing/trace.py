"""A `Trace`: tokens and named arrays of everything one model computed on one text.

Sites follow one grammar, built by `site` alone::

    part ["." layer ["." "reverse"]] "." name        encoder.0.forget, encoder.1.reverse.hidden
                                                     readout.logits, attention.weights

Every array names its axes: ``time``, ``source`` and ``target`` count tokens; ``unit``, ``dim``,
``class`` and ``vocab`` count numbers. A trace is immutable, its arrays and `Trace.meta` too. It carries the
definition of the cell that each part ran, so that a formula printed from it belongs to its numbers.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.cells import equations as cells
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.inputs.memory import File, file_of
from rnnviz_core.inputs.steps import Token
from rnnviz_core.languages import _

from . import files as trace_files
from .sites import AXES as AXES
from .sites import TOKEN_AXES as TOKEN_AXES
from .sites import check_array, check_sites, count_layers
from .sites import layer_site as layer_site
from .sites import site as site
from .values import Arrays, frozen, thawed

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1  # version of the saved form


def _known(value: float | None) -> tuple[float, ...]:
    return () if value is None else (value,)


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything a model computed on one text.

    Attributes
    ----------
    model
        The id of the checkpoint, or a description of a module.
    text
        The text as the tokenizer read it.
    tokens
        Token axis -> its tokens, in reading order.
    arrays
        Site -> array: contiguous, and permanently read-only. An array passed in is not copied if it is
        already contiguous.
    axes
        Site -> the names of that array's axes.
    labels
        Axis (``class``, ``vocab``) or track (``target_input``) -> a name per position.
    meta
        Plain values: ``task``, ``cell``, ``attention``, the prediction, notes on the text. Lists are
        tuples, and nothing in it can be changed.
    definitions
        Part -> the cell that ran: its equations, with relu or tanh, with biases or without, projected or
        not. See `definition`.
    max_difference
        The largest absolute difference between the states recomputed from the recorded gates and
        those the fused torch module returned.
    """

    model: str
    text: str
    tokens: Mapping[str, tuple[Token, ...]]
    arrays: Mapping[str, np.ndarray]
    axes: Mapping[str, tuple[str, ...]]
    max_difference: float
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    definitions: Mapping[str, cells.Definition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.arrays.keys() != self.axes.keys():
            odd = sorted(self.arrays.keys() ^ self.axes.keys())
            raise TraceError(f"site {odd[0]!r} has an array without axes or axes without an array")
        sizes: dict[str, int] = {axis: len(tokens) for axis, tokens in self.tokens.items()}
        check_sites(tuple(self.axes))
        contiguous: dict[Any, bool] = {}  # most sites share a few shapes: look at each once
        arrays = self.arrays if isinstance(self.arrays, Arrays) else Arrays(dict(self.arrays))
        for name, array in arrays.kept.items():
            kind = (self.axes[name], array.shape, array.strides, array.dtype)
            if kind not in contiguous:
                check_array(name, array, self.axes[name], sizes)
                contiguous[kind] = array.flags.c_contiguous
            if not contiguous[kind]:
                arrays.kept[name] = np.ascontiguousarray(array)
        for name in ("tokens", "axes", "labels", "definitions"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "meta", frozen(self.meta))
        object.__setattr__(self, "arrays", arrays)

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self.arrays[name]
        except KeyError:
            raise TraceError(f"no site {name!r} in this trace; it has {', '.join(self.arrays)}") from None

    def __contains__(self, name: object) -> bool:
        return name in self.arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    @property
    def nbytes(self) -> int:
        """Bytes of all stored arrays together."""
        assert isinstance(self.arrays, Arrays)
        return sum(array.nbytes for array in self.arrays.kept.values())

    def computing(self, name: str, source: str, function: Callable[[np.ndarray], np.ndarray]) -> "Trace":
        """The same trace, smaller: `name` is computed by `function` from `source` at every access."""
        kept = {site: self[site] for site in self if site != name}
        return replace(self, arrays=Arrays(kept, {name: (source, function)}, tuple(self)))

    def layers(self, part: str = "encoder") -> int:
        """How many recurrent layers `part` has; 0 when there is no such part."""
        return count_layers(tuple(self.arrays), part)

    def reverses(self, part: str = "encoder") -> bool:
        """Whether `part` also reads from right to left."""
        return f"{part}.0.reverse.hidden" in self

    def time_axis(self, part: str = "encoder") -> str:
        """The token axis along which `part` steps."""
        first = site(part, 0, "hidden")
        steps = first if first in self else site(part, "embedding")  # a bag of words has no layer
        return self.axes[steps][0]

    def definition(self, part: str = "encoder") -> cells.Definition:
        """The equations of the recurrent cell that `part` ran.

        Raises
        ------
        TraceError
            When the trace has no such part.
        """
        if part in self.definitions:
            return self.definitions[part]
        if not self.layers(part):
            raise TraceError(f"no recurrent part {part!r} in this trace")
        return _definition_by_numbers(self, part)

    def findings(self) -> tuple[Any, ...]:
        """Plain sentences about what stands out in this trace, the strongest first.

        Returns
        -------
        tuple of Finding
            Each with its ``claim``, the ``numbers`` in it and ``where`` to look; empty if nothing stands
            out. ``docs/findings.md`` has the kinds and their thresholds.
        """
        # Named as text: findings stand floors above the trace that they are made from.
        found: tuple[Any, ...] = importlib.import_module("rnnviz_core.findings").findings(self)
        return found

    # --- leaving and entering the process -----------------------------------------------------

    def header(self) -> dict[str, Any]:
        """Everything but the arrays' numbers, as plain JSON values."""
        return {
            "format": FORMAT,
            "model": self.model,
            "text": self.text,
            "tokens": {
                axis: [
                    [token.text, token.id, token.start, token.end, *_known(token.value)] for token in tokens
                ]
                for axis, tokens in self.tokens.items()
            },
            "axes": {name: list(axes) for name, axes in self.axes.items()},
            "shapes": {name: list(array.shape) for name, array in self.arrays.items()},
            "dtypes": {name: array.dtype.str for name, array in self.arrays.items()},
            "labels": {axis: list(names) for axis, names in self.labels.items()},
            "meta": thawed(self.meta),
            "cells": {part: cell.to_dict() for part, cell in self.definitions.items()},
            "max_difference": self.max_difference,
        }

    @classmethod
    def _from_header(cls, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> "Trace":
        if header["format"] != FORMAT:
            raise TraceError(
                _(
                    "its format is {format!r}; this version reads {known}",
                    format=header["format"],
                    known=FORMAT,
                )
            )
        for name, kind in (("model", str), ("text", str), ("meta", dict)):
            if not isinstance(header[name], kind):
                raise TraceError(
                    _(
                        "its {name} is {value!r:.40}; it must be a {kind}",
                        name=name,
                        value=header[name],
                        kind=kind.__name__,
                    )
                )
        found = cls(
            model=header["model"],
            text=header["text"],
            tokens={
                axis: tuple(
                    Token(str(text), int(id_), int(start), int(end), *map(float, value))
                    for text, id_, start, end, *value in rows
                )
                for axis, rows in header["tokens"].items()
            },
            arrays=arrays,
            axes={name: tuple(axes) for name, axes in header["axes"].items()},
            labels={axis: tuple(names) for axis, names in header["labels"].items()},
            meta=header["meta"],
            definitions={part: cells.from_dict(cell) for part, cell in header.get("cells", {}).items()},
            max_difference=float(header["max_difference"]),
        )
        for part, cell in found.definitions.items() if "sites" not in found.meta else ():
            for name in cell.names:
                if site(part, 0, name) not in found:
                    raise TraceError(
                        _(
                            "its {part} is said to run the cell {cell}, but has no {name!r}",
                            part=part,
                            cell=cell.name,
                            name=name,
                        )
                    )
        return found

    def to_npz(self) -> bytes:
        """The trace as a compressed ``.npz`` file: an array per site and a JSON header."""
        return trace_files.npz_bytes(self.header(), dict(self.arrays))

    def to_parquet(self) -> bytes:
        """The trace as a Parquet file: the tidy frame, with the JSON header in its metadata."""
        return trace_files.parquet_bytes(self.header(), self.to_frame())

    def save(self, path: str | Path) -> Path:
        """Write the trace to ``.npz`` or ``.parquet`` (both load again) or ``.csv`` (rows only).

        Raises
        ------
        TraceError
            When the extension names another format, the trace is too large to be read again, or the file
            cannot be written.
        """
        path = Path(path)
        size = sum(array.nbytes for array in self.arrays.values())
        if size > limits.TRACE_BYTES:
            raise TraceError(f"the trace has {size} bytes; a file holds up to {limits.TRACE_BYTES}")
        try:
            match path.suffix:
                case ".npz":
                    path.write_bytes(_readable(self.to_npz()))
                case ".parquet":
                    path.write_bytes(_readable(self.to_parquet()))
                case ".csv":
                    self.to_frame().to_csv(path, index=False)
                case other:
                    raise TraceError(f"{path.name!r} ends in {other!r}; choose one of .npz, .parquet, .csv")
        except OSError as error:
            raise TraceError(f"{path} cannot be written: {error.strerror or error}") from None
        return path

    @classmethod
    def load(cls, path: str | File) -> "Trace":
        """Read a trace written by `save` as ``.npz`` or ``.parquet``. Nothing is ever unpickled.

        Raises
        ------
        TraceError
            When the file is missing, larger than the limit, damaged, or not a trace.
        """
        path = file_of(path)
        try:
            header, arrays = trace_files.read(path)
            return cls._from_header(header, arrays)
        except OSError as error:
            raise TraceError(
                _("{path} cannot be read: {reason}", path=path, reason=error.strerror or error)
            ) from None
        except (TraceError, SpecError) as error:
            raise TraceError(_("{file} cannot be read: {reason}", file=path.name, reason=error)) from None
        except Exception as error:  # any other damage: the file is untrusted bytes
            raise TraceError(
                _("{file} cannot be read: damaged, or not a trace ({reason})", file=path.name, reason=error)
            ) from None

    # --- how it looks -------------------------------------------------------------------------

    def to_html(self, path: str | Path) -> Path:
        """Write the trace as one HTML page that opens without a network: gates, states, one unit.

        Needs the extra ``notebook``.

        Raises
        ------
        SpecError
            When the file does not end in ``.html``, or the extra is missing.
        TraceError
            When there is nothing to draw, or the file cannot be written.
        """
        written: Path = _page().to_html(self, path)
        return written

    def open(self, *, browser: bool = True) -> str:
        """Show the trace in the app, in a browser on this machine; every page works on it.

        The first call starts the app (``rnnviz app``), which stops when this Python process ends. The trace
        is passed to it in a temporary file that only this user may read.

        Parameters
        ----------
        browser
            Whether to open a browser; otherwise only the address is returned.

        Returns
        -------
        str
            The address of its overview.

        Raises
        ------
        TraceError
            When the trace is too large for a file, or the app does not start.
        """
        address: str = importlib.import_module("rnnviz_core.notebook.opening").open_trace(
            self, browser=browser
        )
        return address

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the same page."""
        shown: dict[str, str] = _page().bundle(self)
        return shown

    def to_frame(self, *sites: str) -> "pd.DataFrame":
        """One row per number: ``site``, a column per axis in use, ``token``, ``value``.

        Parameters
        ----------
        sites
            The sites to include; all of them when none is named.
        """
        import pandas as pd

        names = sites or tuple(self)
        sizes = [self[name].size for name in names]
        used = [axis for axis in AXES if any(axis in self.axes[name] for name in names)]
        rows = sum(sizes)
        # Filled in place, a slice per site: joining a frame per site takes several times as long.
        places = {axis: np.zeros(rows, dtype=np.int32) for axis in used}
        absent = {axis: np.ones(rows, dtype=bool) for axis in used}
        pool = list(dict.fromkeys(token.text for tokens in self.tokens.values() for token in tokens))
        texts = np.full(rows, len(pool), dtype=np.int32)  # which text of the pool; past its end: none
        values = np.empty(rows, dtype=np.result_type(*(self[name] for name in names)) if names else float)
        end = 0
        for name, size in zip(names, sizes, strict=True):
            array, axes = self[name], self.axes[name]
            here = slice(end, end := end + size)
            values[here] = array.reshape(-1)
            for axis, index in zip(axes, np.indices(array.shape), strict=True):
                places[axis][here] = index.reshape(-1)
                absent[axis][here] = False
            if axes and (tokens := self.tokens.get(axes[0])):
                texts[here] = np.repeat([pool.index(token.text) for token in tokens], size // len(tokens))
        columns: dict[str, Any] = {"site": _texts(names, np.repeat(np.arange(len(names)), sizes))}
        for axis in used:
            columns[axis] = pd.arrays.IntegerArray(places[axis], absent[axis])
        columns["token"] = _texts((*pool, None), texts)
        columns["value"] = values
        return pd.DataFrame(columns)


def _page() -> Any:
    """Who draws a trace. It stands floors above, so it is looked up when it is first asked for."""
    return importlib.import_module("rnnviz_core.notebook.page")


def _readable(content: bytes) -> bytes:
    """A file's bytes, unless `Trace.load` would refuse so many of them."""
    if len(content) > limits.TRACE_BYTES:
        raise TraceError(f"the file would have {len(content)} bytes; the limit is {limits.TRACE_BYTES}")
    return content


def _definition_by_numbers(trace: Trace, part: str) -> cells.Definition:
    """The cell of a trace that was saved before traces named it: which equations give its numbers.

    Whether there are biases no number tells; a module's printed form, which was kept as its model, does.
    """
    options: dict[str, bool] = {}
    name = trace.meta.get("cell")
    if name == "lstm":
        options["projection"] = site(part, 0, "unprojected") in trace
    elif name == "rnn":
        options["relu"] = bool(
            np.array_equal(
                trace[site(part, 0, "candidate")],
                np.maximum(trace[site(part, 0, "candidate_preactivation")], 0),
            )
        )
    if trace.meta.get("task") == "module":
        options["bias"] = "bias=False" not in trace.model
    try:
        return cells.definition(name or "", **options)
    except SpecError as error:
        raise TraceError(_("the trace does not say which cell it is of: {reason}", reason=error)) from None


def _texts(pool: Sequence[str | None], places: np.ndarray) -> Any:
    """A pandas string column of the texts at `places`, without an object per row."""
    import pandas as pd
    import pyarrow as pa

    return pd.array(pa.array(pool, type=pa.large_string()).take(pa.array(places)), dtype="string")
