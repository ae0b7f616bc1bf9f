"""The sentence: the box in which it is typed, and which text the pages show.

The box keeps what was typed. A text that cannot be read (empty, too many tokens) does not take the page away:
it goes on showing the last text that could be read, and a note says what to do.
"""

import re

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.examples import default_text
from rnnviz_core.contracts.task import Typed, typed_of
from rnnviz_core.errors import RnnvizError, TextError
from rnnviz_core.languages import SOURCE, _, language
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.serving.view import Sentence

# Line feed, vertical tab, form feed, carriage return, next line, line and paragraph separator.
_BREAKS = re.compile("[ \t]*[\n\v\f\r\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]+[ \t]*")
SHORT = 80  # characters of a sentence that a note quotes
_READ = "rnnviz-read"  # the last text that could be read, per task
FIRST = "first"  # in the address: where the part of a long text begins
_CUT = "rnnviz-cut"  # how many characters a text had that was too long for the box


def one_line(text: str) -> str:
    """`text` with every line break, and the blanks around it, as one space."""
    return _BREAKS.sub(" ", text)


def choose(entry: Entry) -> Sentence:
    """The chosen text; one that cannot be read leaves a note, and the text before it is shown."""
    default = default_text(entry.spec)
    typed = url.checked("text", url.short_enough, default, shown=_("our example"))
    if typed != (typed := one_line(typed)):
        url.put("text", typed)
        url.write()
    if cut := st.session_state.pop(_CUT, 0):
        url.note(
            _(
                "The text has {count} characters, the limit is {limit}: the first {limit} are kept.",
                count=cut,
                limit=limits.CHARACTERS,
            )
        )
    asked = typed_of(entry.spec)
    tokens, wrong = _count(entry, typed, asked)
    kept: dict[str, str] = st.session_state.setdefault(_READ, {})
    task = str(entry.spec.task)
    if tokens is None or 0 < tokens <= asked.limit:
        kept[task] = typed
        return Sentence(typed, typed, tokens, asked)
    if tokens and asked.cut is not None:
        return _part(entry, typed, tokens, asked)
    before = kept.get(task, default)
    if not 0 < (_count(entry, before, asked)[0] or 0) <= asked.limit:
        before = default
    kept_in_short = before if len(before) <= SHORT else f"{before[:SHORT].rstrip()} …"
    until = _("Until then this page shows “{text}”.", text=kept_in_short)
    url.note(f"{wrong or _what_to_do(tokens, asked)} {until}")
    return Sentence(typed, before, tokens, asked)


def _part(entry: Entry, typed: str, tokens: int, asked: Typed) -> Sentence:
    """Of a text beyond the limit the chosen part; at first its beginning, or its end."""
    assert asked.cut is not None, "it was asked for"
    last = tokens - asked.limit
    first = url.checked(FIRST, url.whole(last + 1), last if asked.ends else 0)
    read = asked.cut(loaders.stored(entry), typed, first, asked.limit)
    if asked.alone:
        url.note(
            _(
                "Of its {count} {several} the network reads {limit}, from {one} {first} on; the slider under "
                "the text moves the part.",
                count=tokens,
                several=_(asked.several),
                limit=asked.limit,
                one=_(asked.one),
                first=first,
            )
        )
    return Sentence(typed, read, tokens, asked, first)


def choose_part(sentence: Sentence) -> None:
    """Of a text that is longer than the limit: which part is read. Else nothing."""
    if sentence.first is None or sentence.tokens is None:
        return
    asked, last = sentence.typing, sentence.tokens - sentence.typing.limit
    key = url.widget(FIRST, sentence.first)
    st.slider(
        _("First {one} of the part", one=_(asked.one)),
        0,
        last,
        key=key,
        on_change=lambda: url.put(FIRST, str(st.session_state[key])),
        help=_(
            "The text has {count} {several}, pages show {limit} at once.",
            count=sentence.tokens,
            several=_(asked.several),
            limit=asked.limit,
        ),
    )
    end = sentence.first + asked.limit - 1
    st.caption(
        _(
            "Shown: {several} {first} to {last} of {count}",
            several=_(asked.several),
            first=sentence.first,
            last=end,
            count=sentence.tokens,
        )
    )


def _count(entry: Entry, text: str, asked: Typed) -> tuple[int | None, str]:
    """How many steps `text` has, and what is wrong with one that cannot be read.

    A model that cannot be loaded is for the page to report.
    """
    try:
        model = loaders.stored(entry)
    except RnnvizError:
        return None, ""
    try:
        return asked.count(model, text), ""
    except TextError as error:
        message = str(error)
        return 0, f"{message[:1].upper()}{message[1:]}."


def _what_to_do(tokens: int, asked: Typed) -> str:
    what = asked.title.lower() if language() == SOURCE else _(asked.title)
    if not tokens:
        return _("The {what} is empty: {missing} and press Enter.", what=what, missing=_(asked.missing))
    return _(
        "The {what} has {count} {several}, the limit is {limit}: leave out {beyond} and press Enter.",
        what=what,
        count=tokens,
        several=_(asked.several),
        limit=asked.limit,
        beyond=tokens - asked.limit,
    )


def box(sentence: Sentence, *, in_page: bool = False) -> None:
    """The box to type in, and in the sidebar under it how much of the limit is used.

    There are two, and the browser shows one: the page's where the sidebar is closed (`style`).
    """
    key = url.widget("page-text" if in_page else "text", sentence.typed, read=one_line)
    st.text_area(
        _(sentence.typing.title),
        key=key,
        height="content",
        label_visibility="collapsed" if in_page else "visible",
        on_change=lambda: _take(st.session_state[key]),
        help=_(sentence.typing.help),
    )
    if sentence.tokens is not None and not in_page and sentence.first is None:
        used = _(
            "{count} of {limit} {several}",
            count=sentence.tokens,
            limit=sentence.typing.limit,
            several=_(sentence.typing.several),
        )
        st.caption(used)


def _take(typed: str) -> None:
    text = one_line(typed)
    if len(text) > limits.CHARACTERS:
        st.session_state[_CUT] = len(text)
    url.put("text", text[: limits.CHARACTERS])
