"""Each detector on a network broken on purpose and on a healthy one; nothing false on the shipped models."""

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import rnnviz_core as rnnviz
from rnnviz_core import places
from rnnviz_core.cli.main import main
from rnnviz_core.contracts.task import record, task_of
from rnnviz_core.diagnosis.diagnose import diagnose, examine
from rnnviz_core.diagnosis.symptoms import SURE, Report, Symptom
from rnnviz_core.errors import TraceError

TOLD = ("short memory", "vanishing gradients")  # what is said of shipped models: of forecasters


def healthy(kind: Any = nn.LSTM, **options: Any) -> Any:
    """A module with weights of a sensible size and a forget bias of 1."""
    torch.manual_seed(7)
    module = kind(3, 8, **options)
    with torch.no_grad():
        if kind is nn.RNN and options.get("nonlinearity") != "relu":  # torch begins with weights that shrink
            nn.init.orthogonal_(module.weight_hh_l0)
            module.weight_ih_l0.mul_(0.2)
            module.bias_ih_l0.zero_(), module.bias_hh_l0.zero_()
        if kind is nn.LSTM:
            module.bias_ih_l0[8:16] += 3.5
        if kind is nn.GRU:
            module.bias_ih_l0[8:16] += 3.0
    return module


def series(rows: int = 12, steps: int = 40) -> Tensor:
    """Smooth series of three columns, (time, batch, column), each of mean 0 and deviation 1."""
    torch.manual_seed(3)
    walk = torch.randn(steps, rows, 3).cumsum(0)
    return (walk - walk.mean((0, 1))) / walk.std((0, 1))


def consistent(report: Report) -> None:
    """What is found was measured beyond its limit, and nothing else was."""
    beyond = {row.name for row in report.measured if row.share is not None and row.share >= 1}
    assert {finding.name for finding in report.findings} == beyond
    assert len({row.name for row in report.nearest()}) == len(report.nearest())
    for finding in report.findings:
        assert finding.sure in SURE
        json.dumps(finding.to_dict())


def names(findings: Any) -> set[str]:
    return {finding.name for finding in findings}


def one(findings: Any, name: str) -> Symptom:
    (found,) = [finding for finding in findings if finding.name == name]
    assert found.sure in SURE
    assert all((found.claim, found.meaning, found.advice))
    json.dumps(found.to_dict())
    return found


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_healthy_module_raises_nothing(kind: Any) -> None:
    report = examine(healthy(kind), series())
    assert report.findings == ()
    consistent(report)
    assert {row.name for row in report.measured} >= {"dead units", "exploding gradients", "padding is read"}


def test_dead_units() -> None:
    module = healthy(nn.RNN, nonlinearity="relu")
    with torch.no_grad():
        module.weight_hh_l0.mul_(0.3)
        module.bias_ih_l0[:3] = -50
    found = one(diagnose(module, series()), "dead units")
    assert found.where["units"] == [0, 1, 2] or set(found.where["units"]) >= {0, 1, 2}
    assert found.sure == "likely"


def test_constant_units() -> None:
    module = healthy(nn.RNN)
    with torch.no_grad():
        module.bias_ih_l0[:2] = 30
    assert one(diagnose(module, series()), "constant units").where["units"] == [0, 1]


def test_equal_units() -> None:
    module = healthy(nn.GRU)
    with torch.no_grad():
        for weight in module.parameters():
            weight[1::8], weight[5::8] = weight[0::8], weight[4::8]
        module.weight_hh_l0[:, 1], module.weight_hh_l0[:, 5] = (
            module.weight_hh_l0[:, 0],
            module.weight_hh_l0[:, 4],
        )
    assert one(diagnose(module, series()), "equal units").where["units"] == [0, 1, 4, 5]


def test_saturated_gates() -> None:
    module = healthy()
    with torch.no_grad():
        module.bias_ih_l0[:8] = -9  # the input gate
    found = one(diagnose(module, series()), "saturated gate")
    trace = rnnviz.record_module(module, series(), item=None)
    values = np.concatenate([row["encoder.0.input"] for row in trace])
    assert found.numbers["share"] == pytest.approx(((values < 0.02) | (values > 0.98)).mean())
    assert found.where["gate"] == "input"
    assert "not a fault by itself" in found.meaning


def test_forget_gates_as_before_training() -> None:
    torch.manual_seed(0)
    module = nn.LSTM(3, 8)
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(0.05)
    found = one(diagnose(module, series()), "forget gates near 0.5")
    assert found.numbers["mean"] == pytest.approx(0.5, abs=0.02)


def test_a_memory_that_is_short_for_its_sequences() -> None:
    module = healthy()
    with torch.no_grad():
        module.bias_ih_l0[8:16] = -1.0
    found = one(diagnose(module, series(steps=120)), "short memory")
    rows = rnnviz.record_module(module, series(steps=120), item=None)
    gates = np.concatenate([row["encoder.0.forget"] for row in rows]).astype(float)
    assert found.numbers["longest"] == pytest.approx(float((-1 / np.log(gates).mean(0)).max()), rel=1e-6)


def test_exploding_states_of_a_relu() -> None:
    module = nn.RNN(3, 8, nonlinearity="relu")
    with torch.no_grad():
        module.weight_hh_l0.copy_(torch.eye(8) * 1.5)
        module.weight_ih_l0.abs_()
    found = one(diagnose(module, series(steps=40).abs()), "exploding states")
    assert found.numbers["factor"] == pytest.approx(1.5, abs=0.05)
    assert found.sure == "certain"


def test_the_first_step_at_which_a_value_stops_being_finite() -> None:
    module = nn.RNN(1, 1, nonlinearity="relu")
    with torch.no_grad():
        module.weight_hh_l0.fill_(1e10)
        module.weight_ih_l0.fill_(1.0)
        module.bias_ih_l0.zero_()
        module.bias_hh_l0.zero_()
    found = one(diagnose(module, torch.ones(30, 1, 1)), "a value stops being finite")
    assert found.numbers["step"] == 4  # 1, 1e10, 1e20, 1e30, and 1e40 is beyond float32
    with torch.no_grad():
        module.weight_hh_l0.fill_(float("nan"))
    assert (
        one(diagnose(module, torch.ones(30, 1, 1)), "weights that are not finite").numbers["weight"] == "W_h"
    )


def test_inputs() -> None:
    module, x = healthy(), series()
    labels = ["open", "high", "low"]
    broken = x.clone()
    broken[5, 2, 1] = float("nan")
    assert one(diagnose(module, broken, names=labels), "input that is not finite").where["columns"] == [
        "high"
    ]
    assert one(diagnose(module, x * 100, names=labels), "unscaled input").where["columns"] == labels
    narrow = x * torch.tensor([1.0, 1.0, 1e-4])
    found = diagnose(module, narrow, names=labels)
    assert one(found, "columns of unlike scale").where["columns"][1] == "low"
    assert one(found, "unused columns").where["columns"] == ["low"]
    still = x.clone()
    still[..., 0] = 0.5
    assert one(diagnose(module, still, names=labels), "constant columns").where["columns"] == ["open"]


def test_padding_that_is_read() -> None:
    module, x = healthy(), series()
    lengths = [40 - 2 * row for row in range(12)]
    for row, length in enumerate(lengths):
        x[length:, row] = 0
    found = one(diagnose(module, x), "padding is read")
    assert found.numbers["sequences"] == 10  # those that end at least 3 steps early
    assert "padding is read" not in names(diagnose(module, x, lengths=lengths))


def test_time_and_batch_mixed_up() -> None:
    module = healthy()
    found = one(diagnose(module, series(rows=40).transpose(0, 1)), "time and batch mixed up")
    assert "batch_first=False" in found.advice
    assert "time and batch mixed up" not in names(diagnose(module, torch.randn(40, 30, 3)))


def test_findings_are_ranked_and_models_are_looked_into() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = healthy(nn.RNN, nonlinearity="relu")
            with torch.no_grad():
                self.inner.bias_ih_l0[:4] = -50
                self.inner.weight_hh_l0.mul_(0.3)

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.inner(x)[0]
            return found

    found = diagnose(Model(), series())
    assert one(found, "dead units").where["module"] == "inner"
    order = [(SURE.index(finding.sure), -finding.weight) for finding in diagnose(healthy(), series() * 100)]
    assert order == sorted(order)
    with pytest.raises(TraceError, match="str is none of them"):
        diagnose("sentiment-lstm", series())


def read_by(model: Any, text: str) -> np.ndarray:
    """The length of the derivative of what a network predicts by what each step reads."""
    found = rnnviz.gradients(model, text)
    site = next(name for name in found if name in ("encoder.embedding_gradient", "encoder.values_gradient"))
    return np.linalg.norm(found[site], axis=1)


@pytest.mark.slow
def test_nothing_false_is_said_of_the_shipped_models() -> None:
    """What is said is checked another way; only forecasters have memories shorter than their series."""
    seen = set()
    for entry in rnnviz.scan(places.shipped()).entries:
        model = rnnviz.load(entry.path)
        if not model.stacks():
            continue
        texts = [example.text for example in task_of(model).examples(model.spec)]
        report = examine(model, texts)
        consistent(report)
        for finding in report.findings:
            assert entry.spec.task == "forecast", f"{entry.id}: {finding.claim}"
            assert finding.name in TOLD, f"{entry.id}: {finding.claim}"
            seen.add(finding.name)
            if finding.name == "vanishing gradients":
                lengths = [read_by(model, text) for text in texts]
                ratios = [row[: max(1, len(row) // 10)].max() / row.max() for row in lengths]
                assert finding.numbers["ratio"] == pytest.approx(min(ratios), rel=1e-6)
                continue
            keeper = "update" if entry.spec.cell in ("gru", "mingru") else "forget"
            site = f"{finding.where['site']}.{keeper}"
            kept = np.concatenate([record(model, text)[site] for text in texts]).astype(float)
            if entry.spec.cell == "mingru":  # there 1 takes the new content
                kept = (1 - kept).clip(1e-12, 1)
            assert finding.numbers["longest"] == pytest.approx(
                float((-1 / np.log(kept).mean(0)).max()), rel=1e-5
            )
    assert seen == set(TOLD)


def test_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", "sentiment-tiny-lstm", "not a good film", "a film that nobody needs"]) == 0
    assert "nothing found" in capsys.readouterr().out
    assert main(["diagnose", "sunspots-lstm", "cycles", "--json"]) == 0
    assert {found["name"] for found in json.loads(capsys.readouterr().out)} == set(TOLD)
    assert main(["diagnose", "sunspots-lstm"]) == 2
    assert "give at least one text" in capsys.readouterr().err
