"""Draw a chart template with frames; the compiled spec is kept, so that only the rows travel."""

import json
import sys
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any

from rnnviz_core import languages
from rnnviz_core.charts import theme
from rnnviz_core.ui import streamlit_private

from .arrow import arrow_bytes
from .larger import larger

if TYPE_CHECKING:
    import altair as alt

    from rnnviz_core.frames.columns import Rows

SPECS = 512  # compiled specs kept by one process
TEXTS = 96  # of these, the JSON of those that were drawn last: 20 to 75 kB each
PARTS = 100_000  # parts of specs that others may share, kept by one process

_large: "ContextVar[bool]" = ContextVar("large", default=False)
_span: "ContextVar[tuple[int, int] | None]" = ContextVar("span", default=None)
_specs: "OrderedDict[tuple[int, bool, str], tuple[alt.TopLevelMixin, dict[str, Any]]]" = OrderedDict()
_texts: "OrderedDict[tuple[int, bool, str, int | None], tuple[alt.TopLevelMixin, str]]" = OrderedDict()
_emptied: "dict[int, tuple[alt.TopLevelMixin, dict[str, Any]]]" = {}  # by id; see `empty_templates`
_emptying = False
_lock = Lock()
_compiled = 0
_parts: dict[Hashable, Any] = {}  # of all specs, each kept once


@contextmanager
def showing(span: tuple[int, int] | None) -> Iterator[None]:
    """Let charts that are drawn inside show the steps of a span alone; None: all."""
    token = _span.set(span)
    try:
        yield
    finally:
        _span.reset(token)


def enlarge(large: bool) -> None:
    """Whether charts of this run are drawn for the back row (`larger`)."""
    _large.set(large)


def compilations() -> int:
    """How many charts this process has compiled so far."""
    return _compiled


def compiled(template: "alt.TopLevelMixin") -> dict[str, Any]:
    """The template's Vega-Lite spec, compiled once per template object.

    Chart functions are cached (`functools.cache`), so the same options give the same object. The
    object is kept next to its spec: its address cannot be given to another one meanwhile.
    """
    key = id(template), _large.get(), languages.language()
    with _lock:
        if found := _specs.get(key):
            _specs.move_to_end(key)
            return found[1]
    spec = _plain(template)
    if languages.language() != languages.SOURCE:
        spec = {**spec, "config": {**spec.get("config", {}), "locale": {"number": _numbers()}}}
    spec = _shared(larger(spec) if key[1] else spec)
    global _compiled
    with _lock:
        _compiled += 1
        _specs[key] = (template, spec)
        while len(_specs) > SPECS:
            _specs.popitem(last=False)
    return spec


def _written(template: "alt.TopLevelMixin", height: int | None) -> str:
    """The same as the JSON that the browser is sent, without a description and without rows."""
    key = id(template), _large.get(), languages.language(), height
    with _lock:
        if found := _texts.get(key):
            _texts.move_to_end(key)
            return found[1]
    spec = compiled(template)
    text = streamlit_private.written(spec if height is None else {**spec, "height": height})
    with _lock:
        _texts[key] = template, text
        while len(_texts) > TEXTS:
            _texts.popitem(last=False)
    return text


def _plain(template: "alt.TopLevelMixin") -> dict[str, Any]:
    """The spec in its usual size, in English numbers."""
    if found := _emptied.get(id(template)):
        return found[1]
    spec: dict[str, Any] = template.to_dict(validate=False)  # the tests validate all of them
    if _emptying:
        spec = _shared(spec)
        _emptied[id(template)] = template, spec
        # Where Altair 6 keeps it all; a test looks whether that is empty then.
        template.__dict__["_kwds"] = {}
    return spec


def empty_templates(empty: bool = True) -> None:
    """Let go of what a template is made of as soon as it is compiled: 16 MB with every page drawn.

    The objects stay, because chart functions return them and they are what a spec is found by, and so does
    the spec of each, from which another size or language is made. Only for a process that does nothing but
    serve the app: elsewhere somebody may want to change a template, or to save it.
    """
    global _emptying
    _emptying = empty


def _numbers() -> dict[str, Any]:
    """How Vega writes numbers in the language of this run."""
    decimal, thousands = languages.signs()
    return theme.numbers(decimal, thousands)


def _shared(spec: dict[str, Any]) -> dict[str, Any]:
    """The same spec out of parts that other specs have, too: 200 of them take a third of the memory.

    Specs are looked at, never changed, so that they may share theme, scales and the expressions of signals.
    """

    def look(value: Any) -> tuple[Any, Hashable]:
        match value:
            case dict():
                parts = {sys.intern(name): look(one) for name, one in value.items()}
                key: Hashable = ("{", *((name, key) for name, (_, key) in parts.items()))
                made: Any = {name: one for name, (one, _) in parts.items()}
            case list():
                items = [look(one) for one in value]
                key, made = ("[", *(key for _, key in items)), [one for one, _ in items]
            case str():
                return sys.intern(value), value
            case _:
                return value, (type(value), value)  # 1 and 1.0 and True are three values
        kept = _parts.setdefault(key, made)
        return kept, id(kept)  # no two parts that are kept have one id

    with _lock:
        if len(_parts) > PARTS:
            _parts.clear()
        found: dict[str, Any] = look(spec)[0]
    return found


def show(
    template: "alt.TopLevelMixin",
    *,
    key: str,
    description: str,
    height: int | None = None,
    select: str | None = None,
    **frames: "Rows",
) -> Any:
    """Draw `template` with the rows of `frames`.

    Parameters
    ----------
    template
        A chart whose datasets are named (`alt.NamedData`).
    key
        Stable name of the chart on its page.
    description
        What a person who cannot see the chart should be told.
    height
        Pixels, where the template leaves it open.
    select
        Name of a selection in the template; clicking then reruns the page.
    frames
        Dataset name -> rows: a DataFrame, or columns by name.

    Returns
    -------
    The selection as Streamlit reports it when `select` is given, otherwise None.
    """
    span = _span.get()
    datasets = {name: arrow_bytes(rows, span) for name, rows in frames.items()}
    # Not Streamlit's `alt`: that is also read out before the name of each of the chart's four buttons.
    text = f'{{"description": {json.dumps(description)}, {_written(template, height)[1:]}'
    state = streamlit_private.draw_chart(text, datasets, key=key, select=select)
    return None if select is None else state["selection"].get(select)
