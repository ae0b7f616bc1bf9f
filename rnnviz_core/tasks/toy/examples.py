"""Sequences to try, made like those of training; the answer is the network's to find."""

import math
from dataclasses import replace

from rnnviz_core.contracts.claims import Example
from rnnviz_core.languages import N_, _, cached
from rnnviz_core.models.toy import FIRST
from rnnviz_core.models.toy_spec import Problem, ToySpec

from .problems import PROBLEMS, drawn

STEPS = (5, 10, 20, 30, 50, 75, 100)
_SHOWN = 3  # what their seeds begin with
SHOWS = N_("{steps} steps, right is “{answer}”")
ASKS = {
    Problem.RECALL: N_(
        "Up to which step does the state still hold the first letter? Follow the answer after every step."
    ),
    Problem.ADDING: N_("Which units change at a marked digit, and at no other?"),
    Problem.BRACKETS: N_(
        "Is there a unit that rises at every opening bracket and falls at every closing one?"
    ),
    Problem.COUNT: N_("Is there a unit that moves by one step at every a, and rests at b?"),
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
    return Example(
        text(problem, steps), SHOWS.format(steps=steps, answer=truth(problem, steps)), ASKS[problem]
    )


BY_PROBLEM = {problem: {steps: _example(problem, steps) for steps in STEPS} for problem in Problem}
EVERY = tuple(example for found in BY_PROBLEM.values() for example in found.values())


@cached
def _told(problem: Problem) -> dict[int, Example]:
    """The examples of a problem in the language of the run, by their length."""
    return {
        steps: replace(example, shows=_(SHOWS, steps=steps, answer=_(truth(problem, steps))))
        for steps, example in BY_PROBLEM[problem].items()
    }


def examples(spec: ToySpec) -> tuple[Example, ...]:
    """Those of its problem; the one whose length is nearest to T is the first."""
    found = _told(spec.problem)
    nearest = min(found, key=lambda steps: abs(math.log(steps / spec.steps)))
    return (found[nearest], *(example for steps, example in found.items() if steps != nearest))
