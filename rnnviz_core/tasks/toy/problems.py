"""Four problems whose answer needs memory. Every sequence is made by a formula and a seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from rnnviz_core.languages import N_
from rnnviz_core.models.toy import FIRST, Alphabet
from rnnviz_core.models.toy_spec import Problem

CUES, NOISE = ("A", "B", "C", "D"), ("w", "x", "y", "z")
DIGITS = 5  # 0 to 4
MOST = 9  # of what is counted

Drawn = tuple[np.ndarray, np.ndarray]  # places in `symbols`, (row, time), and in `answers`, (row)


@dataclass(frozen=True)
class ToyProblem:
    """One problem."""

    title: str
    says: str  # what is asked, in a sentence
    symbols: tuple[str, ...]
    answers: tuple[str, ...]
    chance: float  # accuracy of the best answer that looks at nothing, in percent
    draw: Callable[[np.random.Generator, int, int], Drawn]  # generator, rows, steps

    @property
    def alphabet(self) -> Alphabet:
        """What its networks read and answer."""
        return Alphabet(self.symbols, self.answers)


def _recall(rng: np.random.Generator, rows: int, steps: int) -> Drawn:
    """A cue, then `steps` symbols that say nothing."""
    cues = rng.integers(len(CUES), size=rows)
    noise = len(CUES) + rng.integers(len(NOISE), size=(rows, steps))
    return np.column_stack((cues, noise)), cues


def _adding(rng: np.random.Generator, rows: int, steps: int) -> Drawn:
    """`steps` digits, of which one in each half is marked: their sum."""
    digits = rng.integers(DIGITS, size=(rows, steps))
    half = steps // 2
    marked = np.column_stack((rng.integers(half, size=rows), rng.integers(half, steps, size=rows)))
    every = np.arange(rows)[:, None]
    sums = digits[every, marked].sum(1)
    digits[every, marked] += DIGITS
    return digits, sums


def _count(rng: np.random.Generator, rows: int, steps: int) -> Drawn:
    """`steps` letters: how many of them are a, every number being as likely."""
    numbers = rng.integers(min(MOST, steps) + 1, size=rows)
    order = rng.random((rows, steps)).argsort(1)
    return (order >= numbers[:, None]).astype(np.int64), numbers


def _brackets(rng: np.random.Generator, rows: int, steps: int) -> Drawn:
    """An even number of brackets; half of the rows are balanced.

    The others have as many of each kind and close one that was not open, or have one bracket turned round.
    """
    steps += steps % 2
    found = _balanced(rng, rows, steps)
    wrong = rng.permutation(rows)[: rows - rows // 2]
    mixed = rng.permuted(found[wrong], axis=1)
    dips = (np.cumsum(1 - 2 * mixed, axis=1) < 0).any(1) & (rng.random(len(wrong)) < 0.5)
    turned = found[wrong]
    every = np.arange(len(wrong))
    place = rng.integers(steps, size=len(wrong))
    turned[every, place] = 1 - turned[every, place]
    found[wrong] = np.where(dips[:, None], mixed, turned)
    answers = np.zeros(rows, np.int64)
    answers[wrong] = 1
    return found, answers


def _balanced(rng: np.random.Generator, rows: int, steps: int) -> np.ndarray:
    """Balanced brackets, each sequence of this length as likely: 0 opens, 1 closes."""
    found, depth = np.zeros((rows, steps), np.int64), np.zeros(rows, np.int64)
    for step in range(steps):
        left = steps - step
        # Of the ways to end at depth 0 that go on from here, the share that begins with a closing bracket.
        closing = depth * (left + depth + 2) / (2 * left * (depth + 1))
        found[:, step] = rng.random(rows) < closing
        depth += 1 - 2 * found[:, step]
    return found


PROBLEMS: Mapping[Problem, ToyProblem] = {
    Problem.RECALL: ToyProblem(
        N_("Recall the first symbol"),
        N_("Which letter came first? What follows says nothing of it."),
        (*CUES, *NOISE),
        CUES,
        100 / len(CUES),
        _recall,
    ),
    Problem.ADDING: ToyProblem(
        N_("The adding problem"),
        N_("What is the sum of the two marked digits?"),
        (*map(str, range(DIGITS)), *(f"+{digit}" for digit in range(DIGITS))),
        tuple(map(str, range(2 * DIGITS - 1))),
        100 / DIGITS,  # of the sums 0 to 8 the middle one is drawn in 5 of 25 cases
        _adding,
    ),
    Problem.BRACKETS: ToyProblem(
        N_("Balanced brackets"),
        N_("Is every bracket closed, and none that was not open?"),
        ("(", ")"),
        (N_("balanced"), N_("not balanced")),
        50.0,
        _brackets,
    ),
    Problem.COUNT: ToyProblem(
        N_("Count"),
        N_("How many of the letters are a?"),
        ("a", "b"),
        tuple(map(str, range(MOST + 1))),
        100 / (MOST + 1),
        _count,
    ),
}


def drawn(problem: Problem, steps: int, rows: int, *seed: int) -> Drawn:
    """Sequences of a problem as ids of a network, (row, time), and the place of each one's answer, (row).

    Parameters
    ----------
    problem
        Which.
    steps
        T: of `Problem.RECALL` the symbols after the first, else all of them; brackets come in pairs.
    rows
        How many.
    seed
        The same numbers give the same sequences.
    """
    places, answers = PROBLEMS[problem].draw(np.random.default_rng(seed), rows, steps)
    return places + FIRST, answers
