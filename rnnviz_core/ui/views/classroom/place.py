"""Who is looking at which class: it all stands in the address, so that a restart logs nobody out.

``class`` the code; ``key`` the teacher's secret; ``me`` a student's token; ``here`` the step of a student who
goes on alone. A cookie could hold the two secrets as well, but Streamlit can only read cookies, and a script
that writes one fails where they are blocked, silently and in the middle of a vote. What speaks against the
address, that it can be read over a shoulder and be copied, is met otherwise: the projector has an address of
its own without a secret, "Share link" leaves both out, and other pages set them aside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from rnnviz_core.classroom.state import State
from rnnviz_core.errors import ClassError, LessonError, RnnvizError
from rnnviz_core.languages import _
from rnnviz_core.lessons import Lesson, World, shelf
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import classes
from rnnviz_core.ui.serving import lessons as serving
from rnnviz_core.ui.serving.network import network_address

CODE, KEY, ME, HERE = "class", "key", "me", "here"
PROBLEM = "rnnviz-class-problem"
LOCAL = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0")
LOBBY = -1  # the step before the first


@dataclass(frozen=True)
class Place:
    """A class as one visitor sees it."""

    state: State
    lesson: Lesson
    world: World
    key: str = ""  # the teacher's
    me: str = ""  # a student's

    @property
    def code(self) -> str:
        """What it is entered with."""
        return self.state.code


def find(code: str) -> Place:
    """The class of a code, and who this visitor is in it.

    Raises
    ------
    ClassError
        When it is over, or its lesson is not here any more.
    """
    store = classes.store()
    state = store.state(code)
    key, me = url.get(KEY) or "", url.get(ME) or ""
    key = key if key and store.is_teacher(code, key) else ""
    me = me if me and store.is_student(code, me) else ""
    try:
        lesson = shelf().find(state.lesson)
    except LessonError:
        raise ClassError(_("The lesson of this class is not on this server any more.")) from None
    return Place(state, lesson, World(lesson, serving.NETWORKS), key, me)


def leave() -> None:
    """Forget the class; in a callback."""
    for name in (CODE, KEY, ME, HERE):
        url.put(name, None)


def act(do: Callable[..., Any], *args: Any) -> Any:
    """Do something in a callback; what is refused is said in the run that follows."""
    try:
        return do(*args)
    except RnnvizError as error:
        st.session_state[PROBLEM] = str(error)
        return None


def say_problem() -> None:
    """What was refused just now."""
    if problem := st.session_state.pop(PROBLEM, ""):
        st.warning(problem, icon=":material/error:")


def link(code: str, **more: str) -> tuple[str, bool]:
    """The address with which a class is entered, and whether other machines can use it."""
    base = str(st.context.url or "").partition("?")[0] or "/class"
    host = next((one for one in LOCAL if f"//{one}:" in base or f"//{one}/" in base), "")
    reachable = not host
    if host and (own := network_address()) and st.get_option("server.address") in (None, "", "0.0.0.0", "::"):
        base, reachable = base.replace(f"//{host}", f"//{own}", 1), True
    query = "&".join(f"{name}={value}" for name, value in {CODE: code, **more}.items())
    return f"{base}?{query}", reachable
