"""The gallery in the docs shows every section that the app has, and no other."""

import re
from pathlib import Path

import pytest

from rnnviz_core import load, record, scan
from rnnviz_core.checkpoints.registry import Entry
from rnnviz_core.contracts.examples import default_text
from rnnviz_core.ui.shell.routes import ROUTES, TRACED, route
from rnnviz_core.ui.views.sections import sections_of
from scripts.gallery import SHOTS, Shot, page

ROOT = Path(__file__).resolve().parents[2]
GALLERY, PICTURES = ROOT / "docs" / "gallery.md", ROOT / "docs" / "screenshots"
ENTRIES = scan(ROOT / "checkpoints").entries


def section_of(shot: Shot) -> str:
    """The name of what a shot shows; without one in its link that is what its page opens with."""
    return shot.section or next((one.name for one in route(shot.page).sections), "")


def test_every_page_and_section_has_a_shot() -> None:
    wanted = {(page.name, section.name) for page in ROUTES for section in page.sections}
    shown = {(shot.page, section_of(shot)) for shot in SHOTS}
    assert {one for one in shown if route(one[0]).traces} == wanted
    assert {page for page, _ in shown} == {page.name for page in ROUTES}
    assert {shot.page for shot in SHOTS if shot.first} == {page.name for page in ROUTES}, "no whole page"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_section_is_photographed(entry: Entry) -> None:
    """What a page offers for a model has a shot of the model's task; a shot shows what its models have."""
    trace = record(load(entry.path), default_text(entry.spec))
    for name in (found.name for found in TRACED):
        found = {section.name for section in sections_of(name, trace)}
        shots = [shot for shot in SHOTS if (shot.page, shot.kind.task) == (name, entry.spec.task)]
        assert found <= {section_of(shot) for shot in shots}, "a section without a shot"
        fitting = {section_of(shot) for shot in shots if shot.kind.fits(entry.spec)}
        assert found >= fitting, "a shot of no section"


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
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 7.5e6
