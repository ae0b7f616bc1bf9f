"""Projector view: the page alone, with larger type and full contrast, and the keys of a presenter's remote.

One word in the address (``view=projector``), so that a teacher's bookmark opens it.
"""

import streamlit as st

from rnnviz_core.languages import N_, _
from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.drawing import show

NAME, VIEW = "view", "projector"
ENTER, LEAVE = N_("Projector view"), N_("Leave projector view")


def is_on() -> bool:
    """Whether this run draws for a projector; any other word in the address is none of ours."""
    return url.get(NAME) == VIEW


def install() -> None:
    """Bring its rules to the browser where it is on, and let charts follow. Once per run."""
    on = is_on()
    show.enlarge(on)
    if on:
        # The mark tells the page's script to listen to Page Up and Page Down, a remote's keys.
        st.html(f'<style>{streamlit_private.PROJECTOR}</style><i class="rv-projector" hidden></i>')


def leave() -> None:
    """The way out, beside the page's title: with the sidebar everything else is gone."""
    st.button(
        _(LEAVE), icon=":material/close_fullscreen:", key="projector-off", type="tertiary", on_click=put
    )


def put(on: bool = False) -> None:
    """Turn it on or off; the run that follows writes the address."""
    url.put(NAME, VIEW if on else None)
