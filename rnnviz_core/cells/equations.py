"""The equations of each recurrent cell, once: numbers, LaTeX, code and meaning from one definition.

An equation is a small expression tree. `step` evaluates the tree on one time step, the recorder runs what
`programs` compiles from it, and the pages print it: what is shown and what is computed cannot disagree.

Conventions are PyTorch's: every gate has two biases, one beside the input and one beside the old state;
``h_{t-1}`` is called ``previous_hidden``. Names of symbols are the names of sites of a `Trace`.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnviz_core.choices import choice
from rnnviz_core.errors import SpecError

from . import compile as programs
from .expressions import (
    Array,
    Call,
    Expression,
    Linear,
    Operation,
    Symbol,
    Values,
    number_latex,
    sigmoid,
    tanh,
)
from .kinds import Cell

if TYPE_CHECKING:
    from torch import Tensor

# --- equations and definitions ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Equation:
    """``symbol = expression``, with its meaning in one plain line."""

    symbol: Symbol
    expression: Expression
    meaning: str

    @property
    def name(self) -> str:
        """The last word of the site where the left side is recorded."""
        return self.symbol.name

    def latex(self) -> str:
        """The equation as LaTeX."""
        return f"{self.symbol.letters} = {self.expression.latex()}"

    def code(self) -> str:
        """The equation as a line of Python."""
        return f"{self.name} = {self.expression.code()}"

    def substitute(self, values: Mapping[str, float], digits: int = 3) -> str:
        """The equation as LaTeX with one unit's numbers filled in.

        Parameters
        ----------
        values
            Name -> number; names are last words of sites, and ``previous_hidden``, ``previous_cell``.
            A symbol without a number stays a symbol. For a linear equation the key of the product is
            its code, for instance ``"W_ir @ x"``.
        digits
            Decimals shown.
        """
        filled = f"{self.symbol.letters} = {self.expression.latex(values, digits)}"
        if self.name in values:
            filled += rf" \approx {number_latex(values[self.name], digits)}"
        return filled

    def symbols(self) -> tuple[str, ...]:
        """The names the right side reads."""
        return self.expression.symbols()

    def evaluate(self, values: Values) -> Array:
        """The right side computed on `values`; time and batch axes come before ``unit``."""
        return self.expression.evaluate(values)

    @functools.cache  # noqa: B019 - equations live as long as the program
    def slope_and_offset(self, name: str) -> tuple[Expression, Expression]:
        """Split the right side into ``slope * name + offset``.

        Such an equation of a state in its own past is a scan: ``c_t`` is the sum over earlier steps
        of their offsets, each times the slopes in between.

        Raises
        ------
        ValueError
            When the right side is no such sum.
        """
        match self.expression:
            case Operation("+", offset, Operation("*", slope, Symbol(found))) if found == name:
                pass
            case Operation("+", Operation("*", slope, Symbol(found)), offset) if found == name:
                pass
            case _:
                raise ValueError(f"{self.code()} is not a multiple of {name} plus something else")
        if name in slope.symbols() + offset.symbols():
            raise ValueError(f"{self.code()} reads {name} more than once")
        return slope, offset


@dataclass(frozen=True, slots=True)
class Gate:
    """One block of rows of the cell's matrices, in PyTorch's order.

    `letter` is the one of its activation in LaTeX, `rows` the one in the names of its weights.
    """

    name: str
    letter: str
    rows: str

    @property
    def activation(self) -> Symbol:
        return Symbol(self.name, f"{self.letter}_t")

    @property
    def preactivation(self) -> Symbol:
        return Symbol(f"{self.name}_preactivation", f"a_{{{self.letter}}}")

    @property
    def from_input(self) -> Symbol:
        return Symbol(f"{self.name}_from_input", f"a_{{{self.letter}}}^{{x}}")

    @property
    def from_state(self) -> Symbol:
        return Symbol(f"{self.name}_from_state", f"a_{{{self.letter}}}^{{h}}")


X = Symbol("x", "x_t")
HIDDEN = Symbol("hidden", "h_t")
PREVIOUS_HIDDEN = Symbol("previous_hidden", "h_{t-1}")
CELL = Symbol("cell", "c_t")
PREVIOUS_CELL = Symbol("previous_cell", "c_{t-1}")
UNPROJECTED = Symbol("unprojected", "u_t")
STATES = ("hidden", "cell")


@functools.cache
def input_part(rows: str, bias: bool = True) -> Linear:
    """``W x_t + b`` for the rows of one gate; for all gates at once with ``rows=""``."""
    return _linear("i", rows, X, bias)


@functools.cache
def state_part(rows: str, bias: bool = True) -> Linear:
    """``W h_{t-1} + b`` for the rows of one gate; for all gates at once with ``rows=""``."""
    return _linear("h", rows, PREVIOUS_HIDDEN, bias)


def _linear(side: str, rows: str, vector: Symbol, bias: bool) -> Linear:
    weight, offset = (Symbol(f"{kind}_{side}{rows}", f"{kind}_{{{side}{rows}}}") for kind in "Wb")
    return Linear(weight, vector, offset if bias else None)


@dataclass(frozen=True, slots=True)
class Memory:
    """The state that a gated cell carries on: ``state_t = kept * state_{t-1} + written``."""

    state: str  # ``cell`` for an LSTM, ``hidden`` for a GRU
    kept: Expression  # the share of the old state that stays
    written: Expression  # what is added to it


@dataclass(frozen=True)  # without slots: the cached properties need a place
class Definition:
    """A cell: its gates in PyTorch's row order and its equations in the order of computation.

    `name` and `options` are what `definition` makes it from, so they are all that a file needs to keep.
    """

    name: str  # rnn, gru or lstm
    options: tuple[tuple[str, bool], ...]  # as `definition` takes them: relu, projection, bias
    gates: tuple[Gate, ...]
    linear: tuple[Equation, ...]  # one input and one state part per gate
    elementwise: tuple[Equation, ...]  # the rest, unit by unit (and a projection, where there is one)

    @property
    def equations(self) -> tuple[Equation, ...]:
        """All equations, in the order of computation."""
        return self.linear + self.elementwise

    @property
    def states(self) -> tuple[str, ...]:
        """What the cell hands to the next step: ``hidden``, and ``cell`` for an LSTM."""
        names = [equation.name for equation in self.elementwise]
        return tuple(state for state in STATES if state in names)

    def __getitem__(self, name: str) -> Equation:
        """The equation of this name: ``definition("lstm")["forget"]``."""
        for equation in self.equations:
            if equation.name == name:
                return equation
        raise KeyError(name)

    def to_dict(self) -> dict[str, str | bool]:
        """Plain values that `from_dict` makes the same definition from."""
        return {"cell": self.name, **dict(self.options)}

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all equations."""
        return tuple(equation.name for equation in self.equations)

    @functools.cached_property
    def gate_names(self) -> tuple[str, ...]:
        """The names of the gates, the candidate among them, in PyTorch's row order."""
        return tuple(gate.name for gate in self.gates)

    @functools.cached_property
    def memory(self) -> Memory | None:
        """The state that keeps a ledger of what was written; None where everything is rewritten."""
        for state in self.states:
            try:
                return Memory(state, *self[state].slope_and_offset(f"previous_{state}"))
            except ValueError:
                continue
        return None

    @functools.cached_property
    def keeper(self) -> str | None:
        """The gate that decides how much of the memory stays; None without a memory."""
        read = self.memory.kept.symbols() if self.memory else ()
        return next((gate for gate in self.gate_names if gate in read), None)

    @functools.cached_property
    def on_sequence(self) -> programs.Program:
        """All equations on the steps of one sequence whose ``hidden`` is known: see `programs.program`."""
        return programs.program(self, self.names, scanned=True)

    @functools.cached_property
    def on_known(self) -> programs.Program:
        """All equations on the steps of one sequence all of whose states are known."""
        return programs.program(self, self.names, scanned=False)

    @functools.cached_property
    def on_rows(self) -> programs.Program:
        """The new states of single steps, a row for each: see `programs.program`."""
        return programs.program(self, self.states, scanned=False)


class _Writer:
    """Collects the equations of a cell while its definition reads like the textbook."""

    def __init__(self, name: str, *gates: Gate, bias: bool, **options: bool) -> None:
        self.name, self.gates = name, gates
        self.options = (*options.items(), ("bias", bias))
        self.written: list[Equation] = []
        self.linear = []
        for gate in gates:
            about = f"{gate.name} {'values' if gate.name == 'candidate' else 'gate'}"
            for symbol, part, who in (
                (gate.from_input, input_part, "token being read"),
                (gate.from_state, state_part, "previous state"),
            ):
                self.linear.append(
                    Equation(symbol, part(gate.rows, bias), f"What the {who} says about the {about}.")
                )

    def gate(self, gate: Gate, call: Call, meaning: str, total: str = "Both added up") -> Symbol:
        """Write an activation in two equations: the sum, then the function it goes through."""
        total += f": what goes into the {call.function}."
        self.written.append(Equation(gate.preactivation, call.argument, total))
        return self.state(gate.activation, Call(call.function, gate.preactivation), meaning)

    def state(self, symbol: Symbol, expression: Expression, meaning: str) -> Symbol:
        self.written.append(Equation(symbol, expression, meaning))
        return symbol

    def definition(self) -> Definition:
        return Definition(self.name, self.options, self.gates, tuple(self.linear), tuple(self.written))


# --- the cells --------------------------------------------------------------------------------


def _rnn(*, relu: bool = False, bias: bool = True) -> Definition:
    """PyTorch RNN: the candidate is the new state, nothing decides what to keep (Elman, 1990)."""
    squeeze, new = "relu" if relu else "tanh", Gate("candidate", "g", "h")
    write = _Writer("rnn", new, bias=bias, relu=relu)
    candidate = write.gate(
        new,
        Call(squeeze, new.from_input + new.from_state),
        f"The new content: token and old state added up, then {squeeze}.",
    )
    write.state(HIDDEN, candidate, "The new state is the candidate: everything is rewritten at every step.")
    return write.definition()


def _gru(*, bias: bool = True) -> Definition:
    """PyTorch GRU: update = 1 keeps the old state; reset acts after the matrix product.

    Both as in Cho et al. (2014), arXiv 1406.1078v1, but for the biases. Its version 3 resets the state
    before the product. Chung et al. (2014), arXiv 1412.3555, do so too, and their update = 1 takes the new
    content.
    """
    r, z, n = Gate("reset", "r", "r"), Gate("update", "z", "z"), Gate("candidate", "n", "n")
    write = _Writer("gru", r, z, n, bias=bias)
    reset = write.gate(
        r, sigmoid(r.from_input + r.from_state), "How much of the old state the candidate may see."
    )
    update = write.gate(
        z, sigmoid(z.from_input + z.from_state), "How much of the old state is kept as it is."
    )
    candidate = write.gate(
        n,
        tanh(n.from_input + reset * n.from_state),
        "The new content: the token, and as much of the past as reset lets through.",
        "The token's part, and of the old state's part what reset lets through",
    )
    write.state(
        HIDDEN,
        (1 - update) * candidate + update * PREVIOUS_HIDDEN,
        "The new state: a blend of new content and old state, set by update.",
    )
    return write.definition()


def _lstm(*, projection: bool = False, bias: bool = True) -> Definition:
    """PyTorch LSTM: rows in the order input, forget, candidate, output; no peepholes.

    Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000); with `projection` the
    state is narrower than the cell (Sak et al., 2014).
    """
    i, f = Gate("input", "i", "i"), Gate("forget", "f", "f")
    g, o = Gate("candidate", "g", "g"), Gate("output", "o", "o")
    write = _Writer("lstm", i, f, g, o, bias=bias, projection=projection)
    take = write.gate(i, sigmoid(i.from_input + i.from_state), "How much of the new content is written.")
    keep = write.gate(f, sigmoid(f.from_input + f.from_state), "How much of the old cell is kept.")
    candidate = write.gate(g, tanh(g.from_input + g.from_state), "The new content that could be written.")
    show = write.gate(o, sigmoid(o.from_input + o.from_state), "How much of the cell is shown outside.")
    cell = write.state(
        CELL,
        keep * PREVIOUS_CELL + take * candidate,
        "The new cell: what is kept of the old one plus what is written.",
    )
    shown = "The tanh of the cell, as far as the output gate shows it"
    if not projection:
        write.state(HIDDEN, show * tanh(cell), f"{shown}: the new state.")
        return write.definition()
    unprojected = write.state(UNPROJECTED, show * tanh(cell), f"{shown}, before the projection.")
    weight = Symbol("W_hr", "W_{hr}")  # PyTorch's name
    write.state(
        HIDDEN, Linear(weight, unprojected, None), "The new state: the same, mixed into fewer numbers."
    )
    return write.definition()


_CELLS: dict[Cell, Callable[..., Definition]] = {Cell.RNN: _rnn, Cell.GRU: _gru, Cell.LSTM: _lstm}


@functools.cache
def definition(cell: Cell | str, **options: bool) -> Definition:
    """The definition of a cell.

    Parameters
    ----------
    cell
        ``rnn``, ``gru`` or ``lstm``.
    options
        ``bias``: whether the linear parts have biases (they have, when it is left out). ``relu``: an RNN
        with relu instead of tanh. ``projection``: an LSTM with ``proj_size``.

    Raises
    ------
    SpecError
        When the cell is unknown, or has no such option.
    """
    make = _CELLS[choice(Cell, cell)]
    known = make.__kwdefaults__ or {}
    for name in options:
        if name not in known:
            raise SpecError(f"{cell} has no option {name!r}; choose one of {', '.join(known)}")
    return _made(make, **(known | options))


@functools.cache
def _made(make: Callable[..., Definition], **options: bool) -> Definition:
    """One object for one cell, however its options were given."""
    return make(**options)


def from_dict(values: Mapping[str, Any]) -> Definition:
    """The inverse of `Definition.to_dict`.

    Raises
    ------
    SpecError
        When the cell or one of its options is unknown.
    """
    options = {name: value for name, value in values.items() if name != "cell"}
    for name, value in options.items():
        if not isinstance(value, bool):
            raise SpecError(f"{name} is {value!r:.40}; it must be true or false")
    return definition(choice(Cell, values.get("cell")), **options)


def gates(cell: Cell | str) -> tuple[str, ...]:
    """The names of a cell's gates, in PyTorch's row order."""
    return definition(cell).gate_names


def equations(cell: Cell | str) -> tuple[Equation, ...]:
    """The equations of a cell that work unit by unit, in the order of computation."""
    return definition(cell).elementwise


def linear_equations(cell: Cell | str) -> tuple[Equation, ...]:
    """The two linear parts of every gate: from the input and from the state."""
    return definition(cell).linear


def step(
    cell: Definition,
    weights: Values,
    x: "Tensor",
    states: "Mapping[str, Tensor]",
    overrides: Values | None = None,
) -> "dict[str, Tensor]":
    """Compute one step equation by equation; `overrides` replaces what an equation says.

    Parameters
    ----------
    cell
        A `definition`.
    weights
        ``W_i`` (rows, dim), ``W_h`` (rows, state) and, with biases, ``b_i`` and ``b_h`` (rows): all
        gates' rows stacked, as PyTorch stores them; ``W_hr`` for a projection.
    x
        (..., dim), what the layer reads.
    states
        ``hidden`` (..., unit) and for an LSTM ``cell`` (..., unit), before the step.
    overrides
        Name of an equation -> the value used in its place.

    Returns
    -------
    dict
        Every equation's name -> its value, ``hidden`` and ``cell`` after the step among them.
    """
    overrides = overrides or {}
    values = {"x": x, **weights, **{f"previous_{name}": value for name, value in states.items()}}
    values |= linear_values(cell, values)
    values |= {name: value for name, value in overrides.items() if name in values}
    for equation in cell.elementwise:
        given = overrides.get(equation.name)
        values[equation.name] = equation.evaluate(values) if given is None else given
    return {equation.name: values[equation.name] for equation in cell.equations}


def linear_values(cell: Definition, values: Values) -> "dict[str, Tensor]":
    """Both linear parts of all gates, in two matrix products over the stacked rows.

    `values` holds ``x``, ``previous_hidden`` and the weights as in `step`.
    """
    bias = "b_i" in values
    from_input, from_state = input_part("", bias), state_part("", bias)
    return by_gate(cell, from_input.evaluate(values), from_state.evaluate(values))


def by_gate(cell: Definition, from_input: Array, from_state: Array) -> dict[str, Array]:
    """Cut the linear parts of all gates, (..., rows) each, into one per gate."""
    size = from_input.shape[-1] // len(cell.gates)
    found = {}
    for number, gate in enumerate(cell.gates):
        rows = slice(number * size, (number + 1) * size)
        found[f"{gate.name}_from_input"] = from_input[..., rows]
        found[f"{gate.name}_from_state"] = from_state[..., rows]
    return found
