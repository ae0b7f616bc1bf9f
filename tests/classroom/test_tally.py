"""Votes counted: what is right, the rows of the charts, and the advice at the marks of 35 and 70 %."""

from typing import Any

import pytest
from helpers_charts import columns_of, datasets_of, spec_of
from helpers_lessons import LESSON, world

from rnnviz_core.charts import votes as charts
from rnnviz_core.classroom import tally
from rnnviz_core.classroom.tally import Tally, advice, count

ASKED = (
    LESSON
    + """
## predict: Choice
```toml
kind = "choice"
answer = "answer()"
options = [{ text = "negative" }, { text = "positive" }]
```
## predict: Number
```toml
kind = "number"
from = 0
to = 10
step = 0.5
tolerance = 1
unit = "tokens"
answer = "steps()"
```
## predict: Token
```toml
kind = "token"
answer = "argmax(encoder.0.hidden.mean(unit))"
within = 1
```
## predict: Curve
```toml
kind = "curve"
from = 0
to = 1
tolerance = 0.1
answer = "encoder.0.forget.mean(unit)"
label = "open"
```
## reveal: All of it
"""
)
TRUE = (0.75, 0.75, 1, 0.5, 0.75, 0.625)  # the means of tests/helpers_lessons.py's forget gate


def counted(step: int, told: bool = False, **rounds: list[str]) -> Tally:
    lesson = world(ASKED)
    given = {int(name[1:]): some for name, some in rounds.items()}
    return count(lesson, lesson.lesson.steps[step], given, told=told)  # type: ignore[arg-type]


def test_a_choice() -> None:
    found = counted(1, r1=["0", "1", "1", "7", "rubbish"], r2=["1"])
    assert (found.given, found.right) == ({1: 3, 2: 1}, {1: 2, 2: 1}), "what is not an answer does not count"
    rows = found.rows["votes"]
    assert rows["answer"] == ["negative", "positive"] * 2
    assert rows["votes"] == [1, 2, 0, 1]
    assert rows["share"] == pytest.approx([1 / 3, 2 / 3, 0, 1])
    assert rows["round"] == ["first vote"] * 2 + ["second vote"] * 2
    assert not any(rows["right"]), "nothing tells what is right before the class has seen it"
    assert counted(1, True, r1=["0"]).rows["votes"]["right"] == [False, True]
    assert (found.last, found.share) == (2, 1.0)


def test_a_number() -> None:
    found = counted(2, r1=["5", "7", "4.5", "0", "10", "11", "nan"])
    assert (found.given[1], found.right[1]) == (5, 2), "6 tokens, at most 1 off"
    rows = found.rows["votes"]
    assert sum(rows["votes"]) == 5
    assert rows["start"][0] == 0
    assert rows["end"][-1] == 10
    assert rows["votes"][-1] == 1, "the upper end belongs to the last bin"
    assert found.rows["truth"]["at"] == []
    assert counted(2, True, r1=["5"]).rows["truth"] == {"from": [5.0], "to": [7.0], "at": [6.0]}


def test_a_token() -> None:
    found = counted(3, True, r1=["4", "5", "0"])
    assert found.right[1] == 2
    assert found.rows["votes"]["right"] == [False] * 4 + [True, True]
    assert found.rows["votes"]["votes"] == [1, 0, 0, 0, 1, 1]


def test_curves() -> None:
    exact = "_".join(map(str, TRUE))
    found = counted(4, True, r1=[exact, exact, "0_0_0_0_0_0", "1_1"])
    assert (found.given[1], found.right[1]) == (3, 2)
    assert found.rows["votes"]["middle"] == pytest.approx(TRUE)
    assert found.rows["votes"]["low"][0] == pytest.approx(0.375)  # a quarter of the way: between 0 and 0.75
    assert found.rows["truth"]["at"] == pytest.approx(TRUE)


def test_nobody_voted() -> None:
    for step in range(1, 5):
        found = counted(step, r1=[])
        assert (found.last, found.share) == (0, 0.0)


@pytest.mark.parametrize(
    "right, given, band",
    [(0, 20, "hint"), (6, 20, "hint"), (7, 20, "discuss"), (14, 20, "discuss"), (15, 20, "explain")],
)
def test_advice(right: int, given: int, band: str) -> None:
    found = advice(Tally("bars", {}, {1: given}, {1: right}))
    assert found.band == band
    assert f"{right} of {given} right" in found.why
    assert not set(found.do) & set("0123456789%"), "what is said to the class tells nothing of what is right"
    first = Tally("bars", {}, {1: 20, 2: given}, {1: 20, 2: right})
    assert advice(first).band == band, "the second vote counts"


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize(
    "chart, step",
    [
        (lambda rounds, told: charts.bars(rounds, told, True), 1),
        (lambda rounds, told: charts.scale(0.0, 10.0, "tokens", rounds, told), 2),
        (lambda rounds, told: charts.bars(rounds, told), 3),
        (lambda rounds, told: charts.curves(0.0, 1.0, "open", rounds, told), 4),
    ],
)
def test_charts_have_the_rows_that_they_draw(chart: Any, step: int, told: bool) -> None:
    answer = "0_0_0_0_0_0" if step == 4 else "1"
    rows = counted(step, told, r1=[answer], r2=[answer]).rows
    for rounds in (1, 2):
        spec = spec_of(chart(rounds, told))
        assert datasets_of(spec) == {"votes"} | ({"truth"} if told and step in (2, 4) else set())
        for name, needed in columns_of(spec).items():
            assert needed <= set(rows[name]), (name, needed - set(rows[name]))


def test_the_lines_are_drawn_where_the_advice_changes() -> None:
    assert (charts.LOW, charts.HIGH) == (tally.LOW, tally.HIGH) == (0.35, 0.70)
    assert tuple(tally.ROUNDS.values()) == charts.ROUNDS
    text = str(spec_of(charts.meter()))
    assert "'0.35'" in text
    assert "'0.7'" in text
