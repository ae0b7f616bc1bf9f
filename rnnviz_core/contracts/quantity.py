"""What a gradient is taken of: one number that a network computes, with its name and its words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rnnviz_core.errors import SpecError, unknown_choice
from rnnviz_core.languages import N_, filled

if TYPE_CHECKING:
    from torch import Tensor

LOG_PROBABILITY, LOGIT = N_("the log-probability of “{name}”"), N_("the logit of “{name}”")

# Of a task's `rerun`: takes a site and its tensor, and returns the tensor that is to be used.
Watch = Callable[[str, "Tensor"], "Tensor"]


@dataclass(frozen=True)
class Quantity:
    """One number."""

    name: str  # as `of` takes it: ``logit:positive``
    words: str  # as a sentence has it: ``the logit of “positive”``
    take: "Callable[[Tensor], Tensor]"  # of what a task's `rerun` returns


def log_probabilities(classes: Sequence[str], first: str) -> list[Quantity]:
    """The log-probability of every class, from the logits (class); that of `first` comes first."""
    return [
        Quantity(
            f"log_probability:{name}",
            filled(LOG_PROBABILITY, name=filled(name)),
            partial(_log_share, place),
        )
        for name, place in _in_order(classes, first)
    ]


def logits(classes: Sequence[str], first: str) -> list[Quantity]:
    """The logit of every class, in the same way."""
    return [
        Quantity(f"logit:{name}", filled(LOGIT, name=filled(name)), partial(_logit, place))
        for name, place in _in_order(classes, first)
    ]


def words_of(name: str) -> str:
    """A quantity of these two kinds, by its name, as a sentence has it; any other name as it is."""
    kind, _, of = name.partition(":")
    words = {"log_probability": LOG_PROBABILITY, "logit": LOGIT}.get(kind)
    return filled(words, name=filled(of)) if words and of else name


def _in_order(classes: Sequence[str], first: str) -> list[tuple[str, int]]:
    return sorted(((name, place) for place, name in enumerate(classes)), key=lambda one: one[0] != first)


def _log_share(place: int, values: "Tensor") -> "Tensor":
    return values.log_softmax(-1)[place]


def _logit(place: int, values: "Tensor") -> "Tensor":
    return values[place]


def by_name(found: Mapping[str, Quantity], name: str, network: str) -> Quantity:
    """The quantity of a name.

    Raises
    ------
    SpecError
        Says which kinds there are, or which values a kind has.
    """
    if name in found:
        return found[name]
    kind, colon, value = name.partition(":")
    known = [one.partition(":")[2] for one in found if one.partition(":")[0] == kind]
    if colon and known and known != [""]:
        if all(one.isdecimal() for one in known):
            raise SpecError(f"{network} has no {name!r}; {kind} goes from {known[0]} to {known[-1]}")
        raise SpecError(unknown_choice(f"value of {kind}", value, known))
    kinds = dict.fromkeys(one.partition(":")[0] + ":…" * (":" in one) for one in found)
    raise SpecError(
        f"{network} gives no {name!r}; choose one of {', '.join(kinds)}, or a unit at a step "
        "as site:step:unit (encoder.0.hidden:5:17)"
    )
