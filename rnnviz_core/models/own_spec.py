"""What is known of a network that somebody brought along: sizes as its file has them."""

from dataclasses import dataclass
from typing import ClassVar

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.choices import choice

from .specs import Attention, ModelSpec

READS = ("ids", "numbers", "nothing")  # a trace reads nothing any more


@dataclass(frozen=True)
class OwnSpec(ModelSpec):
    """The recurrent layers of an opened network, or of an opened trace."""

    task: ClassVar[str] = "own"

    embedding: int = 1  # numbers that the first recurrent layer reads per step
    title: str = ""  # the name of the file, and of the layers where it holds several recurrent parts
    origin: str = ""  # what wrote it: ``Keras 3.4.1``
    reads: str = "ids"  # one of `READS`
    width: int = 0  # numbers read per step; 0 for ids
    texts: tuple[str, ...] = ()  # what was brought along to read; the first is shown at first
    key: str = ""  # networks of one key can be compared: they read the same

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", choice(Cell, self.cell))
        object.__setattr__(self, "attention", choice(Attention, self.attention))
        object.__setattr__(self, "reads", self.reads if self.reads in READS else READS[-1])

    @property
    def model_id(self) -> str:
        """The name of its file."""
        return self.title or self.task
