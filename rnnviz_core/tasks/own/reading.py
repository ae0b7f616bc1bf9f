"""From the typed text to what an opened network reads: words, numbers, or the name of what was brought along.

``prices.csv`` is all of a file, ``prices.csv 300-599`` the steps that pages show of it: the network reads the
whole file, and its states are those of the whole. Of a text that is typed, a part is read for itself.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import TextError
from rnnviz_core.importing import inputs
from rnnviz_core.importing.inputs import Read
from rnnviz_core.importing.sheet import Series
from rnnviz_core.languages import _

from .network import OpenedNetwork, OpenedTrace

_PART = re.compile(r"(?P<name>.*?)\s*\b(?P<first>\d{1,6})-(?P<last>\d{1,6})\s*")
STEPS = "steps"  # the name of all steps of a trace


@dataclass(frozen=True)
class Request:
    """What a text asks for: something that was brought along, or what was typed; and which steps of it."""

    whole: str  # name or typed text
    named: bool
    first: int = 0
    last: int | None = None  # None: to the end


def parse(network: Any, text: str) -> Request:
    """What `text` asks for."""
    text = text.strip()
    known = {STEPS: None} if isinstance(network, OpenedTrace) else network.inputs
    if text in known:
        return Request(text, named=True)
    if (found := _PART.fullmatch(text)) and found["name"] in known:
        return Request(found["name"], True, int(found["first"]), int(found["last"]))
    if isinstance(network, OpenedTrace):
        return Request(STEPS, named=True)
    return Request(text, named=False)


def read(network: OpenedNetwork, wanted: Request) -> tuple[Read, Series | None]:
    """All that is asked for, as numbers or ids; and the table that it comes from, if it is one.

    Raises
    ------
    TextError
        When it cannot be read by this network.
    """
    given = network.inputs[wanted.whole] if wanted.named else wanted.whole
    if isinstance(given, str):
        found = inputs.typed(given, network.imported)
        _check(len(found.data))
        return found, None
    _check(len(given.values))
    if network.imported.reads == "ids":
        return Read(given.values[:, 0].astype(np.int64), given.labels), given
    return Read(given.scaled(), given.labels, given.columns), given


def _check(steps: int) -> None:
    if not 1 <= steps <= limits.IMPORT_STEPS:
        raise TextError(
            _("there are {steps} steps; 1 to {most} are read", steps=steps, most=limits.IMPORT_STEPS)
        )


def steps(network: Any, wanted: Request) -> int:
    """How many steps there are in all of it."""
    if isinstance(network, OpenedTrace):
        return len(network.trace.tokens[network.trace.time_axis()])
    if wanted.named and isinstance(given := network.inputs[wanted.whole], Series):
        return len(given.values)
    if not wanted.named:
        return len(read(network, wanted)[0].data) if wanted.whole else 0
    if wanted.whole not in network.lengths:
        network.lengths[wanted.whole] = len(read(network, wanted)[0].data)
    return int(network.lengths[wanted.whole])


def count(network: Any, text: str) -> int:
    """How many steps `text` asks for.

    Raises
    ------
    TextError
        When it cannot be read, or names steps that there are not.
    """
    wanted = parse(network, text)
    found = steps(network, wanted)
    if wanted.last is None:
        return found
    if not wanted.first <= wanted.last < found:
        raise TextError(
            _(
                "{name} has the steps 0 to {end}; there is no part {first}-{last}",
                name=wanted.whole,
                end=found - 1,
                first=wanted.first,
                last=wanted.last,
            )
        )
    return wanted.last - wanted.first + 1


def cut(network: Any, text: str, first: int, most: int) -> str:
    """A text that asks for `most` steps from one on."""
    wanted = parse(network, text)
    last = min(first + most, steps(network, wanted)) - 1
    if wanted.named:
        return f"{wanted.whole} {first}-{last}"
    places = read(network, wanted)[0].places
    return text[places[first][0] : places[last][1]] if places else text
