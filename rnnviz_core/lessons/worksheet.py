"""A lesson on paper: questions with room for answers, numbers to fill in; the same with the answers."""

from html import escape

from rnnviz_core.languages import _, language

from . import answers, drawings
from .fields import written
from .lesson import MAIN, Choice, Explain, Predict, Step, Try
from .plain import Page
from .world import World

_STYLE = """
@page { margin: 16mm; }
body { font: 11.5pt/1.45 "Source Sans 3", "Source Sans Pro", "Segoe UI", Helvetica, Arial, sans-serif;
  color: #111418; background: #fff; max-width: 44rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 20pt; margin: 0 0 .2em; } h2 { font-size: 13pt; margin: 1.4em 0 .3em; break-after: avoid; }
.name { float: right; font-size: 10pt; color: #444; }
.aim, .net { color: #333; margin: .2em 0; }
section { break-inside: avoid; }
.box { display: inline-block; width: .85em; height: .85em; border: 1.3px solid #111; margin-right: .5em;
  vertical-align: -1px;   text-align: center; line-height: .8em; font-size: .95em; }
.line { border-bottom: 1px solid #777; height: 1.9em; }
.blank { display: inline-block; min-width: 5.5em; border-bottom: 1.3px solid #111; text-align: center; }
.solved { color: #1D4F91; font-weight: 600; }
table { border-collapse: collapse; width: 100%; margin: .4em 0; }
td { padding: .35em .5em; border-bottom: 1px solid #ccc; vertical-align: top; }
td:first-child { width: 1.6em; color: #555; }
td:last-child { width: 8.5em; text-align: right; }
ul { list-style: none; padding-left: .2em; }
section > ul.points { list-style: disc; padding-left: 1.4em; }
footer { margin-top: 2em; font-size: 9pt; color: #555; border-top: 1px solid #ccc; padding-top: .5em; }
"""


def page(world: World, *, solved: bool = False) -> str:
    """The worksheet of a lesson as one HTML page that prints well and fetches nothing.

    Parameters
    ----------
    world
        The lesson at work; its own texts, or those a student typed.
    solved
        Whether the answers stand in it.

    Raises
    ------
    RnnvizError
        When a network is missing, or an expression has no value.
    """
    lesson, sheet = world.lesson, Page()
    name, answered = escape(_("Name:")), " · " + escape(_("answers"))
    minutes = escape(_("{minutes} minutes", minutes=lesson.minutes))
    parts = [
        "<header>" + ("" if solved else f'<span class="name">{name} {"_" * 22}</span>'),
        f"<h1>{escape(lesson.title)}{answered if solved else ''}</h1>",
        f'<p class="aim">{escape(lesson.aim)} ({minutes})</p>',
        *(f'<p class="net">{_reads(world, name)}</p>' for name in lesson.traces),
        "</header>",
    ]
    # Where numbers are to be computed, a later question would give an earlier one's away.
    asked = (Explain,) if lesson.blanks else (Predict, Explain, Try)
    if lesson.blanks:
        parts.append(_blanks(world, sheet, solved))
    number = 0
    for step in lesson.steps:
        if isinstance(step, asked):
            number += 1
            parts.append(f"<section><h2>{number}. {escape(step.title)}</h2>{_text(world, step, sheet)}")
            parts.append(f"{_question(world, step, sheet, solved)}</section>")
    made = escape(_("Every number on this sheet was computed by the network when the sheet was made."))
    return (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8">'
        f"<title>{escape(lesson.title)}</title>"
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}<footer>RNNViz · {made}</footer></body></html>"
    )


def _reads(world: World, name: str) -> str:
    """Which network reads what."""
    recorded = world.recorded(name)
    if recorded.history:
        return _("the training run {run}", run=f"<code>{escape(recorded.history)}</code>")
    return _(
        "{network} reads “{text}”",
        network=f"<code>{escape(recorded.model)}</code>",
        text=escape(recorded.text),
    )


def _text(world: World, step: Step, sheet: Page) -> str:
    return sheet.html(world.fill(step.body, step, sheet.keep)) if step.body else ""


def _question(world: World, step: Step, sheet: Page, solved: bool) -> str:
    match step:
        case Choice():
            best = answers.right_option(world, step) if solved else -1
            rows = []
            for at, option in enumerate(step.options):
                words = sheet.html(world.fill(option.text, step, sheet.keep))[3:-4]
                mark = '<span class="solved">×</span>' if at == best else ""
                rows.append(f'<li><span class="box">{mark}</span>{words}</li>')
            return f"<ul>{''.join(rows)}</ul>"
        case Predict():
            return drawings.picture(world, step, uncovered=solved, dark=False)
        case Explain():
            if solved:
                points = (sheet.html(world.fill(one, step, sheet.keep))[3:-4] for one in step.points)
                return f'<ul class="points solved">{"".join(f"<li>{one}</li>" for one in points)}</ul>'
            return '<div class="line"></div>' * 3
        case Try():
            told = "<p>" + escape(_("Find {goal}.", goal=step.goal)) + "</p>"
            return told + ("" if solved else '<div class="line"></div>')
    return ""


def _blanks(world: World, sheet: Page, solved: bool) -> str:
    rows = []
    for number, one in enumerate(world.lesson.blanks, start=1):
        value = written(world.value(one.answer, MAIN), str(one.digits))
        ask = sheet.html(world.fill(one.ask, None, sheet.keep))[3:-4]
        work = sheet.html(world.fill(one.work, None, sheet.keep))[3:-4] if one.work else ""
        given = f'<span class="solved">{escape(value)}</span>' if solved else "&nbsp;"
        shown = f"{ask}<br>{work}" if work else ask
        rows.append(f'<tr><td>{number}</td><td>{shown}</td><td><span class="blank">{given}</span></td></tr>')
    heading = escape(_("By hand"))
    return f"<h2>{heading}</h2><table>{''.join(rows)}</table>"
