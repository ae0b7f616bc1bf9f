"""What the person chose, kept in the URL, so that a copied link opens the same view.

Why not the widgets' own ``bind="query-params"``: it writes the label a person sees (a model's label
carries its score, a token's label its text), drops values it does not know without a word, and
leaves out whatever equals today's default. Here the URL holds plain ids and numbers, and a value
that does not fit leaves a note on the page.

A value is text. It comes from the URL on the first run, when the person goes back or forward, and
when the URL is changed by a link; otherwise from the widgets.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from rnnviz_core import limits
from rnnviz_core.languages import N_, SOURCE, _, language
from rnnviz_core.ui import streamlit_private

T = TypeVar("T")
NAMES = (
    "language",
    *("task", "model", "text", "section", "layer", "token", "step", "unit", "state", "units", "deal"),
    *("beam", "reference", "with", "with_text", "start", "span", "view"),
    *("order", "gate", "convention", "side", "map", "word", "from", "to", "part", "strips", "fold"),
    *("of", "scale", "weights", "clip", "cut", "first", "over", "deep"),
    *("lesson", "at", "given", "typed"),
    *("run", "beside", "moment", "read", "film"),
    *("problem", "cell", "steps", "size", "optimizer", "rate", "bias", "dropout", "lengths", "seed"),
    *("class", "key", "me", "here"),
)
# What one page alone has: on the others it is set aside, and comes back with the page.
OWNED = {
    "lessons": ("lesson", "at", "given", "typed"),
    "class": ("class", "key", "me", "here"),
    "training": ("run", "beside", "moment", "read", "film"),
    "toy": (
        *("problem", "cell", "steps", "size", "optimizer", "rate", "bias", "dropout", "lengths", "seed"),
    ),
}
HOSTS = ("lessons", "class")  # they draw other pages' sections, and keep what these chose while one stays
# What such a page chose for what it shows; on other pages, which show something else, it would mislead.
SHOWN = (
    *("section", "layer", "token", "step", "unit", "state", "gate", "side", "span", "of", "word"),
    *("beam", "convention", "order"),
)
DIGITS = 9  # more than any number in a link needs
_KEY = "rnnviz-url"
_NOTHING = object()  # where None is a value


@dataclass
class _Memory:
    """One session's choices, and what this server last read from and wrote to its URL."""

    values: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)  # of each widget, see `widget`
    show: Callable[[str], None] | None = None  # draws a note that comes after the page's header
    page: str = ""
    aside: dict[str, str] = field(default_factory=dict)  # what the pages in `OWNED` chose, while on others


def _memory() -> _Memory:
    """Of this session: looked up once a run, because Streamlit's way to what a session holds is long."""
    kept = streamlit_private.run_store()
    found: _Memory | None = kept.get(_KEY)
    if found is None:
        found = kept[_KEY] = st.session_state[_KEY]
    return found


@st.fragment(run_every=86_400)  # seconds
def _come_back() -> None:
    """Nothing; but only a page on which something runs by itself is run as soon as a lost server is back.

    Otherwise the first thing a person did there would be the first that the new server hears of them. It
    knows no widget of theirs yet and would believe the URL: what they typed would be gone.
    """


def begin(page: str = "") -> None:
    """Take over what the URL says. Once per run, before any widget; `page` is the one that is asked for."""
    _come_back()
    incoming = _shown()
    first = _KEY not in st.session_state
    if first:
        st.session_state[_KEY] = _Memory()
    memory = _memory()
    memory.notes, memory.show = [], None
    if first:
        memory.values = dict(incoming)
    elif streamlit_private.went_back():
        memory.values, memory.page = dict(incoming), page  # all of it was chosen on this page, not before
    else:  # an echo of an older URL, still under way while a newer one was written, must not win
        for name, value in incoming.items():
            if value not in (memory.seen.get(name), memory.written.get(name)):
                memory.values[name] = value
    memory.seen = incoming
    _turn(memory, page)
    write()


def carry_to(page: str) -> None:
    """Put what was chosen into the URL before the browser hears which page it is on.

    A link to another page carries nothing, and the browser notes the page in its history as soon as it hears
    of it. A query that came later would be a second entry, and Back would lead from the page to itself.
    """
    if _KEY not in st.session_state or streamlit_private.went_back() or page in OWNED or st.query_params:
        return
    memory = _memory()
    unchanged = memory.values in (memory.written, memory.seen)
    if unchanged and memory.page not in OWNED:  # else the query that belongs to the page is another
        write()


def peek(name: str) -> str | None:
    """What `begin` is going to take over for `name`: the menu is drawn before it."""
    incoming = st.query_params.to_dict().get(name)
    if _KEY not in st.session_state or streamlit_private.went_back():
        return incoming
    memory = _memory()
    echo = incoming in (None, memory.seen.get(name), memory.written.get(name))
    return memory.values.get(name) if echo else incoming


def _turn(memory: _Memory, page: str) -> None:
    """Set aside what belongs to the page before, and take back what belongs to this one."""
    if memory.page in OWNED and page != memory.page:
        for name in SHOWN:
            memory.values.pop(name, None)
    for owner, names in OWNED.items():
        if owner == page and names[0] not in memory.values:
            memory.values |= {name: memory.aside.pop(name) for name in names if name in memory.aside}
        elif owner != page and not (page in HOSTS and page == memory.page):
            memory.aside |= {name: memory.values.pop(name) for name in names if name in memory.values}
    memory.page = page


def leave_for(page: str) -> None:
    """Keep what was chosen for the page that is opened next: it is opened to see just that."""
    _memory().page = page


def _shown() -> dict[str, str]:
    """What the address says now, in one look: every single one asks Streamlit anew."""
    query = st.query_params.to_dict()
    return {name: query[name] for name in NAMES if name in query}


def write() -> None:
    """Let the URL hold exactly what was chosen, in one step, so that going back is one step too."""
    values = _memory().values
    if values != _shown():
        others = {name: st.query_params.get_all(name) for name in st.query_params if name not in NAMES}
        st.query_params.from_dict({**others, **{name: values[name] for name in NAMES if name in values}})
        _memory().written = dict(values)


def get(name: str) -> str | None:
    """The value as it stands, unchecked; None when nothing was chosen."""
    return _memory().values.get(name)


def put(name: str, value: str | None) -> None:
    """Choose `value` (None: go back to the default), in a callback; the run that follows writes the URL."""
    if value is None:
        _memory().values.pop(name, None)
    else:
        _memory().values[name] = value


def note(message: str) -> None:
    """Something about the link that the person should know; shown in the page's header."""
    memory = _memory()
    if message not in memory.notes:
        memory.notes.append(message)
        if memory.show:
            memory.show(message)


def show_later(draw: Callable[[str], None]) -> None:
    """How to draw notes that come up after the header stands."""
    _memory().show = draw


def notes() -> tuple[str, ...]:
    """The notes of this run."""
    return tuple(_memory().notes)


def checked(name: str, read: Callable[[str], T | None], default: T, *, shown: str | None = None) -> T:
    """The chosen value as `read` understands it, or `default` with a note when it does not.

    `read` returns None for a value that is not there, or raises `ValueError` with what is wrong.
    """
    raw = get(name)
    if raw is None:
        return default
    problem = _("The link asks for {name} “{value}”, which is not here", name=name, value=raw[:40])
    try:
        value = read(raw)
    except ValueError as error:
        value, problem = None, str(error)
    if value is None:
        note(_("{problem}; showing {shown} instead.", problem=problem, shown=shown or default))
        put(name, None)
        write()
        return default
    return value


def one_of(options: Sequence[str]) -> Callable[[str], str | None]:
    """Reads a value that must be one of `options`."""
    return lambda raw: raw if raw in options else None


def number(raw: str) -> int | None:
    """A whole number from 0, or None; anything of more than `DIGITS` digits is read as the largest of those.

    A link may hold thousands of digits: Python refuses to read more than 4,300, with a message of its own.
    """
    if not (raw.isascii() and raw.isdigit()):
        return None
    digits = raw.lstrip("0")
    return int(digits or "0") if len(digits) <= DIGITS else 10**DIGITS - 1


def whole(size: int) -> Callable[[str], int | None]:
    """Reads a whole number from 0 to below `size`, which is at most ``10**DIGITS - 1``."""

    def read(raw: str) -> int | None:
        found = number(raw)
        return found if found is not None and found < size else None

    return read


def short_enough(text: str, limit: int = limits.CHARACTERS, *, what: str = N_("text")) -> str:
    """Reads a text that is within the limit; only a link can hold a longer one, the boxes take no more."""
    if len(text) > limit:
        raise ValueError(
            _(
                "The link’s {what} has {count} characters, the limit is {limit}",
                what=_(what),
                count=len(text),
                limit=limit,
            )
        )
    return text


def widget(name: str, value: object, read: Callable[[Any], object] = lambda shown: shown) -> str:
    """The key of the widget that shows `value`, ready to be drawn.

    `read` makes the value of what the widget shows, where the two may differ.

    When something else than the widget changed the value, the widget gets a new key. Under the old
    key the browser may still report what it shows until it hears of the change, and that echo would
    be taken for a choice: typed text would be lost by clicking fast.
    """
    versions = _memory().versions
    key = _key(name, versions.get(name, 0))
    shown = st.session_state.get(key, _NOTHING)  # one look: Streamlit's way to what a session holds is long
    if shown is not _NOTHING and read(shown) != value:
        versions[name] = versions.get(name, 0) + 1
        key = _key(name, versions[name])
        shown = st.session_state.get(key, _NOTHING)
    if shown is _NOTHING:
        st.session_state[key] = value
    return key


def _key(name: str, version: int) -> str:
    """In another language another widget: under the same key a browser may still report the old words."""
    spoken = "" if language() == SOURCE else f"-{language()}"
    return f"choice-{name}-{version}{spoken}" if version else f"choice-{name}{spoken}"
