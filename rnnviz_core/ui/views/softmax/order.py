"""One more section of the softmax page: what order adds."""

import contextlib
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.charts import replaced as charts
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.errors import RnnvizError
from rnnviz_core.frames import order as frames
from rnnviz_core.languages import _
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import read
from rnnviz_core.ui.drawing.show import show
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell.compare import side_by_side
from rnnviz_core.ui.shell.wording import download_rows, explain, plain

if TYPE_CHECKING:
    from rnnviz_core.tracing.trace import Trace
    from rnnviz_core.ui.serving.view import View

DEALS = 1000  # deals of the words before they repeat


def order(view: "View") -> None:
    """The same words in other orders, beside a network that reads no order."""
    deal = url.checked("deal", url.whole(DEALS), 0)
    if not frames.orders(view.text, deal):
        st.info(_("One word alone has no order: write a second one."), icon=":material/info:")
        return
    st.button(
        _("Shuffle again"),
        icon=":material/shuffle:",
        key="order-shuffle",
        on_click=lambda: url.put("deal", str((deal + 1) % DEALS)),
    )
    for shown in side_by_side(view):
        _draw_orders(shown, deal)
    explain(
        _(
            "A network that reads word by word may answer otherwise when the words come in "
            "another order. A bag of words cannot: its mean is the same whatever comes first. "
            "Bars that hardly move: here the words alone decide."
        ),
        _(
            "Write “It was not good, it was bad.”, then “It was not bad, it was good.”: the same "
            "words. Which networks can tell the two apart?"
        ),
    )
    download_rows(partial(frames.classes, _in_orders(view, view.entry, deal)), "orders")


def _in_orders(shown: "View", entry: Entry, deal: int) -> "dict[str, Trace]":
    """What the network of `entry` computes on the text in every order."""
    found = {frames.WRITTEN: shown.trace if entry.id == shown.model_id else read(entry, shown.text)}
    return found | {kind: read(entry, text) for kind, text in frames.orders(shown.text, deal).items()}


def _draw_orders(shown: "View", deal: int) -> None:
    texts = frames.orders(shown.text, deal)
    if not texts:
        st.info(_("One word alone has no order."), icon=":material/info:")
        return
    found = _in_orders(shown, shown.entry, deal)
    said, beside = frames.in_words(found), {}
    if alike := _without_order(shown, deal):
        said += f" {frames.alike_in_words(alike)}"
        beside = {frames.NO_ORDER: alike[frames.WRITTEN]}
    show(
        charts.orders(bool(beside)),
        key=shown.key("orders"),
        description=_("Bars: the probability of each class in other orders of the words. {said}", said=said),
        orders=frames.classes(found | beside),
    )
    st.markdown(plain(said))
    st.caption("  \n".join(f"{_(kind).capitalize()}: {plain(text)}" for kind, text in texts.items()))


def _without_order(shown: "View", deal: int) -> "dict[str, Trace]":
    """What an installed network without recurrence computes that answers with the same classes.

    Empty where there is none, or it cannot read the text, or it is the one that is shown.
    """
    mine = shown.entry.spec
    for entry in loaders.models().entries:
        spec = entry.spec
        alike = spec.task == mine.task and getattr(spec, "classes", ()) == getattr(mine, "classes", None)
        if alike and spec.cell is Cell.NONE and mine.cell is not Cell.NONE:
            with contextlib.suppress(RnnvizError):
                return _in_orders(shown, entry, deal)
    return {}
