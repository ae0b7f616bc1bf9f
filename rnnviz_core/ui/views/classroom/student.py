"""A student's screen: the step at which the class is, or the one to which they went on."""

from dataclasses import replace

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.classroom.state import LOBBY
from rnnviz_core.errors import RnnvizError
from rnnviz_core.languages import _
from rnnviz_core.lessons import World, answers
from rnnviz_core.lessons.lesson import Explain, Predict, Reveal, Step, Try
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import classes
from rnnviz_core.ui.serving import lessons as serving
from rnnviz_core.ui.shell.wording import plain
from rnnviz_core.ui.views.lessons.steps import State, draw_step

from . import drawing, listening, place, wall
from .place import Place


def draw(found: Place) -> None:
    """One step, and what comes next by itself when the teacher goes on."""
    state = found.state
    listening.listen(found.code, state.revision)
    mine = classes.store().mine(found.code, found.me)
    number = _here(found, mine) if state.free else state.step
    with st.container(horizontal=True, vertical_alignment="center", key="class-top"):
        drawing.draw_code(found.code)
        st.markdown(f"**{plain(found.lesson.title)}**", width="content")
        if 0 <= number < state.last:
            st.caption(_("step {number} of {last}", number=number + 1, last=state.last), width="content")
    if number == LOBBY:
        st.subheader(_("You are in"), anchor=False)
        st.markdown(
            f"{plain(found.lesson.aim)}\n\n"
            + _(
                "The first step appears here by itself. Should your connection be lost or this page be "
                "closed: open its address again, and you go on where you were."
            )
        )
        return
    body, foot = st.container(key="lesson-body"), st.container()
    if state.free:
        with foot:
            _draw_foot(found, number, mine)
    with body:
        if number >= state.last:
            st.subheader(_("The end of the lesson"), anchor=False)
            _draw_sum(found, mine)
            return
        try:
            _draw_step(found, found.lesson.steps[number], mine)
        except RnnvizError as error:
            st.warning(
                _("This step cannot be shown: {error}", error=plain(str(error))), icon=":material/error:"
            )


def _draw_step(found: Place, step: Step, mine: dict[int, dict[int, str]]) -> None:
    match step:
        case Predict():
            _draw_predict(found, step, mine.get(step.number, {}))
        case Reveal():
            wall.draw(found, step)
            own = {number: rounds[max(rounds)] for number, rounds in mine.items()}
            draw_step(found.lesson, step, State(found.world, own))
            wall.ask(found, step, _("What did you see?"))
        case Explain():
            st.subheader(plain(step.title), anchor=False)
            st.markdown(found.world.fill(step.body, step, plain))
            wall.ask(found, step, _("In your own words"))
            wall.draw(found, step)
        case Try():
            _draw_try(found, step)
        case _:
            draw_step(found.lesson, step, State(found.world))


def _draw_predict(found: Place, step: Predict, rounds: dict[int, str]) -> None:
    at = found.state.at(step.number)
    if found.state.votes_on(step.number):
        given = {step.number: rounds[at.round]} if at.round in rounds else {}

        def commit(number: int, answer: str) -> None:
            place.act(_vote, found, step, number, answer)

        if at.round == 2 and not given:
            st.info(_("The second vote: has your neighbour convinced you?"), icon=":material/forum:")
        asked = replace(step, hint="")  # a hint is the teacher's to give
        draw_step(found.lesson, asked, State(found.world, given, commit=commit))
        return
    st.subheader(plain(step.title), anchor=False)
    st.markdown(found.world.fill(step.body, step, plain))
    if rounds:
        said = answers.check(found.world, step, rounds[max(rounds)]).given
        st.markdown(":material/lock: " + _("You predicted **{words}**.", words=plain(said)))
    else:
        st.caption(_("The vote is over; you did not take part in it."))
    counted = drawing.count(found, step)
    if counted.last:
        drawing.draw_votes(found, step, counted)


def _vote(found: Place, step: Predict, number: int, answer: str) -> None:
    answers.check(found.world, step, answer)  # an answer to this step, or an error that says why not
    classes.store().vote(found.code, found.me, number, answer)


def _draw_try(found: Place, step: Try) -> None:
    """A text of one's own. It stays on this step: a class that votes has to look at one text."""
    key = f"class-typed-{found.code}-{step.number}"
    typed = st.session_state.get(key, "")
    world = World(found.lesson, serving.NETWORKS, {step.trace: typed} if typed else {})

    def keep(number: int, text: str) -> None:
        st.session_state[key] = text.strip()[: limits.CHARACTERS]

    draw_step(found.lesson, step, State(world, type=keep))


def _draw_sum(found: Place, mine: dict[int, dict[int, str]]) -> None:
    """Every prediction of one's own that the class has seen the answer to."""
    right = total = 0
    for step in found.lesson.steps:
        if isinstance(step, Predict) and step.number in mine:
            rounds = mine[step.number]
            total += 1
            right += answers.check(found.world, step, rounds[max(rounds)]).right
    if not total:
        st.markdown(_("Thank you."))
        return
    st.markdown(_("**{right} of {total}** of your predictions were right.", right=right, total=total))


# --- going on alone -------------------------------------------------------------------------------


def _here(found: Place, mine: dict[int, dict[int, str]]) -> int:
    """The step of a student who goes on alone: not beyond one that is to be predicted first."""
    asked = url.number(url.get(place.HERE) or "1") or 1
    waits = [n for n in sorted(found.state.asks) if n not in mine and found.state.votes_on(n)]
    return min(max(asked - 1, 0), found.state.last, *waits[:1])


def _draw_foot(found: Place, number: int, mine: dict[int, dict[int, str]]) -> None:
    waits = number not in mine and found.state.votes_on(number)
    with st.container(horizontal=True, key="lesson-foot"):
        st.button(
            _("Back"),
            key="class-back",
            icon=":material/chevron_left:",
            disabled=number == 0,
            on_click=url.put,
            args=(place.HERE, str(number)),
        )
        st.button(
            _("Next"),
            key="class-next",
            icon=":material/chevron_right:",
            icon_position="right",
            type="secondary" if waits else "primary",
            disabled=waits or number >= found.state.last,
            help=_("Commit your prediction first") if waits else None,
            on_click=url.put,
            args=(place.HERE, str(number + 2)),
        )
