"""Who may import whom: import-linter's contracts, and what third-party packages are for."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

STREAMLIT = ("app.py", "pages/", "rnnviz_core/ui/")
ALTAIR = ("rnnviz_core/charts/", "rnnviz_core/ui/")
# Third-party package -> where it may be imported. What is not named here stands in no source file.
THIRD_PARTY = {
    "streamlit": STREAMLIT,
    "altair": ALTAIR,
    "pandas": (
        "rnnviz_core/frames/",
        "rnnviz_core/charts/",
        "rnnviz_core/ui/",
        "pages/",
        "rnnviz_core/tracing/trace.py",
    ),
    "datasets": ("rnnviz_core/inputs/corpora.py",),
    "sentencepiece": ("rnnviz_core/inputs/tokenizer.py",),
    "click": ("rnnviz_core/cli",),
    "optuna": ("rnnviz_core/tuning/storage.py",),
    "sqlalchemy": ("rnnviz_core/classroom/",),
    "segno": ("rnnviz_core/ui/views/classroom/",),
    "sklearn": ("rnnviz_core/frames/", "rnnviz_core/ui/serving/loaders.py"),  # loaders: the warm-up
}
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("app.py", "pages/*.py", "rnnviz_core/**/*.py")
    for path in ROOT.glob(pattern)
)


@cache
def imports(source: str) -> tuple[str, ...]:
    """Absolute dotted names of everything a file imports, inside functions and for types too."""
    return tuple(_imports(source))


def _imports(source: str) -> Iterator[str]:
    package = source.split("/")[:-1]
    for node in ast.walk(ast.parse((ROOT / source).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *((node.module or "").split(".") if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_reads_relative_imports() -> None:
    assert "rnnviz_core.inputs.steps.Token" in set(imports("rnnviz_core/tracing/trace.py"))
    assert "rnnviz_core.limits" in set(imports("rnnviz_core/tracing/trace.py"))


def test_third_party_imports() -> None:
    assert len(SOURCES) > 100
    found = [(source, name) for source in SOURCES for name in imports(source)]
    places = [(source, name, THIRD_PARTY.get(name.split(".")[0], "")) for source, name in found]
    assert [
        f"{source} must not import {name}" for source, name, at in places if not source.startswith(at)
    ] == []


def test_floors_and_circles() -> None:
    """The contracts of import-linter in pyproject.toml: who may import whom, and no circle in any room."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_root_holds_rooms() -> None:
    modules = [path.name for path in (ROOT / "rnnviz_core").glob("*.py")]
    assert len(modules) <= 8, f"{modules}: which room do they belong to?"


@pytest.mark.parametrize("source", [source for source in SOURCES if source.startswith("pages/")])
def test_pages_are_thin(source: str) -> None:
    assert len((ROOT / source).read_text(encoding="utf-8").splitlines()) <= 80, f"{source} is over 80 lines"
    allowed = ("rnnviz_core.ui", "rnnviz_core.charts", "rnnviz_core.frames", "streamlit", "functools")
    odd = [name for name in imports(source) if not name.startswith(allowed)]
    assert not odd, f"{source} imports {odd}: a page chooses, fetches and shows"


def test_nothing_is_unpickled() -> None:
    unpickling = {"pickle", "dill", "cloudpickle", "joblib"}
    assert [
        source for source in SOURCES if {name.split(".")[0] for name in imports(source)} & unpickling
    ] == []
