"""What a cell is: its gates and its equations, and what follows from them.

An equation is a small expression tree. It is evaluated, printed and compiled; what a table would have to say
of a cell (which gate keeps, whether there is a memory) is read off its equations.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import compile as programs
from .expressions import Array, Call, Expression, Linear, Operation, Symbol, Values, number_latex
from .jacobian import Block, Term
from .kinds import Cell
from .meanings import GATES


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
    sense: str = ""  # what it means, where that is not what `meanings.GATES` says of this name

    @property
    def meaning(self) -> str:
        """What it means, in one line without a full stop: a heading."""
        return self.sense or GATES[self.name]

    @property
    def activation(self) -> Symbol:
        """The value of the gate after its function: ``f_t``."""
        return Symbol(self.name, f"{self.letter}_t")

    @property
    def preactivation(self) -> Symbol:
        """The sum that goes into its function: ``a_{f}``."""
        return Symbol(f"{self.name}_preactivation", f"a_{{{self.letter}}}")

    @property
    def from_input(self) -> Symbol:
        """The part of that sum that the input gives, its bias included."""
        return Symbol(f"{self.name}_from_input", f"a_{{{self.letter}}}^{{x}}")

    @property
    def from_state(self) -> Symbol:
        """The part of that sum that the old hidden state gives, its bias included."""
        return Symbol(f"{self.name}_from_state", f"a_{{{self.letter}}}^{{h}}")


X = Symbol("x", "x_t")
HIDDEN = Symbol("hidden", "h_t")
PREVIOUS_HIDDEN = Symbol("previous_hidden", "h_{t-1}")
CELL = Symbol("cell", "c_t")
PREVIOUS_CELL = Symbol("previous_cell", "c_{t-1}")
UNPROJECTED = Symbol("unprojected", "u_t")
STATES = ("hidden", "cell")


def state_weight(gate: "Gate") -> Symbol:
    """``W_hf``: the rows of ``W_h`` that make a gate's sum."""
    return Symbol(f"W_h{gate.rows}", f"W_{{h{gate.rows}}}")


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

    name: str  # a `Cell`, or a variant of one
    options: tuple[
        tuple[str, "bool | str | float"], ...
    ]  # as `definition` takes them: relu, projection, bias
    gates: tuple[Gate, ...]
    linear: tuple[Equation, ...]  # one input part per gate, and one state part where a gate reads h
    elementwise: tuple[Equation, ...]  # the rest, unit by unit (and a projection, where there is one)
    jacobian: tuple[Block, ...] = field(default=(), compare=False)  # of a step; none: nobody wrote it down
    within: tuple[Block, ...] = field(default=(), compare=False)  # of a state by another of the same step

    @property
    def equations(self) -> tuple[Equation, ...]:
        """All equations, in the order of computation."""
        return self.linear + self.elementwise

    @property
    def states(self) -> tuple[str, ...]:
        """The states passed to the next step: ``hidden``, and ``cell`` for an LSTM."""
        names = [equation.name for equation in self.elementwise]
        return tuple(state for state in STATES if state in names)

    @property
    def family(self) -> Cell:
        """The cell as people name it; a variant of other libraries goes by the cell it varies."""
        return Cell(self.name.removesuffix("_variant"))

    def __getitem__(self, name: str) -> Equation:
        """The equation of this name: ``definition("lstm")["forget"]``."""
        for equation in self.equations:
            if equation.name == name:
                return equation
        raise KeyError(name)

    def to_dict(self) -> dict[str, str | bool | float]:
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
    def meanings(self) -> tuple[str, ...]:
        """What each of them means, in one line."""
        return tuple(gate.meaning for gate in self.gates)

    def function(self, gate: str) -> str:
        """The function that a gate's sum goes through: ``sigmoid``, ``tanh``; "" where there is none."""
        expression = self[gate].expression
        return expression.function if isinstance(expression, Call) else ""

    @functools.cached_property
    def peepholes(self) -> Mapping[str, Operation]:
        """Gate -> the terms of its sum besides the two linear parts: a weight per unit times the cell."""
        found = {}
        for gate in self.gates:
            total = self[gate.preactivation.name].expression
            if isinstance(total, Operation) and set(total.symbols()) & set(self.extra):
                assert isinstance(total.right, Operation), f"{total.code()} ends in the peephole's product"
                found[gate.name] = total.right
        return found

    @functools.cached_property
    def reads_state(self) -> bool:
        """Whether the gates read the old hidden state."""
        return any("previous_hidden" in equation.symbols() for equation in self.linear)

    @functools.cached_property
    def state_gates(self) -> tuple[Gate, ...]:
        """The gates that read the old hidden state as it is: those that ``W_h`` has rows for."""
        written = {equation.name for equation in self.linear}
        return tuple(gate for gate in self.gates if gate.from_state.name in written)

    @functools.cached_property
    def biased(self) -> frozenset[str]:
        """Which of ``b_i`` and ``b_h`` there are."""
        parts = ((equation.expression, equation) for equation in self.linear)
        found = (part.bias.name for part, _ in parts if isinstance(part, Linear) and part.bias is not None)
        return frozenset(name[:3] for name in found)

    @functools.cached_property
    def extra(self) -> tuple[str, ...]:
        """The weights that no linear part of a gate holds: ``W_hr`` of a projection, peepholes."""
        known = {"x", *self.names, *(f"previous_{state}" for state in STATES)}
        read = (name for equation in self.elementwise for name in equation.symbols())
        return tuple(dict.fromkeys(name for name in read if name not in known))

    @functools.cached_property
    def stepwise(self) -> bool:
        """Whether the cell must be computed step by step, though every hidden state is known.

        An LSTM's gates read the hidden state only, so its cell is a scan over them. Gates that look at the
        cell need the one before.
        """
        if "cell" not in self.states:
            return False
        if self.memory is None or self.memory.state != "cell":
            return True
        return "previous_cell" in self._reached(self.memory.kept.symbols() + self.memory.written.symbols())

    def _reached(self, names: tuple[str, ...]) -> set[str]:
        """`names`, and all that their equations read, and so on."""
        found, waiting = set(names), list(names)
        while waiting:
            name = waiting.pop()
            more = set(self[name].symbols()) - found if name in self.names else set()
            found |= more
            waiting += more
        return found

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
    def followed(self) -> tuple[str, ...]:
        """The equations whose values a gradient is taken by: gates, what goes into them, states."""
        gates = [symbol.name for gate in self.gates for symbol in (gate.preactivation, gate.activation)]
        return tuple(name for name in self.names if name in (*gates, *self.states, UNPROJECTED.name))

    @functools.cached_property
    def on_tensors(self) -> Callable[..., tuple[Any, ...]]:
        """`followed` of one step on tensors that autograd follows: see `programs.tensor_program`."""
        return programs.tensor_program(self, self.followed)

    @functools.cached_property
    def on_rows(self) -> programs.Program:
        """The new states of single steps, a row for each: see `programs.program`."""
        return programs.program(self, self.states, scanned=False)


class Writer:
    """Collects the equations of a cell while its definition reads like the textbook."""

    def __init__(
        self,
        name: str,
        *gates: Gate,
        bias: bool,
        reads_state: bool = True,
        state_bias: bool | None = None,
        **options: bool | str | float,
    ) -> None:
        self.name, self.gates = name, gates
        self.options: tuple[tuple[str, bool | str | float], ...] = (*options.items(), ("bias", bias))
        state_bias = bias if state_bias is None else state_bias
        self.written: list[Equation] = []
        self.blocks: list[Block] = []
        self.linear = []
        for gate in gates:
            about = f"{gate.name} {'values' if gate.name == 'candidate' else 'gate'}"
            parts = (
                (gate.from_input, input_part, bias, "token being read"),
                (gate.from_state, state_part, state_bias, "previous state"),
            )
            for symbol, part, biased, who in parts if reads_state else parts[:1]:
                self.linear.append(
                    Equation(symbol, part(gate.rows, biased), f"What the {who} says about the {about}.")
                )

    def gate(self, gate: Gate, call: Call, meaning: str, total: str = "Both added up") -> Symbol:
        """Write an activation in two equations: the sum, then the function it goes through."""
        total += f": what goes into the {call.function}."
        self.written.append(Equation(gate.preactivation, call.argument, total))
        return self.state(gate.activation, Call(call.function, gate.preactivation), meaning)

    def plain(self, gate: Gate, total: Expression, meaning: str, words: str) -> Symbol:
        """Write a candidate that goes through no function: its sum, which is also its value."""
        self.written.append(Equation(gate.preactivation, total, f"{words}."))
        return self.state(gate.activation, gate.preactivation, meaning)

    def state(self, symbol: Symbol, expression: Expression, meaning: str) -> Symbol:
        """Write an equation as it is; the symbol is what later equations read."""
        self.written.append(Equation(symbol, expression, meaning))
        return symbol

    def derivative(
        self,
        new: Symbol,
        old: Symbol,
        *terms: tuple[Expression, Symbol | str | None],
        left: Symbol | None = None,
    ) -> None:
        """Write ``d new / d old`` as a sum of ``diag(coefficient) @ factor``: see `jacobian.Block`."""
        self.blocks.append(Block(new, old, tuple(Term(*term) for term in terms), left))

    def definition(self) -> Definition:
        """The definition of the cell, with everything that was written."""
        steps = tuple(block for block in self.blocks if block.old.name.startswith("previous_"))
        within = tuple(block for block in self.blocks if block not in steps)
        return Definition(
            self.name, self.options, self.gates, tuple(self.linear), tuple(self.written), steps, within
        )
