"""Where attention peaks when a word is predicted whose source word is known.

Attention is not alignment: in some models its peak is one word away from the one that is translated
(Koehn and Knowles 2017, German-English). Words that are spelled alike in source and target (names,
numbers, "hotel") tell where a peak should be without any other tool.
"""

from collections import Counter
from collections.abc import Sequence

import torch

from rnnviz_core.inputs.tokenizer import BOS
from rnnviz_core.models.seq2seq import TranslationModel

LETTERS = 4  # shorter words are often spelled alike by chance
FARTHEST = 2  # words; peaks farther away are counted together


def _words(text: str) -> list[str]:
    return [word.strip(".,;:!?¿¡\"'()").lower() for word in text.split()]


def anchors(source: str, target: str) -> list[tuple[int, int]]:
    """(source word, target word) of every word that stands once on each side, spelled alike."""
    sides = [_words(source), _words(target)]
    counts = [Counter(side) for side in sides]
    return [
        (sides[0].index(word), position)
        for position, word in enumerate(sides[1])
        if len(word) >= LETTERS and counts[0][word] == counts[1][word] == 1
    ]


def word_of_piece(pieces: Sequence[str]) -> list[int]:
    """The word that each piece belongs to; "▁" begins one."""
    number, words = -1, []
    for piece in pieces:
        number += piece.startswith("▁") or number < 0
        words.append(number)
    return words


@torch.inference_mode()
def peak_shifts(model: TranslationModel, sources: Sequence[str], targets: Sequence[str]) -> list[int]:
    """For every anchor: how many words the peak of attention stands to the right of the right word.

    The decoder is fed the reference; the weights are those with which the word's first piece is chosen,
    summed over the pieces of each source word.

    Returns
    -------
    Whole numbers: 0 is the right word, -1 the word before it.
    """
    shifts = []
    for source, target in zip(sources, targets, strict=True):
        found = anchors(source, target)
        if not found or model.attention is None:
            continue
        ids, wanted = model.source_tokenizer.ids(source), model.target_tokenizer.ids(target)
        read = word_of_piece([model.source_tokenizer.pieces[id_] for id_ in ids])
        written = word_of_piece([model.target_tokenizer.pieces[id_] for id_ in wanted])
        if read[-1] + 1 != len(source.split()) or written[-1] + 1 != len(target.split()):
            continue  # pieces that cross words cannot be counted in words
        memory = model.encode(torch.tensor([ids]), torch.tensor([len(ids)]))
        attended = model.decode(torch.tensor([[BOS, *wanted]]), memory.state, memory).attended
        assert attended is not None
        mass = torch.zeros(len(wanted) + 1, read[-1] + 1)
        mass.index_add_(1, torch.tensor(read), attended.weights[0, :, : len(ids)])
        for origin, position in found:
            peak = int(mass[written.index(position)].argmax())
            shifts.append(peak - origin)
    return shifts


def shares(shifts: Sequence[int]) -> dict[str, float]:
    """Percent of the anchors whose peak stands at each distance, in words."""
    clipped = Counter(max(-FARTHEST, min(FARTHEST, shift)) for shift in shifts)
    names = {-FARTHEST: f"{FARTHEST} or more before", FARTHEST: f"{FARTHEST} or more after"}
    names |= {-1: "1 before", 0: "on the word", 1: "1 after"}
    return {names[shift]: 100 * clipped[shift] / len(shifts) for shift in sorted(names)} if shifts else {}
