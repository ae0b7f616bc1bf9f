"""Start here: six steps through a network for somebody who sees one for the first time.

A line of six words beside the overview's title; the chosen one (``start`` in the address) opens one question
and its answer from the trace. ``off`` puts it away, and a button at the foot of the page brings it back.
"""

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.findings.first_steps import STEPS, Answer, first_steps
from rnnviz_core.frames.numbers import printed
from rnnviz_core.languages import _, pgettext
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.shell.wording import plain

if TYPE_CHECKING:
    from rnnviz_core.ui.serving.view import View

NAME, OFF, FORECASTS = "start", "off", "readout.forecasts"


def steps(view: "View") -> None:
    """The line of steps, and under it the question and the answer of the chosen one."""
    if not _applies(view):
        return
    chosen = url.checked(NAME, url.one_of((*STEPS, OFF)), "", shown=_("none"))
    if chosen == OFF:
        return
    key = url.widget(NAME, chosen or None)
    words = _words()
    with (
        view.beside or st.container(),
        st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="start"),
    ):
        st.markdown(_("**Start here**"), width="content")
        st.pills(
            _("Start here"),
            list(STEPS),
            format_func=lambda step: words.get(step, step),
            key=key,
            label_visibility="collapsed",
            on_change=lambda: url.put(NAME, st.session_state[key]),
        )
        st.button(
            _("Put away"),
            icon=":material/close:",
            key="start-off",
            type="tertiary",
            help=_("Put these six steps away"),
            on_click=url.put,
            args=(NAME, OFF),
        )
    if chosen:
        _draw(view, first_steps(view.trace)[chosen])


def _words() -> dict[str, str]:
    """What the six steps are called."""
    return {
        "type": pgettext("one of six steps: a person types", "type"),
        "step": pgettext("one of six steps", "step"),
        "gate": pgettext("one of six steps", "gate"),
        "memory": pgettext("one of six steps", "memory"),
        "attention": pgettext("one of six steps", "attention"),
        "softmax": pgettext("one of six steps", "softmax"),
    }


def _draw(view: "View", answer: Answer) -> None:
    """A question, its answer, what to try, and the way to the place that shows it."""
    with st.container(key="start-answer", gap="xxsmall", border=True):
        st.markdown(f"**{plain(answer.question)}** {plain(' '.join(answer.claims))}")
        if answer.strip:
            st.html(_strip(answer))
        with st.container(horizontal=True, vertical_alignment="center"):
            found = routes.route(answer.where.page)
            if st.button(
                _("See it on the page {page}", page=_(found.title)),
                icon=found.icon,
                key="start-go",
                type="tertiary",
                on_click=_choose,
                args=(answer,),
            ):
                st.switch_page(found.path)
            st.caption(plain(answer.try_this))


def _strip(answer: Answer) -> str:
    """A number for every step, as chips; the shade of a chip is its number."""
    chips = "".join(
        f'<span class="rv-chip" style="--share:{min(max(value, 0), 1):.3f}">{escape(name)} '
        f"<b>{printed(value)}</b></span>"
        for name, value in answer.strip
    )
    return f'<p class="rv-strip"><span>{escape(answer.strip_title)}:</span> {chips}</p>'


def _choose(answer: Answer) -> None:
    for name, value in answer.where.address.items():
        url.put(name, value)


def _applies(view: "View") -> bool:
    """Whether the questions can be answered: of a network of this project, whose answer the trace holds."""
    return any(site in view.trace for site in ("readout.logits", FORECASTS))


def again(view: "View") -> None:
    """At the foot, where the steps were put away, and on a phone: the button that brings them (back)."""
    if not _applies(view):
        return
    away = url.get(NAME) == OFF
    st.button(
        _("Start here: six steps"),
        icon=":material/school:",
        key="start-on" if away else "start-foot",  # the latter is seen on a phone alone
        type="tertiary",
        on_click=url.put,
        args=(NAME, None if away else next(iter(STEPS))),
    )
