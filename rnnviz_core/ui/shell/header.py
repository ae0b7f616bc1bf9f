"""The page header, the same everywhere: tokens, prediction, model, verification."""

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from rnnviz_core.charts.theme import class_colours
from rnnviz_core.checkpoints.listing import scores
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.frames.tokens import WORD_START, shown
from rnnviz_core.inputs.tokenizer import UNK
from rnnviz_core.tasks.base import task
from rnnviz_core.tracing.trace import Token, Trace

from . import routes, words

if TYPE_CHECKING:
    from .sidebar import Choice

# Colours are mixed from the text's own colour, so that the same rules serve light and dark.
STYLE = """
<style>
[data-testid="stCaptionContainer"] { color: inherit !important; opacity: 0.8; }
.stMainBlockContainer { padding-top: 3.2rem; }
[data-testid="stPageLink"] a, [data-testid="stPageLink"] a * { white-space: normal; }
.vega-bind, .vega-bind label { display: flex; align-items: center; gap: 0.6rem; }
.vega-bind label { flex: 1 1 auto; min-width: 0; flex-wrap: nowrap !important; }
.vega-bindings input[type=range] { flex: 0 1 28rem; width: 28rem !important; min-width: 4rem; }
.rv-head { font-size: 0.95rem; line-height: 1.5; }
.rv-line { margin: 0 0 0.75rem 0; opacity: 0.85; }
.rv-row { display: flex; flex-wrap: wrap; gap: 0.35rem 0.3rem; align-items: baseline; margin: 0.35rem 0; }
.rv-key { flex: 0 0 4.6rem; font-size: 0.85rem; opacity: 0.8; }
.rv-value { display: flex; flex-wrap: wrap; gap: 0.3rem 0.6rem; align-items: baseline; flex: 1 1 12rem; }
.rv-chips { gap: 0.3rem 0.35rem; max-height: 9rem; overflow-y: auto; }
.rv-word { display: inline-flex; }
.rv-chip { padding: 0.08rem 0.5rem; background: color-mix(in srgb, currentColor 10%, transparent);
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); border-radius: 0.4rem;
  white-space: pre; }
.rv-word .rv-chip:not(:last-child) { border-top-right-radius: 0; border-bottom-right-radius: 0; }
.rv-word .rv-chip:not(:first-child) { border-top-left-radius: 0; border-bottom-left-radius: 0;
  border-left-style: dashed; margin-left: -1px; }
.rv-unknown { border: 2px dotted currentColor; }
.rv-end { background: transparent; font-style: italic; }
.rv-answer { overflow-wrap: anywhere; font-size: 1.15rem; font-weight: 600; }
.rv-bar { display: inline-block; width: 6rem; height: 0.55rem; border-radius: 0.3rem; overflow: hidden;
  background: color-mix(in srgb, currentColor 18%, transparent); }
.rv-bar i { display: block; height: 100%; }
.rv-badge { padding: 0.08rem 0.55rem; border-radius: 1rem; font-size: 0.85rem;
  border: 1px solid color-mix(in srgb, #009E73 70%, currentColor 30%); }
.rv-badge b { color: color-mix(in srgb, #009E73 65%, currentColor 35%); }
</style>
"""


def style() -> None:
    """The few rules that Streamlit's theme has no setting for."""
    st.html(STYLE)


def draw(page: str, choice: "Choice", trace: Trace) -> None:
    """Title, tokens as chips, what the network answers, which network it is, and the proof."""
    found = routes.route(page)
    st.title(found.title, anchor=False)
    rows = [f'<p class="rv-line">{escape(found.line)}</p>']
    axis = "source" if "source" in trace.tokens else "time"
    rows.append(_row("It reads", _chips(trace.tokens[axis])))
    rows.append(_answer(trace))
    rows.append(_row("Network", f'<span class="rv-value">{_network(choice)}{badge(trace)}</span>'))
    st.html(f'<div class="rv-head">{"".join(rows)}</div>')
    _show_notes(trace, axis)


def draw_brief(entry: Entry, trace: Trace, *, reads: bool) -> None:
    """Which network of two this column is about, and what it answers; what it reads where that differs."""
    axis = "source" if "source" in trace.tokens else "time"
    rows = [f'<p class="rv-row"><strong>{escape(entry.id)}</strong></p>']
    if reads:
        rows.append(_row("It reads", _chips(trace.tokens[axis])))
    rows.append(_answer(trace))
    st.html(f'<div class="rv-head">{"".join(rows)}</div>')


def _show_notes(trace: Trace, axis: str) -> None:
    unknown = sum(token.id == UNK for token in trace.tokens[axis])
    more = list(trace.meta.get("notes", ()))
    if unknown:
        pieces = "piece is" if unknown == 1 else "pieces are"
        more.append(f"{unknown} {pieces} not in the vocabulary (dotted frame): the network reads “unknown”.")
    words.show_notes(*more)


def _row(key: str, content: str) -> str:
    return f'<div class="rv-row"><span class="rv-key">{escape(key)}</span>{content}</div>'


def _chips(tokens: tuple[Token, ...]) -> str:
    """One chip per piece, in reading order; the pieces of one word stand together."""
    groups: list[list[str]] = []
    for number, token in enumerate(tokens):
        starts = token.text.startswith((WORD_START, "<"))
        kind = "rv-chip" + " rv-unknown" * (token.id == UNK) + " rv-end" * (token.text == "</s>")
        title = f"token {number}: {token.text}" + (" (unknown to the network)" if token.id == UNK else "")
        chip = f'<span class="{kind}" title="{escape(title)}">{escape(shown(token.text))}</span>'
        if starts or not groups:
            groups.append([])
        groups[-1].append(chip)
    joined = "".join(f'<span class="rv-word">{"".join(group)}</span>' for group in groups)
    label = f'tabindex="0" role="group" aria-label="{len(tokens)} tokens"'  # scrolls when there are many
    return f'<span class="rv-value rv-chips" {label}>{joined}</span>'


def _answer(trace: Trace) -> str:
    """A row of the header: what the network says, and how sure it is where it tells."""
    answer = task(trace.meta["task"]).answer(trace)
    language = f' lang="{escape(answer.language)}"' if answer.language else ""
    text = f'<span class="rv-answer"{language}>{escape(answer.text)}</span>'
    if answer.share is not None:
        width = f"width:{answer.share:.0%}"
        if answer.place is not None:
            place, count = answer.place
            width += f";background:{class_colours(count)[place]}"
        text += (
            f'<span class="rv-bar" aria-hidden="true"><i style="{width}"></i></span>'
            f"<span>probability {answer.share:.1%}</span>"
        )
    return _row(answer.verb, f'<span class="rv-value">{text}</span>')


def _network(choice: "Choice") -> str:
    entry = choice.entry
    return (
        f"<span><strong>{escape(entry.id)}</strong> · {escape(words.architecture(entry.spec))} · "
        f"{escape(scores(dict(entry.scores)))}</span>"
    )


def badge(trace: Trace) -> str:
    """The proof that what is shown is what torch computed."""
    return (
        '<span class="rv-badge"><b aria-hidden="true">✓</b> gates recomputed from torch’s own h: '
        f"largest difference {trace.max_difference:.1e}</span>"
    )
