"""The overview of a network that somebody brought along, or of a trace: its layers."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import overview as charts
from rnnviz_core.frames import overview as frames
from rnnviz_core.languages import _
from rnnviz_core.ui.controls.clicks import clicked
from rnnviz_core.ui.controls.player import play
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import explain, link_pages, plain
from rnnviz_core.ui.views import what_goes_in
from rnnviz_core.ui.views.sections import INPUTS

from . import details
from .network import KEY, _follow_while_playing, _rows, _step, _under, _unit_of_strips, below_picture

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View


def network(view: "View") -> None:
    """The series where numbers are read, the player over the layers, and the list of all layers."""
    if not view.trace.layers():
        st.info(
            _("This trace holds no recurrent layer: its numbers are on the pages below."),
            icon=":material/info:",
        )
    else:
        details.take_over(view, clicked(KEY))
        if INPUTS in view.trace:
            what_goes_in.above(view)
        play(view, "encoder", partial(_picture, view))
    _every_layer(view)
    several = len(view.trace.tokens[view.trace.time_axis()]) > 1
    explain(
        _(
            "Time runs from left to right: each step becomes a column of numbers, and the state "
            "mixes it with the state before. Blue is below zero, orange above."
        )
        + below_picture(view.trace, "encoder", several),
        _("At which step does the state change most? Is it the one that you expect?"),
    )
    link_pages(*(route.name for route in routes.TRACED if not route.default))


def _picture(view: "View", step: int) -> None:
    """The layers at one step, beside those that they are compared with."""
    _follow_while_playing(view)
    unit = _unit_of_strips(view, step)
    for shown in side_by_side(view):
        show(
            charts.layers(_rows(shown.trace, "encoder")),
            key=shown.key(KEY),
            description=frames.describe(shown.trace),
            height=None,
            select=None if shown.second else "cell",
            cells=frames.cells(shown.trace),
            columns=frames.columns(shown.trace),
            **_step(shown, step, unit),
        )
    _under(view, step)


def _every_layer(view: "View") -> None:
    """The whole network as its file has it, recorded layers and others."""
    imported = getattr(view.model, "imported", None)
    if imported is None:
        return
    recorded = set(view.trace.meta.get("names", ()))
    with st.expander(
        _(
            "The whole network: {count} layers of {origin}",
            count=len(imported.layers),
            origin=plain(imported.origin),
        ),
        icon=":material/lan:",
        key="own-layers",
        on_change="rerun",
    ) as opened:
        if opened.open:
            rows = [
                {
                    _("Layer"): layer.name,
                    _("Kind"): layer.words or layer.kind,
                    _("Weights"): sum(array.size for array in layer.weights.values()),
                    _("Shown here"): _("yes") if layer.name in recorded else "",
                }
                for layer in imported.layers
            ]
            st.dataframe(rows, hide_index=True)
