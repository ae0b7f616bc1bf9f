"""Which of its screens the class page shows: the entrance, the teacher's, a student's, or the projector's."""

import streamlit as st

from rnnviz_core.classroom import codes
from rnnviz_core.errors import ClassError
from rnnviz_core.languages import _
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.shell import projector

from . import entrance, place, student, teacher


def draw() -> None:
    """The class that the address names, or the way into one."""
    place.say_problem()
    raw = url.get(place.CODE)
    code = codes.read_code(raw) if raw else None
    if code is None:
        if raw:
            st.warning(
                _("The link has no valid code: the code of a class has four letters."),
                icon=":material/error:",
            )
        entrance.draw()
        return
    try:
        found = place.find(code)
    except ClassError as error:
        st.warning(str(error), icon=":material/error:")
        st.button(_("Enter another class"), key="class-other", on_click=place.leave)
        return
    if found.key:
        teacher.draw(found)
    elif found.me:
        student.draw(found)
    elif projector.is_on():
        teacher.draw(found)
    else:
        entrance.draw_door(found)
