"""The way in: a code for students, a lesson for whoever opens a class."""

import time

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.classroom import codes
from rnnviz_core.errors import ClassError
from rnnviz_core.languages import _
from rnnviz_core.lessons import Lesson, shelf
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import classes, loaders
from rnnviz_core.ui.shell.wording import plain

from . import place

HOUR, MINUTE = 3_600, 60  # seconds


def draw() -> None:
    """Two boxes: one for a code, one that opens a class."""
    enter, open_ = st.columns(2, gap="large")
    with enter, st.container(border=True, key="class-enter"):
        st.subheader(_("Enter a class"), anchor=False)
        st.markdown(_("Type the four letters on the wall. No name, no account."))
        st.text_input(
            _("Code"),
            key="class-code",
            max_chars=12,
            placeholder="BCDF",
            on_change=_take_code,
            autocomplete="off",
        )
        st.button(_("Go"), key="class-go", type="primary", on_click=_take_code, icon=":material/login:")
    with open_, st.container(border=True, key="class-open"):
        st.subheader(_("Open a class"), anchor=False)
        st.markdown(
            _(
                "Peer instruction with a lesson: your students predict on their own phones or laptops, "
                "you uncover, they discuss and vote again, and then you show what the network did."
            )
        )
        installed = {entry.id for entry in loaders.models().entries}
        lessons = [one for one in shelf().lessons if set(one.models) <= installed]
        if not lessons:
            st.info(_("No lesson can be held: none of its networks is installed."), icon=":material/info:")
            return
        by_id = {one.id: one for one in lessons}
        chosen = st.selectbox(
            _("Lesson"),
            list(by_id),
            format_func=lambda name: _(
                "{title} ({minutes} minutes)", title=by_id[name].title, minutes=by_id[name].minutes
            ),
            key="class-lesson",
        )
        st.button(
            _("Open a class"),
            key="class-begin",
            icon=":material/co_present:",
            on_click=place.act,
            args=(_open, by_id[chosen]),
        )
        st.caption(
            _("It is deleted with all its answers after {limit} hours.", limit=limits.CLASS_SECONDS // HOUR)
        )


def draw_door(found: place.Place) -> None:
    """A class whose link was followed: one click goes in."""
    with st.container(border=True, key="class-door"):
        st.subheader(_("Class {code}", code=found.code), anchor=False)
        st.markdown(f"**{plain(found.lesson.title)}**  \n{plain(found.lesson.aim)}")
        if found.state.door:
            st.markdown(_("Nobody is asked for a name, and nobody can tell who answered what."))
            st.button(
                _("Enter"),
                key="class-in",
                type="primary",
                icon=":material/login:",
                on_click=place.act,
                args=(_enter, found.code),
            )
        else:
            st.info(_("The teacher has closed the door: nobody else can enter."), icon=":material/lock:")
    st.button(_("Another code"), key="class-other", type="tertiary", on_click=place.leave)


def _take_code() -> None:
    place.act(_try_code, str(st.session_state.get("class-code") or ""))


def _try_code(typed: str) -> None:
    """Go to the door of a class; not too many of them one after the other."""
    if not typed.strip() or url.get(place.CODE):  # a box that is gone may still be heard
        return
    now = time.time()
    tried = [at for at in st.session_state.get("class-tried", ()) if now - at < MINUTE]
    if len(tried) >= limits.CLASS_WRONG_CODES:
        raise ClassError(
            _("{limit} codes within a minute: wait a moment, then try again.", limit=limits.CLASS_WRONG_CODES)
        )
    code = codes.read_code(typed)
    if code is None:
        raise ClassError(_("A code has four letters, without vowels: BCDF, for example."))
    try:
        state = classes.store().state(code)
    except ClassError:
        st.session_state["class-tried"] = [*tried, now]
        raise
    url.put(place.CODE, code)
    if state.door:
        _enter(code)


def _enter(code: str) -> None:
    token = classes.store().enter(code)
    url.put(place.CODE, code)
    url.put(place.KEY, None)
    url.put(place.ME, token)


def _open(lesson: Lesson) -> None:
    now = time.time()
    opened = [at for at in st.session_state.get("class-opened", ()) if now - at < HOUR]
    if len(opened) >= limits.CLASSES_OPENED:
        raise ClassError(
            _("You opened {limit} classes within an hour, the most one may.", limit=limits.CLASSES_OPENED)
        )
    asks = [step.number for step in lesson.steps if step.asks]
    made = classes.store().open(lesson.id, len(lesson.steps), asks)
    st.session_state["class-opened"] = [*opened, now]
    place.leave()
    url.put(place.CODE, made.code)
    url.put(place.KEY, made.key)
