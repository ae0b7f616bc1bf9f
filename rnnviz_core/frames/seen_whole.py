"""A recurrent layer with every number and every wire, for networks small enough; else one unit of it.

A layer of up to `UNITS` units that reads up to `INPUTS` numbers is seen whole: a row per unit. Of a larger
one the chosen unit has a row, and so do the units and the numbers with the strongest wires to it, of the gate
whose wires are drawn; the rest is one row each, summed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rnnviz_core.cells.equations import Definition
from rnnviz_core.languages import _
from rnnviz_core.tracing.trace import Trace

from . import inspector
from .gates import in_brief, previous
from .layer import Layer
from .numbers import printed
from .states import CELL_LIMIT
from .tokens import ordered, step_texts

UNITS, INPUTS = 8, 10  # of a layer that is seen whole
STRONGEST = {"units": 3, "inputs": 6}  # beside the chosen unit of a larger one
SHOWN = 40  # steps drawn at once; a longer text is a window of it


@dataclass(frozen=True, eq=False)  # arrays do not compare
class Whole:
    """What is drawn of one layer at one step.

    Attributes
    ----------
    steps
        The steps that are drawn, in the order in which the layer reads them; arrays have one row for each.
    units, inputs
        The units and the numbers of the input that are drawn, in the order of their rows.
    ends
        The rows in which wires end: all, or the chosen unit's alone.
    x, hidden, cell, gates, sums
        (step, inputs) what is read; (step, units) states, activations and sums of the chosen gate. `cell` is
        None where there is no such state.
    kept, written
        (step, units) the share of the old memory that stays, and what is added to it; None where nothing
        is kept.
    W_i, W_h
        (end, inputs) and (end, units): the weights of the chosen gate. `W_h` is None where it reads no state.
    rest_x, rest_h
        (step,) what the inputs and the units that have no row add to the chosen unit's sum: ``rest_h`` by the
        state after that step, so to the sum of the next one. None where all have a row.
    """

    trace: Trace
    place: Layer
    gate: str
    step: int
    unit: int
    steps: range
    units: tuple[int, ...]
    inputs: tuple[int, ...]
    input_names: tuple[str, ...]
    ends: tuple[int, ...]
    others: tuple[int, int]  # units and inputs without a row
    x: np.ndarray
    hidden: np.ndarray
    cell: np.ndarray | None
    gates: dict[str, np.ndarray]
    sums: np.ndarray
    kept: np.ndarray | None
    written: np.ndarray | None
    W_i: np.ndarray
    W_h: np.ndarray | None
    widest: float  # the largest weight of all gates, by which wires are as thick as they are
    rest_x: np.ndarray | None
    rest_h: np.ndarray | None
    own: Mapping[str, float]  # the weights that the chosen unit alone has: peepholes
    damp: float  # what the chosen unit's old states are multiplied with at the step: a GRU's reset gate

    @property
    def definition(self) -> Definition:
        """The equations of the cell that is drawn."""
        return self.trace.definition(self.place.part)

    @property
    def everything(self) -> bool:
        """Whether every unit and every number has a row."""
        return self.others == (0, 0)

    @property
    def at(self) -> int:
        """The row of the chosen step in the arrays."""
        return self.steps.index(self.step)

    @property
    def row(self) -> int:
        """The row of the chosen unit."""
        return self.units.index(self.unit)

    @cached_property
    def texts(self) -> list[str]:
        """What is read at every step of the whole text."""
        return step_texts(self.trace, self.place.part)

    def before(self, state: str) -> np.ndarray:
        """The drawn units' state that the chosen step starts from."""
        return previous(self.trace, self.place, state, self.step)[list(self.units)]

    @property
    def verdicts(self) -> np.ndarray | None:
        """(step, class): the probabilities if the text ended there; None where no class is named."""
        found = self.trace.arrays.get("readout.prefix_probabilities")
        last = self.place.layer == self.trace.layers(self.place.part) - 1
        return None if found is None or not last or self.place.reverse else found[list(self.steps)]

    @property
    def arithmetic(self) -> list[tuple[str, str, str]]:
        """The equations of the chosen unit at the chosen step in numbers: name, formula, result."""
        found = in_brief(self.trace, self.place, self.step, self.unit, self.own, digits=2)
        return [(words.split(" ")[0], formula, result) for words, formula, result in found]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes of `verdicts`."""
        return tuple(self.trace.labels.get("class", ()))

    @property
    def ordered(self) -> bool:
        """Whether the classes run from worst to best."""
        return ordered(self.trace)


def gate_of(trace: Trace, place: Layer) -> str:
    """The gate whose wires are drawn at first: the one that keeps, else the candidate."""
    cell = trace.definition(place.part)
    return cell.keeper or cell.gate_names[-1]


def is_whole(trace: Trace, place: Layer) -> bool:
    """Whether the layer is small enough for a row per unit and per number."""
    units, inputs = trace[place.site("hidden")].shape[1], trace[place.site("layer_input")].shape[1]
    return units <= UNITS and inputs <= INPUTS


def whole(model: Any, trace: Trace, place: Layer, gate: str, step: int, unit: int) -> Whole:
    """What is drawn at one step, with the wires of one gate; see `Whole`."""
    cell, weights = trace.definition(place.part), inspector.weights(model, place)
    x, hidden = trace[place.site("layer_input")], trace[place.site("hidden")]
    size = trace[place.site(gate)].shape[1]
    first = cell.gate_names.index(gate) * size
    into, back = weights["W_i"], weights.get("W_h")
    own_into, own_back = into[first + unit], None if back is None else back[first + unit]
    everything = is_whole(trace, place)
    units = _units(own_back, unit, hidden.shape[1], everything)
    inputs = tuple(range(x.shape[1])) if everything else _strongest(own_into, STRONGEST["inputs"])
    ends = tuple(range(len(units))) if everything else (0,)
    steps = _window(len(x), step, place.reverse)
    cut = list(steps)
    rows, rest_units = list(units), np.setdiff1d(np.arange(hidden.shape[1]), units)
    rest_inputs = np.setdiff1d(np.arange(x.shape[1]), inputs)
    targets = [first + units[end] for end in ends]
    summed = f"{gate}_preactivation"
    return Whole(
        trace=trace,
        place=place,
        gate=gate,
        step=step,
        unit=unit,
        steps=steps,
        units=units,
        inputs=inputs,
        input_names=tuple(inspector.input_names(trace, place, x.shape[1])),
        ends=ends,
        others=(len(rest_units), len(rest_inputs)),
        x=x[cut][:, list(inputs)],
        hidden=hidden[cut][:, rows],
        cell=trace[place.site("cell")][cut][:, rows] if "cell" in cell.states else None,
        gates={name: trace[place.site(name)][cut][:, rows] for name in cell.gate_names},
        sums=trace[place.site(summed if summed in cell.names else gate)][cut][:, rows],
        kept=_memory(trace, place, cell, "kept", cut, rows),
        written=_memory(trace, place, cell, "written", cut, rows),
        W_i=into[np.ix_(targets, inputs)],
        W_h=None if back is None else back[np.ix_(targets, rows)],
        widest=float(max(np.abs(into).max(), 0.0 if back is None else np.abs(back).max())) or 1.0,
        rest_x=x[cut][:, rest_inputs] @ own_into[rest_inputs] if len(rest_inputs) else None,
        rest_h=hidden[cut][:, rest_units] @ own_back[rest_units]
        if len(rest_units) and own_back is not None
        else None,
        own=inspector.of_unit(model, place, unit),
        damp=_damp(trace, place, cell, gate, step, unit),
    )


def in_words(drawn: Whole) -> str:
    """The picture for a reader who cannot see it: the chosen step's numbers."""
    cell = drawn.definition
    told = [_("step {step}, “{token}”", step=drawn.step, token=drawn.texts[drawn.step])]
    for row, unit in enumerate(drawn.units):
        numbers = [f"h {printed(drawn.hidden[drawn.at, row])}"]
        if drawn.cell is not None:
            numbers.append(f"c {printed(drawn.cell[drawn.at, row])}")
        numbers += [
            f"{_(name)} {printed(drawn.gates[name][drawn.at, row])}"
            for name in cell.gate_names
            if cell.keeper
        ]
        told.append(_("unit {unit}: {numbers}", unit=unit, numbers=", ".join(numbers)))
    return "; ".join(told)


def limit(state: str) -> float:
    """Where the colours of a state end, as on the states page."""
    return CELL_LIMIT if state == "cell" else 1.0


def _units(own: np.ndarray | None, unit: int, size: int, everything: bool) -> tuple[int, ...]:
    """The units that have a row: all, or the chosen one and those with the strongest wires to it."""
    if everything:
        return tuple(range(size))
    if own is None:
        return (unit,)
    others = np.abs(own).astype(np.float64)
    if unit < len(others):
        others[unit] = -1.0
    return (unit, *(int(one) for one in np.argsort(-others, kind="stable")[: STRONGEST["units"]]))


def _strongest(weights: np.ndarray, count: int) -> tuple[int, ...]:
    """The places of the `count` largest weights, in their own order."""
    return tuple(sorted(int(place) for place in np.argsort(-np.abs(weights), kind="stable")[:count]))


def _window(steps: int, step: int, reverse: bool) -> range:
    first = min(max(0, step - SHOWN // 2), max(0, steps - SHOWN))
    found = range(first, min(steps, first + SHOWN))
    return found[::-1] if reverse else found


def _memory(
    trace: Trace, place: Layer, cell: Definition, what: str, cut: list[int], rows: list[int]
) -> np.ndarray | None:
    """The share of the memory that is ``kept``, or what is ``written`` to it: (step, units)."""
    if cell.memory is None:
        return None
    rule = getattr(cell.memory, what)
    found: np.ndarray = rule.evaluate({name: trace[place.site(name)] for name in rule.symbols()})
    return found[cut][:, rows]


def _damp(trace: Trace, place: Layer, cell: Definition, gate: str, step: int, unit: int) -> float:
    """What a gate's state part is multiplied with before it enters the sum: 1, or a GRU's reset gate."""
    if f"{gate}_preactivation" not in cell.names:
        return 1.0
    try:
        slope, _ = cell[f"{gate}_preactivation"].slope_and_offset(f"{gate}_from_state")
    except ValueError:
        return 1.0
    values = {name: trace[place.site(name)][step, unit] for name in slope.symbols()}
    return float(slope.evaluate(values))
