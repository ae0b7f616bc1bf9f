"""A task is named in its own files only: everybody else asks its record."""

import re
from pathlib import Path

import pytest

from rnnviz_core.contracts import task as tasks

ROOT = Path(__file__).resolve().parents[2]
# What only one task needs beside its package: its networks, and how they are searched.
OWN = (
    "rnnviz_core/tasks/",
    "rnnviz_core/search/",
    "rnnviz_core/models/classifier",
    "rnnviz_core/models/seq2seq",
    "rnnviz_core/models/forecaster",
    "rnnviz_core/models/toy",
    "rnnviz_core/ui/views/toy/",
)
FILES = "rnnviz_core/inputs/json_rows.py"  # a key of other people's files
TABLE = "rnnviz_core/contracts/task.py"  # where the packages are found
FACE = "rnnviz_core/__init__.py"  # the public names
ASKED = re.compile(
    r"""(?:==|!=|\bis\b|\bin\b)\s*\(?["'](?:sentiment|translation|forecast|toy)["']"""
)  # which?
NAMED = re.compile(
    r"""\b(?:(?:Sentiment|Translation)(?:Model|Spec|Objective)|Forecast(?:er|Spec|Objective)|"""
    rf"""Toy(?:Model|Spec|Objective))\b|{ASKED.pattern}"""
)
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("app.py", "pages/*.py", "rnnviz_core/**/*.py")
    for path in ROOT.glob(pattern)
)


def names_a_task(source: str) -> list[str]:
    return NAMED.findall((ROOT / source).read_text(encoding="utf-8"))


def test_only_its_own_files_name_a_task() -> None:
    naming = {source for source in SOURCES if names_a_task(source)}
    allowed = {source for source in naming if source.startswith(OWN) or source in (TABLE, FACE, FILES)}
    assert naming - allowed == set()


def test_no_script_asks_which_task_it_is() -> None:
    """Some are about one task and name its classes; none of them compares a task's name."""
    found = {
        path.relative_to(ROOT).as_posix(): ASKED.findall(path.read_text(encoding="utf-8"))
        for folder in ("scripts", "bench")
        for path in (ROOT / folder).glob("*.py")
    }
    assert len(found) > 30
    assert {path: asked for path, asked in found.items() if asked} == {}


def test_the_question_is_recognised() -> None:
    assert NAMED.search('if trace.meta["task"] == "sentiment":')
    assert ASKED.search("if name in ('toy', 'forecast'):")
    assert NAMED.search("isinstance(model, TranslationModel)")
    assert not NAMED.search('"""A sentiment or a translation."""')


@pytest.mark.parametrize("name", tasks.names())
def test_a_task_is_found_under_its_name(name: str) -> None:
    found = tasks.task(name)
    assert found.name == name
    assert found.spec.task == name
    assert tasks.task_of_spec(found.spec("gru")) is found
    assert found.spec("gru").attention in found.attentions
    assert {option.name for option in found.options} <= {"beam", "reference"}


def test_an_unknown_task_lists_those_there_are() -> None:
    with pytest.raises(tasks.SpecError, match="unknown task 'translatoin'; choose one of sentiment"):
        tasks.task("translatoin")
