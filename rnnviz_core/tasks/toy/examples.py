"""Sequences to try, made like those of training; the answer is the network's to find."""

import math

from rnnviz_core.contracts.claims import Example
from rnnviz_core.models.toy import FIRST
from rnnviz_core.models.toy_spec import Problem, ToySpec

from .problems import PROBLEMS, drawn

STEPS = (5, 10, 20, 30, 50, 75, 100)
_SHOWN = 3  # what their seeds begin with
ASKS = {
    Problem.RECALL: "Up to which step does the state still hold the first letter? Follow the answer "
    "after every step.",
    Problem.ADDING: "Which units change at a marked digit, and at no other?",
    Problem.BRACKETS: "Is there a unit that rises at every opening bracket and falls at every closing one?",
    Problem.COUNT: "Is there a unit that moves by one step at every a, and rests at b?",
}


def text(problem: Problem, steps: int, number: int = 0) -> str:
    """A sequence as a person would type it."""
    ids, _ = drawn(problem, steps, number + 1, _SHOWN, steps)
    symbols = PROBLEMS[problem].symbols
    return ("" if problem is Problem.BRACKETS else " ").join(symbols[one - FIRST] for one in ids[number])


def truth(problem: Problem, steps: int, number: int = 0) -> str:
    """The right answer to `text`."""
    _, answers = drawn(problem, steps, number + 1, _SHOWN, steps)
    return PROBLEMS[problem].answers[answers[number]]


def _example(problem: Problem, steps: int) -> Example:
    shows = f"{steps} steps, right is “{truth(problem, steps)}”"
    return Example(text(problem, steps), shows, ASKS[problem])


BY_PROBLEM = {problem: {steps: _example(problem, steps) for steps in STEPS} for problem in Problem}
EVERY = tuple(example for found in BY_PROBLEM.values() for example in found.values())


def examples(spec: ToySpec) -> tuple[Example, ...]:
    """Those of its problem; the one whose length is nearest to T is the first."""
    found = BY_PROBLEM[spec.problem]
    nearest = min(found, key=lambda steps: abs(math.log(steps / spec.steps)))
    return (found[nearest], *(example for steps, example in found.items() if steps != nearest))
