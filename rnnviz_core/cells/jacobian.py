"""How a step's states depend on those before it: the cell's own derivatives, as formulas that print.

A cell writes them beside its equations. A block is ``d new / d old`` of two states, an ``n x n`` matrix:
diagonals, and diagonals times the rows of ``W_h`` that belong to one gate. `Step` evaluates all blocks of a
cell on whole sequences, as matrices or as products with a vector.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .expressions import Expression, Symbol


@dataclass(frozen=True, slots=True)
class Term:
    """``diag(coefficient) @ factor``.

    The factor is the matrix of one gate's rows, the derivative of another state at the same step (its name),
    or nothing.
    """

    coefficient: Expression
    factor: Symbol | str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """``d new / d old``: the sum of its terms, and what multiplies them from the left (a projection)."""

    new: Symbol
    old: Symbol
    terms: tuple[Term, ...]
    left: Symbol | None = None

    def latex(self) -> str:
        """The block as LaTeX: ``dh_t/dh_{t-1} = diag(...) W_{hh}``."""
        parts = []
        for term in self.terms:
            words = rf"\operatorname{{diag}}\left({term.coefficient.latex()}\right)"
            if isinstance(term.factor, Symbol):
                words += rf"\,{term.factor.letters}"
            elif term.factor:
                words += rf"\,{derivative(LETTERS[term.factor], self.old.letters)}"
            parts.append(words)
        total = " + ".join(parts)
        if self.left:
            total = rf"{self.left.letters}\left[{total}\right]"
        return f"{derivative(self.new.letters, self.old.letters)} = {total}"


LETTERS = {"hidden": "h_t", "cell": "c_t"}


def derivative(new: str, old: str) -> str:
    r"""``\frac{\partial new}{\partial old}``."""
    return rf"\frac{{\partial {new}}}{{\partial {old}}}"


@dataclass(frozen=True, slots=True)
class _Flat:
    """A block with everything put in: a diagonal, and a factor for each row of ``W_h``."""

    diagonal: np.ndarray | None  # (time, unit)
    rows: np.ndarray | None  # (time, gate, unit)


class Step:
    """The blocks of a cell with the numbers of a sequence in them.

    Parameters
    ----------
    blocks
        Those of `Definition.jacobian`.
    rows
        The name of each gate's matrix (``W_hf``), in the order of the rows of ``W_h``.
    values
        What the formulas read, each (time, unit) or (unit): gates, states, those before (``previous_cell``);
        and ``W_h`` (rows, state), ``W_hr`` (state, unit) where there is a projection.
    """

    def __init__(
        self, blocks: tuple[Block, ...], rows: tuple[str, ...], values: Mapping[str, np.ndarray]
    ) -> None:
        self._rows, self._values = rows, values
        self._weight = values.get("W_h")
        self.states = tuple(dict.fromkeys(block.new.name for block in blocks))
        self.steps = len(values["hidden"])
        self._left = {block.new.name: values[block.left.name] for block in blocks if block.left}
        self._flat: dict[tuple[str, str], _Flat] = {}
        for block in sorted(blocks, key=lambda block: block.new.name):  # the cell first: h is made of it
            self._flat[block.new.name, _state(block)] = self._flattened(block)

    def _flattened(self, block: Block) -> _Flat:
        diagonal: np.ndarray | None = None
        rows: np.ndarray | None = None
        for term in block.terms:
            factor = np.asarray(term.coefficient.evaluate(self._values))
            if isinstance(term.factor, Symbol):
                units = self._values["hidden" if "cell" not in self.states else "cell"].shape[1]
                if rows is None:
                    rows = np.zeros((self.steps, len(self._rows), units))
                rows[:, self._rows.index(term.factor.name)] += factor
            elif term.factor:
                inner = self._flat[term.factor, _state(block)]
                if inner.diagonal is not None:
                    diagonal = _sum(diagonal, factor * inner.diagonal)
                if inner.rows is not None:
                    rows = _sum(rows, factor[..., np.newaxis, :] * inner.rows)
            else:
                diagonal = _sum(diagonal, factor)
        return _Flat(diagonal, rows)

    def back(self, step: int, after: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """From derivatives by the states after `step` to those by the states before it: ``J.T @ g``.

        `after` holds (..., unit) for each state; so does what comes back.
        """
        given = {
            name: after[name] @ self._left[name] if name in self._left else after[name] for name in after
        }
        found = {}
        for old in self.states:
            total, product = None, None
            for new in self.states:
                flat = self._flat.get((new, old))
                if flat is None:
                    continue
                if flat.diagonal is not None:
                    total = _sum(total, given[new] * flat.diagonal[step])
                if flat.rows is not None:
                    product = _sum(product, given[new][..., np.newaxis, :] * flat.rows[step])
            if product is not None:
                assert self._weight is not None
                total = _sum(total, product.reshape(*product.shape[:-2], -1) @ self._weight)
            assert total is not None
            found[old] = total
        return found

    def matrix(self, step: int, new: str, old: str) -> np.ndarray:
        """One block at one step: (unit of `new`, unit of `old`)."""
        flat, width = self._flat[new, old], self._values[old].shape[1]
        units = next(part for part in (flat.diagonal, flat.rows) if part is not None).shape[-1]
        found = np.zeros((units, width))
        if flat.rows is not None:
            assert self._weight is not None
            found += (flat.rows[step].reshape(-1, 1) * self._weight).reshape(-1, units, width).sum(0)
        if flat.diagonal is not None:
            found[range(units), range(units)] += flat.diagonal[step]
        return self._left[new] @ found if new in self._left else found

    def width(self, state: str) -> int:
        """How many numbers a state has."""
        return int(self._values[state].shape[1])

    def slope(self, block: Block) -> np.ndarray:
        """The diagonal of a block that is nothing else, (time, unit): those of `Definition.within`."""
        found = self._flattened(block).diagonal
        assert found is not None
        return found

    @functools.cached_property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Which state depends on which: (new, old)."""
        return tuple(self._flat)

    def whole(self, step: int) -> np.ndarray:
        """The Jacobian of all states by all states before, in the order of `states`."""
        return np.block([[self.matrix(step, new, old) for old in self.states] for new in self.states])

    def product(self, step: int) -> np.ndarray:
        """The derivative of the states after the last step by those before `step`."""
        found = self.whole(self.steps - 1)
        for at in range(self.steps - 2, step - 1, -1):
            found = found @ self.whole(at)
        return found


def _state(block: Block) -> str:
    return block.old.name.removeprefix("previous_")


def _sum(one: np.ndarray | None, other: np.ndarray) -> np.ndarray:
    return other if one is None else one + other
