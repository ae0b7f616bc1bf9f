"""Gradients through time: against torch's own autograd on the fused modules, and against the closed form."""

import copy
import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from helpers_recorder import sentiment_model, translation_model
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnviz_core import load, record
from rnnviz_core.cells import equations as cells
from rnnviz_core.checkpoints.registry import scan
from rnnviz_core.contracts.task import task_of_spec
from rnnviz_core.derivatives import gradients, module_gradients, of_trace
from rnnviz_core.derivatives.loop import Loop
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.places import checkpoints
from rnnviz_core.tracing.trace import Trace

EXACT = 1e-10  # relative to the largest
MODULES: dict[str, Any] = {
    "rnn": lambda **more: nn.RNN(3, 5, **more),
    "relu": lambda **more: nn.RNN(3, 5, nonlinearity="relu", **more),
    "gru": lambda **more: nn.GRU(3, 5, **more),
    "lstm": lambda **more: nn.LSTM(3, 5, **more),
    "projected": lambda **more: nn.LSTM(3, 5, proj_size=2, **more),
    "peephole": lambda **more: CellLayers(cells.definition("peephole"), 3, 5, **more),
    "mingru": lambda **more: CellLayers(cells.definition("mingru"), 3, 5, **more),
}


def score(output: Tensor) -> Tensor:
    """A number that every part of the output has its own say in."""
    weights = torch.linspace(-1, 2, output.numel(), dtype=output.dtype).view(output.shape)
    return (output * weights).sum() + (output**2).sum()


def assert_equal(found: np.ndarray, expected: Any) -> None:
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= EXACT * max(np.abs(expected).max(), 1e-300)


def starts(module: Any) -> tuple[Tensor, ...]:
    rows = module.num_layers * (2 if module.bidirectional else 1)
    narrow = module.proj_size or 5
    names = ("hidden", "cell") if "cell" in _cell(module).states else ("hidden",)
    return tuple(torch.randn(rows, narrow if name == "hidden" else 5).double() for name in names)


def _cell(module: Any) -> cells.Definition:
    from rnnviz_core.models.stacks import stack_of

    return stack_of(module).definition()


# --- modules ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("layers, two_way", [(1, False), (2, True)])
@pytest.mark.parametrize("given_states", [False, True])
def test_the_input_and_the_first_states(name: str, layers: int, two_way: bool, given_states: bool) -> None:
    torch.manual_seed(3)
    module = MODULES[name](num_layers=layers, bidirectional=two_way).double()
    x = torch.randn(9, 3, dtype=torch.float64)
    state = starts(module)
    if not given_states:
        state = tuple(torch.zeros_like(one) for one in state)
    leaves = [x.clone().requires_grad_(), *(one.clone().requires_grad_() for one in state)]
    single = len(state) == 1
    output, _ = module(leaves[0], leaves[1] if single else tuple(leaves[1:]))
    expected = torch.autograd.grad(score(output), leaves)
    handed = (state[0] if single else state) if given_states else None
    trace = module_gradients(module, x, score, handed)
    assert_equal(trace["encoder.0.layer_input_gradient"], expected[0])
    for word, gradient in zip(("hidden", "cell"), expected[1:], strict=False):
        rows = [
            trace[f"encoder.{layer}{side}.initial_{word}_gradient"]
            for layer in range(layers)
            for side in ("", ".reverse")[: 1 + two_way]
        ]
        assert_equal(np.stack(rows), gradient)
    assert trace.meta["gradient"]["closed_form"] < 1e-13
    assert trace.meta["gradient"]["states"] < 1e-13


@pytest.mark.parametrize("name", ["rnn", "relu", "gru", "lstm", "projected"])
def test_every_state(name: str) -> None:
    torch.manual_seed(4)
    module = MODULES[name]().double()
    x = torch.randn(8, 3, dtype=torch.float64)
    state: Any = tuple(one.requires_grad_() for one in starts(module))
    first = state = state[0] if len(state) == 1 else state
    kept = []
    for step in x:  # one call of torch's module per step: its states are nodes of the graph
        _, state = module(step[None], state)
        kept.append(state if isinstance(state, tuple) else (state,))
    output = torch.cat([pair[0] for pair in kept])
    gave = torch.autograd.grad(score(output), [one for pair in kept for one in pair], allow_unused=True)
    trace = module_gradients(module, x, score, first.detach() if isinstance(first, Tensor) else first)
    gave = [torch.zeros(1, 5).double() if one is None else one for one in gave]  # the last cell: unseen
    hidden = torch.cat([one for number, one in enumerate(gave) if number % len(kept[0]) == 0])
    assert_equal(trace["encoder.0.hidden_gradient"], hidden)
    if len(kept[0]) == 2:  # torch hands on the cell beside the hidden state that shows it: add that way
        o, c = trace["encoder.0.output"], trace["encoder.0.cell"]
        shown = trace["encoder.0.hidden_gradient"]
        if name == "projected":
            shown = shown @ module.weight_hr_l0.detach().numpy()
        expected = torch.cat(gave[1::2]).numpy() + shown * o * (1 - np.tanh(c) ** 2)
        assert_equal(trace["encoder.0.cell_gradient"], expected)


def test_gates_follow_from_the_states() -> None:
    torch.manual_seed(5)
    module = nn.LSTM(3, 5, dtype=torch.float64)
    trace = module_gradients(module, torch.randn(8, 3, dtype=torch.float64), score)
    before = np.concatenate([np.zeros((1, 5)), trace["encoder.0.cell"][:-1]])
    cell, f = trace["encoder.0.cell_gradient"], trace["encoder.0.forget"]
    np.testing.assert_allclose(trace["encoder.0.forget_gradient"], cell * before, atol=1e-14)
    np.testing.assert_allclose(
        trace["encoder.0.forget_preactivation_gradient"], cell * before * f * (1 - f), atol=1e-14
    )
    out = trace["encoder.0.hidden_gradient"] * np.tanh(trace["encoder.0.cell"])
    np.testing.assert_allclose(trace["encoder.0.output_gradient"], out, atol=1e-14)


def test_a_unit_at_a_step_by_hand() -> None:
    module = nn.RNN(1, 1, bias=False)
    for parameter in module.parameters():
        parameter.data.fill_(0.5)
    trace = module_gradients(module, torch.ones(3, 1), "encoder.0.hidden:2:0")
    h = trace["encoder.0.hidden"].astype(float)[:, 0]
    slopes = 1 - h**2
    expected = [slopes[2] * slopes[1] * 0.25, slopes[2] * 0.5, 1.0]
    np.testing.assert_allclose(trace["encoder.0.hidden_gradient"][:, 0], expected, rtol=1e-6)
    np.testing.assert_array_equal(trace["encoder.0.hidden_direct_gradient"][:, 0], [0, 0, 1])


@pytest.mark.parametrize("name", [name for name in cells.CELLS if cells.definition(name).jacobian])
@given(data=st.data())
@settings(max_examples=12)
def test_the_closed_form_is_the_derivative_of_the_step(name: str, data: st.DataObject) -> None:
    """Every block, against torch's derivative of the equations themselves."""
    seed, units = data.draw(st.integers(0, 10_000)), data.draw(st.integers(1, 5))
    spread = data.draw(st.sampled_from([0.1, 1.0, 4.0]))
    torch.manual_seed(seed)
    cell = cells.definition(name)
    rows = len(cell.gates) * units
    weights = {"W_i": torch.randn(rows, 2), "b_i": torch.randn(rows)}
    if cell.reads_state:
        weights |= {"W_h": spread * torch.randn(rows, units), "b_h": torch.randn(rows)}
    weights = {key: one.double() for key, one in weights.items()}
    weights |= {key: torch.randn(units).double() for key in cell.extra}
    x = torch.randn(1, 2).double()
    initial = {state: torch.randn(units).double() for state in cell.states}

    def after(*before: Tensor) -> tuple[Tensor, ...]:
        found = cells.step(cell, weights, x[0], dict(zip(cell.states, before, strict=True)))
        return tuple(found[state] for state in cell.states)

    from rnnviz_core.derivatives.closed import steps_of

    states = {
        state: one[None].numpy() for state, one in zip(cell.states, after(*initial.values()), strict=True)
    }
    step = steps_of(cell, weights, x, states, {state: one.numpy() for state, one in initial.items()})
    expected = torch.autograd.functional.jacobian(after, tuple(initial.values()))
    for new, row in zip(cell.states, expected, strict=True):
        for old, block in zip(cell.states, row, strict=True):
            found = step.matrix(0, new, old) if (new, old) in step.pairs else np.zeros((units, units))
            np.testing.assert_allclose(found, block.numpy(), atol=1e-12, rtol=1e-10)
    vectors = {state: np.random.default_rng(seed).normal(size=units) for state in cell.states}
    whole = np.concatenate([vectors[state] for state in step.states]) @ step.whole(0)
    back = step.back(0, vectors)
    np.testing.assert_allclose(np.concatenate([back[state] for state in step.states]), whole, atol=1e-12)


def test_a_wrong_formula_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = cells.definition("gru")
    first, *rest = right.jacobian[0].terms
    block = dataclasses.replace(
        right.jacobian[0], terms=(dataclasses.replace(first, coefficient=first.coefficient * 1.001), *rest)
    )
    wrong = dataclasses.replace(right, jacobian=(block,))
    monkeypatch.setattr(cells, "definition", lambda *_, **__: wrong)
    with pytest.raises(
        TraceError, match=r"autograd and that of the closed form differ by \S+ of the largest"
    ):
        module_gradients(nn.GRU(3, 4), torch.randn(6, 3), score)


def test_a_wrong_loop_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Loop.weights
    monkeypatch.setattr(
        Loop,
        "weights",
        lambda self, *place: {key: one * 1.01 for key, one in right(self, *place).items()},
    )
    with pytest.raises(TraceError, match=r"encoder\.0\.hidden computed step by step .* differs by"):
        module_gradients(nn.GRU(3, 4), torch.randn(6, 3), score)


def test_what_a_module_has_not() -> None:
    module, x = nn.GRU(3, 4), torch.randn(6, 3)
    with pytest.raises(SpecError, match=r"steps 0 to 5 and the units 0 to 3"):
        module_gradients(module, x, "encoder.0.hidden:6:0")
    with pytest.raises(SpecError, match=r"no site 'encoder\.0\.cell'"):
        module_gradients(module, x, "encoder.0.cell:0:0")
    with pytest.raises(SpecError, match="a gradient is taken of a single one"):
        module_gradients(module, x, lambda output: output[0])


def test_nothing_is_changed() -> None:
    model = sentiment_model(cell="gru", attention="pooling")
    before = copy.deepcopy(model.state_dict())
    text = "the soup was warm"
    recorded = record(model, text)
    trace = gradients(model, text)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(parameter.grad is not None for parameter in model.parameters())
    assert not model.embedding._forward_hooks
    for name in recorded:
        np.testing.assert_array_equal(recorded[name], trace[name])


# --- networks -----------------------------------------------------------------------------------


def double(model: Any, *tables: str) -> tuple[Any, dict[str, Tensor]]:
    """torch's own modules in double precision, and what its tables return."""
    twin, kept = copy.deepcopy(model).double(), {}
    for table in tables:

        def keep(module: Any, args: Any, found: Tensor, name: str = table) -> Tensor:
            kept[name] = found.detach().requires_grad_()
            return kept[name]

        getattr(twin, table).register_forward_hook(keep)
    return twin, kept


@pytest.mark.parametrize("more", [{}, {"layers": 2, "bidirectional": True}, {"attention": "pooling"}])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_verdict(cell: str, more: dict[str, Any]) -> None:
    model = sentiment_model(cell=cell, **more)
    trace = gradients(model, "the soup was warm and nobody liked it", "margin")
    twin, kept = double(model, "embedding")
    ids = torch.tensor([[token.id for token in trace.tokens["time"]]])
    logits = twin(ids, torch.tensor([ids.shape[1]]))[0]
    margin = torch.log(logits[3:].exp().sum()) - torch.log(logits[:2].exp().sum())
    (expected,) = torch.autograd.grad(margin, kept["embedding"])
    assert_equal(trace["encoder.embedding_gradient"], expected[0])
    assert trace.meta["gradient"]["value"] == pytest.approx(float(margin.detach()), abs=1e-12)


@pytest.mark.parametrize("attention", ["none", "luong", "bahdanau"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_translation(cell: str, attention: str) -> None:
    model = translation_model(cell=cell, attention=attention, bidirectional=True)
    trace = gradients(model, "la sopa estaba caliente", "step:2")
    twin, kept = double(model, "source_embedding", "target_embedding")
    ids = torch.tensor([[token.id for token in trace.tokens["source"]]])
    written = torch.tensor([[token.id for token in trace.tokens["target"]]])
    read = torch.cat((torch.full((1, 1), 2), written[:, :-1]), dim=1)
    logits = twin(ids, torch.tensor([ids.shape[1]]), read)[0]
    value = logits.log_softmax(-1)[2, written[0, 2]]
    expected = torch.autograd.grad(value, [kept["source_embedding"], kept["target_embedding"]])
    for part, gradient in zip(("encoder", "decoder"), expected, strict=True):
        assert_equal(trace[f"{part}.embedding_gradient"], gradient[0])


@pytest.mark.parametrize("name", [entry.id for entry in scan(str(checkpoints())).entries])
def test_shipped(name: str) -> None:
    model = load(name)
    text = task_of_spec(model.spec).examples(model.spec)[0].text
    trace = gradients(model, text)
    about = trace.meta["gradient"]
    if "encoder.0.hidden" in trace:
        assert about["closed_form"] < 1e-12
    else:
        assert about["closed_form"] is None
    assert about["states"] < 1e-5
    for site in trace:
        if site.endswith("_gradient") and not site.endswith("_direct_gradient"):
            assert trace[site].shape == trace[site.removesuffix("_gradient")].shape
            assert trace[site].dtype == np.float64
    assert np.isfinite(trace["encoder.embedding_gradient"]).all()


def test_the_names_of_quantities() -> None:
    model, text = sentiment_model(), "the soup was warm"
    trace = gradients(model, text)
    label = trace.meta["label"]
    assert trace.meta["gradient"]["of"] == f"log_probability:{label}"
    assert trace.meta["gradient"]["words"] == f"the log-probability of “{label}”"
    own = of_trace(model, record(model, text), "logit:positive")
    assert own["readout.logits_gradient"].tolist() == [0, 0, 0, 1, 0]
    by_unit = gradients(model, text, "encoder.0.forget:1:2")
    assert by_unit["encoder.0.forget_gradient"][1, 2] == 1.0
    assert not by_unit["encoder.embedding_gradient"][2:].any()  # read later
    for wrong, message in {
        "logit:postive": "unknown value of logit 'postive'; choose one of .*positive",
        "probability": r"gives no 'probability'; choose one of log_probability:…, margin, logit:…",
        "encoder.0.hidden:99:0": "the units 0 to 4",
        "readout.nothing:1:1": "no site 'readout.nothing'",
    }.items():
        with pytest.raises(SpecError, match=message):
            gradients(model, text, wrong)
    with pytest.raises(SpecError, match=r"no 'step:100'; step goes from 0 to \d+"):
        gradients(translation_model(), "la sopa", "step:100")
    with pytest.raises(SpecError, match="has no use for 'beam'"):
        gradients(model, text, beam=3)


def test_files_keep_gradients(tmp_path: Any) -> None:
    trace = gradients(sentiment_model(cell="gru"), "the soup was warm")
    again = Trace.load(trace.save(tmp_path / "g.npz"))
    np.testing.assert_array_equal(again["encoder.0.update_gradient"], trace["encoder.0.update_gradient"])
    assert dict(again.meta["gradient"]) == dict(trace.meta["gradient"])


# --- what the pages tell ------------------------------------------------------------------------

SENTENCE = (
    "Although the first half drags on with far too many speeches and a hero nobody could like, the last hour "
    "of this strange little film is so funny and so warm that I forgave it everything."
)


def test_one_sentence_three_cells() -> None:
    """The plain RNN depends least on what it read first: a seventh and less of what it depends on most."""
    kept = {}
    for cell in ("rnn", "gru", "lstm"):
        trace = gradients(load(f"sentiment-{cell}"), SENTENCE, "margin")
        lengths = np.linalg.norm(trace["encoder.embedding_gradient"], axis=1)
        kept[cell] = lengths[:10].mean() / lengths.max()
    assert kept["rnn"] < 1 / 7 < kept["lstm"]
    assert kept["rnn"] < kept["gru"]
