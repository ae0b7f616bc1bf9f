"""The equations of a cell as one Python function on numpy arrays.

Walking the trees of `cells` costs more than the numbers of a sentence. So the code that the trees print
is compiled, once per cell; gates whose rows are adjacent share one sum and one call of their function.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from .expressions import ON_ARRAYS, Call, Linear, Operation, on_tensors

if TYPE_CHECKING:
    from .definition import Definition, Equation, Gate

Program = Callable[..., tuple[np.ndarray, ...]]


def program(cell: "Definition", names: tuple[str, ...], *, scanned: bool) -> Program:
    """Compile the equations of a cell that follow its two matrix products.

    Parameters
    ----------
    cell
        The definition.
    names
        The equations whose values are returned, in this order.
    scanned
        The rows are the steps of one sequence: its ``cell`` comes from ``scan(slope, offset)``. Otherwise
        each row is one step of its own, and reads ``previous_cell``.

    Returns
    -------
    Callable
        ``run(from_input, from_state, previous_hidden, previous_cell, scan, **extra)``. Both linear parts are
        (row, all gates' units), or (gate, row, unit) where all equations of several gates are returned: then
        each array is a block of its own. Of the others each cell reads what its equations name; `extra` are
        its weights in `Definition.extra`.
    """
    extra = "".join(f", {name}" for name in ("*", *cell.extra)) if cell.extra else ""
    head = f"def run(from_input, from_state, previous_hidden, previous_cell=None, scan=None{extra}):"
    body = [
        *_lines(cell, scanned, blocks=names == cell.names and len(cell.gates) > 1),
        f"return ({', '.join(names)},)",
    ]
    found: dict[str, Any] = dict(ON_ARRAYS)
    exec(compile("\n    ".join([head, *body]), f"<{cell.gates[0].name} ...>", "exec"), found)
    run: Program = found["run"]
    return run


def tensor_program(
    cell: "Definition",
    names: tuple[str, ...],
    functions: Mapping[str, Callable[[Any], Any]] = MappingProxyType({}),
) -> Callable[..., tuple[Any, ...]]:
    """The same for one step on tensors that autograd follows, equation by equation.

    ``run(from_input, from_state, previous_hidden, previous_cell, **extra)``: both linear parts are (gate,
    unit), or (unit) where there is one gate. Every sum and every gate is a tensor on the way to the states.
    `functions` take the place of those of their names.
    """
    extra = "".join(f", {name}" for name in ("*", *cell.extra)) if cell.extra else ""
    head = f"def run(from_input, from_state, previous_hidden, previous_cell=None{extra}):"
    body = [*_tensor_lines(cell), f"return ({', '.join(names)},)"]
    found: dict[str, Any] = {**on_tensors(), **functions}
    exec(compile("\n    ".join([head, *body]), f"<{cell.gates[0].name} ... on tensors>", "exec"), found)
    run: Callable[..., tuple[Any, ...]] = found["run"]
    return run


def _tensor_lines(cell: "Definition") -> Iterator[str]:
    # Iterating over a tensor takes three times as long as `unbind`, and a slice is two nodes more to go back.
    cut = ".unbind(0)" if len(cell.gates) > 1 else ""
    comma = "," if cut else ""
    joined = cell.reads_state and all(_plain(cell, gate) is not None for gate in cell.gates)
    if joined:
        sums = ", ".join(gate.preactivation.name for gate in cell.gates)
        yield f"{sums}{comma} = (from_input + from_state){cut}"
    else:
        for side in ("from_input", "from_state")[: 1 + cell.reads_state]:
            yield f"{', '.join(f'{gate.name}_{side}' for gate in cell.gates)}{comma} = {side}{cut}"
    done = {gate.preactivation.name for gate in cell.gates if joined}
    for equation in cell.elementwise:
        if equation.name not in done:
            yield f"{equation.name} = {_code(equation, False)}"


def _lines(cell: "Definition", scanned: bool, blocks: bool) -> Iterator[str]:
    if not blocks:
        yield f"rows, size = len(from_input), from_input.shape[1] // {len(cell.gates)}"
    yield _unpacked([gate.from_input.name for gate in cell.gates], "from_input", blocks)
    if cell.reads_state:
        yield _unpacked([gate.from_state.name for gate in cell.state_gates], "from_state", blocks)
    done = set()
    for first, gates in _runs(cell):
        yield from _joined(cell, first, gates, blocks)
        done |= {symbol.name for gate in gates for symbol in (gate.preactivation, gate.activation)}
    for equation in cell.elementwise:
        if equation.name not in done:
            yield f"{equation.name} = {_code(equation, scanned)}"


def _unpacked(names: list[str], joined: str, blocks: bool) -> str:
    """A name for each block, or for each block of columns."""
    if blocks:
        return f"{', '.join(names)}, = {joined}"
    if len(names) == 1:
        return f"{names[0]} = {joined}"
    return f"{', '.join(names)} = {joined}.reshape(rows, {len(names)}, size).swapaxes(0, 1)"


def _plain(cell: "Definition", gate: "Gate") -> str | None:
    """The function of a gate, if its argument is just the sum of the two linear parts."""
    said = {equation.name: equation.expression for equation in cell.elementwise}
    if gate not in cell.state_gates:
        return None
    if said.get(gate.preactivation.name) != Operation("+", gate.from_input, gate.from_state):
        return None
    activated = said.get(gate.activation.name)
    if isinstance(activated, Call) and activated.argument == gate.preactivation:
        return activated.function
    return None


def _runs(cell: "Definition") -> Iterator[tuple[int, list["Gate"]]]:
    """Plain gates side by side, and the place of the first of them."""
    run: list[Gate] = []
    for place, gate in enumerate(cell.gates):
        if _plain(cell, gate) is not None:
            run.append(gate)
        elif run:
            yield place - len(run), run
            run = []
    if run:
        yield len(cell.gates) - len(run), run


def _joined(cell: "Definition", first: int, gates: list["Gate"], blocks: bool) -> Iterator[str]:
    """All sums of a run in one call, all passed through the usual function, and then the odd ones anew."""
    last, place = first + len(gates), ""
    if len(gates) < len(cell.gates):
        place = f"[{first}:{last}]" if blocks else f"[:, {first} * size : {last} * size]"
    yield f"sums = from_input{place} + from_state{place}"
    yield _unpacked([gate.preactivation.name for gate in gates], "sums", blocks)
    functions = [_plain(cell, gate) for gate in gates]
    usual = max(functions, key=functions.count)
    yield f"activated = {usual}(sums)"
    yield _unpacked([gate.activation.name for gate in gates], "activated", blocks)
    for gate, function in zip(gates, functions, strict=True):
        if function != usual:
            yield f"{gate.activation.name}[:] = {function}({gate.preactivation.name})"


def _code(equation: "Equation", scanned: bool) -> str:
    """The right side of an equation on rows."""
    if scanned and equation.name == "cell":
        slope, offset = equation.slope_and_offset("previous_cell")
        return f"scan({slope.code()}, {offset.code()})"
    expression = equation.expression
    if isinstance(expression, Linear):  # as printed it is for one column
        product = f"{expression.vector.code()} @ {expression.weight.code()}.T"
        return product if expression.bias is None else f"{product} + {expression.bias.code()}"
    return expression.code()
