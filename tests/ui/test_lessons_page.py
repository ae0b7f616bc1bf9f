"""The lessons page: predict and commit before the reveal; progress in the address; typed words stay words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers_app import in_url, words
from helpers_lessons import LESSON
from streamlit.testing.v1 import AppTest

from rnnviz_core.lessons import Lesson, answers, shelf
from rnnviz_core.lessons.lesson import Choice, Curve, Explain, Point, Predict, Reveal, Scale, Try
from rnnviz_core.lessons.world import World
from rnnviz_core.ui.serving import lessons as serving
from rnnviz_core.ui.streamlit_private import rehearsing

ROOT = Path(__file__).resolve().parents[2]
LESSONS = shelf().lessons
SHORT = (
    LESSON.partition("## read")[0].replace('"tiny"', '"sentiment-lstm"')
    + """## read: Begin
It answers {{ answer() }}.

## predict: Which?
```toml
kind = "choice"
options = [
  { text = "it is true", when = "1 < 2" },
  { text = "it is *false*", when = "1 > 2", note = "a note" },
]
```

## reveal: See
```toml
says = [{ text = "one is {{ 1 }}" }]
```

## explain: Say
```toml
points = ["a point"]
```

## try: Find
```toml
trace = "other"
check = "steps() > 3"
goal = "a longer text"
show = { "its steps" = "steps()" }
```

## predict: Where?
```toml
trace = "other"
kind = "token"
answer = "argmax(norm(encoder.0.hidden, unit))"
```

## reveal: There
```toml
trace = "other"
page = "states"
section = "maps"
token = "argmax(norm(encoder.0.hidden, unit))"
```
"""
)


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    with rehearsing():
        yield


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    app.switch_page("pages/lessons.py")
    return app.run()


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short lesson of a teacher's own, and a file that is none."""
    (tmp_path / "90-short.md").write_text(SHORT, encoding="utf-8")
    (tmp_path / "91-broken.md").write_text(SHORT.replace("answer = ", "anser = "), encoding="utf-8")
    monkeypatch.setenv("RNNVIZ_LESSONS", str(tmp_path))


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def next_step(app: AppTest) -> AppTest:
    return press(app, "lesson-next")


def test_the_list_and_a_file_that_cannot_be_used(short: None) -> None:
    app = open_page()
    assert not app.exception
    assert {one.key for one in app.button if one.key} >= {f"lesson-start-{one.id}" for one in LESSONS}
    (problem,) = [one.value for one in app.warning]
    assert "91" in problem
    assert "unknown setting" in problem or "answer is missing" in problem.replace("&#45;", "-")


def test_from_the_first_step_to_the_last(short: None) -> None:
    app = press(open_page(), "lesson-start-90-short")
    assert (in_url(app, "lesson"), in_url(app, "at")) == ("90-short", "1")
    app = next_step(app)
    assert app.button(key="lesson-next").disabled
    assert app.button(key="lesson-90-short-1-commit").disabled
    app.radio[0].set_value(1).run()
    app = press(app, "lesson-90-short-1-commit")
    assert in_url(app, "given") == "1:1"
    assert not app.radio
    assert "one is" not in words(app)
    app = next_step(app)
    assert "it is &#42;false&#42;" in words(app)
    assert "a note" in words(app)
    assert "one is 1&#46;00" in words(app)
    app = next_step(app)
    assert "a point" not in words(app)
    app.text_area[0].set_value("What I saw <b>").run()
    assert "a point" in words(app)
    app = next_step(app)
    assert [one.value[:7] for one in app.info] == ["Not yet"]
    app.text_input(key="lesson-90-short-4-text").set_value("The soup was cold, the cake was good.").run()
    assert [one.value[:5] for one in app.success] == ["Found"]
    app = next_step(app)
    app.button_group[0].set_value(8).run()
    app = press(app, "lesson-90-short-5-commit")
    assert in_url(app, "given") == "1:1~5:8"
    app = next_step(app)
    assert not app.exception
    assert app.get("vega_lite_chart")
    assert in_url(app, "token") is not None
    app = next_step(app)
    assert "What I saw &lt;b&gt;" in words(app) or "What I saw &#60;b&#62;" in words(app)
    assert in_url(app, "at") == "8"
    app = press(app, "lesson-all")
    assert in_url(app, "lesson") is None
    assert any("finished" in one.value for one in app.caption)


def test_a_link_cannot_pass_a_prediction(short: None) -> None:
    app = open_page(lesson="90-short", at="7")
    assert in_url(app, "at") == "2"
    assert any("First predict" in one.value for one in app.info)
    odd = open_page(lesson="90-short", at="x", given="1:99~7:2~2:1~:~1:0:0", typed="4:" + "x" * 3_000)
    assert not odd.exception
    assert in_url(odd, "at") == "1"
    assert open_page(lesson="no-such").button(key=f"lesson-start-{LESSONS[0].id}")


def test_the_address_of_a_lesson_stays_with_its_page(short: None) -> None:
    app = open_page(lesson="90-short", at="2", given="1:0")
    app.switch_page("pages/gates.py").run()
    assert (in_url(app, "lesson"), in_url(app, "given")) == (None, None)
    app.switch_page("pages/lessons.py").run()
    assert (in_url(app, "lesson"), in_url(app, "at"), in_url(app, "given")) == ("90-short", "2", "1:0")


def solved(lesson: Lesson) -> str:
    """The right answers of a lesson, as they stand in the address."""
    world, found = World(lesson, serving.NETWORKS), {}
    for step in lesson.steps:
        match step:
            case Choice():
                found[step.number] = str(answers.right_option(world, step))
            case Scale():
                found[step.number] = f"{answers.number(world, step):.4f}"
            case Point():
                found[step.number] = str(answers.place(world, step))
            case Curve():
                found[step.number] = answers.JOIN.join(f"{one:.4f}" for one in answers.curve(world, step))
    return "~".join(f"{number}:{value}" for number, value in found.items())


# Between them every kind of prediction, a text of one's own, and training runs.
SOLVED = ("04-the-forget-gate", "12-train-one-and-watch-it-overfit")


@pytest.mark.parametrize("name", SOLVED)
def test_every_step_of_a_solved_lesson(name: str) -> None:
    """In one visit from the first step to the end, every prediction right: tests/e2e/test_lessons.py gives
    any answer, in every lesson; tests/lessons/test_shipped_lessons.py checks the right ones of them all.
    """
    lesson = shelf().find(name)
    kinds = {type(step) for one in SOLVED for step in shelf().find(one).steps}
    assert kinds >= {type(step) for one in LESSONS for step in one.steps}
    app = open_page(lesson=lesson.id, given=solved(lesson))
    for step in lesson.steps:
        assert not app.exception, step.title
        assert not app.error, step.title
        problems = [one.value for one in app.warning]
        assert not problems, f"{step.title}: {problems}"
        assert app.subheader[0].value
        match step:
            case Predict():
                assert "You predicted" in words(app)
                assert "The network: " not in words(app)
                assert "off on average" not in words(app)
            case Reveal():
                assert words(app).count("You: ") == len(step.answers)
                if step.page:
                    assert app.get("vega_lite_chart") or app.get("html"), step.title
            case Explain():
                assert app.text_area
            case Try():
                assert any(one.value.startswith("Not yet") for one in app.info)
        app = next_step(app)
    assert "predictions were right" in words(app)
    count = sum(step.asks for step in lesson.steps)
    assert f"**{count} of {count}**" in words(app)


def test_a_section_that_offers_another_model_does_not_end_the_lesson() -> None:
    lesson = next(one for one in LESSONS if one.id.startswith("09"))
    app = open_page(lesson=lesson.id, given=solved(lesson), at="6")
    next(one for one in app.button if one.label == "Open this one").click().run()
    assert not app.exception
    assert (in_url(app, "lesson"), in_url(app, "at")) == (lesson.id, "6")
