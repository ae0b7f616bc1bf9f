"""A finding: what was seen, what it means, what to try, how sure that is. It says no more than it knows.

A detector yields what it measured (`Measured`), whether or not that is a finding, so that a person who is
told nothing can see what was looked for, and how near it came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rnnviz_core.languages import N_, _

from .evidence import Evidence

SURE = ("certain", "likely", "possible")  # a fact of the numbers; a usual sign of the fault; worth a look

# The detectors that look at what the app shows; it translates their names where it draws them.
NAMES = (
    N_("unscaled input"),
    N_("columns of unlike scale"),
    N_("constant columns"),
    N_("unused columns"),
    N_("padding is read"),
    N_("dead units"),
    N_("constant units"),
    N_("equal units"),
    N_("saturated gate"),
    N_("forget gates near 0.5"),
    N_("short memory"),
    N_("exploding states"),
    N_("state carried over"),
    N_("uniform attention"),
    N_("attention stuck on one place"),
    N_("attention on padding"),
    N_("vanishing gradients"),
    N_("exploding gradients"),
    N_("readout ignores the state"),
)


@dataclass(frozen=True)
class Symptom:
    """One finding.

    Attributes
    ----------
    name
        The name of the detector, such as ``dead units``; English in every language, unlike the sentences.
    claim
        What was seen, in a sentence.
    meaning
        What that can mean.
    advice
        What to try.
    sure
        One of `SURE`: how sure it is that something is wrong, not that the numbers are right.
    weight
        From 0 to 1: ranks findings of equal `sure`.
    numbers
        The evidence: plain numbers, strings and lists.
    where
        Where to look: ``module``, ``site``, ``steps``, ``units``, ``columns``, as far as they apply.
    evidence
        The numbers behind the claim as one row of a chart, where there is such a row.
    """

    name: str
    claim: str
    meaning: str
    advice: str
    sure: str
    weight: float
    numbers: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    evidence: Evidence | None = None

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


@dataclass(frozen=True)
class Measured:
    """What a detector looked at in one place.

    Attributes
    ----------
    name
        Of the detector.
    said
        What was measured, and from where on it is a finding; or why it was not looked at.
    share
        How near it came to that: 1 is a finding, 0.5 half way (for ratios on a logarithmic scale). None: not
        looked at.
    place
        In which layer, in words; empty for all that is not about one.
    """

    name: str
    said: str
    share: float | None = None
    place: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "place": self.place, "measured": self.said, "of_limit": self.share}


@dataclass(frozen=True)
class Report:
    """Everything that was found, and everything that was measured.

    Attributes
    ----------
    findings
        The most certain first.
    measured
        A row for each detector and place, in the order of looking.
    """

    findings: tuple[Symptom, ...]
    measured: tuple[Measured, ...]

    def nearest(self) -> tuple[Measured, ...]:
        """For each detector the place where it came closest to a finding; those not run come last."""
        found: dict[str, Measured] = {}
        for one in self.measured:
            best = found.get(one.name)
            if best is None or (-1.0 if best.share is None else best.share) < (
                -1.0 if one.share is None else one.share
            ):
                found[one.name] = one
        return tuple(sorted(found.values(), key=lambda one: one.share is None))


def report(looked: Iterable[Symptom | Measured]) -> Report:
    """What detectors yielded, in order."""
    every = list(looked)
    return Report(
        ranked([one for one in every if isinstance(one, Symptom)]),
        tuple(one for one in every if isinstance(one, Measured)),
    )


def together(reports: Sequence[Report]) -> Report:
    """Several reports as one, of the modules of a model, say."""
    return Report(
        ranked([one for found in reports for one in found.findings]),
        tuple(one for found in reports for one in found.measured),
    )


def ranked(findings: Sequence[Symptom]) -> tuple[Symptom, ...]:
    """The surest first, then the heaviest."""
    return tuple(sorted(findings, key=lambda one: (SURE.index(one.sure), -one.weight, one.name)))


def some(numbers: Sequence[int | str], count: int = 8) -> str:
    """A few numbers in words: ``3, 5, 8 and 12 more``."""
    shown = ", ".join(map(str, numbers[:count]))
    if len(numbers) <= count:
        return shown
    return _("{listed} and {count} more", listed=shown, count=len(numbers) - count)
