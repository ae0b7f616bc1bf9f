"""A layer seen whole: every unit, wire and number of a tiny network, or one unit of a larger one."""

from collections.abc import Iterator, Mapping
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts.gates import gate_title
from rnnviz_core.charts.whole import drawing as charts
from rnnviz_core.charts.whole.layout import letter
from rnnviz_core.frames import first_look, gate_sum
from rnnviz_core.frames import seen_whole as frames
from rnnviz_core.frames.numbers import printed
from rnnviz_core.frames.tokens import axis_of, called, step_texts
from rnnviz_core.languages import _, bound
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import (
    ALL_GATES,
    TOKEN_NAMES,
    choose_layer,
    choose_one,
    choose_unit,
    chosen_token,
)
from rnnviz_core.ui.controls.player import play, stop
from rnnviz_core.ui.drawing.strip import show_strip
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.offers import choose_model
from rnnviz_core.ui.shell.wording import explain

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

KEY = "whole"  # of the drawing
TERMS = 14  # of a sum, named one by one


def whole(view: "View") -> None:
    """The drawing with the player over it; a click shows the arithmetic of its unit."""
    trace = view.trace
    layer = choose_layer(view)
    start = first_look.step(trace, layer.part)
    with st.container(horizontal=True, vertical_alignment="center"):
        gate = _choose_gate(view, layer)
        unit = choose_unit(view, trace[layer.site("hidden")].shape[1], first_look.unit(trace, layer, start))
    play(view, layer.part, partial(_draw, view, layer, gate, unit))
    _explain(view, layer)


def _choose_gate(view: "View", layer: "Layer") -> str:
    cell = view.trace.definition(layer.part)
    first = frames.gate_of(view.trace, layer)
    names = (first, *(name for name in cell.gate_names if name != first))
    if len(names) == 1:
        return first
    titles = {name: f"{letter(name, cell.name)} · {gate_title(name)}" for name in names}
    return choose_one("gate", _("Wires drawn"), titles, others=ALL_GATES)


def _draw(view: "View", layer: "Layer", gate: str, unit: int, step: int) -> None:
    """The drawing at one step, for one view or two, and the sum behind the chosen unit's gate."""
    for shown in side_by_side(view):
        if layer.site("hidden") not in shown.trace:
            st.info(_("This network has no such layer."), icon=":material/info:")
            continue
        drawn = _drawn(shown, layer, gate, unit, step)
        known = None if chosen_token(shown, layer.part) is None else drawn.step
        show_strip(
            charts.draw(
                drawn,
                known=known,
                description=_("The layer seen whole. {about}.", about=frames.in_words(drawn)),
            ),
            key=shown.key(KEY),
            step=drawn.step,
            picked=None if shown.second else partial(_pick, TOKEN_NAMES[shown.trace.time_axis(layer.part)]),
        )
        st.html(_sum(shown, drawn))
        if not shown.second:
            st.download_button(
                "seen-whole.svg",
                data=bound(partial(_file, drawn)),
                file_name="seen-whole.svg",
                mime="image/svg+xml",
                key="whole-svg",
                icon=":material/download:",
                on_click="ignore",
                help=_("The drawing as it stands, as one SVG file"),
            )


def _drawn(shown: "View", layer: "Layer", gate: str, unit: int, step: int) -> frames.Whole:
    """What is drawn: of a shorter text the last step, of a smaller layer the last unit."""
    trace = shown.trace
    gates, size = trace.definition(layer.part).gate_names, trace[layer.site("hidden")].shape[1]
    return frames.whole(
        shown.model,
        trace,
        layer,
        gate if gate in gates else frames.gate_of(trace, layer),
        min(step, len(step_texts(trace, layer.part)) - 1),
        min(unit, size - 1),
    )


def _file(drawn: frames.Whole) -> bytes:
    return charts.document(drawn).encode()


def _pick(name: str, found: Mapping[str, str]) -> None:
    """A click chooses a step, a unit of it, or the gate whose wires are drawn."""
    stop()
    if "gate" in found:
        url.put("gate", str(found["gate"]))
    step, _, unit = str(found.get("pick", "")).partition(",")
    for key, number in ((name, step), ("unit", unit)):
        if url.number(number) is not None:
            url.put(key, number)


def _sum(shown: "View", drawn: frames.Whole) -> str:
    """The terms of the chosen gate's sum as a table."""
    found = gate_sum.terms(shown.model, drawn)
    total = float(drawn.sums[drawn.at, drawn.row])
    named = found if len(found) <= TERMS + 2 else gate_sum.strongest_first(found, TERMS)
    rows = []
    for term in named:
        factors = "" if term.weight is None else f"{printed(term.weight)} × {printed(term.number or 0.0)}"
        if term.kind == gate_sum.STATE and drawn.damp != 1.0 and term.weight is not None:
            factors += " × " + _("reset {value}", value=printed(drawn.damp))
        rows.append(
            f"<span><span>{escape(term.name)}</span><span>{factors}</span>"
            f"<b>{printed(term.value, '+.2f')}</b></span>"
        )
    token = escape(called(drawn.texts, drawn.step))
    sign = letter(drawn.gate, drawn.definition.name)
    value = printed(float(drawn.gates[drawn.gate][drawn.at, drawn.row]))
    head = _(
        "<strong>The sum behind {sign} of unit {unit} at {token}</strong>: these {count} "
        "terms add up to {total}, and {sign} is {value}.",
        sign=sign,
        unit=drawn.unit,
        token=token,
        count=len(found),
        total=printed(total),
        value=value,
    )
    return f'<div class="rv-head"><p>{head}</p><div class="rv-terms">{"".join(rows)}</div></div>'


def _explain(view: "View", layer: "Layer") -> None:
    whole_layer = frames.is_whole(view.trace, layer)
    steps = axis_of(view.trace, layer.part) == "numbers"  # not tokens
    explain(" ".join(_how_to_read(view, layer, whole_layer, steps)), _question(view, layer, steps))
    if not whole_layer:
        _offer(view)


def _how_to_read(view: "View", layer: "Layer", whole_layer: bool, steps: bool) -> Iterator[str]:
    """The sentences under the drawing."""
    if layer.reverse:
        yield (
            _("This layer reads backwards: the first column is the last step.")
            if steps
            else _("This layer reads backwards: the first column is the last token.")
        )
    if not whole_layer:
        yield _(
            "The chosen unit stands on top, under it those with the strongest wires to it, and "
            "all others together in one row."
        )
    elif steps:
        yield _("Every unit of the network is a row, every step a column.")
    else:
        yield _("Every unit of the network is a row, every token a column.")
    yield (
        _(
            "The chosen step stands wide, with the wires that lead into it: as thick as the "
            "weight, orange above zero and blue below."
        )
        if steps
        else _(
            "The chosen token stands wide, with the wires that lead into it: as thick as the "
            "weight, orange above zero and blue below."
        )
    )
    yield _("The dash that runs along a wire when you step is as thick as weight times number.")
    memory = view.trace.definition(layer.part).memory
    if memory and memory.state == "cell":
        yield _("The band through the boxes is the cell state, as thick as the share of it that is kept.")
    elif memory:
        yield _("The band through the boxes is the hidden state, as thick as the share of it that is kept.")
    yield _("Click a box: its unit’s arithmetic is written out.")


def _question(view: "View", layer: "Layer", steps: bool) -> str:
    if not view.trace.definition(layer.part).memory:
        return _(
            "Nothing is kept here: every state is made anew. For how many steps can you follow one number?"
        )
    if steps:
        return _(
            "Walk to the step at which a band grows thin. What was forgotten, and what was written instead?"
        )
    return _(
        "Walk to the token at which a band grows thin. What was forgotten, and what was written instead?"
    )


def _offer(view: "View") -> None:
    """The networks of the same task that are small enough to be seen whole."""
    small = [
        entry.id
        for entry in loaders.models().entries
        if entry.spec.task == view.entry.spec.task
        and entry.spec.hidden <= frames.UNITS
        and entry.spec.embedding <= frames.INPUTS
    ]
    if small:
        st.markdown(_("So small that every unit and every wire has a place are:"))
        with st.container(horizontal=True):
            for name in small:
                st.button(name, key=f"whole-{name}", on_click=choose_model, args=(name,))
