"""What a finding is: a sentence about one trace, the numbers in it, and where to look."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rnnviz_core.frames.layer import Layer
from rnnviz_core.tracing.trace import Trace

ADDRESS = {"time": "token", "source": "token", "target": "step"}  # token axis -> name in the app's address


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a trace, and the section of the app that shows it.

    Attributes
    ----------
    page, section
        As the app's address has them.
    part
        ``encoder`` or ``decoder``: whose steps are counted.
    step
        Index along the part's token axis, from 0; None where a claim is about all of them.
    text
        The token at that step, as the app labels it; "" without a step.
    unit
        Index of a unit; None where a claim is about all of them.
    layer
        ``encoder.0``, ``encoder.1.reverse``; None where a claim is about no recurrent layer.
    axis
        The part's token axis: ``time``, ``source`` or ``target``.
    """

    page: str
    section: str
    part: str = "encoder"
    step: int | None = None
    text: str = ""
    unit: int | None = None
    layer: str | None = None
    axis: str = "time"

    @property
    def address(self) -> dict[str, str]:
        """What a link of the app holds beside model and text: ``section``, ``token``, ``unit``."""
        found: dict[str, object] = {
            "section": self.section,
            "layer": self.layer,
            ADDRESS[self.axis]: self.step,
            "unit": self.unit,
        }
        if self.page == "embeddings" and self.axis != "time":  # of a translation: whose embeddings
            found["side"] = self.part
        return {name: str(value) for name, value in found.items() if value is not None}

    def to_dict(self) -> dict[str, str | int | None]:
        """Plain values, for JSON."""
        return {
            "page": self.page,
            "section": self.section,
            "part": self.part,
            "layer": self.layer,
            "step": self.step,
            "token": self.text or None,
            "unit": self.unit,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One thing that stands out in a trace.

    Attributes
    ----------
    kind
        What is claimed: ``forgetting``, ``turn``. The kinds are listed in ``docs/findings.md``.
    claim
        A plain sentence, in the language of the run, with the numbers formatted in.
    numbers
        Name -> the same numbers as they are, plain floats and ints.
    where
        The place that shows it.
    strength
        How much it stands out, from 0 to 1: the order in which findings are shown.
    steps
        Every step that the claim names, the one it is mainly about first.
    alone
        The claim without the words that name the layer, for places where it is clear which one is meant. The
        claim itself if it has no such words.
    """

    kind: str
    claim: str
    numbers: Mapping[str, float]
    where: Where
    strength: float
    steps: tuple[int, ...] = ()  # every step that the claim names
    alone: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "alone", self.alone or self.claim)
        plain = {
            name: value if isinstance(value, int) else float(value) for name, value in self.numbers.items()
        }
        object.__setattr__(self, "numbers", MappingProxyType(plain))
        object.__setattr__(self, "strength", float(min(max(self.strength, 0.0), 1.0)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON: ``kind``, ``claim``, ``numbers``, ``where``, ``strength``."""
        return {
            "kind": self.kind,
            "claim": self.claim,
            "numbers": dict(self.numbers),
            "where": self.where.to_dict(),
            "strength": round(self.strength, 4),
        }


def place(
    trace: Trace, at: Layer, page: str, section: str, step: int | None, text: str, unit: int | None = None
) -> Where:
    """`Where` for a claim about a recurrent layer."""
    return Where(page, section, at.part, step, text, unit, at.name, trace.time_axis(at.part))
