"""How tokens, counts and shares are written in claims."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.numbers import printed
from rnnviz_core.frames.overview import ordinal
from rnnviz_core.frames.tokens import axis_of, read_texts, shown, step_texts
from rnnviz_core.tracing.kept import kept_with_trace
from rnnviz_core.tracing.trace import Trace

WORD_START = "▁"


@dataclass(frozen=True)
class Steps:
    """The steps of a part: what each is called, and in which order they are taken."""

    names: tuple[str, ...]  # as a claim names them: “thin”, the 2nd “a”, step 12, step 3 (“loved”)
    texts: tuple[str, ...]  # as the app labels them
    reverse: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def at(self, step: int) -> str:
        """``at “thin”``; a comma parts a step's number from the number that follows."""
        name = self.names[step]
        return f"at {name}" + "," * name[-1:].isdigit()

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
        return Steps(tuple(f"step {step} (“{text}”)" for step, text in enumerate(written)), texts)
    return Steps(names(trace, at.part), texts, at.reverse)


def names(trace: Trace, part: str) -> tuple[str, ...]:
    """What the tokens that `part` reads are called: quoted; one of several that are alike with its number."""
    tokens = trace.tokens.get(trace.time_axis(part), ())
    if not tokens or axis_of(trace, part) == "numbers":
        return tuple(f"step {step}" for step in range(len(step_texts(trace, part))))
    return quoted(read_texts(trace, part))


def quoted(texts: "list[str] | tuple[str, ...]") -> tuple[str, ...]:
    """Labels in quotes; those that occur more than once with their number: ``the 2nd “good”``."""
    several, seen, found = Counter(texts), Counter[str](), []
    for text in texts:
        seen[text] += 1
        number = f"the {ordinal(seen[text])} " if several[text] > 1 else ""
        found.append(f"{number}“{text}”")
    return tuple(found)


def of_words(trace: Trace, axis: str) -> tuple[str, ...]:
    """Names of the tokens of `axis`; a part of a word with the word: ``“tó” of “encantó”``."""
    texts = [token.text for token in trace.tokens[axis]]
    found = list(quoted([shown(text) for text in texts]))
    starts = [at for at, text in enumerate(texts) if text.startswith((WORD_START, "<")) or at == 0]
    for start, end in zip(starts, [*starts[1:], len(texts)], strict=True):
        word = shown("".join(texts[start:end]))
        letters = [at for at in range(start, end) if any(letter.isalpha() for letter in shown(texts[at]))]
        if len(letters) > 1:
            for at in letters:
                found[at] += f" of “{word.rstrip('.,;:!?')}”"
    return tuple(found)


def somewhere(trace: Trace, at: Layer) -> str:
    """Which layer a claim is about, where there are several: ``in the encoder, read backwards: ``."""
    words = []
    if trace.layers("decoder"):
        words.append(f"in the {at.part}")
    if trace.layers(at.part) > 1:
        words.append(f"layer {at.layer + 1}" if words else f"in layer {at.layer + 1}")
    if trace.reverses(at.part):
        words.append("read backwards" if at.reverse else "read forwards")
    return f"{', '.join(words)}: " if words else ""


def sentence(*parts: str) -> str:
    """The parts joined, with a capital letter and a full stop."""
    text = "".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def percent(share: float, digits: int = 0) -> str:
    """A share as ``49 %``."""
    return f"{printed(100 * share, f'.{digits}f')} %"


def units(count: int, size: int) -> str:
    """``38 of 64 units``."""
    return f"{count} of {size} unit{'s' * (size != 1)}"


def number(value: float) -> str:
    """Two decimals, with a true minus."""
    return printed(float(value))


def apart(one: float, other: float, form: str = ".2f") -> bool:
    """Whether two numbers still differ when they are printed: else no claim compares them."""
    return format(one, form) != format(other, form)


def median(values: np.ndarray) -> float:
    """The median as a plain number; 0 of nothing."""
    return float(np.median(values)) if len(values) else 0.0
