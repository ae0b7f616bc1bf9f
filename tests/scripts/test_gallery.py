"""The gallery in the docs shows every section that the app has, and no other."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz_core import scan, ui
from rnnviz_core.checkpoints.registry import Entry
from scripts.gallery import SHOTS, page

ROOT = Path(__file__).resolve().parents[2]
GALLERY, PICTURES = ROOT / "docs" / "gallery.md", ROOT / "docs" / "screenshots"
ENTRIES = scan(ROOT / "checkpoints").entries
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


def sections(monkeypatch: pytest.MonkeyPatch, name: str, model: str) -> set[str]:
    """The names of a page's sections with a model; "" for a page without any."""
    found: set[str] = set()
    monkeypatch.setattr(ui, "draw_sections", found.update)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["model"] = model
    if name != "overview":
        app.switch_page(f"pages/{name}.py")
    assert not app.run().exception
    return found or {""}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_section_is_photographed(name: str, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(ROOT / "checkpoints"))
    found = sections(monkeypatch, name, entry.id)
    shots = [shot for shot in SHOTS if shot.page == name and shot.kind.task is entry.spec.task]
    assert found <= {shot.section for shot in shots}, "a section without a shot"
    assert found >= {shot.section for shot in shots if shot.kind.fits(entry.spec)}, "a shot of no section"


def test_names_are_unique() -> None:
    assert len({shot.name for shot in SHOTS}) == len(SHOTS)


def test_the_gallery_is_up_to_date() -> None:
    """`make screenshots` writes it. Where no model of a kind was installed a shot may be missing."""
    text = GALLERY.read_text(encoding="utf-8")
    taken = [shot for shot in SHOTS if f"({PICTURES.name}/{shot.name}-light.png)" in text]
    assert text == page(taken)
    assert {(shot.page, shot.section) for shot in taken} == {(shot.page, shot.section) for shot in SHOTS}


def test_every_picture_is_there_and_shown() -> None:
    linked = set(re.findall(rf"\({PICTURES.name}/([^)]+)\)", GALLERY.read_text(encoding="utf-8")))
    assert linked == {path.name for path in PICTURES.iterdir()}
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 6e6
