"""The class page: a teacher, students and the projector, each a session of its own on one database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers_app import in_url, words
from helpers_lessons import LESSON
from streamlit.testing.v1 import AppTest

from rnnviz_core import limits
from rnnviz_core.ui.serving import classes
from rnnviz_core.ui.streamlit_private import rehearsing

ROOT = Path(__file__).resolve().parents[2]
SHORT = (
    LESSON.partition("## read")[0].replace('"tiny"', '"sentiment-lstm"')
    + """## read: Begin
It answers {{ answer() }}.

## predict: Which?
```toml
kind = "choice"
hint = "Think of *one*."
options = [
  { text = "it is true", when = "1 < 2" },
  { text = "it is *false*", when = "1 > 2" },
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
"""
)
ASK, REVEAL, EXPLAIN = 1, 2, 3


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database and a lesson of the test's own."""
    (tmp_path / "90-short.md").write_text(SHORT, encoding="utf-8")
    monkeypatch.setenv("RNNVIZ_LESSONS", str(tmp_path))
    monkeypatch.setenv("RNNVIZ_CLASSES", str(tmp_path / "classes.sqlite"))
    monkeypatch.setattr(classes, "FRESH", 0.0)
    with rehearsing():
        yield
    for store in classes._stores.values():
        store.close()
    classes._stores.clear()
    classes._pulses.clear()
    classes.tallies.clear()


def visit(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    app.switch_page("pages/class.py")
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def keys(app: AppTest) -> set[str]:
    return {str(one.key) for one in app.button}


def shown(app: AppTest) -> str:
    return words(app) + " ".join(one.value for one in app.html)


def opened() -> tuple[AppTest, str]:
    """A teacher who has opened a class for the short lesson, and its code."""
    app = visit()
    app.selectbox(key="class-lesson").set_value("90-short").run()
    press(app, "class-begin")
    code = in_url(app, "class")
    assert code
    assert in_url(app, "key")
    return app, code


def vote(app: AppTest, option: int) -> None:
    app.radio[0].set_value(option).run()
    press(app, f"lesson-90-short-{ASK}-commit")


def test_a_vote_with_a_second_round_and_the_answer() -> None:
    teacher, code = opened()
    assert "rv-qr" in shown(teacher)
    anna, ben = visit(), press(visit(**{"class": code}), "class-in")
    anna.text_input(key="class-code").set_value(f" {code.lower()} ").run()
    assert in_url(anna, "me") != in_url(ben, "me")
    assert "You are in" in [one.value for one in anna.subheader]
    press(press(teacher, "class-chevron_right"), "class-chevron_right")
    anna.run(), ben.run()
    vote(anna, 0)
    vote(ben, 1)
    assert '<b class="rv-count">2</b> of 2 have voted' in shown(teacher.run())
    assert not teacher.get("vega_lite_chart")
    press(teacher, "class-uncover")
    anna.run()
    assert len(anna.get("vega_lite_chart")) == 1
    assert len(teacher.get("vega_lite_chart")) == 2, "the votes, and how many are right"
    assert "1 of 2 right &#40;50\N{NO-BREAK SPACE}%&#41;" in shown(
        teacher
    ) or "1 of 2 right (50\N{NO-BREAK SPACE}%)" in shown(teacher)
    assert "Discuss with your neighbour" in shown(teacher)
    screen = visit(**{"class": code, "view": "projector"})
    assert "Discuss with your neighbour" in shown(screen)
    assert "right" not in words(screen), "it would tell which answer is right"
    assert not {one for one in keys(screen) if one.startswith("class-")}, "nothing to click"
    press(teacher, "class-again")
    anna.run(), ben.run()
    assert not anna.get("vega_lite_chart"), "nobody follows the crowd"
    vote(anna, 0)
    vote(ben, 0)
    press(teacher, "class-uncover")
    assert "Who can explain it" in shown(teacher)
    assert "class-again" not in keys(teacher)
    press(teacher, "class-chevron_right")
    anna.run()
    assert "one is 1" in shown(anna)
    assert "So it is" in shown(anna)
    assert "100\N{NO-BREAK SPACE}% right" in shown(teacher)


def test_nobody_is_logged_out_by_a_restart() -> None:
    """A session that is gone is begun anew by the address alone."""
    teacher, code = opened()
    student = press(visit(**{"class": code}), "class-in")
    press(press(teacher, "class-chevron_right"), "class-chevron_right")
    student.run()
    vote(student, 1)
    address = {name: str(in_url(student, name)) for name in ("class", "me")}
    again = visit(**address)
    assert "You predicted **it is &#42;false&#42;**" in shown(again)
    assert "class-in" not in keys(again)
    again = visit(**{"class": code, "key": str(in_url(teacher, "key"))})
    assert "class-uncover" in keys(again)


def test_a_student_is_no_teacher(tmp_path: Path) -> None:
    teacher, code = opened()
    student = press(visit(**{"class": code}), "class-in")
    for key in (str(in_url(student, "me")), "x", code, "0" * 24):
        forged = visit(**{"class": code, "key": key})
        assert "class-in" in keys(forged)
        assert not keys(forged) & {"class-chevron_right", "class-uncover", "class-end"}
    press(teacher, "class-end")
    assert in_url(teacher, "class") is None
    assert any("over" in one.value for one in student.run().warning)


def test_the_wall_shows_words_and_no_markup() -> None:
    teacher, code = opened()
    student, other = (press(visit(**{"class": code}), "class-in") for _ in range(2))
    for _ in range(EXPLAIN + 1):
        press(teacher, "class-chevron_right")
    student.run()
    rude = "<img src=x onerror=alert(1)> **bold** {{ 1 }} $x$"
    student.text_area[0].set_value(rude).run()
    (send,) = [one for one in keys(student) if one.endswith("-send")]
    press(student, send)
    assert "<img" not in shown(student)
    assert "**bold**" not in shown(student)
    assert "bold" not in shown(other.run()), "not before the wall is shown"
    press(teacher.run(), f"class-wall-{EXPLAIN}")
    assert "&lt;img src=x" in shown(other.run())
    assert "<img src=x" not in shown(other)
    (hide,) = [one for one in keys(teacher) if one.startswith("class-hide-")]
    press(teacher, hide)
    assert "bold" not in shown(other.run())


def test_going_on_freely_waits_for_a_prediction() -> None:
    teacher, code = opened()
    press(teacher, "class-free")
    student = press(visit(**{"class": code}), "class-in")
    press(student, "class-next")
    assert student.button(key="class-next").disabled
    far = visit(**{"class": code, "me": str(in_url(student, "me")), "here": "4"})
    assert "Which?" in [one.value for one in far.subheader]
    vote(student, 0)
    press(student, "class-next")
    assert "one is 1" in shown(student)
    assert in_url(student, "here") == str(REVEAL + 1)


def test_codes_are_not_tried_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CLASS_WRONG_CODES", 1)
    app = visit()
    for typed, said in (("nope", "four letters"), ("BBBB", "is over"), ("CCCC", "wait a moment")):
        app.text_input(key="class-code").set_value(typed).run()
        assert any(said in one.value for one in app.warning), typed
    assert not visit(**{"class": "%%%%"}).exception


def test_a_database_that_cannot_be_used_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RNNVIZ_CLASSES", str(tmp_path / "file" / "classes.sqlite"))
    app = press(visit(), "class-begin")
    assert any("No class can be opened here" in one.value for one in app.warning)
