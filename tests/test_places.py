"""The app and the shipped models are found in a clone and in an installed wheel, by one function."""

import re
from pathlib import Path

import pytest

from rnnviz_core import places

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("app.py", "pages/*.py", "rnnviz_core/**/*.py", "scripts/*.py", "bench/*.py")
    for path in ROOT.glob(pattern)
)


def test_a_clone() -> None:
    assert places.app_folder() == ROOT
    assert not places.is_installed()
    assert (places.shipped() / "sentiment-lstm" / "spec.json").is_file()


def test_a_wheel_carries_the_app(tmp_path: Path) -> None:
    package = tmp_path / "rnnviz_core"
    package.mkdir()
    assert places.app_folder(package) == tmp_path
    (package / places.CARRIED).mkdir()
    assert places.app_folder(package) == package / "_app"


def test_another_folder_of_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", "elsewhere")
    assert places.checkpoints() == Path("elsewhere")
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", "")
    assert places.checkpoints() == places.shipped()


def test_a_document_in_another_language_takes_the_place_of_the_english_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("class.md", "workshop.md", "workshop.es.md", "gallery.md"):
        (tmp_path / "docs" / name).write_text("# A title", encoding="utf-8")
    monkeypatch.setattr(places, "app_folder", lambda: tmp_path)
    english = {name: tmp_path / "docs" / f"{name}.md" for name in ("class", "workshop")}
    assert places.documents() == places.documents("de") == english
    assert places.documents("es") == {**english, "workshop": tmp_path / "docs" / "workshop.es.md"}


def test_nobody_looks_for_the_models_on_their_own() -> None:
    own, beside = r"/ \"checkpoints\"", r"__file__(?!\)\.with_name\()"
    found = []
    for source in set(SOURCES) - {"rnnviz_core/places.py"}:
        text = (ROOT / source).read_text(encoding="utf-8")
        # What lies beside a module, in its own room, goes along with it.
        if re.search(own, text) or (source.startswith("rnnviz_core/") and re.search(beside, text)):
            found.append(source)
    assert found == [], "ask rnnviz_core.places"
