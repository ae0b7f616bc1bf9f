"""Where everything stands in a layer seen whole, and what the drawing asks of its frame."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from rnnviz_core.cells.equations import Definition
from rnnviz_core.languages import numerals

BOX, LINE, LIST = 52, 17, 16  # px: width of a unit's box, height of its lines, of a number that is read
GUTTER, EDGE = 76, 12  # px: names at the left, free room at either end
GAPS = (24, 46)  # px between boxes, at least and at most
WIRES, SUM, GATE = 92, 54, 56  # px of the wide column: room for wires, box of a sum, box of a gate
ROOM = 900  # px that a short text fills
TOP, BETWEEN, STACK = 24, 30, 44  # px: over the numbers that are read, under them, height of a verdict
THINNEST, THICKEST = 0.7, 6.0  # px of a wire
FORMULA = 36  # characters of a formula that fit into a line
LETTERS = {"input": "i", "forget": "f", "output": "o", "reset": "r", "update": "z"}


class Whole(Protocol):
    """What is drawn: `frames.seen_whole.Whole` is one, and says what each of these is."""

    @property
    def gate(self) -> str: ...  # noqa: D102
    @property
    def step(self) -> int: ...  # noqa: D102
    @property
    def unit(self) -> int: ...  # noqa: D102
    @property
    def steps(self) -> range: ...  # noqa: D102
    @property
    def units(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def inputs(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def input_names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def ends(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def others(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def x(self) -> np.ndarray: ...  # noqa: D102
    @property
    def hidden(self) -> np.ndarray: ...  # noqa: D102
    @property
    def cell(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def gates(self) -> Mapping[str, np.ndarray]: ...  # noqa: D102
    @property
    def sums(self) -> np.ndarray: ...  # noqa: D102
    @property
    def kept(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def written(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def W_i(self) -> np.ndarray: ...  # noqa: D102
    @property
    def W_h(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def widest(self) -> float: ...  # noqa: D102
    @property
    def rest_x(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def rest_h(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def damp(self) -> float: ...  # noqa: D102
    @property
    def definition(self) -> Definition: ...  # noqa: D102
    @property
    def at(self) -> int: ...  # noqa: D102
    @property
    def texts(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def verdicts(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def ordered(self) -> bool: ...  # noqa: D102
    @property
    def arithmetic(self) -> Sequence[tuple[str, str, str]]: ...  # noqa: D102

    def before(self, state: str) -> np.ndarray: ...  # noqa: D102


def number(value: float) -> str:
    """A number as the drawing prints it: two decimals, a true minus, no sign of what rounds to zero."""
    printed = f"{abs(value):.2f}"
    printed = numerals(printed)
    return f"−{printed}" if value < 0 and any(digit in printed for digit in "123456789") else printed


def letter(gate: str, cell: str) -> str:
    """The letter of a gate in the cell's equations."""
    return LETTERS.get(gate) or {"lstm": "g", "peephole": "g", "rnn": "g"}.get(cell, "n")


class Layout:
    """The places of everything."""

    def __init__(self, whole: Whole, known: int | None, dark: bool | None) -> None:
        self.whole, self.dark = whole, dark
        self.known = len(whole.steps) if known is None else whole.steps.index(known)  # the last column read
        cell = whole.definition
        self.gates, self.memory = cell.gate_names, cell.memory.state if cell.memory else None
        self.lines = [
            *(["hidden"] if self.memory != "hidden" else []),
            *(["gate"] if self.memory else []),
            *([self.memory] if self.memory else []),
        ]
        self.inputs = len(whole.inputs) + (whole.rest_x is not None)
        self.rows = len(whole.units) + (whole.rest_h is not None)
        block = max(len(self.lines), 3) * LINE if self.memory else LINE + 8
        self.block, self.pitch = block, block + 14
        columns = len(whole.steps)
        spare = (ROOM - self.wide(0)) / max(columns - 1, 1) - BOX
        self.gap = min(max(spare, GAPS[0]), GAPS[1])
        self.equations = self._equations()
        over = 15 + LINE * len(self.equations) + BETWEEN // 2  # what the equations take, which may be more
        self.first = max(TOP + LIST * self.inputs + BETWEEN, over)  # where the rows of the units begin
        self.bottom = self.first + self.pitch * self.rows
        verdicts = whole.verdicts
        self.height = self.bottom + (4 if verdicts is None else max(STACK + 34, 14 * verdicts.shape[1] + 12))
        self.width = 2 * EDGE + (columns - 1) * (self.gap + BOX) + self.wide(self.gap)

    def _equations(self) -> list[tuple[str, str, bool]]:
        """The chosen unit's equations in numbers, line by line: gate, text, whether it goes on with one."""
        found = []
        for name, formula, result in self.whole.arithmetic:
            sign = {"hidden": "h", "cell": "c"}.get(name) or letter(name, self.whole.definition.name)
            line = f"{sign} = {formula}" + (f" = {result}" if formula != result else "")
            if len(line) > FORMULA and " + " in formula:  # too long for a line
                head, tail = formula.rsplit(" + ", 1)
                found += [(name, f"{sign} = {head}", False), (name, f"+ {tail} = {result}", True)]
            else:
                found.append((name, line, False))
        return found

    # --- places -------------------------------------------------------------------------------

    def wide(self, gap: float) -> float:
        """The width of the chosen step's column."""
        chips = 2 * GATE + 12 if self.memory else 8
        del gap  # it has room enough inside
        return 10 + BOX + WIRES + SUM + 6 + chips + BOX

    def start(self, column: int) -> float:
        """Where a column begins: at the right edge of the box before it."""
        normal, at = self.gap + BOX, self.whole.at
        return EDGE + normal * column + (self.wide(self.gap) - normal) * (column > at)

    def box(self, column: int) -> float:
        """The left edge of a column's boxes: they stand at its right end."""
        return self.start(column + 1) - BOX

    def top(self, row: int) -> float:
        """The upper edge of the box of a row's unit, which stands at the bottom of its row."""
        return self.first + row * self.pitch + self.block - LINE * len(self.lines)

    def line(self, row: int, name: str) -> float:
        """The middle of a line of a unit's box."""
        return self.top(row) + LINE * (self.lines.index(name) + 0.5)

    def read(self, place: int) -> float:
        """The middle of a number that is read."""
        return TOP + LIST * (place + 0.5)
