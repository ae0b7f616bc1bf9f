"""From a lesson's file to a `Lesson`, or to a sentence that says which line to change and how.

A file is Markdown with a front matter in TOML between two lines ``+++``; every step begins with a heading
``## kind: title`` and keeps its settings in one block fenced as ``toml``. ``docs/lessons.md`` explains it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnviz_core import limits
from rnnviz_core.errors import LessonError, unknown_choice
from rnnviz_core.tracing.trace import AXES

from . import fields
from .answer_functions import FUNCTIONS
from .kinds import KINDS, check_fields
from .lesson import MAIN, Blank, Choice, Explain, Lesson, Predict, Recorded, Reveal, Step, Try
from .syntax import Expression
from .tables import Source, Table

ENDING = ".md"
FENCE, FRONT = "```", "+++"
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_HEADING = re.compile(r"##\s+([A-Za-z]+)\s*:\s*(.*\S)\s*")
_WIDE = re.compile(r"##(?!#)")


def read(path: str | Path) -> Lesson:
    """The lesson of a file.

    Raises
    ------
    LessonError
        Names the file and the line, and says what to write there.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > limits.LESSON_BYTES:
            raise LessonError(f"{path.name} has {size:,} bytes; the limit is {limits.LESSON_BYTES:,}")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LessonError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise LessonError(
            f"{path.name} is not UTF-8 (byte {error.start}); save it as UTF-8 in your editor"
        ) from None
    if not ID.fullmatch(path.stem):
        raise LessonError(
            f"{path.name}: a lesson's file is called by small letters, digits and hyphens, such as "
            "13-my-lesson.md"
        )
    return parse(text, path.stem, path)


def parse(text: str, name: str, path: Path | None = None) -> Lesson:
    """The lesson in a text; `name` is its id, and stands in messages.

    Raises
    ------
    LessonError
        As `read`.
    """
    source, lines = Source(f"{name}{ENDING}"), text.removeprefix("\ufeff").splitlines()
    head, body = _front(source, lines)
    told: dict[str, Any] = {
        "title": head.text("title", example='"What the forget gate forgets"', most=80),
        "aim": head.text("aim", example='"After it you can …"', most=300),
        "minutes": head.whole("minutes", 1, 60),
        "misconceptions": head.texts("misconceptions", 0, 6),
    }
    traces = _traces(head)
    names = _names(head)
    steps = _steps(source, lines, body, traces)
    found = Lesson(
        id=name,
        **told,
        traces=traces,
        names=names,
        steps=steps,
        blanks=_blanks(head),
        path=path,
    )
    head.done()
    _check_names(source, found)
    return found


# --- front matter -----------------------------------------------------------------------------


def _front(source: Source, lines: list[str]) -> tuple[Table, int]:
    """The table between the two marks, and the first line after it."""
    if not lines or lines[0].strip() != FRONT:
        raise source.error(1, f"a lesson begins with a line {FRONT}, its settings, and another line {FRONT}")
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == FRONT:
            return Table(source, lines[1:number], 2, "the settings of the lesson"), number + 1
    raise source.error(1, f"the settings have no end; write a line {FRONT} after them")


def _traces(head: Table) -> dict[str, Recorded]:
    found: dict[str, Recorded] = {}
    for name, values in head.plain("traces").items():
        table = head.table(
            f"traces.{name}", values if isinstance(values, dict) else {}, f"the trace {name!r}"
        )
        if not NAME.fullmatch(name):
            raise head.wrong(f"traces.{name}", f"a trace is called by small letters, not {name!r}")
        if "history" in table:
            history = table.text("history", example='"lstm"', most=80)
            found[name] = Recorded("", "", history=history)
            table.done()
            continue
        beam = {"beam": table.whole("beam", 1, limits.BEAM)} if "beam" in table else {}
        reference = {"reference": table.text("reference", most=200)} if "reference" in table else {}
        found[name] = Recorded(
            table.text("model", example='"sentiment-lstm"', most=80),
            table.text("text", example='"The food was not good."', most=limits.CHARACTERS),
            {**beam, **reference},
        )
        table.done()
    if MAIN not in found:
        raise head.wrong("", f"write [traces.{MAIN}] with a model and a text")
    if len(found) > 8:
        raise head.wrong("traces", f"there are {len(found)} traces; up to 8 are possible")
    return found


def _names(head: Table) -> dict[str, Expression]:
    found = head.expressions("names")
    for name in found:
        if not NAME.fullmatch(name) or name in FUNCTIONS or name in AXES:
            raise head.wrong(
                name, f"{name!r} cannot be the name of an expression: small letters, no function, no axis"
            )
    return found


def _blanks(head: Table) -> tuple[Blank, ...]:
    found = []
    for table in head.tables("blanks", 0, 40):
        found.append(
            Blank(
                table.text("text"),
                table.expression("answer"),
                table.whole("digits", 0, 4, 2),
                table.text("work", ""),
            )
        )
        table.done()
        check_fields(table.wrong, "text", found[-1].ask, found[-1].work)
    return tuple(found)


# --- steps ------------------------------------------------------------------------------------


@dataclass
class _Raw:
    """A step as it stands in the file."""

    kind: str
    title: str
    line: int  # of its heading, from 1
    body: list[str]
    settings: list[str]
    settings_line: int


def _steps(source: Source, lines: list[str], start: int, traces: Mapping[str, Recorded]) -> tuple[Step, ...]:
    raw = _cut(source, lines, start)
    if not raw:
        raise source.error(len(lines), "there is no step; write a heading such as ## read: What you will see")
    if len(raw) > limits.LESSON_STEPS:
        raise source.error(
            raw[limits.LESSON_STEPS].line,
            f"a lesson has up to {limits.LESSON_STEPS} steps; this one has more",
        )
    found: list[Step] = []
    open_: list[int] = []  # predicted, and not yet answered
    for number, one in enumerate(raw):
        step = _step(source, one, number, traces, tuple(open_))
        if step.asks:
            open_.append(number)
        elif isinstance(step, Reveal):
            open_ = []
        found.append(step)
    if open_:
        line = raw[open_[0]].line
        raise source.error(line, "no step shows what is right here; write a ## reveal: … step behind it")
    return tuple(found)


def _cut(source: Source, lines: list[str], start: int) -> list[_Raw]:
    found: list[_Raw] = []
    fence, settings = "", False  # inside of which fence we are, and whether it holds settings
    for number, line in enumerate(lines[start:], start=start + 1):
        if fence:
            closes = line.strip() == FENCE
            if settings and not closes:
                found[-1].settings.append(line)
            elif not settings:
                found[-1].body.append(line)
            fence = "" if closes else fence
            continue
        if _WIDE.match(line):
            found.append(_heading(source, line, number))
        elif not found:
            if line.strip():
                raise source.error(number, "text before the first step; begin with ## read: …")
        elif line.startswith(FENCE):
            fence, settings = line.strip(), line.strip() == f"{FENCE}toml"
            if settings:
                if found[-1].settings_line:
                    raise source.error(number, "a second block of settings; a step has one")
                found[-1].settings_line = number + 1
            else:
                found[-1].body.append(line)
        else:
            found[-1].body.append(line)
    if fence:
        raise source.error(len(lines), f"a block that began with {fence} has no end; write a line {FENCE}")
    return found


def _heading(source: Source, line: str, number: int) -> _Raw:
    match = _HEADING.fullmatch(line)
    if match is None:
        raise source.error(
            number,
            f"{line.strip()!r:.60} is not a step; write ## kind: title with one of {', '.join(KINDS)} "
            "(a heading inside a step begins with ###)",
        )
    kind = match[1].lower()
    if kind not in KINDS:
        raise source.error(number, unknown_choice("kind of step", match[1], KINDS))
    return _Raw(kind, match[2], number, [], [], 0)


def _step(
    source: Source, raw: _Raw, number: int, traces: Mapping[str, Recorded], answers: tuple[int, ...]
) -> Step:
    where = f"this {raw.kind} step"
    table = Table(source, raw.settings, raw.settings_line or raw.line, where)
    trace = table.one_of("trace", tuple(traces), MAIN)
    common: dict[str, Any] = {
        "number": number,
        "kind": raw.kind,
        "title": raw.title,
        "body": "\n".join(raw.body).strip(),
        "line": raw.line,
        "trace": trace,
    }
    step = KINDS[raw.kind](table, common, traces, answers)
    table.done()
    check_fields(lambda _, problem: source.error(raw.line, f"{where}: {problem}"), "", *texts(step))
    return step


# --- what only the whole tells ----------------------------------------------------------------


def _check_names(source: Source, lesson: Lesson) -> None:
    """Every trace that an expression names exists; functions and axes are looked at when it is evaluated."""
    # Evaluating needs networks; a misspelt function is found without them.
    for step in lesson.steps:
        for expression in expressions(step):
            problem = fields.unknown_in(expression.tree, lesson.traces, lesson.names)
            if problem:
                raise source.error(step.line, f"this {step.kind} step: “{expression.text}”: {problem}")


def texts(step: Step) -> list[str]:
    """Every text of a step in which fields may stand."""
    found = [step.body]
    match step:
        case Choice():
            found += [step.hint, *(text for one in step.options for text in (one.text, one.note))]
        case Predict():
            found += [step.hint]
        case Reveal():
            found += [said.text for said in step.says]
        case Explain():
            found += step.points
        case Try():
            found += [step.hint]
    return found


def expressions(step: Step) -> list[Expression]:
    """Every expression of a step, those in its texts included."""
    found: list[Expression | None] = []
    match step:
        case Choice():
            found = [option.when for option in step.options] if step.options[0].when else [step.answer]
        case Predict():
            found = [step.answer]
        case Reveal():
            found = [step.token, step.unit, *(said.when for said in step.says)]
        case Try():
            found = [step.check, *step.show.values()]
    written = [one for text in texts(step) for one in fields.expressions(text)]
    return [one for one in found if one is not None] + written
