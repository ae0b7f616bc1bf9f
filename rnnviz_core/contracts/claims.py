"""What the sentence shown with an example may claim: values read off the trace that the page shows.

A hint names what the network did on its sentence ("after “good” the verdict is negative"). Which network
that is nobody knows when the hint is written, so the hint carries its condition (`Hint.holds`), and the
words that differ between networks are fields that a `Reading` of the trace fills in.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rnnviz_core.inputs.tokenizer import UNK, WORD_START, is_byte
from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace

SIDES = {
    N_("very negative"): -1,
    N_("negative"): -1,
    N_("neutral"): 0,
    N_("positive"): 1,
    N_("very positive"): 1,
}
_WORD = re.compile(r"[\w’']+")


class _By(Mapping[str, Any]):
    """Values by a word of the text, computed when one is asked for: ``{after[good]}`` in a hint."""

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find

    def __getitem__(self, word: str) -> Any:
        return self._find(word)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Reading:
    """One trace, as the claims of an example ask for it.

    Attributes
    ----------
    answer
        The predicted class, or the translation.
    after
        Sentiment: word of the text -> the class predicted if the text ended with that word; ``before`` if
        it ended just before it.
    side
        Sentiment: word -> -1, 0 or 1 for the side of `after`; ``answer_side`` is that of the whole text.
    pieces
        Word -> the number of pieces it is cut into.
    looked
        Translation with attention: word of the answer -> the source word with the largest weight in the
        step that wrote the word's first piece.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._axis = "source" if "source" in trace.tokens else "time"
        self.tokens = trace.tokens[self._axis]
        self.after, self.side = _By(self._after), _By(lambda word: SIDES[self._after(word)])
        self.before = _By(lambda word: self.verdicts[self._places(word)[0] - 1])
        self.pieces, self.looked = _By(self._pieces), _By(self._looked)

    def __getitem__(self, name: str) -> Any:
        """The field of a hint with this name."""
        return getattr(self, name)

    @property
    def clear(self) -> bool:
        """Whether claims can be computed: the answer is the network's own, and its classes are ordered."""
        if self._axis == "source":
            return not self._trace.meta["forced"]
        return set(self._trace.labels.get("class", ("none",))) <= SIDES.keys()

    @property
    def answer(self) -> str:
        """What the network answered: the class, or the translation."""
        if self._axis == "source":
            return str(self._trace.meta["translation"]).strip() or _("(nothing)")
        return str(self._trace.meta["label"])

    @property
    def steps(self) -> int:
        """How many pieces are read."""
        return len(self.tokens)

    @property
    def unknown(self) -> int:
        """How many of them are not in the vocabulary."""
        return sum(token.id == UNK for token in self.tokens)

    @property
    def single_bytes(self) -> int:
        """How many of them are bytes of characters that have no piece."""
        return sum(is_byte(token.text) for token in self.tokens)

    @property
    def attends(self) -> bool:
        """Whether the network has attention."""
        return "attention.weights" in self._trace

    # Sentiment ---------------------------------------------------------------------------------

    @property
    def answer_side(self) -> int:
        """Which side the class is on: −1, 0 or 1."""
        return SIDES[self.answer]

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The class predicted after every piece."""
        names = self._trace.labels["class"]
        return tuple(names[best] for best in self._trace["readout.prefix_probabilities"].argmax(1))

    @property
    def settles(self) -> int:
        """The piece from which on every verdict has the side of the last one."""
        sides = [SIDES[verdict] for verdict in self.verdicts]
        others = [number for number, side in enumerate(sides) if side != self.answer_side]
        return others[-1] + 1 if others else 0

    @property
    def turn(self) -> str:
        """The word, or the mark, that piece belongs to."""
        return self._word_at(self.settles)

    def turns_after(self, word: str) -> bool:
        """Whether the last side is reached for good only behind a word."""
        return self.settles > self._places(word)[-1]

    def _after(self, word: str) -> str:
        return self.verdicts[self._places(word)[-1]]

    # Translation -------------------------------------------------------------------------------

    @property
    def written(self) -> tuple[str, ...]:
        """The words of the answer, in lower case."""
        return tuple(word.lower() for word in _WORD.findall(self.answer))

    @property
    def length(self) -> int:
        """How many words the answer has."""
        return len(self.written)

    def says(self, *phrases: str) -> bool:
        """Whether the answer holds one of the phrases: whole words, in any case."""
        said = f" {' '.join(self.written)} "
        return any(f" {phrase} " in said for phrase in phrases)

    def order(self, *words: str) -> bool:
        """Whether the answer holds all the words, in this order."""
        places = [self.written.index(word) if word in self.written else -1 for word in words]
        return -1 not in places and places == sorted(places)

    def _looked(self, word: str) -> str:
        for step, token in enumerate(self._trace.tokens["target"]):
            start = token.text.lower().removeprefix(WORD_START)
            if start and token.text.startswith(WORD_START) and word.startswith(start):
                return self._word_at(int(self._trace["attention.weights"][step].argmax()))
        return ""

    # Words and pieces --------------------------------------------------------------------------

    def _places(self, word: str) -> list[int]:
        """The pieces that hold a letter of the first occurrence of a word."""
        found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", self._trace.text, re.IGNORECASE)
        if found is None:
            raise KeyError(f"the text has no word {word!r}")
        start, end = found.span()
        return [n for n, token in enumerate(self.tokens) if token.start < end and token.end > start]

    def _pieces(self, word: str) -> int:
        """As the page shows them: with the blank before the word where that is a piece of its own."""
        places = self._places(word)
        return len(places) + (places[0] > 0 and self.tokens[places[0] - 1].text == WORD_START)

    def _word_at(self, number: int) -> str:
        """The whole word a piece stands in; a mark stands for itself."""
        token, text = self.tokens[number], self._trace.text
        for found in _WORD.finditer(text):
            if found.start() < token.end and found.end() > token.start:
                return found.group()
        return text[token.start : token.end].strip() or token.text.lstrip(WORD_START)


class _Told(_By):
    """The fields of a `Reading` as a sentence says them: classes in the language of the run."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading.__getitem__)

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, _By):
            return _By(lambda word: _class_in_words(found[word]))
        return _class_in_words(found)


def _class_in_words(value: Any) -> Any:
    return _(value) if isinstance(value, str) and value in SIDES else value


@dataclass(frozen=True, slots=True)
class Hint:
    """A sentence on what a network did, and the condition under which it is true."""

    holds: Callable[[Reading], bool]
    says: str  # fields in braces are those of a `Reading`


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence to try, and what to look at.

    `asks` claims nothing about a network, so it suits every one. The first of `hints` that holds takes its
    place: together they need not cover every network.
    """

    text: str
    shows: str  # a few words, as they stand in the list
    asks: str  # a question
    hints: tuple[Hint, ...] = ()

    def watch(self, trace: Trace) -> str:
        """The sentence shown with the example for the network of `trace`, which must have read its text."""
        reading = Reading(trace)
        if reading.clear:
            for hint in self.hints:
                if hint.holds(reading):
                    return _(hint.says).format_map(_Told(reading))
        return _(self.asks)
