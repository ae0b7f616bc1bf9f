"""On which road a gradient comes back: an LSTM's cell or its hidden state, attention or the recurrence."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz_core.charts import gradients as charts
from rnnviz_core.frames import gradients as frames
from rnnviz_core.frames.tokens import axis_of, one_step
from rnnviz_core.languages import _
from rnnviz_core.ui.controls.choose import current_token
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.wording import download_rows, explain, plain
from rnnviz_core.ui.views.states.maps import layers_shown

from .chosen import LOCAL, choose_quantity, gradient_of, proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View


def _draw(
    shown: "View",
    layer: "Layer",
    key: str,
    found: "Mapping[str, np.ndarray]",
    title: str,
    about: str,
    said: str,
) -> None:
    """Lines of lengths over the steps of a layer, and the sentence under them."""
    texts = frames.state_texts(shown.trace, layer)
    show(
        charts.lengths(tuple(found), axis_of(shown.trace, layer.part), title, about),
        key=shown.key(key),
        description=_("Lines on a logarithmic axis. {said}", said=said),
        select=None if shown.second else "cell",
        lengths=frames.curves(texts, found),
        chosen=one_step(texts, min(current_token(shown, layer.part), len(texts) - 1)),
    )
    st.markdown(plain(said))


def roads(view: "View", layer: "Layer") -> None:
    """An LSTM's two roads, and that they add up."""
    of = choose_quantity(view)
    follow(view, layer.part, "gradients-roads")
    for shown in layers_shown(view, layer):
        if layer.site("cell") not in shown.trace:
            st.info(_("This network has no cell state: there is one road only."), icon=":material/info:")
            continue
        if shown.trace.definition(layer.part).extra:
            st.info(
                _("Here a gate reads the cell itself: the two roads cannot be told apart."),
                icon=":material/info:",
            )
            continue
        gradient = gradient_of(shown, of)
        found = frames.roads(shown.trace, gradient, layer)
        said = frames.roads_in_words(found, frames.state_texts(shown.trace, layer), layer.reverse)
        _draw(
            shown,
            layer,
            "gradients-roads",
            frames.road_lengths(found),
            _("Two roads back"),
            _("Length of the gradient by the cell state after each step"),
            said,
        )
        st.caption(
            _(
                "Added up, the roads differ from the whole by {difference:.1e} of its largest number.",
                difference=found.difference,
            )
        )
        proof(gradient)
    explain(
        _(
            "Through the cell alone the gradient is multiplied by nothing but each step’s forget "
            "gate: where the gates stay open it arrives whole. Every other way passes a hidden "
            "state, and with it the recurrent weights and the slope of a sigmoid or tanh."
        )
        + " "
        + _(LOCAL),
        _(
            "Find the step at which the two lines cross. Which of the two carries the news of "
            "the first steps?"
        ),
    )
    if view.trace.definition(layer.part).extra:
        return
    texts = frames.state_texts(view.trace, layer)
    rows = frames.roads(view.trace, gradient_of(view, of), layer)
    download_rows(partial(frames.curves, texts, frames.road_lengths(rows)), "gradients-roads")


def shortcut(view: "View", layer: "Layer") -> None:
    """What attention hands back to a step at once, beside what comes through the later steps."""
    of = choose_quantity(view)
    follow(view, layer.part, "gradients-shortcut")
    for shown in layers_shown(view, layer):
        if "attention.weights" not in shown.trace:
            st.info(_("This network has no attention: there is no short cut."), icon=":material/info:")
            continue
        gradient = gradient_of(shown, of)
        found = frames.shortcut(gradient, layer)
        said = frames.shortcut_in_words(
            found, frames.state_texts(shown.trace, layer), layer.reverse, layer.part
        )
        _draw(
            shown,
            layer,
            "gradients-shortcut",
            found,
            _("Straight, or step by step"),
            _("Length of the gradient by the hidden state after each step"),
            said,
        )
        proof(gradient)
    explain(
        _(
            "Attention reads every state of the encoder, so a gradient reaches each of them in "
            "one step, however long the text is. What is left comes the long way, through all "
            "later states of the layer."
        )
        + " "
        + _(LOCAL),
        _("Compare with a network without attention: how much is left at the first word there?"),
    )
