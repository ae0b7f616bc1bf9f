"""The teacher's screen, and the projector's, which is the same without anything to click."""

from collections.abc import Callable

import streamlit as st

from rnnviz_core.classroom import tally
from rnnviz_core.classroom.state import LOBBY
from rnnviz_core.classroom.tally import Tally
from rnnviz_core.errors import RnnvizError
from rnnviz_core.languages import N_, _, ngettext
from rnnviz_core.lessons.lesson import Explain, Predict, Reveal, Step
from rnnviz_core.ui.serving import classes
from rnnviz_core.ui.shell import projector
from rnnviz_core.ui.shell.wording import plain
from rnnviz_core.ui.views.lessons.steps import State, draw_step

from . import drawing, listening, place, wall
from .place import Place

# What a click does, by how things stand: label, icon, help.
FREE = {
    False: (
        N_("Let everybody go on"),
        ":material/directions_walk:",
        N_("Students go through the steps on their own; the votes are still uncovered by you"),
    ),
    True: (N_("Gather everybody here"), ":material/groups:", N_("All screens show your step again")),
}
DOOR = {
    True: (
        N_("Close the door"),
        ":material/lock_open:",
        N_("Those who are here stay, nobody else can enter"),
    ),
    False: (N_("Open the door"), ":material/lock:", N_("More may enter again")),
}


def draw(found: Place) -> None:
    """The step at which the class is, and below it what the teacher can do."""
    at, last = found.state.step, found.state.last
    step = found.lesson.steps[at] if 0 <= at < last else None
    _draw_top(found, step)
    body, foot = st.container(key="class-body"), st.container()
    if found.key:
        with foot:  # before the step: a section that has nothing to show stops the page
            _draw_controls(found, step)
    with body:
        if step is None:
            _draw_ends(found)
        else:
            _draw_step(found, step)


def _draw_top(found: Place, step: Step | None) -> None:
    state = found.state
    where = _("not begun") if state.step < 0 else _("the end")
    if step:
        where = _("step {number} of {last}", number=state.step + 1, last=state.last)
    with st.container(horizontal=True, vertical_alignment="center", key="class-top"):
        if step is not None:
            drawing.draw_code(found.code)
        st.markdown(f"**{plain(found.lesson.title)}**", width="content")
        st.caption(where + (" · " + _("everybody goes on freely") if state.free else ""), width="content")

        def say(students: int, votes: int, notes: int) -> str:
            words = drawing.words_here(students)
            if step is not None and step.asks and state.at(step.number).voting:
                # Translators: {votes} is drawn large, as it stands before the rest in English.
                words = _(
                    "{votes} of {students} have voted",
                    votes=f'<b class="rv-count">{votes}</b>',
                    students=students,
                )
            elif isinstance(step, (Reveal, Explain)):
                words += " · " + ngettext("{n} note", "{n} notes", notes)
            return f'<p class="rv-here" role="status">{words}</p>'

        listening.count(found.code, max(state.step, 0), state.revision, say)


def _draw_ends(found: Place) -> None:
    if found.state.step == LOBBY:
        drawing.draw_way_in(found.code)
        if found.key:
            screen = place.link(found.code, view=projector.VIEW)[0]
            words = _(
                "For a second screen: [the projector’s own page]({screen}). It shows what the class may "
                "see, has nothing to click, and its address lets nobody act as you. **Your own address is "
                "the key to this class**: keep it (a bookmark), and do not share it.",
                screen=screen,
            )
            st.markdown(f":material/co_present: {words}")
    else:
        st.subheader(_("The end of the lesson"), anchor=False)
        st.markdown(
            _("Say for each why it is wrong:\n\n")
            + "\n".join(f"- {plain(one)}" for one in found.lesson.misconceptions)
            if found.lesson.misconceptions
            else _("Thank you.")
        )


def _draw_step(found: Place, step: Step) -> None:
    try:
        match step:
            case Predict():
                st.subheader(plain(step.title), anchor=False)
                st.markdown(found.world.fill(step.body, step, plain))
                _draw_predict(found, step)
            case Reveal():
                shown = found.state.at(step.number).wall
                if shown:  # a section is long: what is to be read stands above it
                    wall.draw(found, step)
                _draw_answers(found, step)
                draw_step(found.lesson, step, State(found.world))
                if not shown:
                    wall.draw(found, step)
            case Explain():
                st.subheader(plain(step.title), anchor=False)
                st.markdown(found.world.fill(step.body, step, plain))
                if found.key and not projector.is_on():
                    with st.expander(_("A good answer mentions")):
                        st.markdown(
                            "\n".join(f"- {found.world.fill(one, step, plain)}" for one in step.points)
                        )
                wall.draw(found, step)
            case _:
                draw_step(found.lesson, step, State(found.world))
    except RnnvizError as error:
        st.warning(_("This step cannot be shown: {error}", error=plain(str(error))), icon=":material/error:")


def _draw_predict(found: Place, step: Predict) -> None:
    at = found.state.at(step.number)
    if at.voting:  # what the first round gave is put away, so that nobody follows the crowd
        drawing.draw_question(found, step)
        if at.round == 2:
            st.caption(_("The second vote. The first one comes back beside it."))
        return
    counted = drawing.count(found, step)
    if not counted.last:
        drawing.draw_question(found, step)
        st.info(_("Nobody has voted."), icon=":material/info:")
        return
    drawing.draw_votes(found, step, counted)
    _draw_advice(found, step, counted)


def _draw_advice(found: Place, step: Predict, counted: Tally) -> None:
    """What to do now. How many are right is for the teacher: it would tell a class what is right."""
    found_advice = tally.advice(counted)
    if projector.is_on() and not drawing.told(found, step):
        st.markdown(f":material/forum: **{found_advice.do}**")
        return
    words, share = st.columns((3, 2), gap="medium")
    with words:
        st.markdown(f":material/forum: **{found_advice.do}**  \n{found_advice.why}")
        if found_advice.band == "hint" and step.hint:
            st.markdown(f":material/lightbulb: {found.world.fill(step.hint, step, plain)}")
    with share:
        drawing.draw_share(step, counted)


def _draw_answers(found: Place, step: Reveal) -> None:
    """The votes on everything that this step gives the answer to, with what is right marked."""
    predicted = [one for one in (found.lesson.steps[n] for n in step.answers) if isinstance(one, Predict)]
    counted = [(one, drawing.count(found, one)) for one in predicted]
    counted = [(one, votes) for one, votes in counted if votes.last]
    if not counted:
        return
    for column, (one, votes) in zip(st.columns(len(counted)), counted, strict=True):
        with column:
            st.markdown(_("**{title}** · {share:.0%} right", title=plain(one.title), share=votes.share))
            drawing.draw_votes(found, one, votes)


# --- what the teacher does ----------------------------------------------------------------------


def _draw_controls(found: Place, step: Step | None) -> None:
    state, at = found.state, found.state.at(found.state.step)
    asks = step is not None and step.asks
    with st.container(horizontal=True, vertical_alignment="center", key="class-controls"):
        st.button(
            _("Back"),
            key="class-chevron_left",
            icon=":material/chevron_left:",
            disabled=state.step == LOBBY,
            on_click=place.act,
            args=(_go, found, state.step - 1),
        )
        if asks and at.voting:
            _act(_("Uncover"), "uncover", ":material/visibility:", classes.store().uncover, found, True)
        elif asks and at.round == 1:
            _act(_("Vote again"), "again", ":material/how_to_vote:", classes.store().vote_again, found, False)
        st.button(
            _("Begin") if state.step == LOBBY else _("Next"),
            key="class-chevron_right",
            icon=":material/chevron_right:",
            icon_position="right",
            type="secondary" if asks and at.voting else "primary",
            disabled=state.step >= state.last,
            on_click=place.act,
            args=(_go, found, state.step + 1),
        )
        # Buttons, not switches: a switch that is drawn anew would be heard once more under its old name.
        _turn("free", state.free, FREE, classes.store().let_go, found)
        _turn("door", state.door, DOOR, classes.store().door, found)
        with st.popover(_("End the class"), icon=":material/delete:", type="tertiary"):
            st.markdown(_("All votes and notes are deleted, at once and for good."))
            st.button(_("Delete it all"), key="class-end", on_click=place.act, args=(_end, found))


def _turn(
    name: str, stands: bool, words: dict[bool, tuple[str, str, str]], do: Callable[..., None], found: Place
) -> None:
    """A button that turns something on or off."""
    label, icon, about = words[stands]
    st.button(
        _(label),
        key=f"class-{name}",
        icon=icon,
        help=_(about),
        type="tertiary",
        on_click=place.act,
        args=(do, found.code, found.key, not stands),
    )


def _act(label: str, name: str, icon: str, do: Callable[..., None], found: Place, first: bool) -> None:
    st.button(
        label,
        key=f"class-{name}",
        icon=icon,
        type="primary" if first else "secondary",
        on_click=place.act,
        args=(do, found.code, found.key, found.state.step),
    )


def _go(found: Place, step: int) -> None:
    """Go to a step; what it gives the answer to is uncovered, since nobody can predict it any more."""
    store = classes.store()
    reached = found.lesson.steps[step] if 0 <= step < found.state.last else None
    if isinstance(reached, Reveal):
        for number in reached.answers:
            if found.state.at(number).voting:
                store.uncover(found.code, found.key, number)
    store.move(found.code, found.key, step)


def _end(found: Place) -> None:
    classes.store().end(found.code, found.key)
    place.leave()
