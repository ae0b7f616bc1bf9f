"""One layer over all sequences, as detectors look at it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz_core.cells.equations import Definition
from rnnviz_core.cells.expressions import Call
from rnnviz_core.tracing.trace import Trace, layer_site


@dataclass(frozen=True)
class View:
    """One layer in one direction over all sequences: name -> (all steps, unit)."""

    module: str
    layer: int
    reverse: bool
    cell: Definition
    rows: Sequence[Trace]
    part: str = "encoder"

    def site(self, name: str) -> str:
        """Of one of its arrays."""
        return layer_site(self.part, self.layer, name, reverse=self.reverse)

    @property
    def where(self) -> dict[str, str]:
        """Where to look."""
        site = self.site("hidden").removesuffix(".hidden")
        return {"module": self.module, "site": site} if self.module else {"site": site}

    @property
    def place(self) -> str:
        """The same in words: the site, after the module that it is in."""
        return f"{self.module}, {self.where['site']}" if self.module else self.where["site"]

    def all(self, name: str) -> np.ndarray:
        """One array of all sequences, one below the other."""
        return np.concatenate([trace[self.site(name)] for trace in self.rows])

    def sigmoids(self) -> list[str]:
        """The gates that go through a sigmoid."""
        found = []
        for gate in self.cell.gate_names:
            expression = self.cell[gate].expression
            if isinstance(expression, Call) and expression.function == "sigmoid":
                found.append(gate)
        return found

    @property
    def longest(self) -> int:
        """Steps of the longest sequence."""
        return max(len(trace[self.site("hidden")]) for trace in self.rows)
