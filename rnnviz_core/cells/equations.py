"""The cells by name: the equations of each, once. Numbers, LaTeX, code and meaning come from one definition.

`step` evaluates them on one time step, the recorder runs what `compile` makes of them, and the pages print
them: what is shown and what is computed cannot disagree. Each cell has a file of its own beside this one.

Conventions are PyTorch's: every gate has two biases, one beside the input and one beside the old state;
``h_{t-1}`` is called ``previous_hidden``. Names of symbols are the names of sites of a `Trace`.
"""

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rnnviz_core.errors import SpecError, unknown_choice

from . import variants
from .definition import PREVIOUS_CELL as PREVIOUS_CELL
from .definition import STATES as STATES
from .definition import Definition as Definition
from .definition import Equation as Equation
from .definition import Gate as Gate
from .definition import Memory as Memory
from .definition import input_part, state_part
from .expressions import Array, Values
from .kinds import RECURRENT, Cell

if TYPE_CHECKING:
    from torch import Tensor

CELLS: dict[str, Callable[..., Definition]] = {
    **{str(cell): importlib.import_module(f"{__package__}.{cell}").define for cell in RECURRENT},
    "lstm_variant": variants.lstm,
    "gru_variant": variants.gru,
    "rnn_variant": variants.rnn,
}


@functools.cache
def definition(cell: Cell | str, **options: bool | str | float) -> Definition:
    """The definition of a cell.

    Parameters
    ----------
    cell
        A key of `CELLS`: ``rnn``, ``gru``, ``lstm``, ``peephole``, ``mingru``; those of other libraries are
        ``lstm_variant``, ``gru_variant``, ``rnn_variant`` (see `variants` for their options).
    options
        ``bias``: whether the linear parts have biases (they have, when it is left out). ``relu``: an RNN
        with relu instead of tanh. ``projection``: an LSTM with ``proj_size``.

    Raises
    ------
    SpecError
        When the cell is unknown, or has no such option.
    """
    if cell not in CELLS:
        raise SpecError(unknown_choice("cell", cell, CELLS))
    make = CELLS[cell]
    known = make.__kwdefaults__ or {}
    for name in options:
        if name not in known:
            raise SpecError(f"{cell} has no option {name!r}; choose one of {', '.join(known)}")
    return _made(make, **(known | options))


@functools.cache
def _made(make: Callable[..., Definition], **options: bool | str | float) -> Definition:
    """One object for one cell, however its options were given."""
    return make(**options)


def having(what: Callable[[Definition], bool]) -> frozenset[Cell]:
    """The cells of which something holds: ``having(lambda cell: cell.memory is not None)``."""
    return frozenset(cell for cell in RECURRENT if what(definition(cell)))


def from_dict(values: Mapping[str, Any]) -> Definition:
    """The inverse of `Definition.to_dict`.

    Raises
    ------
    SpecError
        When the cell or one of its options is unknown.
    """
    options = {name: value for name, value in values.items() if name != "cell"}
    cell = values.get("cell")
    if not isinstance(cell, str) or cell not in CELLS:
        raise SpecError(unknown_choice("cell", cell, CELLS))
    usual = CELLS[cell].__kwdefaults__ or {}
    for name, value in options.items():
        kind = type(usual.get(name, True))
        if type(value) is not kind:
            needed = {bool: "true or false", str: "a name", float: "a number"}[kind]
            raise SpecError(f"{name} is {value!r:.40}; it must be {needed}")
    return definition(cell, **options)


def gates(cell: Cell | str) -> tuple[str, ...]:
    """The names of a cell's gates, in PyTorch's row order."""
    return definition(cell).gate_names


def equations(cell: Cell | str) -> tuple[Equation, ...]:
    """The equations of a cell that work unit by unit, in the order of computation."""
    return definition(cell).elementwise


def step(
    cell: Definition,
    weights: Values,
    x: "Tensor",
    states: "Mapping[str, Tensor]",
    overrides: Values | None = None,
    from_input: "Tensor | None" = None,
) -> "dict[str, Tensor]":
    """Compute one step equation by equation; `overrides` replaces the value of an equation.

    Parameters
    ----------
    cell
        A `definition`.
    weights
        ``W_i`` (rows, dim), ``W_h`` (rows, state) and, with biases, ``b_i`` and ``b_h`` (rows): all
        gates' rows stacked, as PyTorch stores them; those in `Definition.extra`: ``W_hr`` for a projection.
    x
        (..., dim), what the layer reads.
    states
        ``hidden`` (..., unit) and for an LSTM ``cell`` (..., unit), before the step.
    overrides
        Name of an equation -> the value used in its place.
    from_input
        (..., rows), the input part of all gates, where it is known already: whoever runs many steps makes it
        of all of them at once.

    Returns
    -------
    dict
        Every equation's name -> its value, ``hidden`` and ``cell`` after the step among them.
    """
    overrides = overrides or {}
    values = {"x": x, **weights, **{f"previous_{name}": value for name, value in states.items()}}
    values |= linear_values(cell, values, from_input)
    values |= {name: value for name, value in overrides.items() if name in values}
    for equation in cell.elementwise:
        given = overrides.get(equation.name)
        values[equation.name] = equation.evaluate(values) if given is None else given
    return {equation.name: values[equation.name] for equation in cell.equations}


def linear_values(cell: Definition, values: Values, from_input: Array | None = None) -> "dict[str, Tensor]":
    """Both linear parts of all gates, in two matrix products over the stacked rows.

    `values` holds ``x``, ``previous_hidden`` and the weights as in `step`; `from_input` is the first product.
    """
    if from_input is None:
        from_input = input_part("", "b_i" in values).evaluate(values)
    from_state = state_part("", "b_h" in values).evaluate(values) if cell.reads_state else None
    return by_gate(cell, from_input, from_state)


def by_gate(cell: Definition, from_input: Array, from_state: Array | None) -> dict[str, Array]:
    """Cut the linear parts of all gates, (..., rows) each, into one per gate."""
    size = from_input.shape[-1] // len(cell.gates)
    found = {}
    for part, gates in ((from_input, cell.gates), (from_state, cell.state_gates)):
        if part is not None:
            symbol = "from_input" if part is from_input else "from_state"
            for number, gate in enumerate(gates):
                found[f"{gate.name}_{symbol}"] = part[..., number * size : (number + 1) * size]
    return found
