"""A layer seen whole: every number that is drawn, found again with numpy from the weights of the files."""

import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers_recorder import sentiment_model, translation_model

from rnnviz_core import load
from rnnviz_core.cells.equations import definition
from rnnviz_core.charts import svg
from rnnviz_core.charts.whole import drawing
from rnnviz_core.charts.whole.layout import number
from rnnviz_core.contracts.task import record
from rnnviz_core.frames import gate_sum
from rnnviz_core.frames import seen_whole as frames
from rnnviz_core.frames.layer import Layer
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.tracing.module import record_module

PER_CENT = "\N{NO-BREAK SPACE}%"
TEXT = "not a great plot, but what a cast!"
PLACE, HALF = Layer(), 0.00501  # a number of two decimals is off by half of the last one at most
ROWS = {"lstm": ("input", "forget", "candidate", "output"), "gru": ("reset", "update", "candidate")}
LETTERS = {"input": "i", "forget": "f", "output": "o", "reset": "r", "update": "z"}
NUMBER = re.compile(r"−?\d+\.\d\d")


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def forward(cell: str, weights: dict[str, np.ndarray], ids: list[int]) -> list[dict[str, np.ndarray]]:
    """All numbers of every step, from the file's weights: the textbook's equations, written out."""
    W, U, b, d = (weights[f"encoder.{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    size = U.shape[1]
    h, c, found = np.zeros(size), np.zeros(size), []
    for one in ids:
        x = weights["embedding.weight"][one]
        before = h
        into, back = W @ x + b, U @ h + d
        names = ROWS.get(cell, ("candidate",))
        cut = {name: slice(at * size, (at + 1) * size) for at, name in enumerate(names)}
        sums = {name: into[rows] + back[rows] for name, rows in cut.items()}
        gate = {name: sigmoid(total) for name, total in sums.items()}
        if cell == "gru":
            sums["candidate"] = into[cut["candidate"]] + gate["reset"] * back[cut["candidate"]]
        gate["candidate"] = np.tanh(sums["candidate"])
        step = {
            "x": x,
            "before": before,
            "back": back,
            **{f"sum {name}": total for name, total in sums.items()},
        }
        if cell == "lstm":
            step |= {"kept": gate["forget"], "written": gate["input"] * gate["candidate"]}
            c = step["kept"] * c + step["written"]
            h = gate["output"] * np.tanh(c)
            step["cell"] = c
        elif cell == "gru":
            step |= {"kept": gate["update"], "written": (1 - gate["update"]) * gate["candidate"]}
            h = step["kept"] * h + step["written"]
        else:
            h = gate["candidate"]
        logits = weights["output.weight"] @ h + weights["output.bias"]
        shares = np.exp(logits - logits.max())
        found.append({**step, **gate, "hidden": h, "shares": shares / shares.sum()})
    return found


def names_of(model) -> dict[str, np.ndarray]:
    """The file's weights."""
    return {name: value.double().numpy() for name, value in model.state_dict().items()}


@pytest.fixture(scope="module", params=["lstm", "gru", "rnn"])
def tiny(request):
    model = load(f"sentiment-tiny-{request.param}")
    trace = record(model, TEXT)
    ids = [token.id for token in trace.tokens["time"]]
    return request.param, model, trace, forward(request.param, names_of(model), ids)


def tree(whole: frames.Whole) -> ET.Element:
    strip = drawing.draw(whole, description="it").strip
    return ET.fromstring(strip)


def texts(node: ET.Element) -> list[str]:
    return [one.text or "" for one in node.iter("text")]


def values(words: list[str]) -> list[float]:
    return [
        float(found.replace("−", "-")) for word in words for found in NUMBER.findall(word.replace("− ", "−"))
    ]


def test_every_number_of_a_tiny_network_is_drawn_and_right(tiny):
    cell, model, trace, steps = tiny
    for gate in ROWS.get(cell, ("candidate",)):
        for step, unit in ((0, 1), (2, 3), (len(steps) - 1, 0)):
            whole = frames.whole(model, trace, PLACE, gate, step, unit)
            root = tree(whole)
            picks = {one.get("data-pick"): one for one in root.iter("g") if one.get("data-pick")}
            assert len(picks) == 5 * len(steps)  # a token and four units at every step
            for at, numbers in enumerate(steps):
                np.testing.assert_allclose(values(texts(picks[f"{at}"])[1:]), numbers["x"], atol=HALF)
                for row in range(4):
                    drawn = values(texts(picks[f"{at},{row}"]))
                    lines = {"lstm": ("hidden", gate, "cell"), "gru": (gate, "hidden")}.get(cell, ("hidden",))
                    expected = [numbers[name][row] for name in lines]
                    if at == step:
                        made = [numbers[f"sum {gate}"][row]]
                        made += [numbers[name][row] for name in ROWS.get(cell, ())]
                        expected = made + expected
                    np.testing.assert_allclose(drawn, expected, atol=HALF)


def test_the_chosen_step_tells_what_is_kept_and_written_and_the_shares_of_the_classes(tiny):
    cell, model, trace, steps = tiny
    whole = frames.whole(model, trace, PLACE, frames.gate_of(trace, PLACE), 3, 1)
    root = tree(whole)
    ops = [one for one in root.iter("g") if one.get("class") == "then"]
    if cell == "rnn":
        assert not ops
    else:
        drawn = np.reshape(values([word for one in ops for word in texts(one)]), (4, 2))
        expected = np.stack([steps[3]["kept"], steps[3]["written"]], axis=1)
        np.testing.assert_allclose(drawn, expected, atol=HALF)
    shares = [float(word.removesuffix(PER_CENT)) / 100 for word in texts(root) if word.endswith(PER_CENT)]
    np.testing.assert_allclose(shares, steps[3]["shares"], atol=0.000501)
    words = " ".join(texts(root))
    for name in ("hidden", "cell") if cell == "lstm" else ("hidden",):
        assert f"= {number(steps[3][name][1])}" in words  # the formulas of the chosen unit end in it


def test_every_wire_has_its_weight_its_number_and_its_width(tiny):
    cell, model, trace, steps = tiny
    weights = names_of(model)
    for gate in ROWS.get(cell, ("candidate",)):
        whole = frames.whole(model, trace, PLACE, gate, 4, 2)
        wires = [
            one
            for one in tree(whole).iter("path")
            if "wire" in (one.get("class") or "") and one.find("title") is not None
        ]
        assert len(wires) == 4 * (8 + 4)
        first = ROWS.get(cell, ("candidate",)).index(gate) * 4
        damp = steps[4]["reset"][2] if (cell, gate) == ("gru", "candidate") else 1.0
        widest = max(np.abs(weights[f"encoder.weight_{side}_l0"]).max() for side in ("ih", "hh"))
        told = iter(wires)
        for row in range(4):
            for matrix, numbers in (("ih", steps[4]["x"]), ("hh", damp * steps[4]["before"])):
                line = weights[f"encoder.weight_{matrix}_l0"][first + row]
                for weight, value in zip(line, numbers, strict=True):
                    wire = next(told)
                    np.testing.assert_allclose(
                        values([wire.find("title").text]), [weight, value, weight * value], atol=HALF
                    )
                    assert float(wire.get("stroke-width")) == pytest.approx(
                        0.7 + 5.3 * abs(weight) / widest, abs=0.06
                    )
                    assert ("wire p" in wire.get("class")) == (weight >= 0)


def test_the_terms_add_up_to_the_sum_and_name_their_bias(tiny):
    cell, model, trace, steps = tiny
    for gate in ROWS.get(cell, ("candidate",)):
        for step, unit in ((0, 0), (5, 3)):
            whole = frames.whole(model, trace, PLACE, gate, step, unit)
            found = gate_sum.terms(model, whole)
            assert len(found) == 8 + 4 + 2
            assert len({term.name for term in found}) == len(found)
            assert sum(term.value for term in found) == pytest.approx(
                steps[step][f"sum {gate}"][unit], abs=1e-5
            )
            fewer = gate_sum.strongest_first(found, 5)
            assert sum(term.value for term in fewer) == pytest.approx(sum(term.value for term in found))
            for term in fewer[5:]:
                count = len([one for one in found if one.kind == term.kind and one not in fewer])
                assert term.name.split(" ", 1)[0] == str(count)
                assert term.name.endswith("s") is (count != 1)


@pytest.mark.parametrize(
    ("make", "text", "place"),
    [
        (lambda: sentiment_model(hidden=12, embedding=16), "the soup was warm", Layer()),
        (
            lambda: sentiment_model(cell="gru", hidden=12, layers=2, bidirectional=True),
            "so warm",
            Layer("encoder", 1),
        ),
        (
            lambda: sentiment_model(cell="rnn", hidden=12, bidirectional=True),
            "so warm",
            Layer("encoder", 0, True),
        ),
        (lambda: translation_model(attention="bahdanau", hidden=12), "la sopa", Layer("decoder")),
    ],
)
def test_one_unit_of_a_larger_layer_adds_up(make, text, place):
    model = make()
    check(model, record(model, text), place)


@pytest.mark.parametrize("cell", ["peephole", "mingru", "lstm"])
@pytest.mark.parametrize("size", [4, 12])
def test_any_cell_that_is_defined_adds_up(cell, size):
    torch.manual_seed(3)
    module = CellLayers(definition(cell), 5, size)
    check(
        SimpleNamespace(stacks=lambda: {"encoder": module}), record_module(module, torch.randn(4, 5)), Layer()
    )


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_no_equation_lies_over_a_number(cell):
    """A series is read one number at a time: then the equations are taller than the list of what is read."""
    torch.manual_seed(3)
    module = CellLayers(definition(cell), 1, 4)
    trace, model = (
        record_module(module, torch.randn(3, 1)),
        SimpleNamespace(stacks=lambda: {"encoder": module}),
    )
    whole = frames.whole(model, trace, Layer(), trace.definition("encoder").gate_names[0], 1, 1)
    root = tree(whole)
    lines = [float(one.get("y")) for one in root.iter("text") if re.match(r"\w = |\+ .* = ", one.text or "")]
    boxes = [float(one.get("y")) for one in root.iter("rect") if "rx" in one.attrib]
    assert len(lines) >= len(whole.arithmetic)
    assert max(lines) + 4 < min(y for y in boxes if y > 0)  # the shade behind the step begins at the top


def check(model, trace, place) -> None:
    for gate in trace.definition(place.part).gate_names:
        for step in (0, len(trace[place.site("hidden")]) - 1):
            whole = frames.whole(model, trace, place, gate, step, 1)
            terms = gate_sum.terms(model, whole)
            summed = f"{gate}_preactivation"
            total = trace[place.site(summed if summed in whole.definition.names else gate)]
            assert sum(term.value for term in terms) == pytest.approx(total[step, 1], abs=1e-5)
            assert whole.units[whole.row] == 1
            end = whole.row if whole.everything else 0
            drawn = whole.W_i[end] @ whole.x[whole.at]
            if whole.rest_x is not None:
                drawn += whole.rest_x[whole.at]
            drawn += sum(term.value for term in terms if term.name == "bias b_i")
            assert drawn == pytest.approx(trace[place.site(f"{gate}_from_input")][step, 1], abs=1e-5)
            if whole.W_h is not None and whole.at:
                back = whole.W_h[end] @ whole.hidden[whole.at - 1]
                if whole.rest_h is not None:
                    back += whole.rest_h[whole.at - 1]
                bias = sum(term.value for term in terms if term.name == "bias b_h")
                state = trace[place.site(f"{gate}_from_state")][step, 1]
                assert back + bias / whole.damp == pytest.approx(state, abs=1e-5)
            if whole.kept is not None:
                state = trace[place.site(whole.definition.memory.state)]
                before = whole.before(whole.definition.memory.state)[whole.row]
                new = whole.kept[whole.at, whole.row] * before + whole.written[whole.at, whole.row]
                assert new == pytest.approx(state[step, 1], abs=1e-5)
            ET.fromstring(drawing.document(whole))


def test_a_long_text_is_a_window_around_the_step():
    model = sentiment_model(cell="gru")
    trace = record(model, "the soup was warm and the bread was fresh " * 6)
    last = len(trace.tokens["time"]) - 1
    for step in (0, last // 2, last):
        whole = frames.whole(model, trace, PLACE, "update", step, 0)
        assert len(whole.steps) == frames.SHOWN
        assert whole.steps[whole.at] == step
        np.testing.assert_array_equal(
            whole.hidden, trace["encoder.0.hidden"][whole.steps.start : whole.steps.stop]
        )


def test_what_is_typed_cannot_leave_its_text():
    model = sentiment_model()
    trace = record(model, 'warm <script>alert("x")</script> & "soup"')
    whole = frames.whole(model, trace, PLACE, "forget", 1, 0)
    root = tree(whole)
    assert not list(root.iter("script"))
    ET.fromstring(drawing.draw(whole, description='"><script>').strip)


def test_words_on_every_shade_can_be_read():
    for _, fill, words in svg.shades():
        for theme in (0, 1):
            assert svg.contrast(fill[theme], words[theme]) >= 4.5


@pytest.mark.parametrize(
    ("value", "printed"), [(-0.004, "0.00"), (-0.006, "−0.01"), (1.005, "1.00"), (-12.3, "−12.30")]
)
def test_numbers_are_printed_as_elsewhere(value, printed):
    assert number(value) == printed
