"""The sentence: the box in which it is typed, and which text the pages show.

The box keeps what was typed. A text that cannot be read (empty, too many tokens) does not take the page away:
it goes on showing the last text that could be read, and a note says what to do.
"""

import re

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.examples import default_text
from rnnviz_core.contracts.task import Typed, task_of_spec
from rnnviz_core.errors import RnnvizError, TextError
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.serving.view import Sentence

# Line feed, vertical tab, form feed, carriage return, next line, line and paragraph separator.
_BREAKS = re.compile("[ \t]*[\n\v\f\r\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]+[ \t]*")
SHORT = 80  # characters of a sentence that a note quotes
_READ = "rnnviz-read"  # the last text that could be read, per task
_CUT = "rnnviz-cut"  # how many characters a text had that was too long for the box


def one_line(text: str) -> str:
    """`text` with every line break, and the blanks around it, as one space."""
    return _BREAKS.sub(" ", text)


def choose(entry: Entry) -> Sentence:
    """The chosen text; one that cannot be read leaves a note, and the text before it is shown."""
    default = default_text(entry.spec)
    typed = url.checked("text", url.short_enough, default, shown="our example")
    if typed != (typed := one_line(typed)):
        url.put("text", typed)
        url.write()
    if cut := st.session_state.pop(_CUT, 0):
        url.note(
            f"The text has {cut} characters, the limit is {limits.CHARACTERS}: the first "
            f"{limits.CHARACTERS} are kept."
        )
    asked = task_of_spec(entry.spec).typed
    tokens, wrong = _count(entry, typed, asked)
    kept: dict[str, str] = st.session_state.setdefault(_READ, {})
    task = str(entry.spec.task)
    if tokens is None or 0 < tokens <= asked.limit:
        kept[task] = typed
        return Sentence(typed, typed, tokens, asked)
    before = kept.get(task, default)
    if not 0 < (_count(entry, before, asked)[0] or 0) <= asked.limit:
        before = default
    kept_in_short = before if len(before) <= SHORT else f"{before[:SHORT].rstrip()} …"
    url.note(f"{wrong or _what_to_do(tokens, asked)} Until then this page shows “{kept_in_short}”.")
    return Sentence(typed, before, tokens, asked)


def _count(entry: Entry, text: str, asked: Typed) -> tuple[int | None, str]:
    """How many steps `text` has, and what is wrong with one that cannot be read.

    A model that cannot be loaded is for the page to report.
    """
    try:
        model = loaders.model(entry)
    except RnnvizError:
        return None, ""
    try:
        return asked.count(model, text), ""
    except TextError as error:
        message = str(error)
        return 0, f"{message[:1].upper()}{message[1:]}."


def _what_to_do(tokens: int, asked: Typed) -> str:
    what = asked.title.lower()
    if not tokens:
        return f"The {what} is empty: {asked.missing} and press Enter."
    return (
        f"The {what} has {tokens} {asked.several}, the limit is {asked.limit}: "
        f"leave out {tokens - asked.limit} and press Enter."
    )


def box(sentence: Sentence, *, in_page: bool = False) -> None:
    """The box to type in, and in the sidebar under it how much of the limit is used.

    There are two, and the browser shows one: the page's where the sidebar is closed (`style`).
    """
    key = url.widget("page-text" if in_page else "text", sentence.typed, read=one_line)
    with st.container(key="sentence-page" if in_page else "sentence", gap="xxsmall"):
        st.text_area(
            sentence.typing.title,
            key=key,
            height="content",
            label_visibility="collapsed" if in_page else "visible",
            on_change=lambda: _take(st.session_state[key]),
            help=sentence.typing.help,
        )
        if sentence.tokens is not None and not in_page:
            st.caption(f"{sentence.tokens} of {sentence.typing.limit} {sentence.typing.several}")


def _take(typed: str) -> None:
    text = one_line(typed)
    if len(text) > limits.CHARACTERS:
        st.session_state[_CUT] = len(text)
    url.put("text", text[: limits.CHARACTERS])
