"""What the class saw: notes on a wall, without names; the teacher shows it, and takes notes off."""

from html import escape

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.classroom.state import Note
from rnnviz_core.errors import ClassError
from rnnviz_core.languages import _
from rnnviz_core.lessons.lesson import Step
from rnnviz_core.ui.serving import classes
from rnnviz_core.ui.shell import projector
from rnnviz_core.ui.shell.wording import plain

from . import place
from .place import Place

SECONDS = 3.0  # between two looks at it


def ask(found: Place, step: Step, question: str) -> None:
    """Where a student writes, and what they have written."""
    key = f"class-note-{found.code}-{step.number}"
    own = [note for note in _notes(found, step.number) if note.own]
    left = limits.NOTES - len(own)

    def send() -> None:
        if words := str(st.session_state.get(key) or "").strip():
            sent = place.act(_write, found, step.number, words)
            if sent:
                st.session_state[key] = ""

    st.markdown(f"**{question}**")
    for note in reversed(own):
        st.markdown(f":material/check: {plain(note.words)}")
    if left > 0:
        st.text_area(
            question,
            key=key,
            max_chars=limits.NOTE_CHARACTERS,
            height=90,
            label_visibility="collapsed",
            placeholder=_("A sentence is enough. It goes on the wall without a name."),
        )
        st.button(_("Put it on the wall"), key=f"{key}-send", icon=":material/sticky_note_2:", on_click=send)
    else:
        st.caption(_("You have written {limit} times, as often as one may.", limit=limits.NOTES))


def _write(found: Place, step: int, words: str) -> bool:
    classes.store().write(found.code, found.me, step, words)
    return True


def _notes(found: Place, step: int) -> list[Note]:
    return classes.store().wall(found.code, step, key=found.key, token=found.me)


def draw(found: Place, step: Step) -> None:
    """The wall, where this visitor may see one; new notes come up by themselves."""
    shown = found.state.at(step.number).wall
    if found.key:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_("**What they saw**"), width="content")
            st.button(
                _("Hide the wall") if shown else _("Show the wall"),
                key=f"class-wall-{step.number}",
                icon=":material/visibility_off:" if shown else ":material/visibility:",
                on_click=place.act,
                args=(classes.store().show_wall, found.code, found.key, step.number, not shown),
            )
    elif shown:
        st.markdown(_("**What the class saw**"))
    if not shown and (projector.is_on() or not found.key):
        return  # on the wall of the room nobody sees it before it is shown
    st.fragment(_draw, run_every=SECONDS)(found, step.number)


def _draw(found: Place, step: int) -> None:
    try:
        notes = _notes(found, step)
    except ClassError:  # the page says so itself
        return
    notes = [note for note in notes if found.key or not note.hidden]
    if found.key and not projector.is_on():
        _draw_with_buttons(found, notes)
    else:
        cards = "".join(f"<p>{escape(note.words)}</p>" for note in notes if not note.hidden)
        nothing = "<em>" + escape(_("Nothing yet.")) + "</em>"
        st.html(f'<div class="rv-wall">{cards or nothing}</div>')


def _draw_with_buttons(found: Place, notes: list[Note]) -> None:
    if not notes:
        st.caption(_("Nobody has written anything yet."))
    for note in notes:
        with st.container(horizontal=True, vertical_alignment="center", key=f"class-card-{note.id}"):
            st.button(
                _("Put back") if note.hidden else _("Hide"),
                key=f"class-hide-{note.id}",
                type="tertiary",
                icon=":material/undo:" if note.hidden else ":material/visibility_off:",
                on_click=place.act,
                args=(classes.store().hide, found.code, found.key, note.id, not note.hidden),
            )
            st.markdown(f"~~{plain(note.words)}~~" if note.hidden else plain(note.words), width="stretch")
