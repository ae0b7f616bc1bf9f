"""Every printed formula and every printed line of code, computed on recorded numbers."""

import re
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz_core.cells import equations as cells
from rnnviz_core.cells import expressions, gru
from rnnviz_core.errors import SpecError
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.views.gates import textbooks

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")

STEP, UNITS, WIDTH = 3, 4, 3
LETTERS = {  # of the gates, by hand: what a reader of the formulas would look up
    "rnn": {"g": "candidate"},
    "gru": {"r": "reset", "z": "update", "n": "candidate"},
    "lstm": {"i": "input", "f": "forget", "g": "candidate", "o": "output"},
}
ROWS = {"rnn": ["h"], "gru": ["r", "z", "n"], "lstm": ["i", "f", "g", "o"]}
KINDS = {
    "rnn": ("rnn", {}, nn.RNN(WIDTH, UNITS)),
    "relu": ("rnn", {"relu": True}, nn.RNN(WIDTH, UNITS, nonlinearity="relu")),
    "gru": ("gru", {}, nn.GRU(WIDTH, UNITS)),
    "lstm": ("lstm", {}, nn.LSTM(WIDTH, UNITS)),
    "projected": ("lstm", {"projection": True}, nn.LSTM(WIDTH, UNITS, proj_size=2)),
    "no bias": ("gru", {"bias": False}, nn.GRU(WIDTH, UNITS, bias=False)),
}
FUNCTIONS = {
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
}
SYMBOL = r"[A-Za-z]_(?:\{[^}]*\}|[a-z])(?:\^\{[xh]\})?"


@pytest.fixture(params=KINDS)
def recorded(request: pytest.FixtureRequest) -> tuple[str, cells.Definition, dict[str, np.ndarray]]:
    """Name of a cell, its definition, and the arrays of one step under the names of the code."""
    cell, options, module = KINDS[request.param]
    generator = torch.Generator().manual_seed(1)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    module = module.double()
    trace = record_module(module, torch.randn(6, WIDTH, generator=generator, dtype=torch.float64))
    return cell, cells.definition(cell, **options), step_values(cell, module, trace)


def step_values(cell: str, module: nn.RNNBase, trace: Trace) -> dict[str, np.ndarray]:
    values = {name.split(".")[-1]: trace[name][STEP] for name in trace if trace[name].ndim == 2}
    values["x"] = values["layer_input"]
    for state in {"hidden", "cell"} & set(values):
        values[f"previous_{state}"] = trace[f"encoder.0.{state}"][STEP - 1]
    for name, parameter in module.named_parameters():
        kind, side = re.fullmatch(r"(weight|bias)_(ih|hh|hr)_l0", name).groups()  # type: ignore[union-attr]
        numbers = parameter.detach().numpy()
        if side == "hr":
            values["W_hr"] = numbers
            continue
        for row, block in zip(ROWS[cell], np.split(numbers, len(ROWS[cell])), strict=True):
            values[f"{'W' if kind == 'weight' else 'b'}_{side[0]}{row}"] = block
    return values


def site_of(symbol: str, cell: str) -> str:
    """The name of the array that a LaTeX symbol stands for."""
    fixed = {"x_t": "x", "h_t": "hidden", "h_{t-1}": "previous_hidden", "c_t": "cell", "u_t": "unprojected"}
    fixed["c_{t-1}"] = "previous_cell"
    if symbol in fixed:
        return fixed[symbol]
    if found := re.fullmatch(r"([Wb])_\{(\w+)\}", symbol):
        return f"{found[1]}_{found[2]}"
    if found := re.fullmatch(r"a_\{(\w)\}(?:\^\{(\w)\})?", symbol):
        part = {"x": "from_input", "h": "from_state", None: "preactivation"}[found[2]]
        return f"{LETTERS[cell][found[1]]}_{part}"
    return LETTERS[cell][symbol.removesuffix("_t")]


def translate(latex: str, cell: str) -> str:
    """LaTeX -> Python, by rules that know nothing of `rnnviz_core.cells.equations`."""
    latex = re.sub(r" \\times 10\^\{(-?\d+)\}", r"e\1", latex)
    latex = (
        re.sub(r"\\operatorname\{relu\}", "relu", latex)
        .replace(r"\sigma", "sigmoid")
        .replace(r"\tanh", "tanh")
    )
    latex = (
        latex.replace(r"\left(", "(").replace(r"\right)", ")").replace(r"\odot", "*").replace(r"\cdot", "*")
    )
    latex = re.sub(rf"({SYMBOL}) ({SYMBOL})", r"\1 @ \2", latex)
    return re.sub(SYMBOL, lambda found: f"v['{site_of(found[0], cell)}']", latex)


def compute(python: str, values: Mapping[str, np.ndarray]) -> np.ndarray:
    return eval(python, {**FUNCTIONS, "v": values, **values})


def test_latex_gives_the_recorded_numbers(
    recorded: tuple[str, cells.Definition, dict[str, np.ndarray]],
) -> None:
    cell, definition, values = recorded
    for equation in definition.equations:
        left, right = equation.latex().split(" = ")
        assert site_of(left, cell) == equation.name
        np.testing.assert_allclose(compute(translate(right, cell), values), values[equation.name], atol=1e-13)


def test_code_gives_the_recorded_numbers(
    recorded: tuple[str, cells.Definition, dict[str, np.ndarray]],
) -> None:
    _, definition, values = recorded
    for equation in definition.equations:
        left, right = equation.code().split(" = ")
        assert left == equation.name
        np.testing.assert_allclose(compute(right, values), values[equation.name], atol=1e-13)


def test_substituted_numbers_are_those_of_the_unit(
    recorded: tuple[str, cells.Definition, dict[str, np.ndarray]],
) -> None:
    cell, definition, values = recorded
    for unit in range(UNITS):
        numbers = {name: float(value[unit]) for name, value in values.items() if value.shape == (UNITS,)}
        for equation in definition.elementwise:
            if equation.name not in numbers:
                continue
            filled = equation.substitute(numbers, digits=7)
            _, right, result = re.split(" = | \\\\approx ", filled)
            assert re.search(SYMBOL, right) is None
            assert compute(translate(result, cell), {}) == pytest.approx(numbers[equation.name], abs=1e-6)
            assert compute(translate(right, cell), {}) == pytest.approx(numbers[equation.name], abs=1e-5)


def test_every_site_of_a_layer_has_its_equation(
    recorded: tuple[str, cells.Definition, dict[str, np.ndarray]],
) -> None:
    _, definition, values = recorded
    names = [equation.name for equation in definition.equations]
    assert len(names) == len(set(names))
    given = {name for name in values if name.startswith(("W_", "b_", "previous_"))} | {"x", "layer_input"}
    assert set(names) == set(values) - given
    assert all(set(equation.symbols()) <= set(values) for equation in definition.equations)
    assert all(equation.meaning.endswith(".") for equation in definition.equations)


def test_a_substituted_blend_by_hand() -> None:
    hidden = cells.equations("gru")[-1]
    numbers = {"update": 0.75, "candidate": -0.2, "previous_hidden": 0.4, "hidden": 0.25}
    assert hidden.substitute(numbers, digits=2) == (
        r"h_t = (1 - 0.75) \cdot \left(-0.20\right) + 0.75 \cdot 0.40 \approx 0.25"
    )
    assert hidden.substitute({"update": 1.0}, digits=1) == r"h_t = (1 - 1.0) \cdot n_t + 1.0 \cdot h_{t-1}"


def test_a_substituted_linear_part_by_hand() -> None:
    part = cells.definition("gru").linear[0]
    assert part.substitute({"W_ir @ x": 0.5, "b_ir": -0.25, "reset_from_input": 0.25}) == (
        r"a_{r}^{x} = 0.500 + \left(-0.250\right) \approx 0.250"
    )


@pytest.mark.parametrize(
    "number, text",
    [
        (0.0, "0.000"),
        (-0.0004, r"-4.0 \times 10^{-4}"),
        (0.12345, "0.123"),
        (2_500_000.0, r"2.5 \times 10^{6}"),
    ],
)
def test_numbers_keep_what_matters(number: float, text: str) -> None:
    assert expressions.number_latex(number) == text


def test_brackets_only_where_they_are_needed() -> None:
    a, b, c = (expressions.Symbol(name, name) for name in "abc")
    assert (a - (b - c)).code() == "a - (b - c)"
    assert (a - b - c).code() == "a - b - c"
    assert ((a + b) * c).code() == "(a + b) * c"
    assert (a * b + c).code() == "a * b + c"
    assert expressions.tanh(1 - a).code() == "tanh(1 - a)"


def test_gates_stand_in_pytorch_order() -> None:
    assert cells.gates("rnn") == ("candidate",)
    assert cells.gates("gru") == ("reset", "update", "candidate")
    assert cells.gates("lstm") == ("input", "forget", "candidate", "output")
    with pytest.raises(SpecError, match="unknown cell 'gur'; choose one of rnn, gru, lstm"):
        cells.gates("gur")


@pytest.mark.parametrize(
    "cell, name, slope, offset",
    [
        ("lstm", "cell", "forget", "input * candidate"),
        ("gru", "hidden", "update", "(1 - update) * candidate"),
    ],
)
def test_what_is_kept_and_what_is_added(cell: str, name: str, slope: str, offset: str) -> None:
    equation = next(equation for equation in cells.equations(cell) if equation.name == name)
    kept, added = equation.slope_and_offset(f"previous_{name}")
    assert (kept.code(), added.code()) == (slope, offset)


def test_an_equation_without_a_past_has_no_slope() -> None:
    with pytest.raises(ValueError, match="hidden = candidate is not a multiple of previous_hidden"):
        cells.equations("rnn")[-1].slope_and_offset("previous_hidden")


FUSED = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}


def stacked(cell: nn.RNNCellBase) -> dict[str, torch.Tensor]:
    return {
        "W_i": cell.weight_ih.detach(),
        "W_h": cell.weight_hh.detach(),
        "b_i": cell.bias_ih.detach(),
        "b_h": cell.bias_hh.detach(),
    }


@pytest.mark.parametrize("name", FUSED)
def test_a_step_is_torch_s_step(name: str) -> None:
    torch.manual_seed(2)
    cell = FUSED[name](WIDTH, UNITS).double()
    x, h, c = (torch.randn(2, size, dtype=torch.float64) for size in (WIDTH, UNITS, UNITS))
    states = {"hidden": h, "cell": c} if name == "lstm" else {"hidden": h}
    definition = cells.definition(name)
    assert definition.states == tuple(states)
    values = cells.step(definition, stacked(cell), x, states)
    expected = cell(x, (h, c)) if name == "lstm" else (cell(x, h),)
    for state, tensor in zip(definition.states, expected, strict=True):
        torch.testing.assert_close(values[state], tensor.detach())


def test_a_closed_forget_gate_empties_the_cell() -> None:
    torch.manual_seed(3)
    cell = nn.LSTMCell(WIDTH, UNITS)
    x, h, c = torch.randn(WIDTH), torch.randn(UNITS), torch.randn(UNITS)
    closed = {"forget": torch.zeros(UNITS)}
    values = cells.step(cells.definition("lstm"), stacked(cell), x, {"hidden": h, "cell": c}, closed)
    torch.testing.assert_close(values["cell"], values["input"] * values["candidate"])
    torch.testing.assert_close(values["hidden"], values["output"] * values["cell"].tanh())


def test_an_overridden_linear_part_is_used() -> None:
    torch.manual_seed(4)
    cell = nn.GRUCell(WIDTH, UNITS)
    high = {"update_from_input": torch.full((UNITS,), 100.0)}
    h = torch.randn(UNITS)
    values = cells.step(cells.definition("gru"), stacked(cell), torch.randn(WIDTH), {"hidden": h}, high)
    torch.testing.assert_close(values["hidden"], h)  # update = 1 keeps the old state


# --- what the papers define -------------------------------------------------------------------


def papers(weights, bias, x, h):
    """The GRU of three papers, written from their equations: name -> the new state."""

    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    (w_r, w_z, w_n), (u_r, u_z, u_n) = weights
    r, z = sigmoid(w_r @ x + u_r @ h + bias), sigmoid(w_z @ x + u_z @ h + bias)
    after, before = np.tanh(w_n @ x + r * (u_n @ h)), np.tanh(w_n @ x + u_n @ (r * h))
    return {
        "1406.1078v1": z * h + (1 - z) * after,
        "1406.1078v3": z * h + (1 - z) * before,
        "1412.3555": (1 - z) * h + z * before,
    }


def test_the_attributions_of_the_gru():
    """PyTorch's is version 1 of Cho et al. (2014); version 3 resets first; Chung et al. also turn z round."""
    torch.manual_seed(5)
    module = nn.GRUCell(3, 4, bias=False).double()
    x, h = torch.randn(3).double(), torch.rand(4).double() - 0.5
    mine = module(x[None], h[None])[0].detach().numpy()
    weights = [list(np.split(one.detach().numpy(), 3)) for one in (module.weight_ih, module.weight_hh)]
    found = papers(weights, 0.0, x.numpy(), h.numpy())
    np.testing.assert_allclose(found["1406.1078v1"], mine, atol=1e-12)
    assert np.abs(found["1406.1078v3"] - mine).max() > 1e-3
    turned = papers([[r, -z, n] for r, z, n in weights], 0.0, x.numpy(), h.numpy())
    np.testing.assert_allclose(turned["1412.3555"], found["1406.1078v3"], atol=1e-12)
    texts = textbooks.CONVENTION_TEXTS
    assert texts["flipped"].startswith("Chung et al. (2014, arXiv 1412.3555) let z = 1 take the new content")
    assert "Cho et al. (2014, arXiv 1406.1078), who proposed the unit, let z = 1 keep" in texts["flipped"]
    assert "version 3 of arXiv 1406.1078" in texts["before"]
    assert "Version 1 of Cho et al. resets after it" in texts["before"]
    assert "1406.1078v1" in gru.define.__doc__
