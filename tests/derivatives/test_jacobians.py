"""Pairs of steps, roads and short cuts: against autograd, and as sums that must hold."""

import copy

import numpy as np
import pytest
import torch
from helpers_recorder import sentiment_model, translation_model

from rnnviz_core import gradients, record
from rnnviz_core.charts import gradients as charts
from rnnviz_core.derivatives.jacobians import jacobians, pairs
from rnnviz_core.derivatives.run import of_trace
from rnnviz_core.frames import gradients as frames
from rnnviz_core.frames.columns import frame
from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.tokens import one_step

TEXT = "the soup was warm and the bread was fresh"


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_pair_is_what_autograd_finds(cell: str, reverse: bool) -> None:
    model = sentiment_model(cell=cell, bidirectional=True)
    trace = record(model, TEXT)
    step = jacobians(model, trace, "encoder", 0, reverse=reverse)
    found = pairs(step)
    steps, place = step.steps, Layer("encoder", 0, reverse)
    later, earlier = steps - 2, 1  # in the order of reading
    row = steps - 1 - later if reverse else later
    column = steps - 1 - earlier if reverse else earlier
    block = np.stack(
        [
            of_trace(model, trace, f"{place.site('hidden')}:{row}:{unit}")[place.site("hidden_gradient")][
                column
            ]
            for unit in range(5)
        ]
    )
    expected = np.linalg.norm(block) / np.sqrt(5)
    assert found.first == 0
    assert found.gains[later, earlier] == pytest.approx(expected, rel=1e-5)  # the trace is float32
    assert np.diagonal(found.gains).tolist() == pytest.approx([1.0] * steps)
    assert np.isnan(found.gains[earlier, later])
    short = pairs(step, budget=9 * step.width("hidden") ** 3)
    assert short.first == steps - len(short.gains) > 0
    np.testing.assert_allclose(short.gains, found.gains[short.first :, short.first :])


def test_a_product_is_the_chain() -> None:
    model = sentiment_model(cell="lstm")
    step = jacobians(model, record(model, TEXT), "encoder", 0)
    expected = np.linalg.multi_dot([step.whole(at) for at in range(step.steps - 1, 2, -1)])
    np.testing.assert_allclose(step.product(3), expected)


@pytest.mark.parametrize("attention", ["none", "pooling"])
@pytest.mark.parametrize("place", [Layer(), Layer(reverse=True)])
def test_two_roads_are_the_whole(attention: str, place: Layer) -> None:
    model = sentiment_model(cell="lstm", attention=attention, bidirectional=True)
    trace = record(model, TEXT)
    found = frames.roads(trace, of_trace(model, trace, "margin"), place)
    assert found.difference < 1e-5  # the gates are float32
    assert np.abs(found.cell).max() > 0
    assert np.abs(found.hidden).max() > 0
    if attention == "none":  # from the last step on the cell's road is nothing but forget gates
        order = slice(None, None, -1) if place.reverse else slice(None)
        kept = trace[place.site("forget")][order][2:].prod(0)
        np.testing.assert_allclose(found.cell[order][1], found.cell[order][-1] * kept, rtol=1e-4)
    said = frames.roads_in_words(found, [f"w{at}" for at in range(len(found.whole))], place.reverse)
    assert f"At “w{len(found.whole) - 1 if place.reverse else 0}”" in said


@pytest.mark.parametrize("model", [sentiment_model(cell="gru", attention="pooling"), translation_model()])
def test_the_short_cut_and_the_rest(model: object) -> None:
    trace = gradients(model, TEXT)  # type: ignore[arg-type]
    found = frames.shortcut(trace, Layer())
    whole = trace["encoder.0.hidden_gradient"]
    np.testing.assert_allclose(found["the whole"], np.linalg.norm(whole, axis=1))
    assert found["through later states"][-1] == pytest.approx(0, abs=1e-12)  # nothing comes after the last
    if "attention.weights" in trace:
        assert found["straight"].min() > 0
    else:
        assert not found["straight"][:-1].any()


def test_larger_weights_and_clipping() -> None:
    model = sentiment_model(cell="rnn")
    trace = record(model, TEXT)
    own = of_trace(model, trace, "margin", weigh=True)
    small = of_trace(model, trace, "margin", scale=0.01, weigh=True)
    own_lengths, small_lengths = (frames.of_state(one, Layer()) for one in (own, small))
    assert small_lengths[0] / small_lengths[-1] < 1e-3 * own_lengths[0] / own_lengths[-1]
    assert small.meta["gradient"]["closed_form"] < 1e-12
    twin = copy.deepcopy(model).double()
    ids = torch.tensor([[token.id for token in trace.tokens["time"]]])
    logits = twin(ids, torch.tensor([ids.shape[1]]))[0]
    margin = torch.logsumexp(logits[3:], 0) - torch.logsumexp(logits[:2], 0)
    (weight,) = torch.autograd.grad(margin, twin.encoder.weight_hh_l0)
    assert own.meta["gradient"]["weights"] == pytest.approx(float(weight.norm()), rel=1e-10)
    assert "clipped at 1 it is divided by 4" in frames.clipped_in_words(4.0, 1.0)
    assert "stays as it is" in frames.clipped_in_words(0.5, 1.0)
    rows = frame(frames.clipped({"1": 0.5, "2": 4.0}, 1.0))
    assert rows[rows["kind"] == "clipped"]["length"].tolist() == [0.5, 1.0]


def test_lengths_and_shares() -> None:
    rows = frame(frames.curves(["a", "b"], {"one": np.array([0.0, 2.0]), "two": np.array([3.0, 1.0])}))
    assert np.isnan(rows["value"][0])  # a logarithm has no zero
    assert rows["value"][1:].tolist() == [2.0, 3.0, 1.0]
    relative = {"one": np.array([1.0, 2.0]), "two": np.array([3.0, 1.5])}
    shares = frame(frames.curves(["a", "b"], relative, relative=True))
    assert shares["value"].tolist() == [0.5, 1.0, 1.0, 0.5]
    assert shares["length"].tolist() == [1.0, 2.0, 3.0, 1.5]
    said = frames.reach_in_words("RNN", ["a", "b"], np.array([0.001, 2.0]))
    assert said == (
        "RNN: 0.0010 at “a”, 2.0 at “b”: a small change of the first step moves it 2,000 times less. "
        "It depends most on “b” (2.0)."
    )
    assert [frames.number(value) for value in (0, 1.234, 0.00012, 123456.0)] == [
        *(
            "0",
            "1.2",
            "1.2\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10⁻⁴",
            "1.2\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10⁵",
        )
    ]
    said = [frames.times(ratio) for ratio in (1.234, 2000.0, 319_187.0, 192_932_159_508.0)]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in said] == [
        *("1.2 times", "2,000 times", "320,000 times", "1.9 × 10¹¹ times")
    ]
    series = frames.reach_in_words("LSTM", ["0", "1"], np.array([1.0, 4.0]))
    assert series.startswith("LSTM: 1.0 at step 0, 4.0 at step 1: a small change of the first step moves it")


def test_templates_fit_their_rows() -> None:
    """Every field that a chart encodes is a column of what it is sent."""
    texts, gains = ["a", "b", "c"], np.tril(np.full((3, 3), 0.5))
    lines = frames.curves(texts, {"one": np.ones(3), "two": np.ones(3)})
    chosen = one_step(texts, 1)
    for template, rows in (
        (charts.lengths(("one", "two"), "encoder", "T", "S"), {"lengths": lines, "chosen": chosen}),
        (charts.pairs(3, "encoder", -2), {"pairs": frames.grid(texts, gains, 0), "chosen": chosen}),
        (charts.jacobian(2, 2), {"jacobian": frames.matrix(np.eye(2), 96)}),
        (charts.clipping(("1", "2"), 1.0), {"clipped": frames.clipped({"1": 0.5, "2": 4.0}, 1.0)}),
    ):
        spec = template.to_dict()  # against Vega-Lite's schema
        layers = [inner for one in spec.get("layer", [spec]) for inner in one.get("layer", [one])]
        for layer in layers:
            data = layer.get("data", spec.get("data", {"name": "chosen"}))["name"]
            for channel in layer["encoding"].values():
                for one in channel if isinstance(channel, list) else [channel]:
                    assert one.get("field") is None or one["field"] in rows[data], (data, one["field"])
