"""The page header, the same everywhere: tokens, prediction, model, verification."""

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts.theme import class_colours
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.findings.reliability import Reliability
from rnnviz_core.frames import what_goes_in
from rnnviz_core.frames.proof import proof
from rnnviz_core.frames.tokens import WORD_START, shown
from rnnviz_core.inputs import likeness
from rnnviz_core.inputs.steps import Token
from rnnviz_core.inputs.tokenizer import UNK, is_byte
from rnnviz_core.languages import N_, _, ngettext, numerals, signs
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.streamlit_private import draw_html

from . import known, projector, routes, script, sentence, tools, wording

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from rnnviz_core.ui.serving.view import Choice

CHECKED = N_("The numbers were computed twice and agree")
WIDE, NARROW = (10, 8), (4, 4)  # words of a long text that stay at its ends: on a laptop, on a phone


ENDS = 5  # numbers of a long series that stand at either end of its line


def draw(page: str, choice: "Choice", trace: Trace) -> "DeltaGenerator":
    """Title and tools; tokens as chips; in one line what the network answers, which one it is, and the proof.

    Where the sidebar is closed, as on a phone, the sentence's box stands here. Returns the row of the title:
    what a page draws there takes the place of its line. Every element costs, whatever it holds, so
    that there are few (docs/performance.md).
    """
    found = routes.route(page)
    axis = "source" if "source" in trace.tokens else "time"
    with st.container(key="head", gap="xsmall"):
        top = st.container(horizontal=True, vertical_alignment="center", gap="small", key="head-top")
        with top:
            link = script.copy_link(task=str(choice.entry.spec.task), model=choice.entry.id, text=choice.text)
            _title(found, link)
            tools.draw(page, choice.entry, trace)
        if choice.written and choice.written.typing.box:
            sentence.box(choice.written, in_page=True)
        measured = known.of(choice.entry, trace)
        marks = badge(trace, told=not choice.entry.parameters) + known.details(choice.entry, measured)
        facts = f'{_answer(choice.entry, trace)}<span class="rv-network">{_network(choice)}{marks}</span>'
        rows = (_steps(trace, axis, fold=True), f'<div class="rv-facts">{facts}</div>')
        draw_html(f'<div class="rv-head">{"".join(rows)}{_doubts(choice.entry, trace, measured)}</div>')
        _show_notes(trace, axis)
    return top


def draw_plain(page: str) -> None:
    """Title, the page's line and its glossary: the header of a page that is about no trace."""
    found = routes.route(page)
    with (
        st.container(key="head", gap="xsmall"),
        st.container(horizontal=True, vertical_alignment="center", gap="small", key="head-top"),
    ):
        _title(found, script.copy_link())
        tools.draw_plain(page)


def _title(found: routes.Route, link: str) -> None:
    """The title, and in one element the page's line and the button that copies its address."""
    st.title(_(found.title), anchor=False, width="content")
    draw_html(f'<div class="rv-top"><p class="rv-line">{escape(_(found.line))}</p>{link}</div>')
    if projector.is_on():
        projector.leave()


def draw_brief(entry: Entry, trace: Trace, *, reads: bool) -> None:
    """Which network of two this column is about, and what it answers; what it reads where that differs."""
    axis = "source" if "source" in trace.tokens else "time"
    rows = [f'<p class="rv-row"><strong>{escape(entry.id)}</strong></p>']
    if reads:
        rows.append(_row(_("Input"), _steps(trace, axis)))
    rows += [_answer(entry, trace), _doubts(entry, trace, known.of(entry, trace))]
    draw_html(f'<div class="rv-head">{"".join(rows)}</div>')


def _show_notes(trace: Trace, axis: str) -> None:
    unknown = sum(token.id == _unknown(trace) for token in trace.tokens[axis])
    more = [_(note) for note in trace.meta.get("notes", ())]
    if unknown:
        more.append(
            ngettext(
                "{n} token is not in the vocabulary (dotted frame): the network reads “unknown”.",
                "{n} tokens are not in the vocabulary (dotted frame): the network reads “unknown”.",
                unknown,
            )
        )
    if single := sum(is_byte(token.text) for token in trace.tokens[axis]):
        more.append(
            ngettext(
                "{n} token is a byte of characters that have no token of their own (dotted frame).",
                "{n} tokens are bytes of characters that have no token of their own (dotted frame).",
                single,
            )
        )
    wording.show_notes(*more)


def _row(key: str, content: str) -> str:
    return f'<div class="rv-row"><span class="rv-key">{escape(key)}</span>{content}</div>'


def _unknown(trace: Trace) -> int:
    """The id that stands for what a vocabulary lacks."""
    found = trace.meta.get("unknown_id", UNK)
    return found if isinstance(found, int) else UNK


def _steps(trace: Trace, axis: str, *, fold: bool = False) -> str:
    """What is read: pieces as chips, numbers as a line."""
    tokens = trace.tokens[axis]
    if what_goes_in.columns(trace):
        return f'<span class="rv-value">{escape(what_goes_in.in_brief(trace))}</span>'
    values = [token.value for token in tokens if token.value is not None]
    if not values:
        return _chips(tokens, _unknown(trace), fold=fold)
    ends = [numerals(f"{value:g}") for value in values]
    if len(ends) > 2 * ENDS:
        ends = [*ends[:ENDS], "…", *ends[-ENDS:]]
    between = "; " if signs()[0] == "," else ", "  # 4,1, 2,6 would be four numbers
    told = ngettext("{n} number: {values}", "{n} numbers: {values}", len(values), values=between.join(ends))
    return f'<span class="rv-value">{escape(told)}</span>'


def _chips(tokens: tuple[Token, ...], unknown: int, *, fold: bool = False) -> str:
    """One chip per piece, in reading order; the pieces of one word stand together.

    `fold` takes the middle of a long text out until it is asked for: beginning and end stay in sight.
    """
    groups: list[list[str]] = []
    for number, token in enumerate(tokens):
        starts = token.text.startswith((WORD_START, "<"))
        kind = (
            "rv-chip"
            + " rv-unknown" * (token.id == unknown or is_byte(token.text))
            + " rv-end" * (token.text == "</s>")
        )
        title = _("token {number}: {text}", number=number, text=token.text)
        if token.id == unknown:
            title = _("{title} (unknown to the network)", title=title)
        chip = f'<span class="{kind}" title="{escape(title)}">{escape(shown(token.text))}</span>'
        if starts or not groups:
            groups.append([])
        groups[-1].append(chip)
    count = len(groups)
    drawn = [
        f'<span class="rv-word{_folded(number, count) if fold else ""}">{"".join(group)}</span>'
        for number, group in enumerate(groups)
    ]
    if fold and count > sum(NARROW):
        kind, ends = ("rv-more", WIDE) if count > sum(WIDE) else ("rv-more rv-more-narrow", NARROW)
        every = _("all {n} tokens", n=len(tokens))
        drawn.insert(
            count - ends[1], f'<label class="{kind}"><input type="checkbox"> {escape(every)}</label>'
        )
    counted = ngettext("{n} token", "{n} tokens", len(tokens))
    label = f'role="group" aria-label="{escape(counted)}"'
    return f'<span class="rv-value rv-chips" {label}>{"".join(drawn)}</span>'


def _folded(number: int, count: int) -> str:
    """The classes of a word that steps back: on every screen, or where there is little room."""
    kinds = (("rv-middle", WIDE), ("rv-middle-narrow", NARROW))
    return "".join(
        f" {kind}" for kind, (first, last) in kinds if count > first + last and first <= number < count - last
    )


def _answer(entry: Entry, trace: Trace) -> str:
    """A row of the header: what the network says, and how sure it is where it tells."""
    answer = task_of_spec(entry.spec).answer(trace)
    language = f' lang="{escape(answer.language)}"' if answer.language else ""
    text = f'<span class="rv-answer"{language}>{escape(answer.text)}</span>'
    if answer.share is not None:
        width = f"width:{answer.share:.0%}"
        if answer.place is not None:
            place, count = answer.place
            width += f";background:{class_colours(count, answer.ordered)[place]}"
        text += (
            f'<span class="rv-bar" aria-hidden="true"><i style="{width}"></i></span>'
            f"<span>{escape(_('probability {share:.1%}', share=answer.share))}</span>"
        )
    return _row(answer.verb, f'<span class="rv-value">{text}</span>')


def doubt(entry: Entry, trace: Trace) -> str:
    """A line where the text is unlike those on which the network was tested; empty where it is like them.

    The network is as sure of itself on such a text as on any other, so its probability does not tell.
    """
    tokens = trace.tokens["source" if "source" in trace.tokens else "time"]
    found = likeness.beyond(likeness.of_tokens(tokens), entry.metrics.get("usual"))
    if not found:
        return ""
    first = escape(_("Unlike 99 of 100 sentences it was tested on:"))
    rest = _("{what}. How good its answers to such texts are was not measured.", what="; ".join(found))
    return f'<p class="rv-doubt"><strong>{first}</strong> {escape(rest)}</p>'


def _doubts(entry: Entry, trace: Trace, measured: Reliability) -> str:
    """Both reasons to doubt the answer: a text unlike those it was tested on, or like those it failed on."""
    return doubt(entry, trace) + known.doubt(measured)


def _network(choice: "Choice") -> str:
    """The network; with the sidebar closed also its score, which otherwise stands there."""
    entry, score = choice.entry, wording.score(choice.entry)
    beside = f'<span class="rv-score"> · {escape(score)}</span>' if score else ""
    name = f"<strong>{escape(entry.id)}</strong> · {escape(wording.architecture(entry.spec))}"
    return f"<span>{name}{beside}</span>"


def badge(trace: Trace, *, told: bool = False) -> str:
    """The proof that what is shown is what the network computed; of a trace alone its file has `told`."""
    agree = _(CHECKED)
    values = {"proof": proof(trace), "difference": numerals(f"{trace.max_difference:.1e}")}
    if told:
        text = _(
            "As the trace’s file says, the numbers were computed twice and agree: {proof}, and the largest "
            "difference is {difference}.",
            **values,
        )
    else:
        text = _(
            "The numbers were computed twice and agree: {proof}, and the largest difference is {difference}.",
            **values,
        )
    return (
        f'<details class="rv-fold rv-badge"><summary title="{escape(agree)}">'
        f'<b aria-hidden="true">✓</b><span> {escape(_("Checked"))}</span></summary>'
        f"<p>{escape(text)}</p></details>"
    )
