"""Losses, the learning rate, and what clipping cut."""

from functools import partial

import streamlit as st

from rnnviz_core.charts import training as charts
from rnnviz_core.frames import training as frames
from rnnviz_core.languages import _
from rnnviz_core.training.history_file import History
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

from .runs import Chosen


def draw(chosen: Chosen) -> None:
    """The curves of every chosen run on one axis of epochs; by updates where one of them has no epochs."""
    runs = {title: one.history for title, one in chosen.all.items()}
    counted = {title: history for title, history in runs.items() if history.epochs}
    told = {title: history for title, history in runs.items() if not history.epochs}
    if counted:
        _losses(counted)
    if told:
        _told(told)
    _updates(runs, "step" if told else "epoch")
    with st.container(horizontal=True):
        if counted:
            download_rows(partial(frames.losses, counted), "training-losses")
        download_rows(partial(frames.updates, runs), "training-updates")


def _told(runs: dict[str, History]) -> None:
    """Runs without epochs: the losses that their loops told."""
    said = [frames.losses_in_words(name, run) for name, run in runs.items()]
    if any(len(frames.told_losses(run)) for run in runs.values()):
        show(
            charts.told_losses(len(runs)),
            key="training-told",
            description=_("Lines: the loss over the updates. {said}", said=" ".join(said)),
            updates=frames.updates(runs),
        )
    lines(said)


def _losses(runs: dict[str, History]) -> None:
    said = [frames.losses_in_words(name, run) for name, run in runs.items()]
    show(
        charts.losses(len(runs)),
        key="training-losses",
        description=_("Lines: training and validation loss of every epoch. {said}", said=" ".join(said)),
        losses=frames.losses(runs),
        bests=frames.bests(runs),
    )
    lines(said)
    explain(
        _(
            "The training loss is the mean over an epoch, with dropout where there is any, while the "
            "weights moved; the validation loss is that of texts it never learns from, at the epoch’s "
            "end. Where the second rises and the first goes on falling, the network learns its texts by "
            "heart: overfitting."
        ),
        _("Compare the LSTM with the one that has dropout. Whose validation loss rises first?"),
    )


def _updates(runs: dict[str, History], field: str) -> None:
    cut = [frames.clipping_in_words(name, run) for name, run in runs.items()]
    show(
        charts.updates(len(runs), field),
        key="training-updates",
        description=_("Lines: learning rate and length of the gradient. {cut}", cut=" ".join(cut)),
        updates=frames.updates(runs),
        limits=frames.clip_limits(runs),
    )
    lines(cut)
    explain(
        _(
            "The length (norm) of the gradient by all weights together, a mean over a few updates per "
            "point. One that is longer than the limit is shortened to it and keeps its direction."
        ),
        _("Compare with ten times the rate: do its gradients grow longer, or only less steady?"),
    )


def lines(said: list[str]) -> None:
    """A sentence per run, each on its own line."""
    st.markdown("  \n".join(map(plain, said)))
