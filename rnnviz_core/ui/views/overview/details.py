"""A part of the picture taken apart, under it: its numbers at the chosen step, and the way to its page."""

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnviz_core.frames import attention, embeddings, first_look, gates, inspector, series, softmax
from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.tokens import called, step_texts
from rnnviz_core.languages import _
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import TOKEN_NAMES, inside, whole
from rnnviz_core.ui.serving.nearest import nearest
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.wording import plain
from rnnviz_core.ui.views.gates.maps import formula_lines
from rnnviz_core.ui.views.sections import FORECASTS

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

SITE = re.compile(r"(en|de)coder(\.\d)?(\.reverse)?\.[a-z]+")  # as the address may name one
ATTENTION, READOUT = "attention", "readout"  # parts of the picture that are no site of a trace


def take_over(view: "View", found: Mapping[str, Any] | None) -> bool:
    """Choose what was clicked: the part, its step and its unit. Call it before the widgets."""
    site = str((found or {}).get("site") or "")
    if not found or not site:
        return False
    part = site.split(".")[0] if "." in site else _stepped(view)
    url.put("part", site)
    url.put(TOKEN_NAMES[view.trace.time_axis(part)], str(int(found["position"])))
    if layer := layer_of(view, site):
        url.put("layer", layer.name)
        if found.get("unit") is not None:
            url.put("unit", str(int(found["unit"])))
    if site.endswith(".embedding"):
        url.put("side", part if "decoder.embedding" in view.trace else None)
    url.write()  # this run shows the choice already: so must its link
    return True


def layer_of(view: "View", site: str) -> Layer | None:
    """The recurrent layer that a site belongs to; None for all else."""
    words = site.split(".")
    if len(words) < 3 or not words[1].isdigit():
        return None
    place = Layer(words[0], int(words[1]), "reverse" in words)
    return place if place.site("hidden") in view.trace else None


def chosen_unit(view: "View", place: Layer, step: int) -> int:
    """The unit in the address, else the one that changed most at a step."""
    return whole("unit", view.trace[place.site("hidden")].shape[1], first_look.unit(view.trace, place, step))


def panel(view: "View", part: str, step: int) -> None:
    """The chosen part at the chosen step; at first the state, with its arithmetic."""
    default = f"{part}.0.hidden" if view.trace.layers(part) else f"{part}.embedding"
    site = url.checked("part", partial(_read, view, default), default, shown=_("the first part"))
    if view.trace.time_axis(site.split(".")[0] if "." in site else part) != view.trace.time_axis(part):
        step = whole("token", len(step_texts(view.trace, "encoder")), first_look.step(view.trace, "encoder"))
    with st.container(border=True):
        if layer := layer_of(view, site):
            _layer(view, layer, step)
            page = "gates"
        elif site.endswith(".embedding"):
            page = _embedding(view, site.split(".")[0], step)
        elif site == ATTENTION:
            page = _attention(view, step)
        else:
            page = _readout(view, step)
        routes.link(page, _("All of it: {page}", page=_(routes.route(page).title)))


def _read(view: "View", default: str, raw: str) -> str | None:
    """A part in the address; one that another network has is given up without a word."""
    if raw in (ATTENTION, READOUT):
        return raw
    if raw.endswith(".embedding") and raw in view.trace:
        return raw
    return raw if layer_of(view, raw) else default if SITE.fullmatch(raw) else None


def _stepped(view: "View") -> str:
    return "decoder" if view.trace.layers("decoder") else "encoder"


def _layer(view: "View", layer: Layer, step: int) -> None:
    unit = chosen_unit(view, layer, step)
    token = plain(called(step_texts(view.trace, layer.part), step))
    st.markdown(
        _(
            "**Unit {unit} at {token}** ({layer}), computed:",
            unit=unit,
            token=token,
            layer=inside(layer.words),
        )
        if len(view.trace.tokens) > 1 or view.trace.layers(layer.part) > 1
        else _("**Unit {unit} at {token}**, computed:", unit=unit, token=token)
    )
    st.html(
        formula_lines(
            gates.in_brief(view.trace, layer, step, unit, inspector.of_unit(view.model, layer, unit))
        )
    )


def _embedding(view: "View", part: str, step: int) -> str:
    if FORECASTS in view.trace:
        st.markdown(plain(series.input_in_words(view.trace, step)))
        return "embeddings"
    near = nearest(view.entry, part, embeddings.token_id(view.trace, part, step))
    if near is None:
        count = view.trace[f"{part}.embedding"].shape[1]
        st.markdown(_("The embedding of this step is {count} numbers.", count=count))
        return "embeddings"
    token = plain(str(embeddings.chosen(view.trace, part, step)["token"][0]))
    size = view.trace[f"{part}.embedding"].shape[1]
    st.markdown(
        _(
            "**“{token}”** is {size} numbers, the same wherever it stands. Nearest in the "
            "vocabulary: {tokens}.",
            token=token,
            size=size,
            tokens=plain(embeddings.neighbours_in_words(near)),
        )
    )
    return "embeddings"


def _attention(view: "View", step: int) -> str:
    trace = view.trace
    if not attention.has_attention(trace):
        st.markdown(_("This network has no attention: every step reads the same numbers."))
    elif attention.translates(trace):
        st.markdown(plain(attention.row_in_words(trace, step)))
    else:
        share, token = trace["attention.weights"][step], step_texts(trace, "encoder")[step]
        st.markdown(
            plain(
                _(
                    "“{token}” has {share:.1%} of the attention. {others}",
                    token=token,
                    share=share,
                    others=attention.row_in_words(trace),
                )
            )
        )
    return "attention"


def _readout(view: "View", step: int) -> str:
    trace = view.trace
    if FORECASTS in trace:
        st.markdown(plain(series.describe(trace, step)))
    elif "readout.logits" not in trace:
        st.markdown(_("Its answer is not read step by step."))
    elif "class" in trace.labels:
        st.markdown(plain(softmax.verdict_in_words(trace, step)))
    else:
        st.markdown(plain(softmax.candidates_in_words(trace, step)))
    return "softmax"
