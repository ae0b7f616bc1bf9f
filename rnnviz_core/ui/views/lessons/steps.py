"""One step of a lesson on the screen. The lessons page calls it, and so may any page that walks through one.

draw_step(lesson, step, State(world, given, commit=…))
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.errors import RnnvizError
from rnnviz_core.languages import _
from rnnviz_core.lessons import Lesson, World, answers
from rnnviz_core.lessons.lesson import Choice, Curve, Explain, Point, Predict, Reveal, Scale, Step, Try
from rnnviz_core.ui.shell.wording import plain

from . import predicting, revealing

Keep = Callable[[int, str], None]


def _nowhere(number: int, value: str) -> None:
    """Where nothing is kept."""


@dataclass(frozen=True)
class State:
    """What is known of a visitor in a lesson, and where what they do is kept.

    The three functions are called in a widget's callback, with the number of the step and a text: an answer
    as `answers.check` takes it, an explanation, a sentence.
    """

    world: World
    given: Mapping[int, str] = field(default_factory=dict)  # committed answers, by the number of the step
    written: Mapping[int, str] = field(default_factory=dict)
    commit: Keep = _nowhere
    write: Keep = _nowhere
    type: Keep = _nowhere


def draw_step(lesson: Lesson, step: Step, state: State) -> None:
    """Draw a step: its title, its words, and what is to be done in it.

    Where a network is missing or an expression has no value, it says so in place of the step.
    """
    st.subheader(plain(step.title), anchor=False)
    try:
        if step.body:
            st.markdown(state.world.fill(step.body, step, plain))
        match step:
            case Predict():
                _predict(lesson, step, state)
            case Reveal():
                revealing.draw(lesson, step, state.world, state.given)
            case Explain():
                _explain(lesson, step, state)
            case Try():
                _try(lesson, step, state)
    except RnnvizError as error:
        st.warning(_("This step cannot be shown: {error}", error=plain(str(error))), icon=":material/error:")


def _key(lesson: Lesson, step: Step, name: str) -> str:
    return f"lesson-{lesson.id}-{step.number}-{name}"


def _predict(lesson: Lesson, step: Predict, state: State) -> None:
    key = _key(lesson, step, "answer")
    committed = state.given.get(step.number)
    if committed is not None:
        try:
            said = answers.check(state.world, step, committed).given
        except RnnvizError:
            st.info(_("The answer in this link does not fit. Predict anew."), icon=":material/info:")
            committed = None
        else:
            _committed(step, state.world, committed, said)
            return
    match step:
        case Choice():
            found = predicting.choice(step, state.world, key)
        case Scale():
            found = predicting.scale(step, key)
        case Point():
            found = predicting.point(step, state.world, key)
        case Curve():
            found = predicting.curve(step, state.world, key)
        case _:
            raise AssertionError(step.kind)
    if step.hint:
        with st.expander(_("A hint")):
            st.markdown(state.world.fill(step.hint, step, plain))
    st.button(
        _("Commit"),
        icon=":material/lock:",
        type="primary",
        key=_key(lesson, step, "commit"),
        disabled=found is None,
        on_click=state.commit,
        args=(step.number, found or ""),
    )


def _committed(step: Predict, world: World, given: str, said: str) -> None:
    """What was answered, locked: the way it was answered, without what is right."""
    revealing.show_drawing(world, step, given, uncovered=False)
    words = _("this curve") if isinstance(step, Curve) else said  # how far it is off comes later
    words = _("You predicted **{words}**. Soon you see what the network did.", words=plain(words))
    st.markdown(f":material/lock: {words}")


def _explain(lesson: Lesson, step: Explain, state: State) -> None:
    key = _key(lesson, step, "words")
    before = state.written.get(step.number, "")
    if key not in st.session_state:
        st.session_state[key] = before
    st.text_area(
        _("In your own words"),
        key=key,
        max_chars=limits.LESSON_TEXT_CHARACTERS,
        height=120,
        placeholder=_("Two or three sentences are enough. Nobody grades them."),
        on_change=lambda: state.write(step.number, st.session_state[key]),
    )
    if before.strip():
        st.markdown(
            _("Compare with what you wrote. A good answer mentions:\n\n")
            + "\n".join(f"- {state.world.fill(point, step, plain)}" for point in step.points)
        )
    else:
        st.caption(_("Press Ctrl+Enter, or click outside the box: then you see what a good answer mentions."))


def _try(lesson: Lesson, step: Try, state: State) -> None:
    key = _key(lesson, step, "text")
    text = state.world.recorded(step.trace).text
    if key not in st.session_state:
        st.session_state[key] = text
    st.markdown(":material/flag: **" + _("Find {goal}", goal=plain(step.goal)) + "**")
    st.text_input(
        _("Your text"),
        key=key,
        max_chars=limits.CHARACTERS,
        on_change=lambda: state.type(step.number, st.session_state[key]),
        help=_("Press Enter to try it"),
    )
    found = answers.tried(state.world, step)
    if found.problem:
        st.warning(plain(found.problem[:1].upper() + found.problem[1:]), icon=":material/error:")
        return
    told = " · ".join(f"{plain(words)}: **{plain(value)}**" for words, value in found.told)
    if found.right:
        st.success(_("Found: {told}", told=told), icon=":material/check:")
    else:
        st.info(_("Not yet: {told}", told=told), icon=":material/refresh:")
        if step.hint:
            with st.expander(_("A hint")):
                st.markdown(state.world.fill(step.hint, step, plain))
