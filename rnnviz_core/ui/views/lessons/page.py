"""The list of lessons; one lesson with its steps; its end."""

from html import escape

import streamlit as st

from rnnviz_core.languages import N_, _, pgettext
from rnnviz_core.lessons import Lesson, Shelf, shelf
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import lessons as serving
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell.wording import plain

from . import ending, progress
from .steps import State, draw_step

HOW = N_(
    "Each lesson asks what a network will do **before** it shows it. Predict, commit, look, write what "
    "you saw. Who predicts first looks more closely."
)


def draw() -> None:
    """The list, or the lesson that the address names."""
    found = shelf()
    by_id = {one.id: one for one in found.lessons}
    chosen = url.checked("lesson", url.one_of(tuple(by_id)), "", shown=_("all lessons"))
    if chosen:
        _draw_lesson(by_id[chosen])
    else:
        _draw_list(found)


def _draw_list(found: Shelf) -> None:
    st.markdown(_(HOW))
    for problem in found.problems:
        st.warning(plain(problem), icon=":material/error:")
    installed = {entry.id for entry in loaders.models().entries}
    for start in range(0, len(found.lessons), 2):
        row = found.lessons[start : start + 2]
        for number, (column, one) in enumerate(zip(st.columns(2), row, strict=False), start=start + 1):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                _draw_card(one, number, tuple(sorted(set(one.models) - installed)))


def _draw_card(one: Lesson, number: int, missing: tuple[str, ...]) -> None:
    known = progress.kept(one)
    st.markdown(f"**{number}. {plain(one.title)}**")
    st.markdown(plain(one.aim))
    with st.container(horizontal=True, vertical_alignment="center"):
        steps = len(one.steps)
        words = _("{minutes} minutes · {steps} steps", minutes=one.minutes, steps=steps)
        if known and known.finished:
            words += " · " + pgettext("of a lesson", "finished")
        elif known and known.at != "1":
            words += " · " + _("you are at step {number}", number=known.at)
        if missing:
            words = _("Needs {networks}, not installed here", networks=plain(", ".join(missing)))
        st.caption(words)
        begun = known is not None and known.at != "1"
        st.button(
            _("Go on") if begun else pgettext("of a lesson", "Start"),
            key=f"lesson-start-{one.id}",
            icon=":material/arrow_forward:",
            disabled=bool(missing),
            on_click=progress.open_lesson,
            args=(one,),
        )


def _draw_lesson(lesson: Lesson) -> None:
    found = progress.current(lesson)
    last = len(lesson.steps)
    with st.container(horizontal=True, vertical_alignment="center", key="lesson-head"):
        st.button(
            _("All lessons"),
            icon=":material/arrow_back:",
            type="tertiary",
            key="lesson-all",
            on_click=progress.close,
        )
        st.markdown(f"**{plain(lesson.title)}**", width="content")
        words = pgettext("of a lesson", "finished")
        if found.at < last:
            words = _("step {number} of {last}", number=found.at + 1, last=last)
        st.caption(words + " · " + _("{minutes} minutes", minutes=lesson.minutes))
    done, about = min(found.at / last, 1), escape(_("Steps done"))
    st.html(
        f'<div class="rv-progress" role="progressbar" aria-valuemin="0" aria-valuemax="{last}" '
        f'aria-valuenow="{min(found.at, last)}" aria-label="{about}">'
        f'<i style="width:{done:.0%}"></i>'
        "</div>"
    )
    if found.at == 0:
        st.markdown(f":material/flag: {plain(lesson.aim)}")
    body, foot = st.container(key="lesson-body"), st.container()
    with foot:  # before the step: a section that has nothing to show stops the page
        _draw_foot(found)
    with body:
        if found.at == last:
            ending.draw(found)
        else:
            step = lesson.steps[found.at]
            world = progress.world(found, step.number, serving.NETWORKS)
            draw_step(
                lesson,
                step,
                State(world, found.given, found.written, found.commit, found.write, found.type),
            )


def _draw_foot(found: progress.Progress) -> None:
    last = len(found.lesson.steps)
    step = found.lesson.steps[found.at] if found.at < last else None
    waits = step is not None and step.asks and step.number not in found.given
    with st.container(horizontal=True, key="lesson-foot"):
        st.button(
            _("Back"),
            icon=":material/chevron_left:",
            key="lesson-back",
            disabled=found.at == 0,
            on_click=found.go,
            args=(found.at - 1,),
        )
        if step is not None:
            st.button(
                _("Finish") if found.at == last - 1 else _("Next"),
                icon=":material/chevron_right:",
                icon_position="right",
                key="lesson-next",
                type="secondary" if waits else "primary",
                disabled=waits,
                on_click=found.go,
                args=(found.at + 1,),
            )
        else:
            st.button(_("Begin again"), icon=":material/replay:", key="lesson-again", on_click=found.again)
