"""What the network did: the answers to what was predicted, and a section of a page with the lesson's text."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnviz_core.errors import LessonError, RnnvizError, unknown_choice
from rnnviz_core.languages import _
from rnnviz_core.lessons import Lesson, World, answers, drawings
from rnnviz_core.lessons.lesson import Curve, Predict, Reveal
from rnnviz_core.lessons.syntax import Expression
from rnnviz_core.lessons.values import Values
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.controls.choose import TOKEN_NAMES, beam, choose_layer, choose_side
from rnnviz_core.ui.drawing.show import showing
from rnnviz_core.ui.drawing.still import show_still
from rnnviz_core.ui.serving import lessons as serving
from rnnviz_core.ui.serving.view import View
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.wording import plain

from . import learning

if TYPE_CHECKING:
    from rnnviz_core.ui.views.sections import Section

ENTERED = "rnnviz-lesson-entered"
# What a page lets a person choose before its sections, as pages/*.py do.
CHOOSE: Mapping[str, Callable[[View], Any]] = {
    "embeddings": choose_side,
    "gates": choose_layer,
    "states": choose_layer,
    "gradients": choose_layer,
}


def draw(lesson: Lesson, step: Reveal, world: World, given: Mapping[int, str]) -> None:
    """The answers, the sentence that holds, and the section."""
    for number in step.answers:
        predicted = lesson.steps[number]
        if number in given and isinstance(predicted, Predict):
            draw_answer(world, predicted, given[number])
    if sentence := answers.said(world, step):
        st.markdown(world.fill(sentence, step, plain))
    if step.page:
        _section(lesson, step, world)


def draw_answer(world: World, step: Predict, given: str) -> None:
    """One prediction beside what is true."""
    try:
        found = answers.check(world, step, given)
    except RnnvizError as error:
        st.warning(f"{plain(step.title)}: {plain(str(error))}", icon=":material/error:")
        return
    mark = ":material/check_circle:" if found.right else ":material/compare_arrows:"
    words = f"{mark} **{plain(step.title)}**  \n{_compared(step, found)}"
    with st.container(border=True, gap="xsmall"):
        st.markdown(words)
        if found.note:
            st.markdown(plain(found.note))
        show_drawing(world, step, given, uncovered=True)


def show_drawing(world: World, step: Predict, given: str | None, *, uncovered: bool) -> None:
    """The prediction as a picture, with or without what is right; nothing where there is none to draw."""
    if drawings.picture(world, step, given, uncovered=uncovered):
        show_still(
            lambda width: drawings.picture(world, step, given, uncovered=uncovered, width=width),
            key=f"lesson-{world.lesson.id}-{step.number}-{'compared' if uncovered else 'given'}",
        )


def _compared(step: Predict, found: answers.Outcome) -> str:
    """What was answered, and what is true, in a sentence."""
    if isinstance(step, Curve):
        if found.right:
            return _("You: {given}; close enough.", given=plain(found.given))
        return _("You: {given}; right would be {true}.", given=plain(found.given), true=plain(found.true))
    if found.right and found.given == found.true:
        return _("You: **{given}**. So it is.", given=plain(found.given))
    given, true = plain(found.given), plain(found.true)
    words = _("You: **{given}**. The network: **{true}**.", given=given, true=true)
    return words + " " + _("Close enough.") if found.right else words


def view_of(step: Reveal, world: World) -> View:
    """What the section of a step draws: its trace, and perhaps another beside it."""
    main = _view(step.page, world, step.trace)
    if not step.beside:
        return main
    other = _view(step.page, world, step.beside, second=True)
    return View(main.page, main.model_id, main.entry, main.trace, main.text, other=other)


def _view(page: str, world: World, name: str, *, second: bool = False) -> View:
    found = world.recorded(name)
    entry, trace = serving.entry(found.model), world.trace(name)
    if "beam" in found.options and (chosen := beam()) != found.options["beam"]:
        # The section lets one widen the beam; the lesson's own sentences keep theirs.
        trace = world.networks.record(found.model, found.text, {**found.options, "beam": chosen})
    return View(page, found.model, entry, trace, found.text, second=second)


def section_of(step: Reveal, view: View) -> "Section":
    """The section that a step names.

    Raises
    ------
    LessonError
        When the page has none of this name for the trace.
    """
    traced = {one.name: one for one in routes.TRACED}
    if step.page not in traced:
        raise LessonError(unknown_choice("page", step.page, traced))
    offered = traced[step.page].sections
    for one in offered:
        if one.name == step.section and one.needs.met(view.trace):
            found: Section = one
            return found
    named = dict.fromkeys(one.name for one in offered if one.needs.met(view.trace))
    raise LessonError(unknown_choice(f"section of {step.page} for {view.model_id}", step.section, named))


def _section(lesson: Lesson, step: Reveal, world: World) -> None:
    shown = world.recorded(step.trace)
    entered = (lesson.id, step.number, shown.text)
    if st.session_state.get(ENTERED) != entered:
        st.session_state[ENTERED] = entered
        options = {name: str(value) for name, value in shown.options.items() if name == "beam"}
        cleared = dict.fromkeys((*url.SHOWN, *learning.NAMES))
        for name, value in (cleared | options | address(step, world)).items():
            url.put(name, value)
        url.write()
    if step.page in learning.PAGES:
        learning.draw(step, world)
        return
    view = view_of(step, world)
    section = section_of(step, view)
    found = routes.route(step.page)
    with st.container(border=True, key="lesson-section"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                _(
                    "{icon} **{page}** · {section} · {network}, which reads “{text}”",
                    icon=found.icon,
                    page=_(found.title),
                    section=plain(_(section.title)),
                    network=plain(view.model_id),
                    text=plain(view.text),
                ),
                width="stretch",
            )
            if st.button(
                _("Open the page"),
                icon=":material/open_in_new:",
                key="lesson-open",
                type="tertiary",
                help=_("The whole page with this text; your lesson waits for you"),
            ):
                _open(step, world, view)
        chosen = [CHOOSE[step.page](view)] if step.page in CHOOSE else []
        with showing(None):
            section.draw(view, *chosen)


def address(step: Reveal, world: World) -> dict[str, str]:
    """What is chosen in the section: token, unit, layer."""
    found = dict(step.address)
    if step.token is not None and world.recorded(step.trace).history:
        found["moment"] = learning.moment(step, world)
    elif step.token is not None:
        axis = world.trace(step.trace).time_axis("encoder")
        value = world.value(step.token, step.trace)
        if isinstance(value, Values) and value.places:
            axis = value.places[1]
        found[TOKEN_NAMES.get(axis, "token")] = _place(world, step, step.token)
    if step.unit is not None:
        found["unit"] = _place(world, step, step.unit)
    return found


def _place(world: World, step: Reveal, expression: Expression) -> str:
    value = world.value(expression, step.trace)
    if not isinstance(value, Values) or not value.single:
        raise LessonError(f"“{expression.text}” must give one place: argmax(…), place(…)")
    return str(value.place)


def _open(step: Reveal, world: World, view: View) -> None:
    """Go to the page with what is shown here."""
    url.put("task", str(view.entry.spec.task))
    url.put("model", view.model_id)
    url.put("text", view.text)
    url.put("section", step.section)
    for name, value in world.recorded(step.trace).options.items():
        url.put(name, str(value))
    other = view.other
    url.put("with", other.model_id if other and other.model_id != view.model_id else None)
    url.put("with_text", other.text if other and other.text != view.text else None)
    url.leave_for(step.page)
    st.switch_page(routes.route(step.page).path)
