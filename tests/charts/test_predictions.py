"""Predictions as pictures: words are escaped, marks stand where their numbers are, colours can be read."""

import re
from xml.etree import ElementTree

import pytest

from rnnviz_core.charts import predictions, theme
from rnnviz_core.charts.svg import contrast

TOKENS = ("the", "<b>", "&", "wonderful", ".")
DRAWINGS = {
    "scale": lambda **given: predictions.scale(0, 10, ("low", "<high>", "A “scale”"), **given),
    "strip": lambda **given: predictions.strip(TOKENS, "Tokens", **given),
    "curves": lambda **given: predictions.curves(TOKENS, 0, 1, ("share", "A curve"), **given),
}
ANSWERS = {"scale": (2.0, 5.0), "strip": (1, 3), "curves": ([0.5] * 5, [0.1] * 5)}


@pytest.mark.parametrize("width", [predictions.WIDTH, predictions.NARROW])
@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings_are_whole(name: str, width: int) -> None:
    """Well-formed, named for those who cannot see them, within their width, and empty until answered."""
    yours, true = ANSWERS[name]
    empty = DRAWINGS[name](width=width, dark=False)
    both = ElementTree.fromstring(DRAWINGS[name](yours=yours, true=true, width=width, dark=False))
    assert both.get("aria-label")
    assert "light-dark" not in empty
    words = [one.text or "" for one in both.iter() if one.tag.endswith("text")]
    assert sum("you" in one for one in words) == sum("network" in one for one in words) == 1
    assert not re.search(">(▲ |● )?(you|network)<", empty)
    places = [float(one.get(at) or 0) for one in both.iter() for at in ("x", "x2", "cx")]
    assert all(0 <= place <= width for place in places)
    assert all(float(one.get("font-size") or 12) >= 12 for one in both.iter())


def test_a_mark_stands_at_its_number() -> None:
    drawn = ElementTree.fromstring(predictions.scale(0, 10, ("", "", "s"), true=5.0, dark=True, width=340))
    (disc,) = [one for one in drawn.iter() if one.tag.endswith("circle")]
    assert float(disc.get("cx") or 0) == 170


@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_read(dark: bool) -> None:
    for pair in (predictions.YOURS, predictions.TRUE, theme.MUTED):
        assert contrast(pair[dark], theme.BACKGROUND[dark]) >= 4.5
