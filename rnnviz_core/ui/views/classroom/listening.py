"""What runs by itself on a class's screens: one short query, and a run of the page when something changed.

It waits for no turn (`ui.serving.caches.turns`): there is nothing to compute, and fifty students who ask
every two seconds would stand in line behind whoever draws a page.
"""

from collections.abc import Callable

import streamlit as st

from rnnviz_core.errors import ClassError
from rnnviz_core.ui.serving import classes

STUDENT, SCREEN = 2.0, 0.8  # seconds between two questions


def listen(code: str, revision: int) -> None:
    """A student's page: it runs again when the teacher did something."""
    st.fragment(_student, run_every=STUDENT)(code, revision)


def _student(code: str, revision: int) -> None:
    try:
        now = classes.pulse(code, 0).revision
    except ClassError:  # the class is over, which the page says, or its database is busy: in two seconds
        now = revision + 1 if classes.is_over(code) else revision
    if now > revision:
        st.rerun()


def count(code: str, step: int, revision: int, say: Callable[[int, int, int], str]) -> None:
    """How many are here and have voted, always new; `say` makes the words of students, votes and notes."""

    def screen() -> None:
        try:
            now = classes.pulse(code, step)
        except ClassError:
            if classes.is_over(code):
                st.rerun()
            return
        if now.revision > revision:  # what was asked may be older than the page
            st.rerun()
        st.html(say(now.students, now.votes, now.notes))

    st.fragment(screen, run_every=SCREEN)()
