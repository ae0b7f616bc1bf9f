"""A chart as a file, without a browser: what is in the file, and what is refused."""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import altair as alt
import pytest
from PIL import Image

from rnnviz_core import charts
from rnnviz_core.charts import export, states, theme
from rnnviz_core.errors import SpecError

ROWS = {
    "position": [0, 1, 2],
    "tick": ["0000 a", "0001 good", "0002 a"],
    "token": ["a", "good", "a"],
    "hidden": [0.5, 0.25, 0.75],
    "high": [1.0, 1.0, 1.0],
}
CHART = charts.with_rows(
    alt.Chart(alt.NamedData("rows")).mark_bar(color="#FF0000").encode(x="tick:N", y="hidden:Q"),
    width=300,
    rows=ROWS,
)


def test_a_drawing_holds_the_words_and_the_bars(tmp_path: Path) -> None:
    drawing = ElementTree.fromstring(export.save(CHART, tmp_path / "chart.svg").read_text(encoding="utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    assert drawing.tag == f"{space}svg"
    assert set(ROWS["tick"]) <= {element.text for element in drawing.iter(f"{space}text")}
    bars = [path.get("d") for path in drawing.iter(f"{space}path") if path.get("fill") == "#FF0000"]
    heights = [float(match[1]) for bar in bars if bar and (match := re.search(r"v([\d.]+)h", bar))]
    assert heights == pytest.approx([heights[0], heights[0] / 2, heights[0] * 1.5])


def test_a_picture_has_its_scale(tmp_path: Path) -> None:
    sizes = []
    for scale in (1.0, 2.0):
        with Image.open(export.save(CHART, tmp_path / "chart.png", scale=scale)) as picture:
            sizes.append(picture.size)
    assert sizes[0][0] > 300
    assert [2 * side for side in sizes[0]] == pytest.approx(sizes[1], abs=2)


def test_a_page_opens_without_network(tmp_path: Path) -> None:
    page = export.save(CHART, tmp_path / "chart.html").read_text(encoding="utf-8")
    assert "0001 good" in page
    outside = re.sub(r"(<script[^>]*>).*?</script>", r"\1", page, flags=re.DOTALL)  # its tags, not its code
    assert not re.findall(r"<[^>]*(?:src|href)=", outside)


def test_a_spec_is_the_chart(tmp_path: Path) -> None:
    file = export.save(CHART, tmp_path / "chart.json")
    assert json.loads(file.read_text(encoding="utf-8")) == CHART.to_dict()


def test_a_dark_chart_is_drawn_for_a_dark_page(tmp_path: Path) -> None:
    """The templates' colours are expressions that look at the background: the converter evaluates them."""
    template = states.change_bars(("hidden",))
    found = {}
    for dark in (False, True):
        chart = charts.with_rows(template, dark=dark, changes=ROWS, chosen={})
        found[dark] = export.save(chart, tmp_path / "chart.svg").read_text(encoding="utf-8")
        assert theme.BACKGROUND[dark] in found[dark]
        assert theme.TEXT[dark] in found[dark]
        assert theme.TEXT[not dark] not in found[dark]


@pytest.mark.parametrize("name", ["chart.gif", "chart", "chart.svg.gz"])
def test_another_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"choose one of .png, .svg, .html, .json"):
        export.save(CHART, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["chart.svg", "chart.png", "chart.html"])
def test_without_the_converter_it_says_what_to_install(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(SpecError, match=r'pip install "rnnviz\[notebook\]"'):
        export.check(tmp_path / name)
    assert export.save(CHART, tmp_path / "chart.json").exists()


def test_nothing_is_fetched(tmp_path: Path) -> None:
    elsewhere = alt.Chart("https://example.org/rows.csv").mark_bar().encode(x="a:Q")
    with pytest.raises(ValueError, match=r"example\.org"):
        export.save(elsewhere, tmp_path / "chart.svg")
