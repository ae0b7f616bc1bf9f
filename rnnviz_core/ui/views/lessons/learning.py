"""The pages about learning inside a lesson: a tab of Training for the lesson's runs, and Train one here."""

import streamlit as st

from rnnviz_core.errors import LessonError, unknown_choice
from rnnviz_core.languages import _
from rnnviz_core.lessons import World, runs
from rnnviz_core.lessons.kinds import OF_RUNS, WHOLE
from rnnviz_core.lessons.lesson import Reveal
from rnnviz_core.lessons.values import Values
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import histories
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.wording import plain

PAGES = (OF_RUNS, WHOLE)
NAMES = tuple(name for page in PAGES for name in url.OWNED[page])


def draw(step: Reveal, world: World) -> None:
    """What a step names, in a box with the way to its page."""
    found = routes.route(step.page)
    with st.container(border=True, key="lesson-section"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{found.icon} **{_(found.title)}**{_about(step, world)}", width="stretch")
            if st.button(
                _("Open the page"),
                icon=":material/open_in_new:",
                key="lesson-open",
                type="tertiary",
                help=_("The whole page; your lesson waits for you"),
            ):
                _open(step, world)
        if step.page == WHOLE:
            from rnnviz_core.ui.views.toy import page

            page.draw()
        else:
            _draw_run(step, world)


def _about(step: Reveal, world: World) -> str:
    if step.page == WHOLE:
        return ""
    titles = [plain(_known(world, name).title) for name in (step.trace, step.beside) if name]
    return f" · {plain(_tab(step))} · {', '.join(titles)}"


def _tab(step: Reveal) -> str:
    from rnnviz_core.ui.views import training

    if step.section not in training.TABS:
        raise LessonError(unknown_choice(f"section of {step.page}", step.section, training.TABS))
    return _(training.TABS[step.section][0])


def _known(world: World, name: str) -> histories.Known:
    wanted = world.recorded(name).history
    world.trace(name)  # one that is not there is refused with the names of those that are
    return next(one for one in histories.shipped() if one.id == wanted)


def _draw_run(step: Reveal, world: World) -> None:
    from rnnviz_core.ui.views import training
    from rnnviz_core.ui.views.training.runs import Chosen

    _tab(step)
    beside = (_known(world, step.beside),) if step.beside else ()
    training.TABS[step.section][1](Chosen(_known(world, step.trace), beside))


def moment(step: Reveal, world: World) -> str:
    """The snapshot after the epoch that a step's ``token`` gives.

    Raises
    ------
    LessonError
        When it gives none.
    """
    assert step.token is not None
    value = world.value(step.token, step.trace)
    if not isinstance(value, Values) or not value.single:
        raise LessonError(f"“{step.token.text}” must give one epoch: argmin(validation.loss)")
    history = _known(world, step.trace).history
    return str(runs.snapshot_after(history, min(max(value.place, 0), len(history.epochs) - 1)))


def _open(step: Reveal, world: World) -> None:
    """Go to the page with what is shown here."""
    if step.page == OF_RUNS:
        url.put("section", step.section)
        url.put("run", world.recorded(step.trace).history)
        url.put("beside", world.recorded(step.beside).history if step.beside else None)
    url.leave_for(step.page)
    st.switch_page(routes.route(step.page).path)
