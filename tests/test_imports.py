"""Who may import whom: the table of the architecture, read from the source."""

import ast
from collections.abc import Iterator
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
    "sklearn": ("rnnviz_core/frames/", "rnnviz_core/ui/serving/loaders.py"),  # loaders: the warm-up
}
# Part of the project -> the parts it must not know, from the foundations up.
UPPER = ("ui", "charts", "frames")
ABOVE = ("cli", "training", "scoring", "checkpoints")
FORBIDDEN = {
    "rnnviz_core/errors.py": (*UPPER, *ABOVE, "tracing", "models", "cells", "inputs", "search"),
    "rnnviz_core/cells/": (*UPPER, *ABOVE, "tracing", "inputs", "search", "models.parts"),
    "rnnviz_core/models/specs.py": (*UPPER, *ABOVE, "tracing", "cells", "inputs", "search"),
    "rnnviz_core/models/": (*UPPER, *ABOVE, "tracing", "search"),
    "rnnviz_core/tracing/trace.py": (*UPPER, *ABOVE, "models", "cells", "inputs", "search"),
    "rnnviz_core/tracing/": (*UPPER, *ABOVE),
    "rnnviz_core/search/": (*UPPER, *ABOVE),
    "rnnviz_core/frames/": ("ui", "charts", "training", "checkpoints"),
    "rnnviz_core/charts/": ("ui", "frames", "tracing", "models", "training", "checkpoints"),
    "rnnviz_core/checkpoints/registry.py": (*UPPER, "training", "scoring", "cli"),
    "rnnviz_core/training/": (*UPPER, "scoring", "cli"),
    "rnnviz_core/scoring/": (*UPPER, "cli"),
    "rnnviz_core/cli/": ("ui", "charts"),
}
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("app.py", "pages/*.py", "rnnviz_core/**/*.py")
    for path in ROOT.glob(pattern)
)


def imports(source: str) -> Iterator[str]:
    """Absolute dotted names of everything a file imports, inside functions and for types too."""
    package = source.split("/")[:-1]
    for node in ast.walk(ast.parse((ROOT / source).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *((node.module or "").split(".") if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_reads_relative_imports() -> None:
    assert "rnnviz_core.models.specs.Cell" in set(imports("rnnviz_core/models/parts.py"))
    assert "rnnviz_core.limits" in set(imports("rnnviz_core/tracing/trace.py"))


@pytest.mark.parametrize("source", SOURCES)
def test_third_party_imports(source: str) -> None:
    for name in imports(source):
        allowed = THIRD_PARTY.get(name.split(".")[0])
        assert allowed is None or source.startswith(allowed), f"{source} must not import {name}"


@pytest.mark.parametrize("source", SOURCES)
def test_layers(source: str) -> None:
    forbidden = [part for start, parts in FORBIDDEN.items() if source.startswith(start) for part in parts]
    for name in imports(source):
        for part in forbidden:
            core = f"rnnviz_core.{part}"
            assert not f"{name}.".startswith(f"{core}."), f"{source} must not import {name}"


@pytest.mark.parametrize("source", [source for source in SOURCES if source.startswith("pages/")])
def test_pages_are_thin(source: str) -> None:
    assert len((ROOT / source).read_text(encoding="utf-8").splitlines()) <= 80, f"{source} is over 80 lines"
    allowed = ("rnnviz_core.ui", "rnnviz_core.charts", "rnnviz_core.frames", "streamlit", "functools")
    odd = [name for name in imports(source) if not name.startswith(allowed)]
    assert not odd, f"{source} imports {odd}: a page chooses, fetches and shows"


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_unpickled(source: str) -> None:
    assert not {name.split(".")[0] for name in imports(source)} & {"pickle", "dill", "cloudpickle", "joblib"}
