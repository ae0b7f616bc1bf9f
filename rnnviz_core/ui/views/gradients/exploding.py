"""The same network with its recurrent weights times a number: gradients that explode, and clipping."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import gradients as charts
from rnnviz_core.frames import gradients as frames
from rnnviz_core.frames.tokens import axis_of, one_step
from rnnviz_core.languages import _, numerals
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_one, current_token
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import derivatives
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

from .chosen import LOCAL, choose_quantity, gradient_of

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.tracing.trace import Trace
    from rnnviz_core.ui.serving.view import View

SCALES = ("0.5", "0.75", "1", "1.25", "1.5", "2", "3")
LIMITS = ("1", "0.25", "5", "none")  # of a gradient's length


def exploding(view: "View", layer: "Layer") -> None:
    """Gradients of the scaled network beside the own ones, and what clipping makes of their length."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = choose_quantity(view)
        scale = _choose_scale()
        limits = {one: _("no clipping") if one == "none" else numerals(one) for one in LIMITS}
        limit = choose_one("clip", _("Clip at"), limits)
    follow(view, layer.part, "gradients-exploding")
    texts = frames.state_texts(view.trace, layer)
    scaled = _scaled(view, of)
    curves = {_("its own weights"): frames.of_state(gradient_of(view, of), layer)}
    if scale != "1":
        curves[_("times {factor}", factor=numerals(scale))] = frames.of_state(scaled[scale], layer)
    drawn = list(curves)[-1]
    said = frames.reach_in_words(drawn, texts, curves[drawn])
    show(
        charts.lengths(
            tuple(curves),
            axis_of(view.trace, layer.part),
            _("The gradient with larger recurrent weights"),
            _("Length of the derivative by the hidden state after each step"),
        ),
        key="gradients-exploding",
        description=_("Lines on a logarithmic axis. {said}", said=said),
        select="cell",
        lengths=frames.curves(texts, curves),
        chosen=one_step(texts, min(current_token(view, layer.part), len(texts) - 1)),
    )
    st.markdown(plain(said))
    lengths = scaled_lengths(view, of)
    ceiling = None if limit == "none" else float(limit)
    rows = frames.clipped(lengths, ceiling)
    words = frames.clipped_in_words(lengths[scale], ceiling)
    show(
        charts.clipping(SCALES, ceiling),
        key="gradients-clipping",
        description=_(
            "Dots: the length of the gradient by the recurrent weights for each factor. {words}", words=words
        ),
        clipped=rows,
    )
    st.markdown(plain(words))
    explain(
        _(
            "W_h is multiplied by the factor in every layer, and the network reads the same text "
            "again: nobody trained it so, and its answer is another one. Training shortens a "
            "gradient above the limit to the limit; its direction stays. Clipping helps against "
            "exploding, not against vanishing."
        )
        + " "
        + _(LOCAL),
        _("Move the factor up: does the gradient explode, or do saturated gates hold it down?"),
    )
    download_rows(partial(frames.curves, texts, curves), "gradients-exploding")


def _scaled(view: "View", of: str) -> "dict[str, Trace]":
    """The gradient for each factor."""
    return {one: derivatives.gradient(view.entry, view.trace, of, float(one), weigh=True) for one in SCALES}


def scaled_lengths(view: "View", of: str) -> dict[str, float]:
    """The length of the gradient by the recurrent weights, for each factor."""
    return {one: float(found.meta["gradient"]["weights"]) for one, found in _scaled(view, of).items()}


def _choose_scale() -> str:
    chosen = url.checked("weights", url.one_of(SCALES), "1.5", shown="1.5")
    key = url.widget("weights", chosen)
    st.select_slider(
        _("Recurrent weights times"),
        SCALES,
        format_func=numerals,
        key=key,
        on_change=lambda: url.put("weights", st.session_state[key]),
        width=260,
    )
    return chosen
