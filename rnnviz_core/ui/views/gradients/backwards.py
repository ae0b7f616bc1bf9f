"""Backpropagation as a player from right to left: a step's Jacobian, and the product of all so far."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts import gradients as charts
from rnnviz_core.frames import gradients as frames
from rnnviz_core.frames.tokens import axis_of, called, one_step
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls.choose import choose_one
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.controls.player import play
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import derivatives
from rnnviz_core.ui.shell.wording import explain, plain

from .chosen import INFO, LOCAL, NO_FORM, choose_quantity, gradient_of, proof

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

DRAWN = 96  # units of a Jacobian drawn at most in each direction
BLOCKS = {"hidden": N_("hidden by hidden"), "cell": N_("cell by cell")}


def backwards(view: "View", layer: "Layer") -> None:
    """The player; it opens at the step that was read last."""
    if not view.trace.definition(layer.part).jacobian:
        st.info(_(NO_FORM), icon=INFO)
        return
    of = choose_quantity(view)
    gradient = gradient_of(view, of)
    texts = frames.state_texts(view.trace, layer)
    last = 0 if layer.reverse else len(texts) - 1
    follow(view, layer.part, "gradients-backwards")
    draw = partial(_draw, view, layer, gradient)
    play(view, layer.part, draw, by=1 if layer.reverse else -1, first=last)
    _formulas(view, layer)
    proof(gradient)
    explain(
        _(
            "The gradient begins at the end and comes back one step at a time: at each it is "
            "multiplied by the step’s Jacobian (transposed). Its largest singular value says how "
            "much a step can lengthen a gradient at most, the smallest how much it keeps at "
            "least; of their product over many steps one shrinks or grows like a power."
        )
        + " "
        + _(LOCAL),
        _("Press Play and watch the product’s largest value: does it shrink evenly, or at single steps?"),
    )


def _draw(view: "View", layer: "Layer", gradient: Trace, position: int) -> None:
    trace = view.trace
    texts = frames.state_texts(trace, layer)
    curves = {_("hidden state"): frames.of_state(gradient, layer)}
    if layer.site("cell_gradient") in gradient:
        curves[_("cell state")] = frames.of_state(gradient, layer, "cell")
    show(
        charts.lengths(
            tuple(curves),
            axis_of(trace, layer.part),
            _("The gradient on its way back"),
            _("Length of the derivative by the state after each step"),
        ),
        key="gradients-backwards",
        description=_("Lines on a logarithmic axis; chosen: “{token}”.", token=texts[position]),
        select="cell",
        lengths=frames.curves(texts, curves),
        chosen=one_step(texts, position),
    )
    step = derivatives.step(view.entry, trace, layer)
    at = len(texts) - 1 - position if layer.reverse else position
    whole = step.whole(at)
    product = step.product(at)
    said = frames.jacobian_in_words(
        called(texts, position), derivatives.singular(whole), derivatives.singular(product), step.steps - at
    )
    st.markdown(plain(said))
    offered = {name: _(BLOCKS[name]) for name in step.states[::-1]}
    state = "hidden"
    if len(offered) > 1:
        state = choose_one("state", _("Block"), offered)
    values = step.matrix(at, state, state)
    rows = min(DRAWN, len(values))
    show(
        charts.jacobian(rows, rows),
        key="gradients-jacobian",
        description=_("Heatmap of the Jacobian, {block}. {said}", block=_(BLOCKS[state]), said=said),
        jacobian=frames.matrix(values, DRAWN),
    )
    if rows < len(values):
        st.caption(
            _(
                "Drawn: units 0 to {last} of {count}; the singular values are those of all.",
                last=rows - 1,
                count=len(values),
            )
        )


def _formulas(view: "View", layer: "Layer") -> None:
    with st.expander(
        _("The formulas of this Jacobian"), icon=":material/function:", key="gradients-formulas"
    ):
        for block in view.trace.definition(layer.part).jacobian:
            st.latex(block.latex())
