"""How strongly the answer depends on every step, and every state on every state before it."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.charts import gradients as charts
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.errors import RnnvizError
from rnnviz_core.frames import gradients as frames
from rnnviz_core.frames.tokens import axis_of, one_step
from rnnviz_core.languages import N_, _
from rnnviz_core.models.specs import ModelSpec
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls.choose import choose_one, choose_side, choose_token, current_token, read
from rnnviz_core.ui.controls.clicks import follow
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import derivatives, loaders
from rnnviz_core.ui.shell.wording import architecture, download_rows, explain, plain
from rnnviz_core.ui.views.states.maps import choose_state, layers_shown, no_state, state_words

from .chosen import INFO, LOCAL, NO_FORM, choose_quantity, gradient_of, proof, same_quantity, value_in_words

if TYPE_CHECKING:
    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

SCALES = {"length": N_("Lengths as they are"), "share": N_("Share of each line’s largest")}
CELLS = (Cell.RNN, Cell.GRU, Cell.LSTM)


def reach(view: "View", layer: "Layer") -> None:
    """The length of the gradient by what each step reads, for one network of each cell."""
    del layer
    of = choose_quantity(view)
    picture = st.container()  # above what only changes its look: it begins high up on a phone, too
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale = choose_one(
            "scale",
            _("Drawn"),
            {name: _(words) for name, words in SCALES.items()},
            help=_("A share hides how far apart the lines are."),
        )
        part = choose_side(view)
    with picture:
        _picture(view, of, scale, part)


def _picture(view: "View", of: str, scale: str, part: str) -> None:
    """The lines, and in words what they say."""
    follow(view, part, "gradients-reach")
    own = gradient_of(view, of)
    found = _networks(view, own, of, part)
    texts = frames.part_texts(view.trace, part)
    relative = scale == "share"
    said = [frames.reach_in_words(name, texts, values) for name, values in found.items()]
    show(
        charts.lengths(
            tuple(found),
            axis_of(view.trace, part),
            _("How strongly the answer depends on each step"),
            _("Length of the gradient by what it reads")
            + "\n"
            + (_("As a share of each line’s largest") if relative else _("A grid line up is ten times more")),
            _("share of its largest") if relative else _("length of the gradient"),
        ),
        key="gradients-reach",
        description=_("Lines on a logarithmic axis. {said}", said=" ".join(said)),
        select="cell",
        lengths=frames.curves(texts, found, relative=relative),
        chosen=one_step(texts, min(current_token(view, part), len(texts) - 1)),
    )
    st.markdown("  \n".join(f"**{plain(name)}**{plain(rest)}" for name, rest in map(_parted, said)))
    st.caption(value_in_words(own))
    proof(own)
    explain(
        _(
            "Each point is the length of the derivative by the numbers that the step reads: how "
            "far the answer moves, at most, for a change of length 1 there, were the network "
            "linear."
        )
        + " "
        + _(LOCAL),
        _("Make the input longer. Which network is the first whose line sinks towards its beginning?"),
    )
    download_rows(partial(frames.curves, texts, found), "gradients-reach")


def _parted(said: str) -> tuple[str, str]:
    name, colon, rest = said.partition(":")
    return name, colon + rest


def _networks(view: "View", own: Trace, of: str, part: str) -> dict[str, np.ndarray]:
    """The chosen network, then one of every other cell that reads the same pieces; by their names."""
    found = {_name(view.entry): frames.lengths(own, part)}
    texts = frames.part_texts(view.trace, part)
    entries = [view.other.entry] if view.other and view.other.text == view.text else _relatives(view.entry)
    for entry in entries:
        if _name(entry) in found:
            continue
        try:
            trace = read(entry, view.text)
            if part == "encoder" and frames.part_texts(trace, part) == texts:
                gradient = derivatives.gradient(entry, trace, same_quantity(entry, trace, of))
                found[_name(entry)] = frames.lengths(gradient, part)
        except RnnvizError:
            continue
    return found


def _name(entry: Entry) -> str:
    return f"{architecture(entry.spec)} ({entry.id})"


def _relatives(mine: Entry) -> list[Entry]:
    """For every other cell the network most like this one.

    None for a task that searches: other networks write other words, so theirs are gradients of other answers.
    Two of them are compared where a person asks for it.
    """
    if task_of_spec(mine.spec).options:
        return []

    def family(spec: ModelSpec) -> tuple[str, str]:
        return spec.task, task_of_spec(spec).family(spec)

    def unlike(entry: Entry) -> tuple[bool, bool, int, str]:
        one, other = entry.spec, mine.spec
        apart = abs(one.hidden - other.hidden)
        return one.attention is not other.attention, one.bidirectional != other.bidirectional, apart, entry.id

    others = [entry for entry in loaders.models().entries if family(entry.spec) == family(mine.spec)]
    by_cell = {cell: [entry for entry in others if entry.spec.cell is cell] for cell in CELLS}
    return [
        min(entries, key=unlike)
        for cell, entries in by_cell.items()
        if entries and cell is not mine.spec.cell
    ]


def every_pair(view: "View", layer: "Layer") -> None:
    """How a change of the state after one step arrives at every later one."""
    follow(view, layer.part, "gradients-pairs")
    with st.container(horizontal=True):
        state = choose_state(view, layer)
        position = choose_token(view, layer.part)
    for shown in layers_shown(view, layer):
        trace = shown.trace
        if layer.site(state) not in trace:
            st.info(no_state(state), icon=INFO)
            continue
        if not trace.definition(layer.part).jacobian:
            st.info(_(NO_FORM), icon=INFO)
            continue
        found = derivatives.pairs(shown.entry, trace, layer, state)
        texts = frames.state_texts(trace, layer)
        ordered = texts[::-1] if layer.reverse else texts
        said = frames.grid_in_words(ordered, found.gains, found.first)
        at = min(position, len(texts) - 1)
        show(
            charts.pairs(len(found.gains), axis_of(trace, layer.part), frames.lowest(found.gains)),
            key=shown.key("gradients-pairs"),
            description=_("Heatmap of every pair of steps. {said}", said=said),
            select=None if shown.second else "cell",
            pairs=frames.grid(ordered, found.gains, found.first, reverse=layer.reverse),
            chosen=one_step(texts, at),
        )
        st.markdown(plain(said))
    explain(
        _(
            "A cell says how long a change of length 1 of the {state} after the step below still "
            "is when the step at the side has been read, on average over all directions (the "
            "Frobenius norm of the derivative over the root of the width). The diagonal is 1: "
            "the change itself.",
            state=state_words(state),
        )
        + " "
        + _(LOCAL),
        _("Follow a column downwards: where does it turn dark? What did the network make room for there?"),
    )
