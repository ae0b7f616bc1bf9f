"""`rnnviz worksheet` writes a lesson as a page to print."""

import re
from pathlib import Path

import pytest
from helpers_lessons import LESSON

from rnnviz_core.cli.main import main

STEP = """
## predict: How many?
```toml
kind = "number"
from = 0
to = 20
tolerance = 1
answer = "steps()"
```

## reveal: So many
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "mine.md"
    path.write_text(LESSON.replace('"tiny"', '"sentiment-tiny-lstm"') + STEP, encoding="utf-8")
    return path


def test_a_sheet_and_its_answers(lesson: Path, tmp_path: Path) -> None:
    sheet, answers = tmp_path / "sheet.html", tmp_path / "answers.html"
    assert main(["worksheet", str(lesson), "--out", str(sheet)]) == 0
    assert main(["worksheet", str(lesson), "--out", str(answers), "--answers"]) == 0
    blank, solved = sheet.read_text(encoding="utf-8"), answers.read_text(encoding="utf-8")
    assert "How many?" in blank
    assert ">network<" not in blank
    assert ">network<" in solved
    assert "http" not in solved.replace("http://www.w3.org/2000/svg", "")


def test_a_sheet_in_another_language(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"
    assert main(["worksheet", "05-one-cell-by-hand", "--language", "de", "--out", str(sheet)]) == 0
    said = sheet.read_text(encoding="utf-8")
    assert '<html lang="de">' in said
    assert "<h1>Eine LSTM-Zelle von Hand</h1>" in said
    assert re.search(r"Voraktivierung ist \d,\d{3} aus der Eingabe", said)


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (("nothing", "--out", "x.html"), "unknown lesson 'nothing'; choose one of 01-"),
        (("mine.md", "--out", "x.pdf"), "a worksheet ends in .html"),
        (("none.md", "--out", "x.html"), "cannot be read"),
    ],
)
def test_what_cannot_be_written(
    arguments: tuple[str, ...], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["worksheet", *arguments]) == 2
    assert problem in capsys.readouterr().err
