"""A lesson's file, and what is said of one that cannot be used."""

from pathlib import Path

import pytest
from helpers_lessons import LESSON, world

from rnnviz_core import limits
from rnnviz_core.errors import LessonError
from rnnviz_core.lessons import check, parse, read, shelf, tried
from rnnviz_core.lessons.answers import said

FRONT = LESSON.partition("## read")[0]
STEPS = """## read: Begin
There are {{ steps() | 0 }} tokens; the answer is {{ answer() }} at {{ probability("positive") | % }}.

## predict: Where?
```toml
kind = "token"
answer = "argmax(norm(encoder.0.hidden, unit))"
within = 1
```

## predict: How open?
```toml
kind = "number"
from = 0
to = 1
step = 0.05
tolerance = 0.1
answer = "encoder.0.forget.mean()"
```

## predict: Which?
```toml
kind = "choice"
options = [
  { text = "the first is larger", when = "encoder.0.forget.at(0, unit=0) > encoder.0.forget.at(0, unit=1)" },
  { text = "the second is larger", when = "encoder.0.forget.at(0, unit=0) < encoder.0.forget.at(0, unit=1)" },
]
```

## predict: What?
```toml
kind = "choice"
options = ["negative", "positive"]
answer = "answer()"
```

## predict: Draw
```toml
kind = "curve"
from = 0
to = 1
tolerance = 0.1
answer = "encoder.0.forget.mean(unit)"
```

## reveal: See
```toml
page = "gates"
section = "maps"
says = [{ text = "no", when = "1 > 2" }, { text = "{{ steps() | 0 }} steps" }]
```

## explain: Say
```toml
points = ["one"]
```

## try: Find
```toml
check = "steps() < 3"
goal = "a short text"
show = { "its steps" = "steps()" }
```
"""
WORLD = world(FRONT + STEPS)
MEAN = "0.75_0.75_1_0.5_0.75_0.62"


@pytest.mark.parametrize(
    "step, given, right, true",
    [
        (1, "5", True, "“ad”"),
        (1, "4", True, "“ad”"),
        (1, "3", False, "“ad”"),
        (2, "0.7", True, "0.73"),
        (2, "0.5", False, "0.73"),
        (3, "1", True, "the second is larger"),
        (3, "0", False, "the second is larger"),
        (4, "1", True, "positive"),
        (5, MEAN, True, "within 0.10"),
        (5, MEAN.replace("1_", "0_").replace("0.75", "0.5"), False, "within 0.10"),
    ],
)
def test_answers_are_compared_with_what_is_computed(step: int, given: str, right: bool, true: str) -> None:
    found = check(WORLD, WORLD.lesson.steps[step], given)
    assert (found.right, found.true) == (right, true)


@pytest.mark.parametrize(
    "step, given",
    [(1, "6"), (1, "x"), (2, "1.2"), (2, "nan"), (3, "2"), (3, "-1"), (5, "0.5"), (5, "0_" * 5 + "2")],
)
def test_what_is_no_answer_is_refused(step: int, given: str) -> None:
    with pytest.raises(LessonError, match=r"the answer|the curve has"):
        check(WORLD, WORLD.lesson.steps[step], given)


def test_sentences_are_filled_in() -> None:
    body = WORLD.fill(WORLD.lesson.steps[0].body)
    assert body == "There are 6 tokens; the answer is positive at 75\N{NO-BREAK SPACE}%."
    assert said(WORLD, WORLD.lesson.steps[6]) == "{{ steps() | 0 }} steps"


def test_a_reveal_answers_all_that_was_predicted_before() -> None:
    assert WORLD.lesson.steps[6].answers == (1, 2, 3, 4, 5)


def test_a_try_looks_at_the_text_that_was_typed() -> None:
    step = WORLD.lesson.steps[8]
    assert not tried(WORLD, step).right
    mine = world(FRONT + STEPS)
    mine.texts = {"main": "bad"}
    found = tried(mine, step)
    assert (found.right, found.told) == (True, (("its steps", "2.00"),))


WITH_RUN = FRONT.replace('model = "tiny"\ntext = "not good, not bad"\n', 'history = "lstm"\n\n', 1)
REVEAL = "\n## reveal: R\n"
PREDICT = '## predict: P\n```toml\nkind = "number"\nfrom = 0\nto = 1\ntolerance = 0.1\nanswer = "1"\n```\n'


@pytest.mark.parametrize(
    "text, line, problem",
    [
        ("Hello", 1, "a lesson begins with a line +++"),
        ("+++\ntitle = 1", 1, "the settings have no end"),
        ("+++\ntitle = x\n+++\n", 2, "this is not TOML"),
        (FRONT.replace('title = "One"', ""), 2, "title is missing; write title ="),
        (FRONT.replace('title = "One"', "title = 1") + "## read: A\n", 2, "title must be a text in quotes"),
        (FRONT.replace("minutes = 5", "minutes = 0") + "## read: A\n", 4, "minutes is 0; choose 1 to 60"),
        (FRONT.replace("minutes", "minuts") + "## read: A\n", 2, "minutes is missing"),
        (FRONT.replace("[traces.main]", "[traces.first]"), 2, "write [traces.main]"),
        (FRONT.replace("[traces.main]\nmodel", "[traces.main]\nmodl"), 8, "model is missing"),
        (FRONT, 15, "there is no step"),
        (FRONT + "Text\n", 16, "text before the first step"),
        (FRONT + "## think: A\n", 16, "unknown kind of step 'think'; choose one of read, predict"),
        (FRONT + "## A\n", 16, "write ## kind: title"),
        (FRONT + "## predict: A\n", 16, "kind is missing"),
        (FRONT + PREDICT, 16, "write a ## reveal"),
        (FRONT + PREDICT.replace('"1"', '"1 +"') + REVEAL, 22, "expected a number, a site"),
        (FRONT + PREDICT.replace('"1"', '"men(1)"') + REVEAL, 16, "unknown function 'men'"),
        (FRONT + PREDICT.replace("to = 1", "to = 0") + REVEAL, 20, "to must be the larger one"),
        (FRONT + PREDICT.replace("tolerance = 0.1", "tolerance = 0") + REVEAL, 21, "tolerance is 0"),
        (FRONT + PREDICT.replace("tolerance", "tolerence") + REVEAL, 18, "tolerance is missing"),
        (FRONT + PREDICT.replace("from = 0", "from = 0\nform = 0") + REVEAL, 20, "unknown setting 'form'"),
        (FRONT + "## read: A\n{{ 1 +\n", 16, "a field has no end"),
        (FRONT + "## read: A\n{{ 1 + }}\n", 16, "it ends"),
        (FRONT + "## read: A\n{{ 1 | x }}\n", 16, "a number of decimals, 0 to 4, or %"),
        (FRONT + "## read: A\n```\n", 17, "has no end"),
        (FRONT + "## read: A\n```toml\n```\n```toml\n```\n", 19, "a second block of settings"),
        (
            FRONT + '## read: A\n```toml\ntrace = "x"\n```\n',
            18,
            "unknown trace 'x'; choose one of main, other",
        ),
        (FRONT + "## read: A\n```toml\ntrace = \n```\n", 18, "this is not TOML"),
        (FRONT + "## read: A\n" * (limits.LESSON_STEPS + 1), 16 + limits.LESSON_STEPS, "up to 40 steps"),
        (FRONT + '## reveal: A\n```toml\npage = "gates"\n```\n', 18, "section is missing"),
        (FRONT + '## reveal: A\n```toml\naddress = { model = "x" }\n```\n', 18, "model = 'x'"),
        (FRONT + '## reveal: A\n```toml\npage = "training"\nsection = "curves"\n```\n', 18, "no history"),
        (WITH_RUN + '## reveal: A\n```toml\npage = "gates"\nsection = "maps"\n```\n', 18, "is a history"),
        (WITH_RUN + '## try: A\n```toml\ncheck = "1 < 2"\n```\n', 18, "is a history"),
        (FRONT.replace('text = "bad"', 'history = "lstm"'), 13, "unknown setting 'model'"),
        (FRONT + "## explain: A\n", 16, "points is missing"),
    ],
)
def test_errors_name_the_line_and_what_to_do(text: str, line: int, problem: str) -> None:
    with pytest.raises(LessonError) as error:
        parse(text, "mine")
    message = str(error.value)
    assert problem in message
    assert message.startswith(f"mine.md, line {line}: ")


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.md").write_text(LESSON, encoding="utf-8")
    (tmp_path / "b.md").write_bytes(b"\xff\xfe")
    (tmp_path / "c.md").write_bytes(b"x" * (limits.LESSON_BYTES + 1))
    (tmp_path / "My Lesson.md").write_text(LESSON, encoding="utf-8")
    monkeypatch.setenv("RNNVIZ_LESSONS", str(tmp_path))
    found = shelf()
    assert found.find("a").title == "One"
    assert [problem.partition(" ")[0] for problem in found.problems] == ["My", "b.md", "c.md"]
    assert "save it as UTF-8" in found.problems[1]
    assert f"the limit is {limits.LESSON_BYTES:,}" in found.problems[2]
    with pytest.raises(LessonError, match="unknown lesson 'z'; choose one of"):
        found.find("z")
    with pytest.raises(LessonError, match="cannot be read"):
        read(tmp_path / "none.md")
