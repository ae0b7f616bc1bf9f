"""The docs name what exists, and what exists is in the docs."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import rnnviz_core
from rnnviz_core import limits
from rnnviz_core.cli.main import commands
from rnnviz_core.languages import NAMES, SOURCE
from rnnviz_core.ui.shell.routes import ROUTES
from rnnviz_core.ui.views.teachers import linked
from scripts.readme import with_table

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "checkpoints/*/card.md", "NOTICE")
    for path in ROOT.glob(pattern)
)
COMMAND = re.compile(
    r"(?:python -m rnnviz_core|(?:^ {4}|`)rnnviz) ([a-z]+)((?:[^\n`\\]|\\\n)*)", re.MULTILINE
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def options(name: str) -> set[str]:
    """Every option of a command, both spellings of a switch."""
    command = commands.commands[name]
    found = command.get_params(click.Context(command))
    return {
        flag for option in found for flag in (*option.opts, *option.secondary_opts) if flag.startswith("--")
    }


def sections(text: str) -> Iterator[tuple[str, str]]:
    """The title and body of each part of a page that begins with ``## ``."""
    for part in text.split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        yield title.strip(), body


# --- other languages ------------------------------------------------------------------------------

TRANSLATED = sorted(path.name for path in (ROOT / "docs").glob("*.??.md"))


def test_the_plans_for_teachers_are_there_in_every_language() -> None:
    assert {f"workshop.{code}.md" for code in NAMES if code != SOURCE} <= set(TRANSLATED)


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_translated_document_has_the_chapters_of_the_english_one(name: str) -> None:
    """The page For teachers finds a chapter by its place; and the wheel carries the file."""
    stem, _code, _ = name.split(".")
    ours, theirs = (list(sections(read(f"docs/{one}"))) for one in (name, f"{stem}.md"))
    assert len(ours) == len(theirs)
    for (_, mine), (title, english) in zip(ours, theirs, strict=True):
        shapes = [
            (
                len(re.findall(r"^\|", body, re.MULTILINE)),
                sorted(re.findall(r"rnnviz [a-z]+|`make [a-z]+", body)),
            )
            for body in (mine, english)
        ]
        assert shapes[0] == shapes[1], title
        # Whatever the language calls a lesson, its number is a link.
        assert linked(mine).count("](lessons?lesson=") == linked(english).count("](lessons?lesson="), title
    assert f'"docs/{name}" = "rnnviz_core/_app/docs/{name}"' in read("pyproject.toml")


# --- command line ---------------------------------------------------------------------------------


def test_every_command_has_its_section() -> None:
    assert {title for title, _ in sections(read("docs/cli.md"))} == set(commands.commands)


@pytest.mark.parametrize("command", sorted(commands.commands))
def test_every_option_is_listed(command: str) -> None:
    rows = [
        line for line in dict(sections(read("docs/cli.md")))[command].splitlines() if line.startswith("| `--")
    ]
    listed = {flag for row in rows for flag in re.findall(r"`(--[a-z-]+)`", row.split(" | ")[0])}
    assert listed == options(command) - {"--help"}


def test_commands_in_docs_can_be_typed() -> None:
    found = [(doc, *call) for doc in DOCS for call in COMMAND.findall(read(doc))]
    for doc, command, rest in found:
        assert command in commands.commands, f"{doc}: no command {command!r}"
        unknown = set(re.findall(r"(?<!\S)--[a-z-]+", rest)) - options(command)
        assert not unknown, f"{doc}: {command} has no {unknown}"


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for doc in DOCS:
        named = set(re.findall(r"(?:^ {4}|`)(?:\w+=\S+ )?make ([a-z-]+)", read(doc), re.MULTILINE))
        assert named <= targets, f"{doc}: no target {named - targets}"


def test_every_make_target_has_its_line() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)
    assert phony
    explained = set(re.findall(r"^([a-z-]+):.* ## ", read("Makefile"), re.MULTILINE))
    assert explained == set(phony.group(1).split())


# --- pages, files, limits -------------------------------------------------------------------------


def test_every_page_is_described() -> None:
    rows = re.findall(r"^\| ([\w ]+) \| `(/\w*)` \|", read("README.md"), re.MULTILINE)
    assert set(rows) == {(route.title, f"/{route.address}") for route in ROUTES}


def test_links_lead_somewhere() -> None:
    for doc in DOCS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", read(doc)):
            assert (ROOT / doc).parent.joinpath(target).exists(), f"{doc}: {target}"


def test_every_limit_is_listed() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([\d.,]+) \|", read("docs/limits.md"), re.MULTILINE)
    listed = {name: float(value.replace(",", "")) for name, value in rows}
    assert listed == {name: value for name, value in vars(limits).items() if name.isupper()}


def test_readme_shows_the_shipped_models() -> None:
    assert with_table(read("README.md")) == read("README.md"), "run: make readme"


def test_python_in_the_readme_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints").symlink_to(ROOT / "checkpoints")
    blocks = re.findall(r"```python\n(.*?)```", read("README.md"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        names: dict[str, object] = {}
        exec(compile(block, "README.md", "exec"), names)
        trace = names["trace"]
        assert isinstance(trace, rnnviz_core.Trace)
        assert trace.max_difference < 1e-5
    assert rnnviz_core.Trace.load("film.npz").text == "not a good film"


def test_python_about_ones_own_network_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("rnnviz_core.notebook.page._bundle", lambda: "")  # seconds to start
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", read("docs/own.md"), re.DOTALL):
        exec(compile(block, "own.md", "exec"), names)
    assert (tmp_path / "tagger.html").stat().st_size > 1_000


def test_no_path_of_one_machine() -> None:
    assert [doc for doc in DOCS if re.search(r"/(?:home|root|work|Users)/", read(doc))] == []


def test_long_modules_are_listed_with_a_reason():
    """Those of more than 250 lines; twenty more are allowed before the list must name a module."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("## Modules above 250 lines\n")[2].partition("\n## ")[0]
    named = set()
    for row in re.findall(r"^\| (`.*?) \| ", section, re.MULTILINE):
        folder = ""
        for name in re.findall(r"`([\w/]+\.py)`", row):  # without a folder: beside the one before it
            folder = name.rpartition("/")[0] or folder
            named.add(f"{folder}/{name.rpartition('/')[2]}")
    house = ROOT / "rnnviz_core"
    lines = {
        path.relative_to(house).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in house.rglob("*.py")
    }
    assert {name for name, count in lines.items() if count > 270} - named == set()
    assert {name for name in named if lines.get(name, 0) <= 220} == set()
