"""Whole models broken on purpose: attention, kept states, mixed axes, values that are not finite."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import rnnviz_core as rnnviz
from rnnviz_core.diagnosis.diagnose import examine
from rnnviz_core.diagnosis.symptoms import Symptom


class Looking(nn.Module):
    """Reads ids, and answers from an average over its states with weights of a softmax."""

    def __init__(self, scale: float = 1.0, first: float = 0.0, *, mask: bool = True) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.embedding = nn.Embedding(50, 6)
        self.lstm = nn.LSTM(6, 8, batch_first=True)
        self.score, self.output = nn.Linear(8, 1), nn.Linear(8, 3)
        self.scale, self.first, self.mask = scale, first, mask
        with torch.no_grad():
            self.lstm.bias_ih_l0[8:16] += 2
            self.score.weight.mul_(20)

    def weights(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        states = self.lstm(self.embedding(ids))[0]
        scores = self.scale * self.score(states)[..., 0] + self.first * (torch.arange(ids.shape[1]) == 0)
        if self.mask:
            scores = scores.masked_fill(ids == 0, -1e9)
        return functional.softmax(scores, 1), states

    def forward(self, ids: Tensor) -> Tensor:
        weights, states = self.weights(ids)
        found: Tensor = self.output((weights[..., None] * states).sum(1)).softmax(1)
        return found


def texts(*, padded: bool) -> Tensor:
    """Ids of 8 sequences; with padding each ends in zeros a step earlier than the one before."""
    torch.manual_seed(8)
    ids = torch.randint(1, 50, (8, 12))
    for row in range(8 if padded else 0):
        ids[row, 12 - row :] = 0
    return ids


def said(subject: Any, x: Any = None) -> dict[str, Symptom]:
    report = examine(subject, x)
    beyond = {row.name for row in report.measured if row.share is not None and row.share >= 1}
    assert beyond == {finding.name for finding in report.findings}
    return {finding.name: finding for finding in report.findings}


def test_a_model_that_looks_where_it_should() -> None:
    assert set(said(Looking().eval(), texts(padded=True))) == {"padding is read"}  # by the LSTM: no lengths
    assert said(Looking().eval(), texts(padded=False)) == {}


def test_uniform_attention() -> None:
    found = said(Looking(scale=0.0).eval(), texts(padded=False))["uniform attention"]
    assert found.sure == "likely"
    assert found.numbers["least"] == pytest.approx(1.0)


def test_attention_that_is_stuck() -> None:
    found = said(Looking(first=1e3).eval(), texts(padded=False))["attention stuck on one place"]
    assert found.numbers["share"] == pytest.approx(1.0)
    assert "first step of all 8 sequences" in found.claim


def test_attention_on_padding() -> None:
    model, ids = Looking(scale=0.05, mask=False).eval(), texts(padded=True)
    found = said(model, ids)["attention on padding"]
    with torch.no_grad():
        weights = model.weights(ids)[0]
    share = [float((row * (text == 0)).sum()) for row, text in zip(weights, ids, strict=True)]
    assert found.numbers["share"] == pytest.approx(sum(share[3:]) / 5, rel=1e-4)  # 3 equal steps look like it


class Keeping(nn.Module):
    """Goes on from the state in which the last call ended."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.gru, self.output = nn.GRU(3, 8, batch_first=True), nn.Linear(8, 1)
        self.state: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        read, self.state = self.gru(x, self.state)
        found: Tensor = self.output(read[:, -1])
        return found


def test_a_state_that_is_carried_over() -> None:
    model = Keeping().eval()
    found = said(model, torch.randn(4, 12, 3))["state carried over"]
    assert (found.sure, found.where["module"]) == ("likely", "gru")
    assert found.numbers["moved"] > 0
    assert model.state is None, "the model itself did not run"


def test_traces_that_go_on_from_each_other() -> None:
    torch.manual_seed(3)
    module, state, rows = nn.GRU(3, 8), None, []
    for _ in range(4):
        x = torch.randn(10, 1, 3)
        rows.append(rnnviz.record_module(module, x, state))
        with torch.no_grad():
            state = module(x, state)[1]
    found = said(rows)["state carried over"]
    assert (found.numbers["sequences"], found.sure) == (3, "possible")


class Mixed(nn.Module):
    """Given (batch, time, column), it reads the batch as the time, unless it is told otherwise."""

    def __init__(self, *, batch_first: bool) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.gru, self.output = nn.GRU(3, 8, batch_first=batch_first), nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.output(self.gru(x)[0][:, -1])
        return found


def test_time_and_batch_mixed_up() -> None:
    torch.manual_seed(6)
    x = torch.randn(6, 15, 3)
    found = said(Mixed(batch_first=False).eval(), x)["time and batch mixed up"]
    assert found.sure == "certain"
    assert "reads 15 sequences of 6 steps" in found.claim
    assert "time and batch mixed up" not in said(Mixed(batch_first=True).eval(), x)


class Deep(nn.Module):
    """Two recurrent layers and what reads them."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.rnn = nn.RNN(3, 4, num_layers=2, nonlinearity="relu", batch_first=True)
        self.output = nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.output(self.rnn(x)[0][:, -1])
        return found


def test_the_first_module_that_is_not_finite() -> None:
    model = Deep().eval()
    with torch.no_grad():
        model.output.weight[0, 0] = float("nan")
    found = said(model, torch.rand(2, 12, 3))["a value stops being finite"]
    assert found.where["module"] == "output"
    assert "so are numbers of its weight" in found.claim


def test_the_first_step_and_site_in_a_model() -> None:
    model = Deep().eval()
    with torch.no_grad():
        model.rnn.weight_hh_l1.copy_(1e20 * torch.eye(4))
        model.rnn.weight_ih_l1.zero_()
        model.rnn.bias_ih_l1.fill_(1.0)
        model.rnn.bias_hh_l1.zero_()
    found = said(model, torch.rand(2, 12, 3))["a value stops being finite"]
    assert (found.where["module"], found.where["site"].rpartition(".")[0]) == ("rnn", "encoder.1")
    assert found.numbers["step"] == 2  # 1, 1e20, and 1e40 is beyond float32


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "made",
    [
        torch.jit.script,
        nn.DataParallel,
        lambda model: model.bfloat16(),
        lambda model: torch.ao.quantization.quantize_dynamic(model, {nn.GRU}),
    ],
    ids=["jit", "parallel", "half", "quantized"],
)
def test_models_as_people_have_them(made: Any) -> None:
    """A sound one stays sound, whatever is done with it."""
    torch.manual_seed(6)
    model = made(Mixed(batch_first=True).eval())
    x = torch.randn(6, 15, 3)
    report = examine(model, x.bfloat16() if any(w.dtype == torch.bfloat16 for w in model.parameters()) else x)
    assert report.findings == ()
    assert {row.name for row in report.measured if row.share is not None} >= {
        "dead units",
        "constant columns",
    }
