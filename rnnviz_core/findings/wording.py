"""How tokens, counts and shares are written in claims.

A claim is made of whole sentences that are marked for translation. What is put into them are names (a token
in quotes, a gate), numbers as they are written, and adverbial phrases that a translator makes whole, too
(`Steps.at`, ``without “not”``). A clause that may follow is a sentence of its own with the one before it as
``{claim}``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.numbers import printed
from rnnviz_core.frames.tokens import axis_of, read_texts, shown, step_texts
from rnnviz_core.languages import _, in_quotes, ngettext, pgettext
from rnnviz_core.tracing.kept import kept_with_trace
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where

WORD_START = "▁"


@dataclass(frozen=True)
class Steps:
    """The steps of a part: what each is called, and in which order they are taken."""

    names: tuple[str, ...]  # as a claim names them: “thin”, the 2nd “a”, step 12, step 3 (“loved”)
    texts: tuple[str, ...]  # as the app labels them
    reverse: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def at(self, step: int, *, alone: bool = False) -> str:
        """``at “thin”``; a comma parts a step's number from the number that follows, if one does."""
        name = self.names[step]
        if name[-1:].isdigit() and not alone:
            # Translators: where something happened, at the head of a clause: “at step 7, 3 of 4 units …”.
            return _("at {step},", step=name)
        # Translators: where something happened, mostly at the head of a clause: “at “but” 3 of 4 units …”.
        return _("at {token}", token=name)

    @property
    def last(self) -> int:
        """The step that is read last."""
        return 0 if self.reverse else len(self.names) - 1

    @property
    def order(self) -> range:
        """All steps in the order of reading."""
        return range(len(self) - 1, -1, -1) if self.reverse else range(len(self))


@kept_with_trace
def steps(trace: Trace, at: Layer) -> Steps:
    """The steps of the part of `at`, read in its direction."""
    texts = tuple(step_texts(trace, at.part))
    if at.part == "decoder":
        written = [shown(token.text) for token in trace.tokens[trace.time_axis(at.part)]]
        named = (_("step {step} (“{token}”)", step=step, token=text) for step, text in enumerate(written))
        return Steps(tuple(named), texts)
    return Steps(names(trace, at.part), texts, at.reverse)


@kept_with_trace
def names(trace: Trace, part: str) -> tuple[str, ...]:
    """What the tokens that `part` reads are called: quoted; one of several that are alike with its number."""
    tokens = trace.tokens.get(trace.time_axis(part), ())
    if not tokens or axis_of(trace, part) == "numbers":
        return tuple(
            pgettext("in a sentence", "step {step}", step=step)
            for step in range(len(step_texts(trace, part)))
        )
    return quoted(read_texts(trace, part))


def quoted(texts: Sequence[str]) -> tuple[str, ...]:
    """Labels in quotes; those that occur more than once with their number: ``the 2nd “good”``."""
    several, seen, found = Counter(texts), Counter[str](), []
    for text in texts:
        seen[text] += 1
        found.append(nth(seen[text], text) if several[text] > 1 else in_quotes(text))
    return tuple(found)


def nth(number: int, text: str) -> str:
    """``the 1st “good”``, ``the 22nd “good”``: one of several tokens that are alike."""
    ending = number % 10 if number % 100 not in (11, 12, 13) else 0
    # Translators: four forms for English alone. A name like any other token's, as subject or after “at”,
    # “of”, “after”: best a form without case, “good” (2.).
    if ending == 1:
        return _("the {n}st “{token}”", n=number, token=text)
    if ending == 2:
        return _("the {n}nd “{token}”", n=number, token=text)
    if ending == 3:
        return _("the {n}rd “{token}”", n=number, token=text)
    return _("the {n}th “{token}”", n=number, token=text)


def of_words(trace: Trace, axis: str) -> tuple[str, ...]:
    """Names of the tokens of `axis`; a part of a word with the word: ``“tó” of “encantó”``."""
    texts = [token.text for token in trace.tokens[axis]]
    found = list(quoted([shown(text) for text in texts]))
    starts = [at for at, text in enumerate(texts) if text.startswith((WORD_START, "<")) or at == 0]
    for start, end in zip(starts, [*starts[1:], len(texts)], strict=True):
        word = shown("".join(texts[start:end])).rstrip(".,;:!?")
        letters = [at for at in range(start, end) if any(letter.isalpha() for letter in shown(texts[at]))]
        if len(letters) > 1:
            for at in letters:
                found[at] = _("{piece} of “{word}”", piece=found[at], word=word)
    return tuple(found)


def somewhere(trace: Trace, at: Layer) -> str:
    """Which layer a claim is about, where there are several: ``in the encoder, read backwards``."""
    words = []
    if trace.layers("decoder"):
        words.append(_("in the encoder") if at.part == "encoder" else _("in the decoder"))
    if trace.layers(at.part) > 1:
        number = at.layer + 1
        words.append(_("layer {number}", number=number) if words else _("in layer {number}", number=number))
    if trace.reverses(at.part):
        words.append(_("read backwards") if at.reverse else _("read forwards"))
    return ", ".join(words)


def of_layer(
    trace: Trace,
    at: Layer,
    kind: str,
    said: str,
    numbers: Mapping[str, float],
    where: Where,
    strength: float,
    named: tuple[int, ...] = (),
) -> Finding:
    """A finding on one layer: its claim says which one where there are several."""
    alone, scope = sentence(said), somewhere(trace, at)
    # Translators: which layer it is about, then a whole clause: “in the encoder, layer 2: at “but” …”.
    claim = sentence(_("{place}: {claim}", place=scope, claim=said)) if scope else alone
    return Finding(kind, claim, numbers, where, strength, named, alone)


def sentence(text: str) -> str:
    """A clause with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def percent(share: float, digits: int = 0) -> str:
    """A share as ``49 %``."""
    return printed(share, f".{digits}%")


def units(count: int, size: int) -> str:
    """``38 of 64 units``."""
    # Translators: the subject of a clause, or its object.
    return ngettext("{count} of {size} unit", "{count} of {size} units", size, count=count, size=size)


def number(value: float) -> str:
    """Two decimals, with a true minus."""
    return printed(float(value))


def apart(one: float, other: float, form: str = ".2f") -> bool:
    """Whether two numbers still differ when they are printed: else no claim compares them."""
    return format(one, form) != format(other, form)


def median(values: np.ndarray) -> float:
    """The median as a plain number; 0 of nothing, and not a number if one of them is none."""
    if not len(values):
        return 0.0
    low, high, last = (values.size - 1) // 2, values.size // 2, values.size - 1
    # The last one is not a number if any is. What numpy's own does around this takes five times as long.
    ordered = np.partition(values, (low, high, last), axis=None)
    return float("nan") if np.isnan(ordered[last]) else (float(ordered[low]) + float(ordered[high])) / 2
