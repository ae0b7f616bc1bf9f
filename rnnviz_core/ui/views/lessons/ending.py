"""The end of a lesson: what was predicted and written, and what can be taken along."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from rnnviz_core.languages import N_, _, bound, pgettext
from rnnviz_core.lessons import World, answers, summary, worksheet
from rnnviz_core.lessons.lesson import Predict
from rnnviz_core.ui.serving import lessons as serving
from rnnviz_core.ui.shell.wording import plain

from . import progress, revealing


def _sheet(world: Callable[[int], World], solved: bool) -> bytes:
    """The worksheet of a lesson, with its own texts."""
    return worksheet.page(world(-1), solved=solved).encode()


def draw(found: progress.Progress) -> None:
    """Every prediction beside the network's answer, and the downloads."""
    lesson = found.lesson

    def world(number: int) -> World:
        return progress.world(found, number, serving.NETWORKS)

    predicted = [step for step in lesson.steps if isinstance(step, Predict) and step.number in found.given]
    right = sum(answers.is_right(world(step.number), step, found.given[step.number]) for step in predicted)
    st.subheader(_("What you predicted, and what happened"), anchor=False)
    if predicted:
        st.markdown(
            _(
                "**{right} of {count}** predictions were right. The others are worth more: they show "
                "where your picture of the network and the network differ.",
                right=right,
                count=len(predicted),
            )
        )
    for step in predicted:
        revealing.draw_answer(world(step.number), step, found.given[step.number])
    for one in progress.writes(lesson):
        if words := found.written.get(one.number):
            st.markdown(f"**{plain(one.title)}**  \n{plain(words)}")
    if lesson.misconceptions:
        st.markdown(
            _("**What many believe before this lesson.** Say for each why it is wrong:\n\n")
            + "\n".join(f"- {plain(one)}" for one in lesson.misconceptions)
        )
    with st.container(horizontal=True):
        st.download_button(
            pgettext("of a lesson", "Summary"),
            data=bound(lambda: summary.archive(lesson, found.given, found.typed, found.written, world)),
            file_name=f"{lesson.id}-summary.zip",
            mime="application/zip",
            icon=":material/download:",
            key="lesson-summary",
            on_click="ignore",
            help=_("Your predictions, the network's answers, your words: Markdown with pictures, zipped"),
        )
        for name, solved in ((N_("Worksheet"), False), (N_("Answer sheet"), True)):
            st.download_button(
                _(name),
                data=bound(partial(_sheet, world, solved)),
                file_name=f"{lesson.id}-{name.lower().replace(' ', '-')}.html",
                mime="text/html",
                icon=":material/print:",
                key=f"lesson-{name}",
                on_click="ignore",
                help=_("This lesson on paper, with the lesson's own text: open it and print"),
            )
