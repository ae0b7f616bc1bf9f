"""How often a network was right on texts like this one, from what was measured when it was published.

What `metrics.json` holds is whatever a file says, so everything is looked at before it is believed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from rnnviz_core.languages import _, in_quotes, numerals, pgettext
from rnnviz_core.tracing.trace import Trace

from .wording import number, percent, sentence

LONG = 25  # words: the shortest of the long sentences that were measured
# What marks the sentences of each small test set of our own, and of each family of minimal pairs. The sets
# are English. Irony, another domain and what has no word of its own cannot be seen so.
PROBES = {
    "negation": r"\b(not|never|no|nobody|nothing|without|hardly)\b|n't\b",
    "contrast": r"\b(but|although|though|despite|however|yet)\b",
}
PAIRS = {
    "never": r"\bnever\b",
    "without": r"\bwithout\b",
    "nothing nobody": r"\b(nothing|nobody)\b",
    "could not be": r"\b(couldn't|could not)( have)? be",
    "would not": r"\b(wouldn't|would not)\b",
    "although despite": r"\b(although|despite)\b",
    "used to": r"\bused to\b",
    "hardly": r"\b(hardly|barely)\b",
    "fail": r"\bfail(s|ed)?\b",
    "anything but": r"\b(any|no)thing but\b",
    "far from": r"\bfar from\b",
    "wish": r"\bwish(ed|es)?\b",
    "comparison": r"\w+er than\b",
    "expected": r"\bexpect(ed)?\b",
    "enough": r"\benough\b",
    "stopped": r"\bstopped\b|\bno longer\b",
    "instead of": r"\b(instead of|rather than)\b",
    "would have": r"\b(would|could) have\b",
    "neither nor": r"\bneither\b.*\bnor\b",
    "question": r"\?\s*$",
}
WORST = 3  # families named at most
FEW = 30  # texts: of fewer nothing is said
SELDOM = 1 / 3  # of the answers at a probability right: below that the next one is likely wrong


@dataclass(frozen=True)
class Reliability:
    """What was measured, as lines; and a doubt where at least half of such sentences were wrong."""

    lines: tuple[str, ...]
    doubt: str = ""


def reliability(trace: Trace, metrics: Mapping[str, Any], card: str = "") -> Reliability:
    """What is known of a network's answers to texts like the one of a trace.

    Parameters
    ----------
    trace
        The text and how it was read.
    metrics
        A checkpoint's ``metrics.json``.
    card
        Its ``card.md``: what the network has read.
    """
    families = list(_families(trace.text, metrics))
    lines = [*_read(card), *_probes(trace.text, metrics), *_lengths(trace.text, metrics)]
    band = _band(trace, metrics)
    lines += [*_levels(trace, metrics), *_sure(band), *_own(metrics)]
    poor = sorted((right / rows, name, right, rows) for name, right, rows in families if 2 * right <= rows)
    lines += [sentence(_pairs_in_words(name, right, rows)) for _share, name, right, rows in poor[:WORST]]
    if "irony is not understood" in card:
        lines.append(_("Irony is not understood, and no word marks it."))
    # Where no pair has both members right, at least half of its sentences were wrong.
    none = next(((name, rows) for _share, name, right, rows in poor if not right), None)
    doubt = ""
    if none:
        doubt = _pairs_in_words(none[0], 0, none[1])
    elif band and band[2] < SELDOM * band[1]:
        doubt = _(
            "of {rows:,} test texts whose answer had a probability of {probability}, {share} were right",
            rows=band[1],
            probability=_probabilities(band[0]),
            share=percent(band[2] / band[1]),
        )
    return Reliability(tuple(lines), doubt)


def _read(card: str) -> Iterator[str]:
    """The first sentence of the card on the data, in one line."""
    if first := _first_on_data(card):
        yield _("Training data: {sentence}", sentence=first)


@lru_cache(maxsize=64)
def _first_on_data(card: str) -> str:
    data = card.partition("\n## Data\n")[2]
    found = re.match(r"\s*(.{1,400}?[.)])(?=\s+[A-Z]|\s*$)", re.sub(r"\s+", " ", data[:600]))
    return found[1].strip().replace("*", "") if found else ""


def _probes(text: str, metrics: Mapping[str, Any]) -> Iterator[str]:
    probes = metrics.get("probes")
    for one in probes if isinstance(probes, list) else ():
        if not isinstance(one, Mapping) or not isinstance(one.get("accuracy2"), int | float):
            continue
        name, rows, right = one.get("name"), one.get("rows"), float(one["accuracy2"])
        fits = len(text.split()) >= LONG if name == "long" else _has(text, PROBES.get(str(name)))
        if fits and isinstance(rows, int):
            yield _our_own(str(name), percent(right / 100, 1), rows)


def _our_own(name: str, share: str, rows: int) -> str:
    if name == "long":
        return _(
            "Of our {rows} test sentences of {words} words or more, {share} were classified correctly as "
            "positive or negative.",
            words=LONG,
            share=share,
            rows=rows,
        )
    return _(
        "Of our {rows} test sentences with {what}, {share} were classified correctly as positive or "
        "negative.",
        what=_called(name),
        share=share,
        rows=rows,
    )


def _families(text: str, metrics: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    pairs = metrics.get("pairs")
    families = pairs.get("families") if isinstance(pairs, Mapping) else None
    for name, found in families.items() if isinstance(families, Mapping) else ():
        match found:
            case [int(right), int(rows)] if 0 <= right <= rows and rows and _has(text, PAIRS.get(str(name))):
                yield str(name), right, rows


def _has(text: str, pattern: str | None) -> bool:
    return pattern is not None and _compiled(pattern).search(text.replace("’", "'")) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Python's own memory of patterns is asked with three values and shared with everybody."""
    return re.compile(pattern, re.IGNORECASE)


def _called(name: str) -> str:
    """A set as a sentence names it; what it marks are words of the language that the network reads."""
    # Translators: these four stand after “sentences with …”, “pairs of sentences with …”.
    words = {
        "negation": _("a negation"),
        "contrast": _("a contrast"),
        "comparison": _("a comparison"),
        "question": pgettext("sentences with …", "a question"),
        "nothing nobody": _("{one} or {other}", one=in_quotes("nothing"), other=in_quotes("nobody")),
        "although despite": _("{one} or {other}", one=in_quotes("although"), other=in_quotes("despite")),
        "neither nor": in_quotes("neither … nor"),
    }
    return words.get(name, in_quotes(name))


def _pairs_in_words(name: str, right: int, rows: int) -> str:
    words = {"rows": rows, "what": _called(name)}
    if not right:
        return _("of {rows} pairs of sentences with {what}, none had both sentences right", **words)
    return _(
        "of {rows} pairs of sentences with {what}, {right} had both sentences right", right=right, **words
    )


def _lengths(text: str, metrics: Mapping[str, Any]) -> Iterator[str]:
    """Translation: the score of sentences about as long."""
    words, table = len(text.split()), metrics.get("by_length")
    for one in table if isinstance(table, list) else ():
        if not isinstance(one, Mapping) or not isinstance(one.get("bleu_lower"), int | float):
            continue
        if _within(str(one.get("name")), words) and isinstance(rows := one.get("rows"), int):
            yield _(
                "Test sentences of {words}: BLEU {score}, on {rows:,}.",
                words=_words(str(one["name"])),
                score=number(one["bleu_lower"]),
                rows=rows,
            )


def _words(name: str) -> str:
    """A range of lengths in words: ``up to 5 words``, ``6 to 10 words``, ``over 10 words``."""
    if found := re.fullmatch(r"(\d{1,6}) to (\d{1,6}) words", name):
        return _("{low} to {high} words", low=found[1], high=found[2])
    if found := re.fullmatch(r"up to (\d{1,6}) words", name):
        return _("up to {most} words", most=found[1])
    if found := re.fullmatch(r"over (\d{1,6}) words", name):
        return _("over {least} words", least=found[1])
    return name


def _within(name: str, words: int) -> bool:
    """Whether a number of words is in a range: ``up to 5 words``, ``6 to 10 words``, ``over 10 words``."""
    match [int(found) for found in re.findall(r"\d{1,6}", name)]:
        case [low, high]:
            return low <= words <= high
        case [limit]:
            return words > limit if name.startswith("over") else words <= limit
    return False


def _levels(trace: Trace, metrics: Mapping[str, Any]) -> Iterator[str]:
    """Forecast: the error after values about as high as the last one."""
    table = metrics.get("by_level")
    if not isinstance(table, list) or "readout.forecasts" not in trace:
        return
    last = float(trace["encoder.values"][-1])
    for one in table:  # from low to high
        if not isinstance(one, Mapping) or not isinstance(one.get("rmse"), int | float):
            continue
        limit = re.search(r"up to ([\d.]{1,12})$", str(one.get("name")))
        if limit and last <= float(limit[1]):
            yield _(
                "After test values as high as the last one here ({values}): root mean squared error {error}, "
                "on {rows}.",
                values=_level(str(one["name"])),
                error=number(one["rmse"]),
                rows=one.get("rows"),
            )
            return
    yield _("The last value is above all test values: the error there was not measured.")


def _level(name: str) -> str:
    """A third of the test values: ``low, up to 9.4``."""
    found = re.fullmatch(r"(low|middling|high), up to ([\d.]{1,12})", name)
    if not found:
        return name
    limit = numerals(found[2])
    # Translators: of values.
    if found[1] == "low":
        return _("low, up to {limit}", limit=limit)
    if found[1] == "middling":
        return _("middling, up to {limit}", limit=limit)
    return _("high, up to {limit}", limit=limit)


def _band(trace: Trace, metrics: Mapping[str, Any]) -> tuple[str, int, int] | None:
    """Of the test texts answered at about this probability: the band's name, how many, how many right."""
    table = metrics.get("by_probability")
    if not isinstance(table, list) or "class" not in trace.labels or "readout.probabilities" not in trace:
        return None
    share = 100 * float(trace["readout.probabilities"].max())
    for one in table:
        if not isinstance(one, Mapping):
            continue
        name, rows, right = str(one.get("name")), one.get("rows"), one.get("right")
        ends = [float(found) for found in re.findall(r"\d{1,3}", name)[:2]]
        if name.startswith("up to"):
            ends = [0, *ends]
        if name.startswith("over"):
            ends = [*ends, 100]
        if len(ends) == 2 and ends[0] < share <= ends[1] and isinstance(rows, int) and isinstance(right, int):
            return (name, rows, right) if rows >= FEW and 0 <= right <= rows else None
    return None


def _probabilities(name: str) -> str:
    """A band in words: ``up to 40 %``, ``40 to 50 %``, ``over 90 %``."""
    if found := re.fullmatch(r"(\d{1,3})% to (\d{1,3})%", name):
        return _("{low} to {high} %", low=found[1], high=found[2])
    if found := re.fullmatch(r"up to (\d{1,3})%", name):
        return _("up to {most} %", most=found[1])
    if found := re.fullmatch(r"over (\d{1,3})%", name):
        return _("over {least} %", least=found[1])
    return name


def _sure(band: tuple[str, int, int] | None) -> Iterator[str]:
    """How often such an answer was right, by the probability it was given."""
    if band:
        yield sentence(
            _(
                "of {rows:,} test texts whose answer had a probability of {probability}, {share} were right",
                rows=band[1],
                probability=_probabilities(band[0]),
                share=percent(band[2] / band[1]),
            )
        )


def _own(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Everyday sentences, where they were measured."""
    everyday, facts = metrics.get("everyday"), metrics.get("facts")
    if isinstance(everyday, Mapping) and isinstance(everyday.get("accuracy2"), int | float):
        yield _(
            "Of our {rows} everyday test sentences, {share} were classified correctly as positive or "
            "negative.",
            share=percent(everyday["accuracy2"] / 100, 1),
            rows=everyday.get("rows"),
        )
    if isinstance(facts, Mapping) and isinstance(facts.get("neutral"), int | float):
        yield _(
            "Plain facts: {share} of {rows} predicted neutral.",
            share=percent(facts["neutral"] / 100, 1),
            rows=facts.get("rows"),
        )
