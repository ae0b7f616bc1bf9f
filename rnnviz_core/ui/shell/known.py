"""Beside the verdict: what the network has read, and how often it was right on texts like this one."""

from html import escape

from rnnviz_core import findings
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.findings.reliability import Reliability
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace

from . import wording

ASKED = N_("What it was trained on, and how often it was right on texts like this one")


def of(entry: Entry, trace: Trace) -> Reliability:
    """What was measured for the network that made a trace."""
    return findings.reliability(trace, entry.metrics, entry.card)


def details(entry: Entry, measured: Reliability) -> str:
    """A mark that opens all of it; empty where nothing was measured."""
    lines = list(measured.lines)
    if score := wording.score(entry):
        lines.insert(0, f"{score}, {wording.measured(entry)}.")
    if not lines:
        return ""
    body = "<br>".join(escape(line) for line in lines)
    mark = f'<b aria-hidden="true">?</b><span> {escape(_("How often right"))}</span>'
    asked = escape(_(ASKED))
    summary = f'<summary title="{asked}" aria-label="{asked}">{mark}</summary>'
    return f'<details class="rv-fold rv-known">{summary}<p>{body}</p></details>'


def doubt(measured: Reliability) -> str:
    """A line where at least half of the sentences like this one were answered wrongly; else empty."""
    if not measured.doubt:
        return ""
    first = escape(_("Likely wrong here:"))
    return f'<p class="rv-doubt"><strong>{first}</strong> {escape(measured.doubt)}.</p>'
