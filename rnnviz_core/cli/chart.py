"""`rnnviz chart`: a chart of a page as a file, drawn without a browser."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnnviz_core.errors import SpecError, unknown_choice

from .model import checkpoints_option, load

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.tracing.trace import Trace

Drawing = tuple[Any, dict[str, Any]]  # a template, and the rows of its datasets


def _gates(trace: "Trace", place: "Layer") -> Drawing:
    from rnnviz_core.charts.gates import gate_maps
    from rnnviz_core.frames import gates

    units = _units(trace, place)
    template = gate_maps(
        gates.names(trace, place.part),
        units,
        place.part,
        meanings=gates.meanings(trace, place.part),
        functions=gates.functions(trace, place.part),
    )
    return template, {"cells": gates.cells(trace, place), "chosen": {}}


def _states(trace: "Trace", place: "Layer") -> Drawing:
    from rnnviz_core.charts.states import state_maps
    from rnnviz_core.frames import states

    units = _units(trace, place)
    names = states.names(trace, place)
    limits = tuple(states.limit(trace, place, name) for name in names)
    template = state_maps(names, units, place.part, limits)
    return template, {"cells": states.cells(trace, place), "chosen": {}}


def _embeddings(trace: "Trace", place: "Layer") -> Drawing:
    from rnnviz_core.charts.embeddings import embedding_heatmap
    from rnnviz_core.frames import embeddings

    template = embedding_heatmap(trace[f"{place.part}.embedding"].shape[1])
    return template, {"cells": embeddings.vectors(trace, place.part), "chosen": {}}


def _attention(trace: "Trace", place: "Layer") -> Drawing:
    from rnnviz_core.charts import attention as charts
    from rnnviz_core.frames import attention as frames

    if not frames.has_attention(trace):
        raise SpecError(f"{trace.model} has no attention; draw another of {', '.join(CHARTS)}")
    if not frames.translates(trace):
        return charts.weights(), {"row": frames.row(trace)}
    return charts.small_alignment(), {"alignment": frames.alignment(trace)}  # a file has no row to click


CHARTS: dict[str, Callable[["Trace", "Layer"], Drawing]] = {
    "gates": _gates,
    "states": _states,
    "embeddings": _embeddings,
    "attention": _attention,
}


def _units(trace: "Trace", place: "Layer") -> int:
    """How many units the layer has; raises `SpecError` where there is no such layer."""
    if not trace.layers("encoder"):
        raise SpecError(f"{trace.model} has no recurrent layer; draw its embeddings")
    if place.site("hidden") not in trace:
        layers = [site.removesuffix(".hidden") for site in trace if site.endswith(".hidden")]
        raise SpecError(unknown_choice("layer", place.site("hidden").removesuffix(".hidden"), layers))
    return place.units(trace)


def _place(layer: str) -> "Layer":
    """``encoder.0`` or ``encoder.0.reverse``, as the sites of a trace begin."""
    from rnnviz_core.frames.layer import Layer

    part, _, rest = layer.partition(".")
    number, _, direction = rest.partition(".")
    if not number.isdecimal() or direction not in ("", "reverse"):
        raise SpecError(f"--layer {layer!r}: write it as in a trace, such as encoder.0 or encoder.1.reverse")
    return Layer(part, int(number), bool(direction))


@click.command(short_help="Draw gates, states, embeddings or attention into a file.")
@click.argument("model")
@click.argument("text")
@click.argument("chart", type=click.Choice(list(CHARTS)))
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The file: .png, .svg, .html or .json."
)
@click.option("--layer", default="encoder.0", show_default=True, help="A layer, as in the names of a trace.")
@click.option("--dark", is_flag=True, help="Draw for a dark page.")
@click.option(
    "--width",
    type=click.IntRange(200, 4000),
    default=760,
    show_default=True,
    help="Width of the plot in pixels; a PNG has twice as many.",
)
@checkpoints_option
def chart(
    model: str, text: str, chart: str, out: Path, layer: str, dark: bool, width: int, checkpoints: Path
) -> None:
    """Run MODEL on TEXT and draw CHART as the app does. All formats but .json need the extra `notebook`.

    \b
    Examples:
      python -m rnnviz_core chart sentiment-lstm "not a good film" gates --out gates.svg
      python -m rnnviz_core chart es-en-gru-bahdanau "Me gusta leer." attention --out attention.png
    """
    from rnnviz_core import charts
    from rnnviz_core.charts import export
    from rnnviz_core.contracts.task import record, task_of
    from rnnviz_core.tracing import kernels

    export.check(out)
    place = _place(layer)
    network = load(model, checkpoints)
    kernels.use_exact_settings()
    options = {o.name: o.default for o in task_of(network).options if o.default is not None}
    template, rows = CHARTS[chart](record(network, text, **options), place)
    export.save(charts.with_rows(template, dark=dark, width=width, **rows), out)
    click.echo(f"written to {out} ({out.stat().st_size:,} bytes)", err=True)
