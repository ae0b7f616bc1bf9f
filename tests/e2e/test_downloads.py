"""A person with a browser: takes charts and tables along, and passes links on."""

import io
import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from rnnviz_core import load, record
from rnnviz_core.contracts.examples import default_text
from scripts.driver import Visitor, coloured
from scripts.serving import folder

TEXT = "A warm and clever little film, but far too long."
MODEL = "sentiment-lstm"


def saved(visitor: Visitor, name: str) -> bytes:
    """What a click on the button with this name downloads."""
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name=re.compile(name)).first.click()
    data: bytes = download.value.path().read_bytes()
    return data


@pytest.mark.parametrize("page", ["overview", "embeddings", "gates", "states", "attention", "softmax"])
def test_a_chart_as_a_picture_and_as_a_drawing(page: str, desk: Visitor) -> None:
    """As large as the chart. The SVG file holds the words that stand in it; that of a canvas chart, too."""
    model = "es-en-gru-bahdanau" if page == "attention" else MODEL
    desk.go("/" if page == "overview" else f"/{page}", model=model)
    shown = desk.charts()[0].bounding_box()
    desk.page.get_by_test_id("stVegaLiteChart").first.hover()
    picture = saved(desk, "^Download as PNG")
    image = Image.open(io.BytesIO(picture))
    assert image.format == "PNG"
    assert image.width / image.height == pytest.approx(shown["width"] / shown["height"], rel=0.05)
    assert coloured(picture) > 0.0005
    desk.page.get_by_role("button", name="Download", exact=True).click()
    drawing = ElementTree.fromstring(saved(desk, r"^\.svg$"))
    desk.page.keyboard.press("Escape")
    desk.page.get_by_role("dialog").wait_for(state="detached")
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(drawing.get("width")) / float(drawing.get("height")) == pytest.approx(
        shown["width"] / shown["height"], rel=0.05
    )
    words = {element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")}
    tokens = record(load(folder() / model), default_text(load(folder() / model).spec)).tokens
    read = tokens["source" if "source" in tokens else "time"]
    if page != "softmax":  # its bars stand for classes
        assert {token.text.removeprefix("▁") for token in read} - {""} <= words


@pytest.mark.parametrize(
    ("page", "section", "columns"),
    [
        ("gates", "maps", ("input", "forget", "candidate", "output")),
        ("states", "maps", ("hidden", "cell")),
    ],
)
def test_a_table_of_cells(page: str, section: str, columns: tuple[str, ...], desk: Visitor) -> None:
    desk.go(f"/{page}", model=MODEL, text=TEXT, section=section)
    rows = pd.read_csv(io.BytesIO(saved(desk, rf"{page}\.csv$")))
    trace = record(load(folder() / MODEL), TEXT)
    for name in columns:
        wanted = trace[f"encoder.0.{name}"]
        assert len(rows) == wanted.size
        np.testing.assert_allclose(rows[name], wanted[rows["position"], rows["unit"]], atol=1e-6)


def test_a_table_of_classes(desk: Visitor) -> None:
    desk.go("/softmax", model=MODEL, text=TEXT)
    rows = pd.read_csv(io.BytesIO(saved(desk, r"classes\.csv$"))).sort_values("number")
    trace = record(load(folder() / MODEL), TEXT)
    assert list(rows["class"]) == list(trace.labels["class"])
    np.testing.assert_allclose(rows["logit"], trace["readout.logits"], atol=1e-6)
    np.testing.assert_allclose(rows["probability"], trace["readout.probabilities"], atol=1e-6)


@pytest.mark.parametrize(
    "view",
    [
        {"page": "states", "layer": "decoder.0", "section": "ledger", "step": "2", "unit": "9"},
        {"page": "gates", "layer": "encoder.0.reverse", "section": "cell", "token": "1", "unit": "30"},
        {"page": "attention", "section": "context", "step": "3", "unit": "12"},
        {"page": "softmax", "section": "beam", "beam": "4"},
        {"page": "states", "section": "maps", "token": "2", "unit": "5", "with_text": "La casa es blanca."},
    ],
    ids=lambda view: f"{view['page']}-{view['section']}",
)
def test_the_copied_link_opens_the_same_view(
    view: dict[str, str], desk: Visitor, visit: Callable[..., Visitor]
) -> None:
    page, chosen = view["page"], {name: value for name, value in view.items() if name != "page"}
    desk.go(f"/{page}", model="es-en-gru-bahdanau", text="Mi hermano lee un libro.", **chosen)
    assert chosen.items() <= desk.query().items(), "a choice was dropped"
    link = desk.copied_link()
    assert link.startswith(f"{desk.address}/{page}?")
    other = visit()
    other.page.goto(link)
    other.settle()
    assert other.query().items() >= desk.query().items()
    assert other.text() == desk.text()
    assert other.domains() == desk.domains()
