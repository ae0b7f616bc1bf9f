"""Text on the page: escaping, and the blocks that look the same everywhere."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.task import task_of_spec, typed_of
from rnnviz_core.frames.columns import frame
from rnnviz_core.languages import N_, _, bound, language
from rnnviz_core.models.specs import ModelSpec
from rnnviz_core.ui.controls import url

from . import routes

if TYPE_CHECKING:
    from rnnviz_core.frames.columns import Rows
    from rnnviz_core.ui.serving.view import View

FEW = 4  # units of a network that is small enough for its size to be part of its name
NEGATIONS = {"en": "not", "es": "no", "de": "nicht"}  # French has no such word: “ne … pas” are two
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$^=:&])")


def plain(text: str) -> str:
    """`text` as Markdown that shows exactly `text`: nothing in it is interpreted."""
    escaped = _SPECIAL.sub(lambda found: f"&#{ord(found.group())};", text)
    return escaped.replace("\n", " ")


def explain(read: str, question: str) -> None:
    """How to read the chart above, in one sentence, and one question worth trying."""
    st.markdown(
        f":material/visibility: **{_('How to read this.')}** {read}  \n"
        f":material/science: **{_('Try this.')}** {question}",
    )


def negation(view: "View") -> str | None:
    """The word for “not” in the language that the network reads; None where we do not know it."""
    return NEGATIONS.get(task_of_spec(view.entry.spec).reads(view.entry.spec))


def link_pages(*names: str) -> None:
    """Links to other pages, one below the other, each with a line on what is there."""
    for name in names:
        found = routes.route(name)
        routes.link(name, f"**{_(found.title)}**: {_(found.line)}")


def score(entry: Entry) -> str:
    """The one score that stands beside a model: of what the pages show of it; empty when not measured."""
    return task_of_spec(entry.spec).headline(entry.spec, entry.scores)


def measured(entry: Entry) -> str:
    """What that score counts: ``accuracy over 5 classes, on 2,210 test sentences``."""
    if not score(entry):
        return _(getattr(entry.spec, "origin", "")) or _("not measured")
    rows = entry.metrics.get("rows")
    task = task_of_spec(entry.spec)
    counts = task.counts(entry.spec)
    if not isinstance(rows, int):
        return counts
    return _("{counts}, on {n:,} {texts}", counts=counts, n=rows, texts=_(typed_of(entry.spec).tested))


def architecture(spec: ModelSpec) -> str:
    """The cell and how it looks back: ``LSTM``, ``BiGRU + attention``, ``GRU + Bahdanau``."""
    return task_of_spec(spec).architecture(spec)


ENDINGS = {"free": N_("free")}  # of a model's name, as a list calls them; free: attention was not supervised
_labels: dict[tuple[str, str], tuple[Entry, str]] = {}  # (language, id) -> whose name it is, and the name


def label(entry: Entry) -> str:
    """A model as a list of choices names it: languages, architecture, score."""
    if entry.path is None:  # a visitor's own: gone with the session
        return _label(entry)
    known = _labels.get((language(), entry.id))
    if known is None or known[0] is not entry:
        known = _labels[language(), entry.id] = entry, _label(entry)
    return known[1]


def _label(entry: Entry) -> str:
    spec = entry.spec
    family, (number, percent, after) = task_of_spec(spec).family(spec), score(entry).partition("%")
    measured = number + percent if percent else number + after  # “49.5 %” of “49.5 % right”
    about = f"{family} " * (family not in (spec.task, _(spec.task)))  # the task stands above the list
    few = f", {_('{n} units', n=spec.hidden)}" if 0 < spec.hidden <= FEW and spec.layers else ""
    ending = ENDINGS.get(entry.id.removeprefix(f"{spec.model_id}-"))
    own = f", {_(ending)}" if ending else ""
    return f"{about}{architecture(spec)}{few}{own}" + (f" · {measured}" if measured else "")


def download_rows(rows: "Rows | Callable[[], Rows]", name: str) -> None:
    """A button that saves the rows behind a chart as ``name.csv``; `rows` may be what makes them."""
    st.download_button(
        f"{name}.csv",
        data=bound(lambda: frame(rows() if callable(rows) else rows).to_csv(index=False).encode()),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"rows-{name}",
        icon=":material/download:",
        on_click="ignore",
        help=_("The rows behind the chart, as a table"),
    )


def show_notes(*more: str) -> None:
    """Notes on the link and on the text, each on its own line; later ones join them."""
    place = st.container()

    def draw(message: str) -> None:
        place.info(plain(message), icon=":material/info:")

    for message in (*url.notes(), *more):
        draw(message)
    url.show_later(draw)
