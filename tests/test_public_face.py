"""The public face is explicit, complete and cheap."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rnnviz_core

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "streamlit", "datasets", "altair", "pandas", "sklearn", "numpy", "sentencepiece")


def modules_after(statement: str) -> set[str]:
    """The heavy modules that a fresh interpreter holds after a statement."""
    code = f"import sys; {statement}; print(*(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["rnnviz_core", "rnnviz_core.cli.main", "rnnviz_core.checkpoints.listing", "rnnviz_core.limits"]
)
def test_import_is_cheap(module: str) -> None:
    assert modules_after(f"import {module}") == set()


def test_a_trace_needs_numpy_only() -> None:
    assert modules_after("from rnnviz_core import Trace") == {"numpy"}


def test_recording_needs_no_interface() -> None:
    loaded = modules_after("from rnnviz_core import record, load")
    assert "torch" in loaded
    assert not loaded & {"streamlit", "altair", "pandas", "datasets", "sklearn"}


def test_every_name_is_there() -> None:
    assert len(set(rnnviz_core.__all__)) == len(rnnviz_core.__all__)
    for name in rnnviz_core.__all__:
        assert getattr(rnnviz_core, name).__name__ == name
    assert set(rnnviz_core.__all__) <= set(dir(rnnviz_core))


def test_type_checkers_see_what_programs_get() -> None:
    """The imports written for type checkers name the same things as the lazy table."""
    tree = ast.parse(Path(rnnviz_core.__file__).read_text(encoding="utf-8"))
    written = {
        alias.asname: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert written == rnnviz_core._LAZY


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="'rnnviz_core' has no attribute 'recrod'"):
        rnnviz_core.recrod  # noqa: B018


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == rnnviz_core.__version__
    assert f"## [{rnnviz_core.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
