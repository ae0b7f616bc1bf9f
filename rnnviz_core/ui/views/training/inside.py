"""What happened inside while it learned: how far the gradient reaches, how saturated the gates are."""

from functools import partial

import streamlit as st

from rnnviz_core.charts import training as charts
from rnnviz_core.charts import watched as watched_charts
from rnnviz_core.contracts.quantity import words_of
from rnnviz_core.frames import training as frames
from rnnviz_core.frames import watched
from rnnviz_core.languages import _
from rnnviz_core.training.history_file import History
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving.histories import Known
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

from .curves import lines
from .runs import Chosen

LAYER = "encoder.0"


def choose_text(history: History) -> int:
    """Which of the texts that the run was watched on."""
    texts = [probe.text for probe in history.probes]
    chosen = url.checked("read", url.whole(len(texts)), 0, shown=_("the first text"))
    key = url.widget("read", chosen)
    st.selectbox(
        _("Text"),
        range(len(texts)),
        format_func=lambda number: texts[number][:200],
        key=key,
        on_change=lambda: url.put("read", str(st.session_state[key])),
    )
    return chosen


def draw(chosen: Chosen) -> None:
    """A row per moment: first how far the gradient reaches, then how saturated gates are."""
    if watched.is_watched(chosen.run.history):
        runs = {title: one.history for title, one in chosen.all.items() if watched.is_watched(one.history)}
        _distances(runs)
        _layers(runs)
        _series(runs)
        return
    if not chosen.run.history.probes:
        st.info(_("This run was not watched on any text."), icon=":material/info:")
        return
    probe = choose_text(chosen.run.history)
    text = chosen.run.history.probes[probe].text
    same = {
        title: one
        for title, one in chosen.all.items()
        if probe < len(one.history.probes) and one.history.probes[probe].text == text
    }
    _reach(same, probe)
    _gates(same)
    with st.container(horizontal=True):
        history = chosen.run.history
        if (probe, LAYER) in history.reach:
            download_rows(partial(frames.reach, history, probe, LAYER), "training-reach")
        download_rows(partial(frames.saturation, history, LAYER), "training-gates")


def _reach(runs: dict[str, Known], probe: int) -> None:
    found = {title: one for title, one in runs.items() if (probe, LAYER) in one.history.reach}
    if not found:
        return
    low, high = frames.shades([one.history for one in found.values()], probe, LAYER)
    for place, (title, one) in enumerate(found.items()):
        said = frames.reach_in_words(title, one.history, probe, LAYER)
        if len(found) > 1:
            st.markdown(f"**{plain(title)}**")
        show(
            charts.reach(len(one.history.moments), low, high),
            key=f"training-reach-{place}",
            description=_("Heatmap of the gradient’s length, step by moment. {said}", said=said),
            reach=frames.reach(one.history, probe, LAYER),
        )
        lines([said])
    of = next(iter(found.values())).history.probes[probe].of
    explain(
        _(
            "Each cell is the length of the derivative of what is learned on this text{of} by the hidden "
            "state after that token. The colours are powers of ten, and the same for all runs and moments. "
            "What the first rows show, no training has changed yet: it is the cell’s own doing. When an "
            "answer is nearly sure, all of the gradient is small: little is left to learn.",
            of=f" ({plain(_(words_of(of)))})" if of else "",
        ),
        _("Compare the LSTM with the plain RNN before training. How far back does each one reach?"),
    )


def _horizons(runs: dict[str, History]) -> None:
    rows = frames.horizons(runs, LAYER)
    if not len(rows["position"]):
        return
    show(
        charts.horizons(len(runs)),
        key="training-horizons",
        description=_("Lines: the memory horizon of every gated run at every moment."),
        horizons=rows,
    )


def _gates(runs: dict[str, Known]) -> None:
    for place, (title, one) in enumerate(runs.items()):
        gates = tuple(frames.gates_of(one.history, LAYER))
        if not gates:
            continue
        said = frames.saturation_in_words(title, one.history, LAYER)
        if len(runs) > 1:
            st.markdown(f"**{plain(title)}**")
        show(
            charts.saturation(gates),
            key=f"training-gates-{place}",
            description=_("Lines: share of saturated values of each gate. {said}", said=said),
            saturation=frames.saturation(one.history, LAYER, *(other.history for other in runs.values())),
        )
        lines([said])
    _horizons({title: one.history for title, one in runs.items()})
    explain(
        _(
            "A gate that is nearly shut or open (a state near ±1) hardly moves, and its gradient is "
            "small: it is saturated. Measured on all the texts together. The memory horizon is −1 / ln "
            "of the mean share that a step keeps: after so many steps a third (1/e) of what was written "
            "is left."
        ),
        _("Compare a forget bias of 1 with one of 0. Does the horizon they begin with last?"),
    )


def _distances(runs: dict[str, History]) -> None:
    """Of runs of somebody's own modules: how much of the gradient arrives from how far."""
    for module in dict.fromkeys(name for history in runs.values() for name in watched.modules(history)):
        having = {title: one for title, one in runs.items() if module in watched.modules(one)}
        low, high = watched.shades(list(having.values()), module)
        for title, history in having.items():
            said = watched.distances_in_words(history, module)
            _title(runs, title)
            show(
                watched_charts.distances(len(history.moments), low, high),
                key=f"training-distances-{list(runs).index(title)}-{module}",
                description=_("Heatmap of the gradient’s length, distance by moment. {said}", said=said),
                distances=watched.distances(history, module),
            )
            lines([said])
    explain(
        _(
            "Each cell is the length of the gradient by what the module read so many steps before the last, "
            "over the batch of that moment. Where it fades along a row, what was read long ago hardly "
            "changes what is learned."
        ),
        _("Does the reach grow while the network learns, or is it there from the first row on?"),
    )


def _title(runs: dict[str, History], *words: str) -> None:
    """Which run and layer is drawn next; of one run alone its title says nothing new."""
    words = words if len(runs) > 1 else words[1:]
    if words:
        st.markdown(f"**{plain(' · '.join(words))}**")


def _layers(runs: dict[str, History]) -> None:
    for layer in dict.fromkeys(name for history in runs.values() for name in frames.layers_of(history)):
        for title, history in runs.items():
            if layer not in frames.layers_of(history):
                continue
            said = frames.saturation_in_words(layer, history, layer)
            _title(runs, title, layer)
            show(
                charts.saturation(tuple(frames.gates_of(history, layer))),
                key=f"training-watched-gates-{list(runs).index(title)}-{layer}",
                description=_("Lines: share of saturated values of each gate. {said}", said=said),
                saturation=frames.saturation(history, layer),
            )
            lines([said])


def _series(runs: dict[str, History]) -> None:
    for what, series_of in (("dead", watched.dead), ("blocks", watched.blocks)):
        for title, history in runs.items():
            series = series_of(history)
            if not series:
                continue
            said = watched.dead_in_words(history) if what == "dead" else ""
            _title(runs, title)
            show(
                watched_charts.lines(what, len(series)),
                key=f"training-watched-{what}-{list(runs).index(title)}",
                description=_("Lines over the moments: {names}. {said}", names=", ".join(series), said=said),
                lines=watched.lines(history, series),
            )
            lines([said])
    history = next(iter(runs.values()))
    with st.container(horizontal=True):
        for module in watched.modules(history)[:1]:
            download_rows(partial(watched.distances, history, module), "training-distances")
        download_rows(partial(watched.lines, history, watched.blocks(history)), "training-blocks")
