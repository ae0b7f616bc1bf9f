"""The recorder against torch's own output, against a loop over the steps, and against tampering."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers_recorder import loop, sentiment_model, translation_model
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence, pad_packed_sequence

from rnnviz_core import limits
from rnnviz_core.cells import equations as cells
from rnnviz_core.contracts.task import record
from rnnviz_core.errors import SpecError, TextError, TraceError
from rnnviz_core.inputs.tokenizer import BOS, EOS
from rnnviz_core.models.forecaster import Forecaster
from rnnviz_core.models.forecaster_spec import ForecastSpec
from rnnviz_core.search.beam import beam_search
from rnnviz_core.search.stepping import Stepper
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.scan import scan
from rnnviz_core.tracing.trace import Trace, layer_site

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")

BOUND = {torch.float64: 1e-12, torch.float32: 1e-5}
TEXT = "the warm soup was not old"


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


# --- record_module ----------------------------------------------------------------------------


@dataclasses.dataclass
class Case:
    """A module, what it is called with, and the item's own sequence and first states."""

    module: nn.RNNBase
    x: Any
    state: Any
    lengths: list[int] | None
    item: int
    sequence: Tensor
    first: list[Tensor]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    torch.manual_seed(draw(st.integers(0, 10_000)))
    kind = draw(st.sampled_from([nn.RNN, nn.GRU, nn.LSTM]))
    hidden = draw(st.integers(1, 5))
    options: dict[str, Any] = {}
    if kind is nn.RNN:
        options["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    if kind is nn.LSTM and hidden > 1:
        options["proj_size"] = draw(st.sampled_from([0, hidden - 1]))
    dtype = draw(st.sampled_from([torch.float32, torch.float64]))
    module = kind(
        draw(st.integers(1, 4)),
        hidden,
        num_layers=draw(st.integers(1, 3)),
        bidirectional=draw(st.booleans()),
        batch_first=draw(st.booleans()),
        bias=draw(st.booleans()),
        dtype=dtype,
        **options,
    ).eval()
    form = draw(st.sampled_from(["unbatched", "batch", "lengths", "packed", "packed sorted"]))
    batch = 1 if form == "unbatched" else draw(st.integers(1, 4))
    steps = draw(st.sampled_from([1, 2, 3, 5, 9, 40]))
    counts = [steps] * batch
    if form in ("lengths", "packed", "packed sorted"):
        counts = draw(st.lists(st.integers(1, steps), min_size=batch, max_size=batch))
        if form == "packed sorted":
            counts.sort(reverse=True)
    item = draw(st.integers(0, batch - 1))
    padded = torch.randn(batch, steps, module.input_size, dtype=dtype)
    rows = module.num_layers * (2 if module.bidirectional else 1)
    widths = [module.proj_size or hidden] + [hidden] * (kind is nn.LSTM)
    states = [torch.randn(rows, batch, width, dtype=dtype) for width in widths]
    given_state = draw(st.booleans())
    x: Any = padded if module.batch_first else padded.transpose(0, 1)
    if form == "unbatched":
        x = padded[0]
    elif form.startswith("packed"):
        x = pack_padded_sequence(padded, counts, batch_first=True, enforce_sorted="sorted" in form)
    taken = [state[:, 0] if form == "unbatched" else state for state in states]
    return Case(
        module,
        x,
        None if not given_state else tuple(taken) if len(taken) == 2 else taken[0],
        counts if form == "lengths" else None,
        item,
        padded[item, : counts[item]],
        [state[:, item] if given_state else torch.zeros_like(state[:, item]) for state in states],
    )


def torch_output(case: Case) -> Tensor:
    """What the module itself returns for the item: (time, state)."""
    x = case.x
    if case.lengths is not None:
        x = pack_padded_sequence(x, case.lengths, case.module.batch_first, enforce_sorted=False)
    with torch.no_grad():
        output = case.module(x, case.state)[0]
    if isinstance(output, PackedSequence):
        return pad_packed_sequence(output, batch_first=True)[0][case.item, : len(case.sequence)]
    if output.dim() == 2:
        return output
    return output[case.item] if case.module.batch_first else output[:, case.item]


@settings(max_examples=120, deadline=None, derandomize=True)
@given(cases())
def test_any_module_against_torch_and_a_loop(case: Case) -> None:
    bound = BOUND[case.sequence.dtype]
    trace = record_module(case.module, case.x, case.state, case.lengths, item=case.item)
    assert trace.max_difference < bound
    directions = (False, True) if case.module.bidirectional else (False,)
    x = case.sequence
    for layer in range(case.module.num_layers):
        outputs = []
        for reverse in directions:
            row = layer * len(directions) + reverse
            first = [state[row] for state in case.first]
            expected = loop(case.module, x, first[0], first[-1], layer=layer, reverse=reverse)
            for name, values in expected.items():
                recorded = trace[layer_site("encoder", layer, name, reverse=reverse)]
                np.testing.assert_allclose(recorded, values.numpy(), atol=bound, rtol=bound, err_msg=name)
            read = trace[layer_site("encoder", layer, "layer_input", reverse=reverse)]
            np.testing.assert_allclose(read, x.numpy(), atol=bound)
            for state, word in zip(first, ("initial_hidden", "initial_cell"), strict=False):
                start = trace[layer_site("encoder", layer, word, reverse=reverse)]
                np.testing.assert_array_equal(start, state.numpy())
            outputs.append(expected["hidden"])
        x = torch.cat(outputs, dim=-1)
    top = [trace[layer_site("encoder", layer, "hidden", reverse=reverse)] for reverse in directions]
    np.testing.assert_array_equal(np.concatenate(top, axis=-1), torch_output(case).numpy())


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_packed_is_one_by_one(kind: type[nn.RNNBase]) -> None:
    torch.manual_seed(0)
    module = kind(3, 4, num_layers=2, bidirectional=True).double()
    texts = [torch.randn(steps, 3, dtype=torch.float64) for steps in (2, 7, 4)]
    packed = pack_sequence(texts, enforce_sorted=False)
    for item, alone in enumerate(texts):
        one, together = record_module(module, alone), record_module(module, packed, item=item)
        assert set(one) == set(together)
        for name in one:
            np.testing.assert_allclose(one[name], together[name], atol=1e-13)


def test_identities_hold_on_the_stored_arrays() -> None:
    torch.manual_seed(1)
    lstm = record_module(nn.LSTM(3, 4, dtype=torch.float64), torch.randn(50, 3, dtype=torch.float64))
    o, c, f = (lstm[f"encoder.0.{name}"] for name in ("output", "cell", "forget"))
    np.testing.assert_allclose(lstm["encoder.0.hidden"], o * np.tanh(c), atol=1e-14)
    written = lstm["encoder.0.input"] * lstm["encoder.0.candidate"]
    np.testing.assert_allclose(c[1:], f[1:] * c[:-1] + written[1:], atol=1e-14)
    gru = record_module(nn.GRU(3, 4, dtype=torch.float64), torch.randn(50, 3, dtype=torch.float64))
    z, n, h = (gru[f"encoder.0.{name}"] for name in ("update", "candidate", "hidden"))
    np.testing.assert_allclose(h[1:], (1 - z[1:]) * n[1:] + z[1:] * h[:-1], atol=1e-14)
    assert ((z > 0) & (z < 1)).all()


def test_a_gate_by_hand() -> None:
    module = nn.GRU(1, 1)
    for parameter in module.parameters():
        parameter.data.zero_()
    trace = record_module(module, torch.ones(1, 1), torch.ones(1, 1))
    assert trace["encoder.0.update"].item() == 0.5  # sigmoid(0)
    assert trace["encoder.0.candidate"].item() == 0.0  # tanh(0)
    assert trace["encoder.0.hidden"].item() == 0.5  # half of the old state


def test_axes_and_meta() -> None:
    module = nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    trace = record_module(module, torch.randn(5, 3))
    assert trace.axes["encoder.1.reverse.forget"] == ("time", "unit")
    assert trace.axes["encoder.1.layer_input"] == ("time", "dim")
    assert trace.axes["encoder.0.initial_cell"] == ("unit",)
    assert (trace.layers(), trace.reverses(), trace.time_axis()) == (2, True, "time")
    assert trace.model == repr(module)
    assert trace.meta["cell"] == "lstm"
    assert not [name for name in trace if "unprojected" in name or "reset" in name]


def test_recording_changes_neither_module_nor_arguments() -> None:
    torch.manual_seed(2)
    module, x, h = nn.GRU(3, 4), torch.randn(5, 3), torch.randn(1, 4)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    kept = x.clone(), h.clone()
    trace = record_module(module, x, h)
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert torch.equal(x, kept[0])
    x.zero_()
    h.zero_()
    np.testing.assert_array_equal(trace["encoder.0.layer_input"], kept[0].numpy())
    np.testing.assert_array_equal(trace["encoder.0.initial_hidden"], kept[1][0].numpy())


@pytest.mark.parametrize("steps", [1, 2, 7, 127, 128, 129, 132, 133, 200, 513])
@pytest.mark.parametrize("reverse", [False, True])
def test_scan_is_the_recurrence(steps: int, reverse: bool) -> None:
    random = np.random.default_rng(steps)
    slope, offset, first = random.random((steps, 3)), random.normal(size=(steps, 3)), random.normal(size=3)
    kept = slope.copy(), offset.copy()
    found = scan(slope, offset, first, reverse=reverse)
    state, order = first, range(steps)[::-1] if reverse else range(steps)
    for t in order:
        state = slope[t] * state + offset[t]
        np.testing.assert_allclose(found[t], state, atol=1e-14, rtol=1e-14)
    np.testing.assert_array_equal(slope, kept[0])
    np.testing.assert_array_equal(offset, kept[1])


# --- verification -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind, name, site",
    [
        (nn.RNN, "candidate", "encoder.0.hidden"),
        (nn.GRU, "update", "encoder.0.hidden"),
        (nn.LSTM, "input", "encoder.0.hidden"),
        (nn.LSTM, "cell", "encoder.0.hidden"),
    ],
)
def test_a_wrong_equation_is_found(
    monkeypatch: pytest.MonkeyPatch, kind: type[nn.RNNBase], name: str, site: str
) -> None:
    right = cells.definition(kind.__name__.lower())

    def tampered(equation: cells.Equation) -> cells.Equation:
        if equation.name != name:
            return equation
        wrong = equation.expression * 1.01
        if name == "cell":
            kept, added = equation.slope_and_offset("previous_cell")
            wrong = added * 1.01 + kept * cells.PREVIOUS_CELL
        return dataclasses.replace(equation, expression=wrong)

    wrong = dataclasses.replace(
        right, elementwise=tuple(tampered(equation) for equation in right.elementwise)
    )
    monkeypatch.setattr(cells, "definition", lambda *_, **__: wrong)
    torch.manual_seed(3)
    with pytest.raises(TraceError, match=rf"{site} computed again .* differs by 0\.\d+ .* limit is 0\.0001"):
        record_module(kind(3, 4), torch.randn(6, 3))


def test_nan_is_found() -> None:
    x = torch.randn(6, 3)
    x[2, 1] = torch.nan
    with pytest.raises(TraceError, match=r"encoder\.0\.hidden holds values that are not finite"):
        record_module(nn.GRU(3, 4), x)


def test_an_explosion_is_found() -> None:
    module = nn.RNN(1, 1, nonlinearity="relu")
    for parameter in module.parameters():
        parameter.data.fill_(1e10)
    with pytest.raises(TraceError, match="not finite"):
        record_module(module, torch.ones(9, 1))


def test_large_states_are_compared_relative_to_their_size() -> None:
    module = nn.RNN(3, 4, nonlinearity="relu")
    torch.manual_seed(4)
    for parameter in module.parameters():
        parameter.data = torch.rand(parameter.shape) * 10
    trace = record_module(module, torch.rand(5, 3))
    assert trace["encoder.0.hidden"].max() > 1e5
    assert trace.max_difference <= limits.TOLERANCE * trace["encoder.0.hidden"].max()


# --- arguments --------------------------------------------------------------------------------

LSTM, GRU = nn.LSTM(3, 4), nn.GRU(3, 4)
X = torch.zeros(5, 2, 3)
PACKED = pack_sequence([torch.zeros(3, 3), torch.zeros(2, 3)])


@pytest.mark.parametrize(
    "arguments, options, message",
    [
        ((nn.Linear(3, 4), X), {}, "Linear is none of them"),
        ((nn.LSTMCell(3, 4), X), {}, "LSTMCell is none of them"),
        ((nn.LSTM(3, 4, 2, dropout=0.5), X), {}, r"training mode with dropout 0.5.*call module.eval\(\)"),
        ((LSTM, [1.0]), {}, "x is a list; it must be a tensor"),
        ((LSTM, X.half()), {}, "torch.float16 cannot be recorded"),
        ((nn.LSTM(3, 4).bfloat16(), X), {}, "torch.bfloat16 cannot be recorded"),
        ((LSTM, X.long()), {}, "torch.int64 cannot be recorded"),
        ((LSTM, X.double()), {}, "x is torch.float64 but the module is torch.float32"),
        ((LSTM, X[0, 0]), {}, r"x has the shape \(3,\); it must have 2 axes, or 3"),
        ((LSTM, X[..., :2]), {}, "x is 2 numbers wide; the module reads 3"),
        ((LSTM, X[:0]), {}, r"x has the shape \(0, 2, 3\); there is nothing to read"),
        ((LSTM, X), {"item": 2}, "item is 2; the batch has the rows 0 to 1"),
        ((LSTM, X), {"item": -1}, "item is -1; the batch has the rows 0 to 1"),
        ((LSTM, X[:, 0]), {"item": 1}, "item is 1; without a batch it must be 0"),
        ((LSTM, torch.zeros(1, limits.BATCH_ROWS + 1, 3)), {}, f"the limit is {limits.BATCH_ROWS}"),
        ((LSTM, X, torch.zeros(1, 2, 4)), {}, r"state is one Tensor; an LSTM takes the two states"),
        ((GRU, X, (torch.zeros(1, 2, 4),) * 2), {}, "the hidden state is a tuple; it must be a tensor"),
        ((GRU, X, torch.zeros(2, 2, 4)), {}, r"shape \(2, 2, 4\); it must be \(1, 2, 4\)"),
        ((GRU, X[:, 0], torch.zeros(1, 1, 4)), {}, r"shape \(1, 1, 4\); it must be \(1, 4\)"),
        ((LSTM, X, (torch.zeros(1, 2, 4), torch.zeros(1, 2, 3))), {}, r"the cell state has the shape"),
        ((GRU, X, torch.zeros(1, 2, 4).double()), {}, "the hidden state is torch.float64 but x is"),
        ((GRU, X, None, [5]), {}, r"lengths is \[5\]; it must be 2 whole numbers"),
        ((GRU, X, None, [5.0, 1.0]), {}, "must be 2 whole numbers"),
        ((GRU, X, None, "ab"), {}, "lengths is 'ab'; it must be 2 whole numbers"),
        ((GRU, X, None, [6, 1]), {}, "lengths has 6; x has 5 steps"),
        ((GRU, X, None, [5, -1]), {}, "lengths has -1; x has 5 steps"),
        ((GRU, X[:, 0], None, [5]), {}, "lengths is given, but x has no batch"),
        ((GRU, PACKED, None, [3, 2]), {}, "a packed sequence has its own"),
        ((GRU, PACKED), {"item": 2}, "item is 2; the batch has the rows 0 to 1"),
    ],
)
def test_wrong_arguments(arguments: tuple[Any, ...], options: dict[str, Any], message: str) -> None:
    with pytest.raises(TraceError, match=message):
        record_module(*arguments, **options)


# --- record: sentiment ------------------------------------------------------------------------

SENTIMENT = [
    {"cell": "rnn"},
    {"cell": "gru", "attention": "pooling"},
    {"cell": "lstm"},
    {"cell": "lstm", "layers": 2, "bidirectional": True, "attention": "pooling"},
    {"cell": "gru", "bidirectional": True},
]


@pytest.mark.parametrize("spec", SENTIMENT, ids=str)
def test_sentiment_logits_are_the_model_s(spec: dict[str, Any]) -> None:
    model = sentiment_model(**spec)
    trace = record(model, TEXT)
    ids = torch.tensor([[token.id for token in trace.tokens["time"]]])
    with torch.no_grad():
        logits = [model(ids[:, :end], torch.tensor([end]))[0].numpy() for end in range(1, ids.shape[1] + 1)]
    np.testing.assert_allclose(trace["readout.logits"], logits[-1], atol=1e-6)
    np.testing.assert_allclose(trace["readout.prefix_logits"], np.stack(logits), atol=1e-6)
    assert trace.meta["label"] == trace.labels["class"][logits[-1].argmax()]
    assert trace.max_difference < 1e-5
    assert trace.text == TEXT


@pytest.mark.parametrize("spec", SENTIMENT, ids=str)
def test_sentiment_identities(spec: dict[str, Any]) -> None:
    model = sentiment_model(**spec)
    trace = record(model, TEXT)
    total = trace["readout.terms"].sum(axis=1) + trace["readout.bias"]
    np.testing.assert_allclose(total, trace["readout.logits"], atol=1e-5)
    np.testing.assert_allclose(trace["readout.prefix_probabilities"].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(
        trace["readout.prefix_probabilities"][-1], trace["readout.probabilities"], atol=1e-6
    )
    np.testing.assert_array_equal(trace["encoder.embedding"], trace["encoder.0.layer_input"])
    top = model.spec.layers - 1
    states = trace[f"encoder.{top}.hidden"]
    if model.spec.bidirectional:
        states = np.concatenate((states, trace[f"encoder.{top}.reverse.hidden"]), axis=1)
    if model.attention is not None:
        np.testing.assert_allclose(trace["attention.weights"] @ states, trace["attention.context"], atol=1e-6)
        np.testing.assert_array_equal(trace["attention.context"], trace["readout.vector"])
    else:
        half = states.shape[1] // 2
        last = (
            np.concatenate((states[-1, :half], states[0, half:])) if model.spec.bidirectional else states[-1]
        )
        np.testing.assert_array_equal(last, trace["readout.vector"])


def test_notes_on_the_text_are_kept() -> None:
    trace = record(sentiment_model(), "warm\x07 soup")
    assert trace.meta["notes"] == ("1 control character read as a space",)


def test_a_trace_does_not_share_memory_with_its_model() -> None:
    model = sentiment_model()
    trace = record(model, TEXT)
    kept = {name: trace[name].copy() for name in trace}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    for name, array in kept.items():
        np.testing.assert_array_equal(trace[name], array)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"beam": 3}, "has no use for 'beam'; leave it out"),
        ({"reference": "a"}, "has no use for 'reference'; leave it out"),
    ],
)
def test_sentiment_refuses_what_only_translation_has(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        record(sentiment_model(), TEXT, **options)


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(TraceError, match="not GRU; try record_module"):
        record(GRU, TEXT)  # type: ignore[arg-type]
    with pytest.raises(TraceError, match=r"training mode; call \.eval\(\) first"):
        record(sentiment_model().train(), TEXT)
    with pytest.raises(TextError, match="empty"):
        record(sentiment_model(), "  ")


# --- record: translation ----------------------------------------------------------------------

SOURCE = "un tren lento"
TRANSLATION = [
    {"cell": cell, "attention": attention, **more}
    for cell, more in (("gru", {}), ("lstm", {"layers": 2, "bidirectional": True}), ("rnn", {}))
    for attention in ("none", "luong", "bahdanau")
]


def forced_logits(model: Any, trace: Trace) -> np.ndarray:
    source = torch.tensor([[token.id for token in trace.tokens["source"]]])
    target = torch.tensor([[BOS, *(token.id for token in trace.tokens["target"][:-1])]])
    with torch.no_grad():
        return model(source, torch.tensor([source.shape[1]]), target)[0].numpy()


@pytest.mark.parametrize("spec", TRANSLATION, ids=str)
def test_translation_is_the_model_s(spec: dict[str, Any]) -> None:
    model = translation_model(**spec)
    trace = record(model, SOURCE)
    logits = trace["readout.logits"]
    np.testing.assert_allclose(logits, forced_logits(model, trace), atol=1e-5)
    probable = trace["readout.probabilities"].copy()
    probable[:, :EOS] = 0  # a translation never holds padding, unknown or the start mark
    np.testing.assert_array_equal(probable.argmax(axis=1), [token.id for token in trace.tokens["target"]])
    assert trace.max_difference < 1e-5
    assert trace.labels["target_input"] == ("<s>", *(token.text for token in trace.tokens["target"][:-1]))
    assert trace.meta["forced"] is False
    assert len(trace.labels["vocab"]) == logits.shape[1]
    assert ("encoder.context" in trace) == (spec["attention"] == "none")


@pytest.mark.parametrize("spec", TRANSLATION, ids=str)
def test_translation_identities(spec: dict[str, Any]) -> None:
    model = translation_model(**spec)
    trace = record(model, SOURCE, reference="the slow train")
    steps, top = len(trace.tokens["target"]), model.spec.layers - 1
    reads = trace["decoder.0.layer_input"]
    np.testing.assert_array_equal(reads[:, : model.spec.embedding], trace["decoder.embedding"])
    if spec["attention"] == "none":
        context = np.tile(trace["encoder.context"], (steps, 1))
    else:
        states = trace[f"encoder.{top}.hidden"]
        if model.spec.bidirectional:
            states = np.concatenate((states, trace[f"encoder.{top}.reverse.hidden"]), axis=1)
        context = trace["attention.context"]
        np.testing.assert_allclose(trace["attention.weights"] @ states, context, atol=1e-6)
        np.testing.assert_allclose(trace["attention.weights"].sum(axis=1), 1, atol=1e-6)
        assert trace.axes["attention.weights"] == ("target", "source")
    if spec["attention"] == "luong":
        assert reads.shape[1] == model.spec.embedding
    else:
        np.testing.assert_array_equal(reads[:, model.spec.embedding :], context)


def test_a_reference_is_what_the_decoder_reads() -> None:
    model = translation_model(attention="luong")
    trace = record(model, SOURCE, reference="the old train")
    assert trace.meta["forced"] is True
    assert trace.meta["beam"] == ()
    assert trace.meta["translation"] == "the old train"
    tokens = trace.tokens["target"]
    assert tokens[-1].text == "</s>"
    assert "".join("the old train"[token.start : token.end] for token in tokens) == "the old train"
    np.testing.assert_allclose(trace["readout.logits"], forced_logits(model, trace), atol=1e-5)


@pytest.mark.parametrize("attention", ["none", "bahdanau"])
def test_the_best_hypothesis_of_the_beam_is_recorded(attention: str) -> None:
    model = translation_model(attention=attention, cell="lstm")
    trace = record(model, SOURCE, beam=3)
    ids = torch.tensor([[token.id for token in trace.tokens["source"]]])
    with torch.no_grad():
        found = beam_search(model, model.encode(ids, torch.tensor([ids.shape[1]])), 3)
    assert tuple(token.id for token in trace.tokens["target"]) == found.hypotheses[0].ids
    scores = [hypothesis["score"] for hypothesis in trace.meta["beam"]]
    assert scores == sorted(scores, reverse=True)
    assert trace.meta["beam"][0]["text"] == trace.meta["translation"]
    assert trace.meta["beam"][0]["pieces"] == tuple(token.text for token in trace.tokens["target"])
    chosen = trace["readout.probabilities"][range(len(found.hypotheses[0].ids)), found.hypotheses[0].ids]
    assert np.log(chosen).sum() == pytest.approx(trace.meta["beam"][0]["log_probability"], rel=1e-4)


def test_a_beam_keeps_every_node_it_looked_at() -> None:
    model = translation_model()
    trace = record(model, SOURCE, beam=3)
    ids = torch.tensor([[token.id for token in trace.tokens["source"]]])
    with torch.inference_mode():
        found = beam_search(model, model.encode(ids, torch.tensor([ids.shape[1]])), 3)
    search = trace.meta["search"]
    assert search["id"] == tuple(node.id for node in found.nodes)
    assert search["parent"] == tuple(node.parent for node in found.nodes)
    written = [search["id"][node] for node in trace.meta["search_path"]]
    assert written == [token.id for token in trace.tokens["target"]]
    assert "search" not in record(model, SOURCE).meta


def test_a_search_that_is_not_the_model_s_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Stepper.step

    def wrong(stepper: Stepper, ids: list[int], states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logits, states = right(stepper, ids, states)
        return logits * 1.01, states

    monkeypatch.setattr(Stepper, "step", wrong)
    with pytest.raises(TraceError, match=r"log-probability per piece differs by 0\.\d+ between the search"):
        record(translation_model(), SOURCE, beam=3)


@pytest.mark.parametrize("attention", ["luong", "bahdanau"])
def test_a_context_that_is_not_the_model_s_is_found(monkeypatch: pytest.MonkeyPatch, attention: str) -> None:
    right = Stepper._look
    monkeypatch.setattr(Stepper, "_look", lambda stepper, queries: right(stepper, queries) * 1.01)
    with pytest.raises(TraceError, match=r"(attention\.context|decoder\.0\.hidden) .*differs by 0\.\d+ "):
        record(translation_model(attention=attention), SOURCE)


def test_a_reference_leaves_no_choice_to_a_beam() -> None:
    with pytest.raises(SpecError, match="leave out the beam of 3"):
        record(translation_model(), SOURCE, beam=3, reference="a train")
    with pytest.raises(SpecError, match=f"must be from 1 to {limits.BEAM}"):
        record(translation_model(), SOURCE, beam=limits.BEAM + 1)
    with pytest.raises(TextError, match="empty"):
        record(translation_model(), SOURCE, reference=" ")


def test_a_recorded_translation_survives_a_file(tmp_path: Path) -> None:
    trace = record(translation_model(), SOURCE, beam=2)
    again = Trace.load(trace.save(tmp_path / "t.npz"))
    assert again.header() == trace.header()


# --- docs/traces.md ---------------------------------------------------------------------------

DOCS = Path(__file__).resolve().parents[2] / "docs" / "traces.md"


def test_the_documented_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(example[1], names)
    assert names["forget"].shape == (12, 16)
    assert names["trace"].max_difference < 1e-5
    assert len(names["frame"]) == 12 * 16
    assert Trace.load("lstm.npz").layers() == 2


def words_of(name: str) -> set[str]:
    """A site as the documentation names it: without layer, direction and gate."""
    gates = {gate for cell in ("rnn", "gru", "lstm") for gate in cells.gates(cell)}
    if re.search(r"\.\d+\.", name):
        name = name.split(".")[-1]
        for gate in gates:
            name = re.sub(rf"^{gate}(?=$|_preactivation$|_from_)", "G", name)
    return {name}


def test_the_documented_sites_are_those_of_the_recorder() -> None:
    rows = re.findall(r"^\| `([A-Za-z_.]+)` \| ([^|]+) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {name for name, _ in rows if not name.startswith(".")}
    traces = [record(sentiment_model(**spec), TEXT) for spec in SENTIMENT]
    traces += [record(translation_model(**spec), SOURCE) for spec in TRANSLATION]
    forecaster = Forecaster(ForecastSpec("lstm", hidden=4, series="wave", season=3, mean=3.0, scale=2.0))
    forecast = record(forecaster.eval(), "1, 2, 4, 3, 8, 6")
    traces += [forecast, record_module(nn.LSTM(3, 4, proj_size=2), torch.randn(5, 3))]
    assert documented == {word for trace in traces for name in trace for word in words_of(name)}
    axes = {name: axes.replace("steps", "time").replace(" × ", ", ") for name, axes in rows}
    for name in ("encoder.values", "readout.outputs", "readout.forecasts"):
        assert ", ".join(forecast.axes[name]) == axes[name]
    for trace in traces[: len(SENTIMENT)]:
        for name in trace:
            (word,) = words_of(name)
            assert ", ".join(trace.axes[name]) in axes[word].split(", or ")
