"""A person with a browser reads numbers off each page: they are those recorded here, to the digits shown."""

import re

import numpy as np
import pytest
import torch

from rnnviz_core import Trace, load, record
from rnnviz_core.frames.numbers import printed
from rnnviz_core.search import USUAL_BEAM
from scripts.driver import Mark, Visitor
from scripts.serving import folder

TALL = {"width": 1280, "height": 2600}  # nothing has to be scrolled to
TEXTS = {
    "sentiment": "A warm and clever little film, but far too long.",
    "translation": "Mi hermano lee un libro.",
}
NUMBER = re.compile(r"[-−]?\d+\.\d+")


@pytest.fixture
def reader(desk: Visitor) -> Visitor:
    desk.page.set_viewport_size(TALL)
    return desk


def traced(model: str, task: str) -> Trace:
    options = {"beam": USUAL_BEAM} if task == "translation" else {}
    return record(load(folder() / model), TEXTS[task], **options)


def numbers(text: str) -> list[float]:
    """The decimal numbers in a text, in order."""
    return [float(found.replace("−", "-")) for found in NUMBER.findall(text)]


def assert_drawn(marks: list[Mark], field: str, wanted: np.ndarray, *axes: str) -> None:
    """The marks' rows hold exactly these values; `axes` are the fields that count them."""
    assert len(marks) == wanted.size
    for mark in marks:
        place = tuple(int(mark.row[axis]) for axis in axes)
        assert mark.row[field] == pytest.approx(float(wanted[place]), abs=1e-6), place


def choose_model(visitor: Visitor, word: str) -> None:
    """Pick a model in the sidebar by a word of its label."""
    box = visitor.page.get_by_test_id("stSidebar").get_by_role("combobox", name="Model")
    box.click()
    visitor.page.get_by_role("option").filter(has_text=re.compile(rf"^{word}\b(?! \+)")).first.click()
    visitor.page.wait_for_timeout(300)
    visitor.settle()


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        ("LSTM", ("input", "forget", "candidate", "output", "cell", "hidden")),
        ("GRU", ("reset", "update", "candidate", "hidden")),
    ],
)
def test_a_cell_of_the_gates(reader: Visitor, cell: str, lines: tuple[str, ...]) -> None:
    """Choose a model, type, click a cell, read its arithmetic, take it apart."""
    reader.go("/gates", model="sentiment-rnn")
    choose_model(reader, cell)
    reader.type(TEXTS["sentiment"])
    model = reader.query()["model"]
    assert model == f"sentiment-{cell.lower()}"
    trace = traced(model, "sentiment")
    for gate in lines[:-1]:
        if gate in ("cell", "hidden"):
            continue
        marks = [mark for mark in reader.marks() if mark.name.startswith(f"{gate}_")]
        assert_drawn(marks, gate, trace[f"encoder.0.{gate}"], "position", "unit")
    reader.click(reader.marks(position=3, unit=17)[0])
    assert {"token": "3", "unit": "17"}.items() <= reader.query().items()
    rows = reader.page.locator(".rv-head").last.locator(".rv-row").all_inner_texts()
    assert [row.split()[0] for row in rows] == list(lines)
    for name, row in zip(lines, rows, strict=True):
        assert numbers(row)[-1] == pytest.approx(float(trace[f"encoder.0.{name}"][3, 17]), abs=6e-4)
    reader.page.get_by_role("button", name="Take this cell apart").click()
    reader.page.wait_for_timeout(300)
    reader.settle()
    assert reader.query()["section"] == "cell"
    formulas = reader.page.locator("annotation").all_text_contents()
    for name in lines:
        value = float(trace[f"encoder.0.{name}"][3, 17])
        assert any(numbers(formula)[-1] == pytest.approx(value, abs=6e-4) for formula in formulas), name
    if cell == "LSTM":
        before = float(trace["encoder.0.cell"][2, 17])
        assert any(abs(found - before) < 6e-4 for found in numbers(formulas[-2])), "the old cell state"


def test_a_cell_of_the_states(reader: Visitor) -> None:
    reader.go("/states", model="sentiment-lstm", text=TEXTS["sentiment"])
    trace = traced("sentiment-lstm", "sentiment")
    for name in ("hidden", "cell"):
        marks = [mark for mark in reader.marks() if mark.name.startswith(f"{name}_")]
        assert_drawn(marks, name, trace[f"encoder.0.{name}"], "position", "unit")
    reader.click(reader.marks(position=6, unit=40)[0])
    assert {"token": "6", "unit": "40"}.items() <= reader.query().items()
    cell, hidden = reader.page.locator("annotation").all_text_contents()
    assert numbers(cell)[-1] == pytest.approx(float(trace["encoder.0.cell"][6, 40]), abs=6e-4)
    assert numbers(hidden)[-1] == pytest.approx(float(trace["encoder.0.hidden"][6, 40]), abs=6e-4)


def test_a_column_of_the_embeddings(reader: Visitor) -> None:
    model = "sentiment-lstm"
    reader.go("/embeddings", model=model, text=TEXTS["sentiment"])
    trace, network = traced(model, "sentiment"), load(folder() / model)
    marks = [mark for mark in reader.marks() if "dim" in mark.row]
    assert_drawn(marks, "value", trace["encoder.embedding"], "position", "dim")
    reader.click(reader.marks(position=3, dim=64)[0])
    assert reader.query()["token"] == "3"
    table = torch.nn.functional.normalize(network.embedding.weight.detach(), dim=1)
    token = trace.tokens["time"][3]
    cosines = (table @ table[token.id]).numpy()
    cosines[[0, 1, 2, 3, token.id]] = -1  # pieces that are no words, and itself
    wanted = np.sort(cosines)[::-1][:5]
    shown = reader.page.get_by_text("in the vocabulary:").first.inner_text()
    assert f"“{token.text.lstrip('▁')}”" in shown
    assert numbers(shown) == pytest.approx([float(value) for value in wanted], abs=6e-3)


def test_a_row_of_the_alignment(reader: Visitor) -> None:
    model = "es-en-gru-bahdanau"
    reader.go("/attention", model=model, text=TEXTS["translation"])
    trace = traced(model, "translation")
    weights = trace["attention.weights"]
    marks = [mark for mark in reader.marks() if {"target_position", "weight"} <= mark.row.keys()]
    assert_drawn(marks, "weight", weights, "target_position", "position")
    reader.click(reader.marks(target_position=3, position=1)[0])
    assert reader.query()["step"] == "3"
    bars = [mark for mark in reader.marks() if mark.name.startswith("weights_layer_0")]
    assert_drawn(bars, "weight", weights[3], "position")
    said = reader.page.get_by_text("it looked most at").first.inner_text()
    shares = [float(share) for share in re.findall(r"(\d+\.\d)\s?%", said)]
    assert shares == [pytest.approx(100 * float(weights[3].max()), abs=0.06)]


def test_the_bars_of_the_classes(reader: Visitor) -> None:
    reader.go("/softmax", model="sentiment-lstm", text=TEXTS["sentiment"])
    trace = traced("sentiment-lstm", "sentiment")
    bars = [mark for mark in reader.marks() if "logit" in mark.row]
    assert_drawn(bars, "share", trace["readout.probabilities"], "number")
    assert_drawn(bars, "logit", trace["readout.logits"], "number")
    shown = [text for text in reader.chart_texts() if text.endswith("%") and "." in text]
    wanted = [f"{100 * float(share):.1f}\N{NO-BREAK SPACE}%" for share in trace["readout.probabilities"]]
    assert shown == wanted


def test_the_steps_of_the_decoder(reader: Visitor) -> None:
    model = "es-en-gru-bahdanau"
    reader.go("/softmax", model=model, text=TEXTS["translation"], section="candidates", step=2)
    trace = traced(model, "translation")
    shown = [mark.row["share"] for mark in reader.marks() if "share" in mark.row]
    best = np.sort(trace["readout.probabilities"][2])[::-1][: len(shown)]
    assert len(shown) > 3
    assert shown == pytest.approx([float(value) for value in best], abs=1e-6)


def test_a_box_of_the_overview_is_taken_apart_below(reader: Visitor) -> None:
    reader.go("/", model="sentiment-lstm", text=TEXTS["sentiment"])
    trace = traced("sentiment-lstm", "sentiment")
    marks = reader.marks(site="encoder.0.hidden")
    assert_drawn(marks, "value", trace["encoder.0.hidden"], "position", "unit")
    reader.click(reader.marks(site="encoder.0.hidden", position=5)[30])
    assert {"token": "5", "part": "encoder.0.hidden"}.items() <= reader.query().items()
    state = printed(float(trace["encoder.0.hidden"][5, int(reader.query()["unit"])]), ".3f")
    assert state in reader.text()


@pytest.mark.parametrize(
    ("page", "other"),
    [
        ("embeddings", {"with": "sentiment-gru"}),
        ("states", {"with": "sentiment-gru"}),
        ("softmax", {"with": "sentiment-gru"}),
        ("embeddings", {"with_text": "Painfully dull."}),
        ("gates", {"with_text": "Painfully dull."}),
        ("states", {"with_text": "Painfully dull."}),
        ("softmax", {"with_text": "Painfully dull."}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_two_side_by_side_have_the_same_scales(page: str, other: dict[str, str], reader: Visitor) -> None:
    reader.go(f"/{page}", model="sentiment-lstm", text=TEXTS["sentiment"], **other)
    assert other.items() <= reader.query().items()
    one, two = reader.domains()
    shared = one.keys() & two.keys()
    assert shared, f"the charts have no scale in common: {one.keys()}, {two.keys()}"
    for name in shared:
        assert one[name] == pytest.approx(two[name]), name
