"""LSTMs that forget nothing: every cell is torch's own, however many steps there are."""

import dataclasses
import resource
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz_core import limits
from rnnviz_core.cells import equations as cells
from rnnviz_core.errors import TraceError
from rnnviz_core.models import stacks
from rnnviz_core.tracing.module import record_module

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")


@pytest.fixture(params=[True, False], ids=["oneDNN", "torch's own kernel"])
def _kernel(request: pytest.FixtureRequest) -> Iterator[None]:
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.set_flags(_enabled=request.param)
    yield
    torch.backends.mkldnn.set_flags(_enabled=before)


def counting(units: int = 4, **options: object) -> nn.LSTM:
    """An LSTM whose cell counts: small weights, input and forget gates that are nearly 1."""
    torch.manual_seed(0)
    module = nn.LSTM(1, units, **options)  # type: ignore[arg-type]
    for name, parameter in module.named_parameters():
        parameter.data *= 0.01
        if name.startswith("bias_ih"):
            parameter.data[: 2 * units] = 10.0
            parameter.data[2 * units : 3 * units] = 1.0
    return module


@pytest.mark.slow
@pytest.mark.usefixtures("_kernel")
def test_a_counter_of_20_000_steps_is_recorded() -> None:
    module, x = counting(), torch.ones(20_000, 1)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.thread_time()
    trace = record_module(module, x)
    seconds = time.thread_time() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    cell = trace["encoder.0.cell"]
    assert cell.max() > 9_000
    for steps in (1, 2, 1_000, 9_999, 20_000):  # what torch returns when it stops there
        with torch.no_grad():
            _, (_, expected) = module(x[:steps])
        np.testing.assert_allclose(cell[steps - 1], expected[0], rtol=1e-6)
    kept, written = (
        trace["encoder.0.forget"] * np.vstack((np.zeros((1, 4)), cell[:-1])),
        trace["encoder.0.input"],
    )
    np.testing.assert_allclose(kept + written * trace["encoder.0.candidate"], cell, rtol=1e-6)
    assert trace.max_difference < 1e-6 * cell.max()
    assert seconds < 30  # 1.5 s on two quiet cores
    assert grown < 100 * 2**20 + 4 * trace.nbytes


@pytest.mark.usefixtures("_kernel")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bidirectional": True},
        {"num_layers": 2},
        {"proj_size": 2},
        {"dtype": torch.float64},
    ],
    ids=str,
)
def test_the_stepped_cells_are_torch_s_to_the_last_bit(options: dict[str, object]) -> None:
    module = counting(**options)
    dtype = module.weight_ih_l0.dtype
    x, stack = torch.rand(300, 1, dtype=dtype), stacks.TorchStack(module)
    with torch.inference_mode():
        _, (_, final) = module(x)
        rows = range(stack.directions)  # of the first layer
        starts = [{name: state[row] for name, state in start_of(module).items()} for row in rows]
        for row, told in enumerate(stack.run(0, x, starts)):
            hidden, reverse = np.ascontiguousarray(told["hidden"]), row == 1
            found = stack.every_state(0, x, hidden, starts[row], reverse=reverse)
            np.testing.assert_array_equal(found["cell"][0 if reverse else -1], final[row].numpy())
            np.testing.assert_array_equal(found["hidden"], hidden)


def start_of(module: nn.LSTM) -> dict[str, np.ndarray]:
    rows = module.num_layers * (2 if module.bidirectional else 1)
    dtype = module.weight_ih_l0.detach().numpy().dtype
    widths = {"hidden": module.proj_size or module.hidden_size, "cell": module.hidden_size}
    return {name: np.zeros((rows, width), dtype) for name, width in widths.items()}


def test_no_bias_either() -> None:
    torch.manual_seed(3)
    module = nn.LSTM(1, 3, bias=False)
    for parameter in module.parameters():
        parameter.data *= 0.01
    module.weight_ih_l0.data[:6] = 10.0  # the input opens both gates
    module.weight_ih_l0.data[6:9] = 1.0
    trace = record_module(module, torch.ones(5_000, 1))
    with torch.no_grad():
        _, (_, expected) = module(torch.ones(5_000, 1))
    np.testing.assert_allclose(trace["encoder.0.cell"][-1], expected[0], rtol=1e-6)


def test_prices_that_were_not_scaled() -> None:
    """Sums of hundreds shut and open the gates fully; a cell that is never emptied adds up to the end."""
    torch.manual_seed(1)
    module, x = nn.LSTM(5, 32), (torch.randn(5_000, 5).cumsum(0) / 70 + 1) * 100
    trace = record_module(module, x)
    with torch.no_grad():
        output, (_, final) = module(x)
    np.testing.assert_array_equal(trace["encoder.0.hidden"], output)
    np.testing.assert_allclose(trace["encoder.0.cell"][-1], final[0], rtol=1e-5, atol=1e-5)


def test_short_sequences_are_not_stepped(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> np.ndarray:
        raise AssertionError("the plain way is close enough")

    monkeypatch.setattr(stacks.TorchStack, "every_state", never)
    torch.manual_seed(2)
    for steps in (1, 20, 500):
        record_module(nn.LSTM(3, 8, 2, bidirectional=True), torch.randn(steps, 3))


@pytest.mark.parametrize("name", ["forget", "input", "candidate", "output", "cell", "hidden"])
def test_a_wrong_equation_is_found_step_by_step_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = cells.definition("lstm")

    def tampered(equation: cells.Equation) -> cells.Equation:
        if equation.name != name:
            return equation
        wrong = equation.expression * 0.99
        if name == "cell":
            kept, added = equation.slope_and_offset("previous_cell")
            wrong = added * 0.99 + kept * cells.PREVIOUS_CELL
        return dataclasses.replace(equation, expression=wrong)

    wrong = dataclasses.replace(right, elementwise=tuple(map(tampered, right.elementwise)))
    monkeypatch.setattr(cells, "definition", lambda *_, **__: wrong)
    module = counting()
    module.weight_hh_l0.data *= 100  # so that every gate matters
    module.bias_ih_l0.data[12:] = -0.5
    with pytest.raises(TraceError, match=r"encoder\.0\.(hidden|cell) computed again .* differs by"):
        record_module(module, torch.ones(400, 1))
    assert limits.TOLERANCE == 1e-4
