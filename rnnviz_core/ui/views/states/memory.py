"""More sections of the states page: the memory ledger, and the path of the state."""

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnviz_core.cells.equations import having
from rnnviz_core.charts import memory as charts
from rnnviz_core.charts import trajectory as trajectory_charts
from rnnviz_core.contracts.task import typed_of
from rnnviz_core.frames import first_look, memory, states, trajectory
from rnnviz_core.frames.numbers import printed
from rnnviz_core.frames.tokens import axis_of, called, step_texts
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls.choose import choose_token, choose_unit, inside
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.offers import offer_models
from rnnviz_core.ui.shell.wording import download_rows, explain, negation, plain

from .maps import choose_state, layers_shown, no_state, state_words, width

if TYPE_CHECKING:
    import numpy as np

    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

KEEPING = having(lambda cell: cell.memory is not None)


def ledger(view: "View", layer: "Layer") -> None:
    """What is left of each earlier token in the state after the chosen one, and the proof."""
    name = memory.state_name(view.trace)
    if name is None:
        task = view.entry.spec.task
        offer_models(
            _(
                "A plain RNN keeps no memory apart: its whole state goes through tanh at every step, "
                "so the state does not fall apart into one share per step. In a GRU and an LSTM it "
                "does."
            ),
            lambda spec: spec.cell in KEEPING and spec.task == task,
        )
        return
    follow(view, layer.part, "states-ledger")
    with st.container(horizontal=True):
        position = choose_token(view, layer.part)
        unit = choose_unit(view, width(view, layer), first_look.unit(view.trace, layer, position, name))
    for shown in layers_shown(view, layer):
        if memory.state_name(shown.trace) is None:
            st.info(_("A plain RNN keeps no memory apart: see the other network."), icon=":material/info:")
            continue
        _draw_ledger(shown, layer, position, unit)
    explain(
        _(
            "Top: an outlined bar is the length of what a step wrote, the filled part what is left "
            "of it in the state after the chosen step. Middle: the same for every unit. Bottom: "
            "one unit; bars above zero push it up, below zero down."
        ),
        _ledger_question(view, layer, position),
    )
    found = memory.ledger(view.trace, layer, position)
    download_rows(partial(memory.in_norm, found), "states-ledger")


def _ledger_question(view: "View", layer: "Layer", position: int) -> str:
    """What to try next, wherever the chosen token stands in the order of reading."""
    last = len(step_texts(view.trace, layer.part)) - 1
    if not last:
        return _(
            "Write a longer {what}: what is left of its first step at the end?",
            what=inside(_(typed_of(view.entry.spec).title)),
        )
    if position == (0 if layer.reverse else last):
        return _("Choose a step that was read earlier: which bars were full then, and were forgotten since?")
    return _("Choose a step that is read later: which bars are still filled, and what was forgotten?")


def _draw_ledger(shown: "View", layer: "Layer", position: int, unit: int) -> None:
    trace = shown.trace
    found = memory.ledger(trace, layer, min(position, len(step_texts(trace, layer.part)) - 1))
    unit, name = min(unit, len(found.recorded) - 1), found.state
    kept = memory.kept_in_words(trace, layer.part)
    st.markdown(
        _(
            "After **{token}** the {state} is the sum of what every step wrote, each share "
            "multiplied by {kept} since. Unit {unit}: the bars sum to **{sum}**, recorded is "
            "**{recorded}**; over all {count} units the largest difference is "
            "**{difference:.1e}**.",
            token=plain(called(step_texts(trace, layer.part), found.position)),
            state=state_words(name),
            kept=kept,
            unit=unit,
            sum=printed(found.left[:, unit].sum(), ".4f"),
            recorded=printed(found.recorded[unit], ".4f"),
            count=len(found.recorded),
            difference=found.difference,
        )
    )
    show(
        charts.ledger(name, len(found.recorded), axis_of(trace, layer.part)),
        key=shown.key("states-ledger"),
        description=_("Bars and heatmap: most is left of {tokens}.", tokens=memory.in_words(found)),
        select=None if shown.second else "cell",
        lengths=memory.in_norm(found),
        left=memory.per_unit(found),
        shares=memory.of_unit(found, unit),
    )


def path(view: "View", layer: "Layer") -> None:
    """The state's way through the plane in which it moves most; two texts share a plane."""
    follow(view, layer.part, "states-path")
    name = choose_state(view, layer)
    above = st.container()
    position = choose_token(view, layer.part)
    other = view.other if view.other and view.other.model_id == view.model_id else None
    found = trajectory.plane(view.trace, layer, name, *([other.trace] if other else []))
    with above:
        if other:
            st.markdown(_("The other text: {text}", text=plain(other.text)))
            _draw_path(view, layer, found, position, other.trace)
        else:
            _draw_paths(view, layer, name, position)
    _explain_path(view, layer, found)
    download_rows(partial(trajectory.path, view.trace, layer, found), "states-path")


def _explain_path(view: "View", layer: "Layer", found: trajectory.Plane) -> None:
    """How much of the movement the plane shows, and what to lay beside the path."""
    word = negation(view)
    what = inside(_(typed_of(view.entry.spec).title))
    said = _(
        "Of all {count} dimensions you see the two in which the state moves most: "
        "{first:.0%} and {second:.0%} of all movement.",
        count=found.axes.shape[1],
        first=found.shares[0],
        second=found.shares[1],
    )
    if _weights(view, layer, found.name) is not None:
        said += " " + _(
            "An arrow points where its class gains most; only part of it lies in this plane "
            "(point at its diamond), so a path may end beside the arrow of its verdict."
        )
    question = (
        _(
            "Under “Compare with”, type the {what} with “{word}” as another text: both paths are "
            "drawn in one plane. At which step do they part?",
            what=what,
            word=word,
        )
        if word
        else _(
            "Under “Compare with”, type the {what} with one step changed as another text: both "
            "paths are drawn in one plane. At which step do they part?",
            what=what,
        )
    )
    explain(said, question)


def _draw_paths(view: "View", layer: "Layer", name: str, position: int) -> None:
    """The paths of one network or of two, each in a plane of its own."""
    for shown in layers_shown(view, layer):
        if name in states.names(shown.trace, layer):
            _draw_path(shown, layer, trajectory.plane(shown.trace, layer, name), position)
        else:
            st.info(no_state(name), icon=":material/info:")


def _draw_path(shown: "View", layer: "Layer", found: trajectory.Plane, position: int, *beside: Trace) -> None:
    trace = shown.trace
    weights = _weights(shown, layer, found.name)
    arrows: dict[str, Any] = {}
    if weights is not None:
        arrows["directions"] = trajectory.directions(trace, found, weights)
    about = trajectory.in_words(trace, layer, found)
    show(
        trajectory_charts.state_path(found.name, bool(arrows), bool(beside)),
        key=shown.key("states-path"),
        description=_(
            "Trajectory of the {state} in two dimensions. {about}", state=state_words(found.name), about=about
        ),
        select=None if shown.second else "cell",
        path=trajectory.path(trace, layer, found, *beside, chosen=position, arrows=arrows.get("directions")),
        **arrows,
    )


def _weights(shown: "View", layer: "Layer", name: str) -> "np.ndarray | None":
    """The classes' directions, for the hidden state that the output layer reads."""
    if name != "hidden" or not shown.has_weights:
        return None
    return trajectory.class_weights(shown.model, shown.trace, layer)
