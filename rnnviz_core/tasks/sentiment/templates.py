"""Sentences from templates: minimal pairs of negation, contrast, comparison and the like, and plain facts.

``frames.txt`` beside this file lists pairs of frames by family, the positive one first. A frame's slots are
filled from the word lists below, both sides of a pair alike, so that what turns the verdict is the frame.
Reviews hold "not" in negative texts nearly always; these texts hold it in both alike.
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rnnviz_core.errors import SpecError, unknown_choice

FRAMES = Path(__file__).with_name("frames.txt")
WORDS = Path(__file__).with_name("words.txt")
NEGATIVE, NEUTRAL, POSITIVE = 0, 1, 2
FACT_SHARE = 0.25  # of the texts; the rest is half positive and half negative


@cache
def _lists() -> Mapping[str, tuple[str, ...]]:
    """The lists of ``words.txt`` by name."""
    text = re.sub(r"\n {4}", "", WORDS.read_text(encoding="utf-8"))
    rows = (line.split(" = ") for line in text.splitlines() if not line.startswith("#"))
    return {name: tuple(words.split("|")) for name, words in rows}


def _group(prefix: str) -> dict[str, tuple[str, ...]]:
    """The lists whose names begin with a prefix, by the rest of their names."""
    lists = _lists().items()
    return {name.removeprefix(prefix): words for name, words in lists if name.startswith(prefix)}


@cache
def _topics() -> tuple[Mapping[str, tuple[str, ...]], ...]:
    """Things, people who answer for them, and what is done there: the subjects of a text go together."""
    numbers = sorted({name.split(".")[0] for name in _lists() if name.startswith("topic")})
    return tuple(_group(f"{number}.") for number in numbers)


class Templated(NamedTuple):
    """A text from a template."""

    text: str
    label: int  # 0 negative, 1 neutral, 2 positive
    family: str
    pair: int  # both sides of a minimal pair have the same number


@cache
def families() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """The pairs of frames by family, the positive frame first."""
    found: dict[str, list[tuple[str, str]]] = {}
    family = ""
    for line in FRAMES.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            family = line.removeprefix("# ")
        elif line.strip():
            positive, negative = (side.strip() for side in line.split("|"))
            found.setdefault(family, []).append((positive, negative))
    return {name: tuple(frames) for name, frames in found.items()}


def templated(number: int, seed: int = 0, leave_out: Iterable[str] = ()) -> list[Templated]:
    """`number` texts: minimal pairs, every family as often as the others, and facts.

    Parameters
    ----------
    leave_out
        Families that are not used, so that a model can be tested on one that it never saw.

    Raises
    ------
    SpecError
        When there is no such family.
    """
    left_out = set(leave_out)
    if odd := sorted(left_out - set(families())):
        raise SpecError(unknown_choice("family", odd[0], list(families())))
    names = [name for name in families() if name not in left_out]
    generator = random.Random(f"templates/{seed}")
    found: list[Templated] = []
    while len(found) < number:
        if generator.random() < 2 * FACT_SHARE / (1 + FACT_SHARE):  # a pair is two texts
            text = _finish(
                _fill(generator.choice(_lists()["facts"]), _slots(generator), generator), generator.random()
            )
            found.append(Templated(text, NEUTRAL, "facts", len(found)))
            continue
        family = generator.choice(names)
        found += _pair(family, generator.choice(families()[family]), len(found), generator)
    return found[:number]


def _pair(family: str, frames: tuple[str, str], pair: int, generator: random.Random) -> Iterator[Templated]:
    slots = _slots(generator)
    opening = generator.choice(_lists()["openings"]) if generator.random() < 0.2 else ""
    ending = generator.choice(_lists()["endings"]) if generator.random() < 0.12 else ""
    chance, dice = generator.random(), generator.random()
    for frame, label in zip(frames, (POSITIVE, NEGATIVE), strict=True):
        text = _fill(frame, slots, random.Random(dice))  # both sides draw alike
        if ending and text[-1] == ".":
            text = f"{text[:-1]}{'' if ending[0] == ',' else ' '}{ending}."
        yield Templated(_finish(f"{opening} {text}", chance), label, family, pair)


def _slots(generator: random.Random) -> dict[str, Sequence[str]]:
    """The words of one text: one draw of each kind, things and people of one topic."""
    topic = generator.choice(_topics())
    things, people = generator.sample(topic["T"], 2), generator.sample(topic["P"], 2)
    slots = {"T": things[0], "T2": things[1], "TS": _plural(things[0]), "A": generator.choice(topic["A"])}
    slots |= {"P": people[0], "P2": people[1], "PS": _plural(people[0])}
    if generator.random() < 0.25:
        slots["PS"] = "staff" if generator.random() < 0.5 else "people"
    for name, words in _lists().items():
        if name.isupper() or name[:-1].isupper():  # G, BC2
            slots[name] = generator.choice(words)
    for name in ("G", "B"):
        slots[f"{name}2"] = generator.choice([word for word in _lists()[name] if word != slots[name]])
    return {**{name: (word,) for name, word in slots.items()}, **_group("thing.")}


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return word if word.endswith("s") else f"{word}{'es' if word.endswith(('ch', 'sh', 'x')) else 's'}"


def _fill(frame: str, slots: Mapping[str, Sequence[str]], generator: random.Random) -> str:
    text = re.sub(r"\{(\w+)\}", lambda slot: generator.choice(slots[slot[1]]), frame)
    return re.sub(r"\b([Aa]) (?=[aeiou](?!ne\b|se))", r"\1n ", text)


def _finish(text: str, chance: float) -> str:
    """Begin with a capital; end as people do: mostly as it is, sometimes bare, sometimes aloud."""
    text = text.strip()
    text = text[0].upper() + text[1:]
    if text.endswith("."):
        text = text[:-1] + ("" if chance < 0.15 else "!" if chance < 0.25 else ".")
    return text.lower() if chance > 0.9 else text
