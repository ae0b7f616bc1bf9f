"""The settings of a small network that is trained on a task whose answer needs memory."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from rnnviz_core.choices import choice
from rnnviz_core.errors import SpecError

from .specs import Attention, ModelSpec, check_range

LONGEST = 150  # steps over which something may have to be remembered


class Problem(StrEnum):
    """What has to be found in a sequence of symbols (`rnnviz_core.tasks.toy.problems`)."""

    RECALL = "recall"
    ADDING = "adding"
    BRACKETS = "brackets"
    COUNT = "count"


@dataclass(frozen=True)
class ToySpec(ModelSpec):
    """An embedding of a handful of symbols, recurrent layers, and a linear readout of the last state.

    Nothing but the state carries what was read to the end: there is no attention, and reading from the right
    would put the first symbol last.
    """

    task: ClassVar[str] = "toy"

    embedding: int = 8
    hidden: int = 32
    problem: Problem = Problem.RECALL
    steps: int = 20  # T: over how many steps something must be remembered, in training
    varied: bool = False  # whether training also has shorter sequences, from 1 step to T
    forget_bias: float = 1.0  # bias that the forget gate starts with; cells without one have no use for it

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "problem", choice(Problem, self.problem))
        check_range("steps", self.steps, 2, LONGEST, int)
        check_range("forget_bias", self.forget_bias, -10.0, 10.0, float)
        if self.attention is not Attention.NONE or self.bidirectional:
            raise SpecError(
                "a toy task is about what the state carries to the end: "
                "it has no attention and reads in one direction"
            )
        if not isinstance(self.varied, bool):
            raise SpecError(f"varied is {self.varied!r:.40}; it must be true or false")

    @property
    def model_id(self) -> str:
        """``recall-20-lstm``: the problem, T and the cell."""
        return f"{self.problem}-{self.steps}-{self.cell}"
