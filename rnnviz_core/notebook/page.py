"""The page of a trace: header with the proof line, heatmaps of gates and states, and one unit over the steps.

Numbers travel once, as columns; the page makes rows of them. Everything that comes from a trace is escaped.
"""

import html
import json
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz_core.charts import export, theme
from rnnviz_core.charts.gates import gate_maps
from rnnviz_core.charts.one_unit import unit_over_steps
from rnnviz_core.charts.states import state_maps
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.frames import gates, states
from rnnviz_core.frames.columns import Columns, Texts
from rnnviz_core.frames.layer import Layer, layers
from rnnviz_core.frames.tokens import step_texts
from rnnviz_core.inputs.steps import NO_PIECE, Token
from rnnviz_core.tracing.trace import Trace

CELLS = 48_000  # unit x step of one heatmap; of longer traces every n-th step is drawn
PARTS = 12  # layers and directions of one page
HEIGHT = 820  # px of the page in a notebook


def to_html(trace: Trace, path: str | Path) -> Path:
    """Write a trace as one HTML file that opens in any browser, without network.

    Parameters
    ----------
    trace
        Any trace that holds its gates and states.
    path
        Ends in ``.html``. An existing file is replaced.

    Raises
    ------
    SpecError
        For another ending, or when vl-convert is not installed.
    TraceError
        When the trace has no steps or lacks sites, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix != ".html":
        raise SpecError(f"{path.name!r} ends in {path.suffix!r}; a page ends in .html")
    try:
        path.write_text(page(trace), encoding="utf-8")
    except OSError as error:
        raise TraceError(f"{path} cannot be written: {error.strerror or error}") from None
    return path


def bundle(trace: Trace) -> dict[str, str]:
    """What a notebook shows of a trace, by media type."""
    text = summary(trace)
    try:
        inner = page(trace)
    except (SpecError, TraceError) as error:
        return {"text/plain": text, "text/html": f"<pre>{html.escape(text)}\n{html.escape(str(error))}</pre>"}
    frame = (
        f'<iframe title="Trace of {html.escape(_about(trace), quote=True)}" sandbox="allow-scripts" '
        f'style="width:100%;height:{HEIGHT}px;border:0" srcdoc="{html.escape(inner, quote=True)}"></iframe>'
    )
    return {"text/plain": text, "text/html": frame}


def summary(trace: Trace) -> str:
    """A trace in a few lines of plain text."""
    lines = [f"Trace of {_about(trace)}", _sizes(trace), _proof(trace), *trace.meta.get("notes", ())]
    return "\n".join(lines)


def page(trace: Trace) -> str:
    """The page as HTML, everything it needs included."""
    drawn = _drawn(trace)
    notes = [note for one in drawn for note in one.pop("notes")]
    notes = [*trace.meta.get("notes", ()), *dict.fromkeys(notes)]
    filled = {
        "TITLE": html.escape(_about(trace)),
        "HEADING": html.escape(_about(trace)),
        "SIZES": html.escape(_sizes(trace)),
        "PROOF": html.escape(_proof(trace)),
        "TEXT": html.escape(trace.text),
        "NOTES": "".join(f"<li>{html.escape(str(note))}</li>" for note in notes),
        "DATA": _script(json.dumps({"layers": drawn, "background": theme.BACKGROUND})),
        "BUNDLE": _bundle(),
    }
    text = _template()
    for name, value in filled.items():
        head, mark, tail = text.partition(f"<!--{name}-->")
        assert mark, name
        text = head + value + tail
    return text


def _about(trace: Trace) -> str:
    return trace.model if len(trace.model) <= 120 else trace.model[:119] + "…"


def _sizes(trace: Trace) -> str:
    found = []
    for part in dict.fromkeys(place.part for place in layers(trace)):
        steps, units = trace[Layer(part).site("hidden")].shape
        count = trace.layers(part)
        words = f"{count} layers" if count > 1 else "1 layer"
        both = ", both directions" if trace.reverses(part) else ""
        found.append(
            f"{part}: {trace.definition(part).name.upper()}, {words}{both}, {units} units, {steps} steps"
        )
    return "; ".join(found)


def _proof(trace: Trace) -> str:
    return (
        "Recomputed from the recorded gates, the states differ by at most "
        f"{trace.max_difference:.1e} from those that the network itself computed."
    )


def _drawn(trace: Trace) -> list[dict[str, Any]]:
    """For each layer and direction the templates and the columns."""
    places = layers(trace)
    if not places:
        raise TraceError("the trace holds no states to draw")
    found = []
    for place in places[:PARTS]:
        for name in (*gates.names(trace, place.part), "hidden"):
            if place.site(name) not in trace:
                raise TraceError(f"the trace lacks {place.site(name)}, so there is nothing to draw")
        if not len(trace[place.site("hidden")]):
            raise TraceError("the trace has no steps, so there is nothing to draw")
        found.append(_layer(trace, place))
    if len(places) > PARTS:
        found[0]["notes"].append(f"Drawn are {PARTS} of {len(places)} layers and directions.")
    return found


def _layer(trace: Trace, place: Layer) -> dict[str, Any]:
    thin, notes = _thinned(trace, place)
    names, kept = gates.names(thin, place.part), states.names(thin, place)
    count = place.units(thin)
    return {
        "name": place.words,
        "gates": gate_maps(names, count, place.part).to_dict(),
        "states": state_maps(kept, count, place.part).to_dict(),
        "unit": unit_over_steps(names, kept, place.part).to_dict(),
        "lines": [*names, *kept],
        "units": count,
        "columns": _packed({**gates.cells(thin, place), **states.cells(thin, place)}),
        "notes": notes,
    }


def _thinned(trace: Trace, place: Layer) -> tuple[Trace, list[str]]:
    """A trace of one layer with as many steps as can be drawn."""
    hidden = trace[place.site("hidden")]
    steps, units = hidden.shape
    stride = max(1, -(-steps * units // CELLS))
    notes = [f"{place.words}: of {steps} steps one in {stride} is drawn."] if stride > 1 else []
    axis = trace.time_axis(place.part)
    names = [*gates.names(trace, place.part), *states.names(trace, place)]
    sites = [place.site(f"{name}{end}") for name in names for end in ("", "_preactivation")]
    arrays = {name: trace[name][::stride] for name in sites if name in trace}
    base = {f"{place.part}.0.hidden": arrays[place.site("hidden")]}  # by which the axis of a part is known
    texts = step_texts(trace, place.part)[::stride]
    kept = trace.tokens.get(axis, ())[::stride]
    if not kept or len(kept) != len(texts):
        kept = tuple(Token(text, NO_PIECE, 0, 0) for text in texts)
    arrays = {**base, **arrays}
    thin = replace(
        trace,
        arrays=arrays,
        axes=dict.fromkeys(arrays, (axis, "unit")),
        tokens={axis: kept},
        labels={},
        definitions={place.part: trace.definition(place.part)},
    )
    return thin, notes


def _packed(columns: Columns) -> dict[str, Any]:
    """Columns as JSON takes them: four digits of a number, each text once."""
    found: dict[str, Any] = {}
    for name, column in columns.items():
        if isinstance(column, Texts):
            found[name] = {"codes": column.codes.tolist(), "texts": list(column.texts)}
        elif isinstance(column, np.ndarray) and column.dtype.kind == "f":
            found[name] = [float(f"{value:.4g}") for value in column.tolist()]
        else:
            found[name] = list(column.tolist() if isinstance(column, np.ndarray) else column)
    return found


def _script(text: str) -> str:
    """JSON that cannot end the element that it stands in."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def _template() -> str:
    return (resources.files(__package__) / "page.html").read_text(encoding="utf-8")


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and the embedder as one script."""
    try:
        import vl_convert
    except ImportError as error:
        raise SpecError(export.MISSING) from error
    found: str = vl_convert.javascript_bundle(vl_version=export.VEGA_LITE)  # type: ignore[call-arg]
    assert "</script" not in found
    return found
