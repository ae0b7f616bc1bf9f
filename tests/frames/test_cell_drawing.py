"""The drawn cell: every number follows from those on the wires into it, and those that enter are true."""

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from rnnviz_core.cells.equations import definition
from rnnviz_core.cells.kinds import RECURRENT
from rnnviz_core.charts import states as state_charts
from rnnviz_core.charts import theme
from rnnviz_core.checkpoints.registry import load
from rnnviz_core.contracts.examples import default_text
from rnnviz_core.contracts.task import record, task_of
from rnnviz_core.frames import cell_drawing, gates, states
from rnnviz_core.frames.layer import Layer
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.models.stacks import stack_of
from rnnviz_core.tracing.module import record_module

ROOT = Path(__file__).resolve().parents[2] / "checkpoints"
TEXTS = {
    "en": "The film was never bad!",
    "es": "La casa era aburrida.",
    "de": "Ein Hund läuft im Garten.",
    "fr": "Le chien court dans le jardin.",
}
SIGNS = {  # the meaning of every sign, written out apart from the code that draws it
    "+": sum,
    "×": math.prod,
    "=": sum,
    "1 −": lambda found: 1 - sum(found),
    "tanh": lambda found: math.tanh(sum(found)),
    "relu": lambda found: max(0.0, sum(found)),
    "σ": lambda found: 1 / (1 + math.exp(-sum(found))),
    "hard σ ⅕": lambda found: min(max(0.2 * sum(found) + 0.5, 0.0), 1.0),  # Keras 1 and 2
    "hard σ ⅙": lambda found: min(max(sum(found) / 6 + 0.5, 0.0), 1.0),  # Keras 3
    "softsign": lambda found: sum(found) / (1 + abs(sum(found))),
    "elu": lambda found: max(0.0, sum(found)) + math.expm1(min(0.0, sum(found))),
}
UNARY = ("=", "1 −", "tanh", "relu", "σ", "hard σ ⅕", "hard σ ⅙", "softsign", "elu")


def places_of(trace):
    """Every recurrent layer of a trace."""
    for part in ("encoder", "decoder"):
        for layer in range(trace.layers(part)):
            for reverse in (False, True)[: 1 + trace.reverses(part)]:
                yield Layer(part, layer, reverse)


def assert_every_number_follows(nodes, wires):
    """From the drawn rows alone."""
    value = dict(zip(nodes["name"], nodes["value"]))
    assert_allclose(wires["value"], [value[start] for start in wires["start"]])
    for node in nodes.itertuples():
        arriving = wires[wires["end"] == node.name]
        if not node.sign:
            assert arriving.empty
            continue
        assert len(arriving) == 1 if node.sign in UNARY else len(arriving) >= 2
        assert node.value == pytest.approx(SIGNS[node.sign](list(arriving["value"])), abs=2e-6), node.name
        if node.kind in ("op", "function"):
            assert node.words == node.sign
    assert set(wires["start"]) == set(nodes["name"]) - {
        "hidden",
        "cell",
        "unprojected",
    }  # no number is left over


@pytest.mark.slow
@pytest.mark.parametrize("folder", sorted(ROOT.glob("*/card.md")), ids=lambda path: path.parent.name)
def test_every_number_follows_from_those_before_it_in_every_shipped_model(folder):
    model = load(folder.parent)
    if task_of(model).name == "forecast":
        text = default_text(model.spec)
    else:
        text = TEXTS[str(getattr(model.spec, "source", "en"))]
    trace = record(model, text)
    rng = np.random.default_rng(4)
    for place in places_of(trace):
        hidden = trace[place.site("hidden")]
        for position in {0, 1, len(hidden) - 1}:
            for unit in {0, *rng.integers(0, hidden.shape[1], 3)}:
                nodes, wires = cell_drawing.drawing(model, trace, place, position, int(unit))
                assert_every_number_follows(nodes, wires)
                by_name = dict(zip(nodes["name"], nodes["value"]))
                for state in ("hidden", "cell"):
                    if place.site(state) in trace:
                        assert by_name[state] == trace[place.site(state)][position, unit]
                state = "cell" if place.site("cell") in trace else "hidden"
                before = gates.previous(trace, place, state, position)[unit]
                assert by_name[f"previous_{state}"] == before


@pytest.mark.parametrize("cell", RECURRENT)
@pytest.mark.parametrize("place", [Layer(), Layer("encoder", 1, reverse=True)])
def test_what_enters_the_drawing_is_what_torch_has(make_sentiment, cell, place):
    """Products of torch's own weights with its input and its states, and the gates it makes of them."""
    model = make_sentiment(cell, bidirectional=True, layers=2)
    trace = record(model, "the film was never bad.")
    suffix = f"_l{place.layer}{'_reverse' * place.reverse}"
    names = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
    own = {name: getattr(model.encoder, f"{name}{suffix}", None) for name in names}
    own = {name: torch.zeros(1) if weight is None else weight.double() for name, weight in own.items()}
    x = torch.tensor(trace[place.site("layer_input")][2].tolist()).double()
    h = torch.tensor(gates.previous(trace, place, "hidden", 2).tolist()).double()
    into = own["weight_ih"] @ x + own["bias_ih"]
    if cell != "mingru":
        back = own["weight_hh"] @ h + own["bias_hh"]
    unit, size = 3, len(h)
    nodes, _ = cell_drawing.drawing(model, trace, place, 2, unit)
    by_name = dict(zip(nodes["name"], nodes["value"]))
    for number, gate in enumerate(gates.names(trace)):
        row = number * size + unit
        assert by_name[f"{gate}_from_input"] == pytest.approx(float(into[row]), abs=1e-5)
        if cell not in ("rnn", "mingru"):
            assert by_name[f"{gate}_from_state"] == pytest.approx(float(back[row]), abs=1e-5)
    if cell == "rnn":
        weight = float(own["weight_hh"][unit, unit])
        assert by_name["own_weight"] == pytest.approx(weight)
        assert by_name["previous_hidden"] == pytest.approx(float(h[unit]))
        assert by_name["others"] == pytest.approx(float(back[unit]) - weight * float(h[unit]), abs=1e-5)


@pytest.mark.parametrize("cell", RECURRENT)
def test_the_drawing_speaks_in_the_fields_terms(make_sentiment, cell):
    model = make_sentiment(cell)
    trace = record(model, "the film")
    unit = int(np.abs(trace["encoder.0.hidden"][1]).argmax())
    nodes, wires = cell_drawing.drawing(model, trace, Layer(), 1, unit)
    for text in (*nodes["about"], *wires["about"], cell_drawing.drawing_in_words(nodes)):
        assert "_" not in text
        assert "squeez" not in text
    assert nodes["x"].between(0, 10).all()
    assert nodes["about"].is_unique
    said = cell_drawing.drawing_in_words(nodes)
    assert f"new hidden state h(t) {nodes.set_index('name')['value']['hidden']:.2f}" in said.replace("−", "-")


def test_a_state_has_its_colour_in_the_drawing_and_its_number_that_of_the_states_page(make_sentiment):
    model = make_sentiment("lstm")
    trace = record(model, "the film was never bad.")
    nodes, wires = cell_drawing.drawing(model, trace, Layer(), 3, 2)
    kinds = dict(zip(nodes["name"], nodes["kind"]))
    assert {kinds[name] for name in ("previous_cell", "cell")} == {"cell"}
    assert kinds["hidden"] == "hidden"
    assert {*kinds.values()} <= {*theme.STATE_COLOURS, *theme.GATE_COLOURS, "entry", "op", "function"}
    assert state_charts.LIMITS["cell"] == states.CELL_LIMIT
    shade, value = (dict(zip(wires["start"], wires[name])) for name in ("shade", "value"))
    assert shade["previous_cell"] == pytest.approx(value["previous_cell"] / state_charts.LIMITS["cell"])
    assert shade["shown"] == pytest.approx(value["shown"] / state_charts.LIMITS["hidden"])


def variant(family, **options):
    """Layers of a cell of another library."""
    return CellLayers(definition(f"{family}_variant", **options), 3, 4)


def test_a_cell_that_is_not_drawn_says_why():
    assert not any(cell_drawing.not_drawn(definition(cell)) for cell in RECURRENT)
    clipped = definition("gru_variant", clip=3.0)
    assert "cuts its sums off at ±3 before their functions" in cell_drawing.not_drawn(clipped)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")
@pytest.mark.parametrize(
    "module, sign, biased",
    [
        (torch.nn.RNN(3, 4, nonlinearity="relu"), "relu", True),
        (torch.nn.RNN(3, 4, bias=False), "tanh", False),
        (torch.nn.GRU(3, 4, bias=False), "tanh", False),
        (torch.nn.LSTM(3, 4, bias=False), "tanh", False),
        (torch.nn.LSTM(3, 4, proj_size=2), "tanh", True),
        (CellLayers(definition("peephole", bias=False), 3, 4), "tanh", False),
        (CellLayers(definition("peephole"), 3, 4), "tanh", True),
        (CellLayers(definition("mingru"), 3, 4), "=", True),
        (CellLayers(definition("mingru", bias=False), 3, 4), "=", False),
        # Imported ones: Keras's functions and its one bias, its GRU of the first edition, ONNX's gates.
        (
            variant("lstm", gates="hard_sigmoid", content="softsign", shown="elu", bias="one"),
            "softsign",
            True,
        ),
        (variant("lstm", gates="hard_sigmoid_sixth", shown="linear", peephole=True), "tanh", True),
        (variant("lstm", coupled=True, peephole=True, bias="none"), "tanh", False),
        (variant("gru", before=True, gates="hard_sigmoid"), "tanh", True),
        (variant("gru", before=True, bias="none", content="linear"), "=", False),
        (variant("gru", content="elu", bias="one"), "elu", True),
        (variant("rnn", content="softsign", bias="one"), "softsign", True),
    ],
    ids=str,
)
def test_the_drawn_cell_is_the_one_that_ran(module, sign, biased):
    torch.manual_seed(1)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape)
    trace = record_module(module, torch.randn(5, 3))
    place, network = Layer(), SimpleNamespace(encoder=module, stacks=lambda: {"encoder": stack_of(module)})
    for position in range(5):
        for unit in range(4):
            nodes, wires = cell_drawing.drawing(network, trace, place, position, unit)
            assert_every_number_follows(nodes, wires)
            assert nodes.set_index("name")["sign"]["candidate"] == sign
            from_input = nodes.set_index("name")["about"]["candidate_from_input"]
            assert from_input.endswith("W x + b" if biased else "W x")
