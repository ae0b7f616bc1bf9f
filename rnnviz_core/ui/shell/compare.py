"""A second model, or a second sentence, beside the first."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.checkpoints.registry import Entry, Scan
from rnnviz_core.contracts.task import task_of_spec, typed_of
from rnnviz_core.languages import SOURCE, _, language
from rnnviz_core.ui.controls import url

from . import header, wording

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View


def _comparable(found: Scan, entry: Entry) -> dict[str, Entry]:
    """The other models that read the same sentences."""

    def reads(one: Entry) -> tuple[str, str]:
        return one.spec.task, task_of_spec(one.spec).reads(one.spec)

    return {one.id: one for one in found.entries if one.id != entry.id and reads(one) == reads(entry)}


def choose(found: Scan, entry: Entry, text: str) -> tuple[Entry, str] | None:
    """Widgets for the model and the sentence to compare with; None when there is nothing to compare."""
    offered = _comparable(found, entry) if url.get("with") else {}
    other = url.checked("with", url.one_of(tuple(offered)), "", shown=_("no second model"))
    other_text = url.checked("with_text", url.short_enough, "", shown=_("no second sentence"))
    box = st.expander(
        _("Compare with"),
        icon=":material/compare:",
        expanded=bool(other or other_text),
        key="compare",
        on_change="rerun",  # closed, it sends nothing
    )
    if box.open:
        offered = offered or _comparable(found, entry)
        with box:
            title = typed_of(entry.spec).title
            what = title.lower() if language() == SOURCE else _(title)
            _draw_choices(offered, other, other_text, what)
    second = (offered.get(other, entry), other_text or text)
    return None if second == (entry, text) else second


def _draw_choices(offered: dict[str, Entry], other: str, other_text: str, what: str) -> None:
    key = url.widget("with", other)
    st.selectbox(
        _("Another model"),
        ["", *offered],
        format_func=lambda name: wording.label(offered[name]) if name else _("the same model"),
        key=key,
        on_change=lambda: url.put("with", st.session_state[key] or None),
    )
    text_key = url.widget("with_text", other_text)
    st.text_input(
        _("Another text"),
        key=text_key,
        max_chars=limits.CHARACTERS,
        placeholder=_("the same {what}", what=what),
        on_change=lambda: url.put("with_text", st.session_state[text_key].strip() or None),
    )


def forget(found: Scan, entry: Entry) -> None:
    """Drop a second model that does not go with `entry`."""
    if url.get("with") not in _comparable(found, entry):
        url.put("with", None)


def side_by_side(view: "View", *, head: bool = True) -> "Iterator[View]":
    """The view, or both views in two columns: ``for shown in ui.side_by_side(view): draw(shown)``.

    What is drawn in the loop takes its keys from ``shown.key(name)``. `head` writes over each column
    which network it is and what it answers: once per page is enough.
    """
    if view.other is None:
        yield view
        return
    both = (view, view.other)
    if head:  # in a row of their own: however long they are, what is drawn below stands level
        for column, shown in zip(st.columns(2), both, strict=True):
            with column:
                header.draw_brief(shown.entry, shown.trace, reads=view.text != view.other.text)
    for column, shown in zip(st.columns(2), both, strict=True):
        with column:
            yield shown
