"""What each kind of step keeps in its settings."""

from collections.abc import Callable, Mapping
from typing import Any

from rnnviz_core.errors import LessonError

from . import fields
from .lesson import Choice, Curve, Explain, Option, Point, Recorded, Reply, Reveal, Scale, Step, Try
from .tables import Table

ADDRESS = (
    *("layer", "token", "step", "unit", "state", "gate", "side", "order", "of", "word", "convention"),
    *("read", "film", "moment"),  # of the page Training, and below those of Train one here
    *("problem", "cell", "steps", "size", "optimizer", "rate", "bias", "dropout", "lengths", "seed"),
)
OF_RUNS = "training"  # the page that draws training runs, not traces
WHOLE = "toy"  # the page that is drawn as a whole: it has no sections


def check_fields(wrong: Callable[[str, str], LessonError], name: str, *texts: str) -> None:
    """Refuse a field of these texts that cannot be read; `wrong` makes the error of a setting."""
    for text in texts:
        try:
            fields.check(text)
        except LessonError as error:
            raise wrong(name, str(error)) from None


_Made = Mapping[str, Any]


def _read(table: Table, common: _Made, traces: object, answers: object) -> Step:
    return Step(**common)


def _predict(table: Table, common: _Made, traces: object, answers: object) -> Step:
    kind = table.one_of("kind", ("choice", "number", "token", "curve"))
    common = {**common, "hint": table.text("hint", "")}
    if kind == "choice":
        return _choice(table, common)
    answer = table.expression("answer")
    if kind == "token":
        return Point(**common, answer=answer, within=table.whole("within", 0, 20, 0))
    low, high = table.number("from", example="0"), table.number("to", example="1")
    if not low < high:
        raise table.wrong("to", f"from is {low:g} and to is {high:g}; to must be the larger one")
    tolerance = table.number("tolerance", example="0.1")
    if not 0 < tolerance < (high - low) / 2:
        raise table.wrong(
            "tolerance", f"tolerance is {tolerance:g}; it must lie between 0 and half of the scale"
        )
    if kind == "curve":
        return Curve(
            **common, answer=answer, low=low, high=high, tolerance=tolerance, label=table.text("label", "")
        )
    step = table.number("step", (high - low) / 100)
    if not (high - low) / 1000 <= step <= (high - low) / 2:
        raise table.wrong("step", f"step is {step:g}; choose 2 to 1,000 steps from {low:g} to {high:g}")
    return Scale(
        **common,
        answer=answer,
        low=low,
        high=high,
        step=step,
        tolerance=tolerance,
        unit=table.text("unit", ""),
        left=table.text("left", ""),
        right=table.text("right", ""),
    )


def _choice(table: Table, common: _Made) -> Step:
    options = []
    for one in table.tables("options", 2, 6):
        options.append(Option(one.text("text"), one.perhaps("when"), one.text("note", "")))
        one.done()
    conditions = [option.when is not None for option in options]
    if len({option.text for option in options}) < len(options):
        raise table.wrong("options", "two options have the same text")
    if all(conditions):
        first = options[0].when
        assert first is not None
        return Choice(**common, answer=first, options=tuple(options))
    if any(conditions):
        raise table.wrong("options", "either every option has a when, or none has and the step has an answer")
    return Choice(**common, answer=table.expression("answer", example='"answer()"'), options=tuple(options))


def _reveal(table: Table, common: _Made, traces: Mapping[str, Recorded], answers: tuple[int, ...]) -> Step:
    says = []
    for one in table.tables("says", 0, 8):
        says.append(Reply(one.text("text", most=900), one.perhaps("when")))
        one.done()
        check_fields(one.wrong, "says", says[-1].text)
    address = table.plain("address")
    for name, value in address.items():
        if name not in ADDRESS or not isinstance(value, (str, int)) or isinstance(value, bool):
            raise table.wrong(
                "address", f"{name} = {value!r:.40}: a text or whole number for one of {', '.join(ADDRESS)}"
            )
    page = table.text("page", "", most=40)
    beside = table.one_of("beside", ("", *traces), "")
    for name in (common["trace"], beside):
        if name and page not in ("", WHOLE) and bool(traces[name].history) != (page == OF_RUNS):
            holds = "a history, which the page training draws" if traces[name].history else "no history"
            raise table.wrong("page", f"the trace {name!r} is {holds}; the page here is {page!r}")
    return Reveal(
        **common,
        page=page,
        section=table.text("section", example='"maps"', most=40) if page not in ("", WHOLE) else "",
        beside=beside,
        address={name: str(value) for name, value in address.items()},
        token=table.perhaps("token"),
        unit=table.perhaps("unit"),
        says=tuple(says),
        answers=answers,
    )


def _explain(table: Table, common: _Made, traces: object, answers: object) -> Step:
    return Explain(**common, points=table.texts("points", 1, 6))


def _try(table: Table, common: _Made, traces: Mapping[str, Recorded], answers: object) -> Step:
    if traces[common["trace"]].history:
        raise table.wrong("trace", f"the trace {common['trace']!r} is a history: no text can be tried on it")
    return Try(
        **common,
        check=table.expression("check", example='"encoder.0.forget.mean(unit).at(-1) < 0.5"'),
        goal=table.text("goal", example='"a sentence whose last forget gate is below 0.5"', most=200),
        show=table.expressions("show"),
        hint=table.text("hint", ""),
    )


KINDS: dict[str, Callable[..., Step]] = {
    "read": _read,
    "predict": _predict,
    "reveal": _reveal,
    "explain": _explain,
    "try": _try,
}
