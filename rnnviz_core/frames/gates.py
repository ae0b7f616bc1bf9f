"""Frames of the gates page: activations, their summaries, and one cell's arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from .. import cells
from ..trace import Trace, layer_site
from .tokens import grid_frame, step_frame, step_texts

Item = TypeVar("Item")
CLOSED, OPEN = 0.1, 0.9  # a gate below is as good as shut, one above as good as open
STATES = ("hidden", "cell")
TERMS = {"from_input": "from the input", "from_state": "from the state", "sum": "sum"}


@dataclass(frozen=True)
class Worked:
    """Equations that belong together, with one cell's numbers in them."""

    name: str  # of the gate or state they end in
    meaning: str
    value: float
    latex: str  # lines of an ``aligned`` block: each formula, then its numbers


@dataclass(frozen=True)
class Place:
    """A recurrent layer of a trace: ``Place("encoder", 0, reverse=False)``."""

    part: str = "encoder"
    layer: int = 0
    reverse: bool = False

    def site(self, name: str) -> str:
        """The site of this layer's array called `name`."""
        return layer_site(self.part, self.layer, name, reverse=self.reverse)


def names(trace: Trace) -> tuple[str, ...]:
    """The gates of the trace's cell in PyTorch's order, the candidate among them."""
    return cells.gates(trace.meta["cell"])


def in_rows(items: Sequence[Item], width: int) -> list[Sequence[Item]]:
    """`items` in the order given, `width` to a row of the page."""
    return [items[start : start + width] for start in range(0, len(items), width)]


def activations(trace: Trace, place: Place, gate: str) -> pd.DataFrame:
    """One row per unit and step: step columns, ``unit``, ``value``, ``preactivation``."""
    frame = grid_frame(trace[place.site(gate)], step_texts(trace, place.part), "unit")
    frame["preactivation"] = trace[place.site(f"{gate}_preactivation")].reshape(-1)
    return frame


def chosen_cell(trace: Trace, part: str, position: int, unit: int) -> pd.DataFrame:
    """The one row that outlines the chosen token and unit in a heatmap."""
    frame = step_frame(step_texts(trace, part)).iloc[[position]].reset_index(drop=True)
    return frame.assign(unit=np.int32(unit))


def means(trace: Trace, place: Place, gates: tuple[str, ...]) -> pd.DataFrame:
    """One row per gate and step: the mean over units and the 10th and 90th percentile."""
    steps = step_frame(step_texts(trace, place.part))
    frames = []
    for gate in gates:
        values = trace[place.site(gate)]
        low, high = np.quantile(values, (0.1, 0.9), axis=1)
        frames.append(steps.assign(gate=gate, mean=values.mean(1), low=low, high=high))
    return pd.concat(frames, ignore_index=True)


def means_in_words(frame: pd.DataFrame) -> str:
    """`means`, for a reader who cannot see it: ``input 0.31; forget 0.72``."""
    return "; ".join(f"{gate} {rows['mean'].mean():.2f}" for gate, rows in frame.groupby("gate", sort=False))


def shares(trace: Trace, place: Place, gates: tuple[str, ...]) -> pd.DataFrame:
    """One row per gate and state: the share of all its values that are closed, between or open.

    ``start`` and ``end`` place the share on a bar from 0 to 1, closed first.
    """
    rows = []
    for gate in gates:
        values = trace[place.site(gate)]
        closed, opened = float((values < CLOSED).mean()), float((values > OPEN).mean())
        rows += [
            {"gate": gate, "state": "closed", "start": 0.0, "end": closed},
            {"gate": gate, "state": "between", "start": closed, "end": 1 - opened},
            {"gate": gate, "state": "open", "start": 1 - opened, "end": 1.0},
        ]
    frame = pd.DataFrame(rows)
    return frame.assign(share=frame["end"] - frame["start"])


def terms(trace: Trace, place: Place, gates: tuple[str, ...], position: int, unit: int) -> pd.DataFrame:
    """One row per gate of the chosen cell: what the input and the state add, their sum, the activation.

    ``from_state`` is what really enters the sum: in a GRU's candidate, after the reset gate.
    """
    rows = []
    for gate in gates:
        number = {
            name: float(trace[place.site(f"{gate}{name}")][position, unit])
            for name in ("", "_from_input", "_from_state", "_preactivation")
        }
        from_state = number["_from_state"]
        if gate == "candidate" and "reset" in gates:
            from_state *= float(trace[place.site("reset")][position, unit])
        rows.append(
            {
                "gate": gate,
                "from_input": number["_from_input"],
                "from_state": from_state,
                "sum": number["_preactivation"],
                "activation": number[""],
            }
        )
    return pd.DataFrame(rows)


def terms_in_words(frame: pd.DataFrame) -> str:
    """`terms`, for a reader who cannot see it."""
    return "; ".join(
        f"{row.gate}: sum {row.sum:.2f}, becomes {row.activation:.2f}" for row in frame.itertuples()
    )


def term_bars(frame: pd.DataFrame) -> pd.DataFrame:
    """`terms` as bars: one row per gate and ``term`` (a value of `TERMS`), with its ``value``."""
    long = frame.melt("gate", value_vars=list(TERMS), var_name="term")
    return long.assign(term=long["term"].map(TERMS))


def cell_values(trace: Trace, place: Place, position: int, unit: int) -> dict[str, float]:
    """Every number of one cell, under the names that `rnnviz_core.cells` reads: the equations' input."""
    prefix = place.site("hidden").removesuffix("hidden")
    known = {
        name.removeprefix(prefix): float(trace[name][position, unit])
        for name in trace
        if name.startswith(prefix) and trace.axes[name][1:] == ("unit",) and unit < trace[name].shape[1]
    }
    for state in STATES:
        if state in known:
            known[f"previous_{state}"] = float(previous(trace, place, state, position)[unit])
    return known


def previous(trace: Trace, place: Place, state: str, position: int) -> np.ndarray:
    """The state that the chosen step starts from: the one read before, or the initial state."""
    values = trace[place.site(state)]
    before = position + 1 if place.reverse else position - 1
    return values[before] if 0 <= before < len(values) else trace[place.site(f"initial_{state}")]


def worked(trace: Trace, place: Place, position: int, unit: int) -> list[Worked]:
    """The arithmetic of one cell, from W x and U h to the new state, in the order of computation.

    One `Worked` per gate (both linear parts, their sum, the squeezing) and one per state.
    """
    values, found, lines = cell_values(trace, place, position, unit), [], []
    cell = trace.meta["cell"]
    linear = {equation.name: equation for equation in cells.linear_equations(cell)}
    gates = cells.gates(cell)
    for equation in cells.equations(cell):
        for gate in gates:
            if equation.name == f"{gate}_preactivation":
                both = (linear[f"{gate}_from_input"], linear[f"{gate}_from_state"])
                lines += [_line(part.substitute({part.name: values[part.name]})) for part in both]
        numbers, result = _line(equation.substitute(values), again=True).split(r" \approx ")
        if equation.name not in STATES:
            numbers += rf" \approx {result}"
        elif not numbers.endswith(f"= {result}"):  # a long sum: its result gets a line of its own
            numbers += rf" \\ &\approx {result}"
        lines += [_line(equation.latex()), numbers]
        if not equation.name.endswith("_preactivation"):
            block = r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}"
            found.append(Worked(equation.name, equation.meaning, values[equation.name], block))
            lines = []
    return found


def _line(latex: str, *, again: bool = False) -> str:
    """One line of an ``aligned`` block, lined up at its equals sign; `again` leaves the left side out."""
    left, right = latex.split(" = ", 1)
    return f"{'' if again else left} &= {right}"
