"""A finding: what was seen, what it means, what to try, and how sure that is. It never says more than "
"it knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SURE = ("certain", "likely", "possible")  # a fact of the numbers; a usual sign of the fault; worth a look


@dataclass(frozen=True)
class Symptom:
    """One finding.

    Attributes
    ----------
    name
        Of the detector, such as ``dead units``.
    claim
        What was seen, in a sentence.
    meaning
        What that can mean.
    advice
        What to try.
    sure
        One of `SURE`: how sure it is that something is wrong, not that the numbers are right.
    weight
        From 0 to 1, by which findings of one `sure` are ranked.
    numbers
        The evidence: plain numbers, texts and lists.
    where
        Where to look: ``module``, ``site``, ``steps``, ``units``, ``columns``, as far as they apply.
    """

    name: str
    claim: str
    meaning: str
    advice: str
    sure: str
    weight: float
    numbers: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as ``rnnviz diagnose --json`` prints them."""
        return {
            "name": self.name,
            "claim": self.claim,
            "meaning": self.meaning,
            "advice": self.advice,
            "sure": self.sure,
            "numbers": dict(self.numbers),
            "where": dict(self.where),
        }


def ranked(findings: Sequence[Symptom]) -> tuple[Symptom, ...]:
    """The surest first, then the heaviest."""
    return tuple(sorted(findings, key=lambda one: (SURE.index(one.sure), -one.weight, one.name)))


def some(numbers: Sequence[int | str], count: int = 8) -> str:
    """A few numbers in words: ``3, 5, 8 and 12 more``."""
    shown = ", ".join(map(str, numbers[:count]))
    return shown if len(numbers) <= count else f"{shown} and {len(numbers) - count} more"
