"""Frames of the gates page: activations, their summaries, and one cell's arithmetic."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from rnnviz_core.cells.expressions import number_latex
from rnnviz_core.cells.meanings import gate_in_words, state_in_words, translated_meaning
from rnnviz_core.languages import N_, _, numerals, signs
from rnnviz_core.tracing.trace import Trace

from .columns import Columns
from .layer import Layer
from .numbers import MINUS, RAISED, printed
from .tokens import grid_columns, one_step, step_texts

Item = TypeVar("Item")
STATES = ("hidden", "cell")
BETWEEN_PRODUCTS = re.compile(r"(\\cdot (?:[\d.]+|\\left\(.*?\\right\))) \+ (.*\\cdot)")
DIGITS = 3  # decimals in formulas
TERMS = {  # parts of a gate's sum, and the sum
    "from_input": N_("from the input"),
    "from_state": N_("from the state"),
    "from_cell": N_("through the peephole"),
    "sum": N_("sum"),
}
Weights = Mapping[str, float]  # those of one unit that are vectors, by symbol: ``p_f``
NO_WEIGHTS: Weights = {}


@dataclass(frozen=True)
class Worked:
    """Equations that belong together, with one cell's numbers in them."""

    name: str  # of the gate or state they end in
    meaning: str
    value: float
    latex: str  # lines of an ``aligned`` block: each formula, then its numbers


def names(trace: Trace, part: str = "encoder") -> tuple[str, ...]:
    """The gates of the cell that `part` ran, in PyTorch's order, the candidate among them."""
    return trace.definition(part).gate_names


def meanings(trace: Trace, part: str = "encoder") -> tuple[str, ...]:
    """What each of `names` means, in one line."""
    return trace.definition(part).meanings


def functions(trace: Trace, part: str = "encoder") -> tuple[str, ...]:
    """The function that the sum of each of `names` goes through; "" where there is none."""
    cell = trace.definition(part)
    return tuple(cell.function(name) for name in cell.gate_names)


def in_rows(items: Sequence[Item], width: int) -> list[Sequence[Item]]:
    """`items` in the order given, `width` to a row of the page."""
    return [items[start : start + width] for start in range(0, len(items), width)]


def cells(trace: Trace, place: Layer, order: np.ndarray | None = None) -> Columns:
    """One row per unit and step: step columns, ``unit``, and two columns per gate.

    They are the gate's value and the sum it is a function of (``forget``, ``forget_preactivation``).
    ``row`` is the unit's place from the top, when `order` holds the units from the top row down.
    """
    sites = [f"{gate}{end}" for gate in names(trace) for end in ("", "_preactivation")]
    arrays = {name: trace[place.site(name)] for name in sites}
    texts, units = step_texts(trace, place.part), arrays[sites[0]].shape[1]
    rows = np.arange(units, dtype=np.int16) if order is None else places(order)
    return {**grid_columns(texts, units, "unit", **arrays), "row": np.tile(rows, len(texts))}


def places(order: np.ndarray) -> np.ndarray:
    """The place of each unit from the top, when `order` holds the units from the top row down."""
    rows = np.empty(len(order), dtype=np.int16)
    rows[order] = np.arange(len(order), dtype=np.int16)
    return rows


def chosen(
    trace: Trace, part: str, position: int, unit: int | None, order: np.ndarray | None = None
) -> Columns:
    """The row that outlines the chosen token and rings the chosen unit; without one both are -1."""
    row = -1 if unit is None else unit if order is None else int(places(order)[unit])
    return one_step(step_texts(trace, part), position, unit=-1 if unit is None else unit, row=row)


def terms(trace: Trace, place: Layer, gates: tuple[str, ...], position: int, unit: int) -> pd.DataFrame:
    """One row per gate of the chosen cell: what the input and the state add, their sum, the activation.

    ``from_state`` is what really enters the sum: in a GRU's candidate, after the reset gate. It is left out
    where no gate reads the state; ``from_cell``, the rest of the sum, is there where gates have peepholes.
    """
    rows, cell = [], trace.definition(place.part)
    for gate in gates:

        def number(name: str, gate: str = gate) -> float:
            return float(trace[place.site(gate + name)][position, unit])

        row: dict[str, float | str] = {"gate": gate, "from_input": number("_from_input")}
        total, known = number("_preactivation"), number("_from_input")
        if cell.reads_state:
            state = number("_from_state")
            if "reset" in cell[f"{gate}_preactivation"].symbols():
                state *= number("", "reset")
            row["from_state"] = state
            known += state
        if cell.peepholes:
            row["from_cell"] = total - known if gate in cell.peepholes else 0.0
        rows.append({**row, "sum": total, "activation": number("")})
    return pd.DataFrame(rows)


def terms_in_words(frame: pd.DataFrame) -> str:
    """`terms`, for a reader who cannot see it."""
    return "; ".join(
        _(
            "{gate}: sum {sum}, becomes {activation}",
            gate=_(row.gate),
            sum=printed(row.sum),
            activation=printed(row.activation),
        )
        for row in frame.itertuples()
    )


def term_bars(frame: pd.DataFrame) -> pd.DataFrame:
    """`terms` as bars: one row per gate and ``term`` (a value of `TERMS`), with its ``value``."""
    long = frame.melt("gate", value_vars=[name for name in TERMS if name in frame], var_name="term")
    return long.assign(term=long["term"].map(TERMS))


def term_names(trace: Trace, part: str = "encoder") -> tuple[str, ...]:
    """The values of ``term`` in `term_bars`, in the order in which they are added up."""
    cell = trace.definition(part)
    left_out = {"from_state": not cell.reads_state, "from_cell": not cell.peepholes}
    return tuple(words for name, words in TERMS.items() if not left_out.get(name))


def fit(*frames: pd.DataFrame) -> list[pd.DataFrame]:
    """The frames with ``least`` and ``most`` of all their values and 0, so that their scales agree."""
    values = np.concatenate([frame["value"].to_numpy() for frame in frames] + [np.zeros(1)])
    return [frame.assign(least=values.min(), most=values.max()) for frame in frames]


def cell_values(trace: Trace, place: Layer, position: int, unit: int) -> dict[str, float]:
    """Every number of one cell, under the names that its equations read."""
    prefix = place.site("hidden").removesuffix("hidden")
    known = {
        name.removeprefix(prefix): float(trace[name][position, unit])
        for name in trace
        if name.startswith(prefix) and trace.axes[name][1:] == ("unit",) and unit < trace[name].shape[1]
    }
    for state in STATES:
        if state in known:
            known[f"previous_{state}"] = float(previous(trace, place, state, position)[unit])
    if "unprojected" in known and "hidden" in known:  # a product of a whole row, not of this unit's number
        known["W_hr @ unprojected"] = known["hidden"]
    return known


def previous(trace: Trace, place: Layer, state: str, position: int) -> np.ndarray:
    """The state that the chosen step starts from: the one read before, or the initial state."""
    values = trace[place.site(state)]
    before = position + 1 if place.reverse else position - 1
    return values[before] if 0 <= before < len(values) else trace[place.site(f"initial_{state}")]


def worked(
    trace: Trace, place: Layer, position: int, unit: int, weights: Weights = NO_WEIGHTS
) -> list[Worked]:
    """The arithmetic of one cell, from W x and U h to the new state, in the order of computation.

    One `Worked` per gate (both linear parts, their sum, the activation) and one per state. `weights` are
    those of the unit that the equations name; without them their letters stay.
    """
    values, found, lines = {**cell_values(trace, place, position, unit), **weights}, [], []
    cell = trace.definition(place.part)
    reads = cell.reads_state
    for equation in cell.elementwise:
        if equation.name not in values:  # a state that is projected has fewer units than the gates
            continue
        for gate in cell.gate_names:
            if equation.name == f"{gate}_preactivation":
                parts = (cell[f"{gate}_{side}"] for side in ("from_input", "from_state")[: 1 + reads])
                lines += [_line(part.substitute({part.name: values[part.name]})) for part in parts]
        numbers, result = _line(equation.substitute(values), again=True).split(r" \approx ")
        numbers = BETWEEN_PRODUCTS.sub(r"\1 \\\\ &\\quad + \2", numbers)  # on a phone a line is short
        if equation.name not in STATES and not numbers.endswith(f"= {result}"):
            numbers += rf" \approx {result}"
        elif not numbers.endswith(f"= {result}"):  # a long sum: its result gets a line of its own
            numbers += rf" \\ &\approx {result}"
        lines += [_line(equation.latex()), numbers]
        if not equation.name.endswith("_preactivation"):
            block = r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}"
            found.append(
                Worked(
                    equation.name,
                    translated_meaning(equation.meaning),
                    values[equation.name],
                    _decimals(block),
                )
            )
            lines = []
    return found


def _decimals(latex: str) -> str:
    """Numbers with the language's decimal sign; in braces, or TeX would set a space after a comma."""
    decimal = signs()[0]
    return latex if decimal == "." else re.sub(r"(?<=\d)\.(?=\d)", f"{{{decimal}}}", latex)


def in_brief(
    trace: Trace,
    place: Layer,
    position: int,
    unit: int,
    weights: Weights = NO_WEIGHTS,
    *,
    digits: int = DIGITS,
) -> list[tuple[str, str, str]]:
    """One cell as a line per gate and state: its words, the arithmetic in numbers, what comes out.

    A gate's line adds what the input and the state say; `worked` has all that is in between.
    """
    values = {**cell_values(trace, place, position, unit), **weights}
    cell, lines = trace.definition(place.part), []
    found = {equation.name: equation for equation in cell.elementwise if equation.name in values}
    gates = {name for name in cell.gate_names if name != "candidate"}
    for name, equation in found.items():
        if name.endswith("_preactivation"):
            continue
        right = equation.expression.latex(values, digits)
        if inner := found.get(f"{name}_preactivation"):
            numbers = inner.expression.latex(values, digits)
            right = equation.expression.latex().replace(inner.symbol.letters, numbers)
        word = gate_in_words(name) if name in gates else state_in_words(name) if name in STATES else _(name)
        lines.append((word, _text(right), _text(number_latex(values[name], digits))))
    return lines


def _text(latex: str) -> str:
    """Numbers and their signs as text, for where a formula must be able to wrap."""
    for sign, text in (
        (r"\left", ""),
        (r"\right", ""),
        (r"\sigma", "σ"),
        (r"\tanh", "tanh"),
        (r"\operatorname{relu}", "relu"),
        (r"\cdot", "·"),
    ):
        latex = latex.replace(sign, text)
    latex = re.sub(r"\\times 10\^\{(-?\d+)\}", lambda found: f"× 10{found[1].translate(RAISED)}", latex)
    return numerals(latex.replace("-", MINUS))


def _line(latex: str, *, again: bool = False) -> str:
    """One line of an ``aligned`` block, lined up at its equals sign; `again` leaves the left side out."""
    left, right = latex.split(" = ", 1)
    return f"{'' if again else left} &= {right}"
