"""The time machine: one text, read by the network as it was at every snapshot of its training."""

from collections.abc import Sequence

import streamlit as st

from rnnviz_core.cells.meanings import state_in_words
from rnnviz_core.charts import attention as attention_charts
from rnnviz_core.charts import gates as gate_charts
from rnnviz_core.charts import gradients as gradient_charts
from rnnviz_core.charts import states as state_charts
from rnnviz_core.charts import training as charts
from rnnviz_core.errors import RnnvizError
from rnnviz_core.frames import attention, film, gate_order, gates, gradients, states
from rnnviz_core.frames import training as frames
from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.tokens import axis_of, one_step, ordered, spread
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import choose_one
from rnnviz_core.ui.controls.clicks import clicked
from rnnviz_core.ui.controls.player import Walk, play_through
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import histories
from rnnviz_core.ui.serving.histories import Known
from rnnviz_core.ui.shell.wording import explain, plain

from .inside import choose_text
from .runs import Chosen

LOW = -4  # power of ten at the dark end of the pairs of steps, for every snapshot
LAYER = Layer()
SHOWN = {
    "gates": N_("Gates"),
    "states": N_("States"),
    "attention": N_("Attention"),
    "pairs": N_("Gradient, pairs of steps"),
}


def draw(chosen: Chosen) -> None:
    """A slider over the snapshots; below it what the network did then."""
    run = chosen.run
    if not run.history.snapshots or not run.history.probes or run.history.spec is None:
        st.info(
            _("No weights were kept in this history, or no text that they can read."), icon=":material/info:"
        )
        return
    probe = choose_text(run.history)
    try:
        recorded = histories.film(run, probe)
    except RnnvizError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if cell := clicked("training-verdicts"):
        url.put("moment", str(int(cell["position"])))
        url.write()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = choose_one("film", _("Shown"), _offered(recorded[0]), others=SHOWN)
        kind = "index"
        if what == "gates":
            kind = choose_one("order", _("Order of the units"), _orders(), others=gate_order.ORDERS)
    names = tuple(film.named_moments(run.history))
    walk = Walk("moment", names, len(names) - 1, numbered=False)

    def at(moment: int) -> None:
        _moment(run, probe, recorded, moment, what, kind)

    play_through(walk, "training", run.id, at)
    explain(
        _(
            "Every picture is the network as it was then, run on this text: the same gates, states and "
            "weights that the other pages show of a trained one. Axes, colours and the order of the "
            "units are the same at every snapshot. Weights are kept in half precision, so the last "
            "figures differ from the run’s."
        ),
        _("Press Play. Which gate is the first that treats the words that judge unlike the others?"),
    )


def _orders() -> dict[str, str]:
    words = gate_order.ORDERS
    return {"index": _(words["index"]), "similar": _("Alike at the end together")}


def _offered(trace: Trace) -> dict[str, str]:
    """What this network has."""
    has = {
        "gates": trace.layers("encoder") > 0,
        "states": trace.layers("encoder") > 0,
        "attention": "attention.weights" in trace and not attention.translates(trace),
        "pairs": trace.layers("encoder") > 0 and bool(trace.definition("encoder").jacobian),
    }
    return {name: _(words) for name, words in SHOWN.items() if has[name]}


def _verdicts(run: Known, recorded: Sequence[Trace], moment: int) -> None:
    """The verdict at every snapshot; a click goes there."""
    classes = recorded[0].labels.get("class")
    if classes is None:
        return
    said = film.turned_in_words(run.history, recorded)
    show(
        charts.verdicts(tuple(classes), ordered(recorded[0])),
        key="training-verdicts",
        description=_("Lines: the probability of every class at every snapshot. {said}", said=said),
        select="cell",
        verdicts=film.verdicts(run.history, recorded),
        chosen=one_step(film.moments_of(run.history), moment),
    )
    st.caption(plain(said))


def _moment(run: Known, probe: int, recorded: Sequence[Trace], moment: int, what: str, kind: str) -> None:
    """What the network did at one snapshot."""
    trace = recorded[moment]
    when = frames.moment_in_words(run.history, run.history.snapshots[moment])
    st.markdown(f"**{plain(when[:1].upper() + when[1:])}**: {plain(film.answer_in_words(trace))}")
    _verdicts(run, recorded, moment)
    match what:
        case "gates":
            _gates(recorded, trace, kind)
        case "states":
            _states(recorded, trace)
        case "attention":
            _attention(recorded, trace)
        case _:
            _pairs(run, probe, moment, trace)


def _gates(recorded: Sequence[Trace], trace: Trace, kind: str) -> None:
    order = film.same_order(recorded, LAYER, kind)
    cell, names = trace.definition(LAYER.part), gates.names(trace)
    shown = (*(name for name in names if name != "candidate"), "candidate")
    places = [cell.gate_names.index(name) for name in shown]
    units = trace[LAYER.site("hidden")].shape[1]
    about = "; ".join(f"{name}: {spread(trace[LAYER.site(name)])}" for name in shown)
    show(
        gate_charts.gate_maps(
            shown,
            units,
            axis_of(trace, LAYER.part),
            order is not None,
            tuple(cell.meanings[place] for place in places),
            tuple(cell.function(name) for name in shown),
        ),
        key="training-film-gates",
        description=_("Heatmaps of {units} units over the steps. {about}.", units=units, about=about),
        cells=gates.cells(trace, LAYER, order),
        chosen=film.nowhere(),
    )


def _states(recorded: Sequence[Trace], trace: Trace) -> None:
    names, units = states.names(trace, LAYER), trace[LAYER.site("hidden")].shape[1]
    limits = film.same_limits(recorded, LAYER, names)
    about = "; ".join(f"{state_in_words(name)}: {spread(trace[LAYER.site(name)])}" for name in names)
    show(
        state_charts.state_maps(names, units, axis_of(trace, LAYER.part), limits),
        key="training-film-states",
        description=_("Heatmap of {units} units; {about}.", units=units, about=about),
        cells=states.cells(trace, LAYER),
        chosen=film.nowhere(),
    )


def _attention(recorded: Sequence[Trace], trace: Trace) -> None:
    said = attention.row_in_words(trace)
    show(
        attention_charts.small_weights(),
        key="training-film-attention",
        description=_("Bars: the attention weight of every token. {said}", said=said),
        row=attention.row(trace, 0, *recorded),
    )
    st.markdown(plain(said))


def _pairs(run: Known, probe: int, moment: int, trace: Trace) -> None:
    found = histories.pairs(run, probe, moment, LAYER)
    texts = gradients.state_texts(trace, LAYER)
    said = gradients.grid_in_words(texts, found.gains, found.first)
    show(
        gradient_charts.pairs(len(found.gains), axis_of(trace, LAYER.part), LOW),
        key="training-film-pairs",
        description=_("Heatmap of every pair of steps. {said}", said=said),
        pairs=gradients.grid(texts, found.gains, found.first),
        chosen=film.nowhere(),
    )
    st.markdown(plain(said))
