"""Frames of what order adds: the same words in other orders, and a network that reads none."""

from collections.abc import Mapping

import numpy as np

from rnnviz_core.languages import N_, _, in_quotes
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts

WRITTEN, BACKWARDS, SHUFFLED, NO_ORDER = (
    N_("as written"),
    N_("backwards"),
    N_("shuffled"),
    N_("without order"),
)
KINDS = (WRITTEN, BACKWARDS, SHUFFLED, NO_ORDER)
SAME = 1e-4  # of the probability: what rounding moves


def orders(text: str, seed: int) -> dict[str, str]:
    """The words of a text, split at blanks, in two other orders; none where there is nothing to change.

    Parameters
    ----------
    text
        What is typed. Marks stay with the word before them.
    seed
        Another number, another deal.
    """
    words = text.split()
    if len(set(words)) < 2:
        return {}
    rng = np.random.default_rng(seed)
    dealt = [words[place] for place in rng.permutation(len(words))]
    if dealt == words:
        dealt = [*words[1:], words[0]]
    return {BACKWARDS: " ".join(reversed(words)), SHUFFLED: " ".join(dealt)}


def classes(found: Mapping[str, Trace]) -> Columns:
    """One row per order and class: ``kind``, ``order`` (of the class), ``name``, ``probability``.

    `found` holds the traces by kind, all of the same classes.
    """
    names = next(iter(found.values())).labels["class"]
    number = np.tile(np.arange(len(names), dtype=np.int16), len(found))
    return {
        "kind": Texts(np.repeat(np.arange(len(found), dtype=np.int16), len(names)), list(found)),
        "order": number,
        "name": Texts(number, names),
        "probability": np.concatenate([trace["readout.probabilities"] for trace in found.values()]),
    }


def moved(one: Trace, other: Trace) -> float:
    """How much of the probability lies elsewhere, from 0 to 1."""
    apart = one["readout.probabilities"].astype(np.float64) - other["readout.probabilities"]
    return float(np.abs(apart).sum() / 2)


def in_words(found: Mapping[str, Trace]) -> str:
    """What the network answers in each order: ``Backwards it answers “negative”, and 62.0 % …``."""
    own, said = found[WRITTEN], []
    for kind in (BACKWARDS, SHUFFLED):
        share = moved(own, found[kind])
        much = _("{share:.1%} of the probability moved", share=share) if share > SAME else _("nothing moved")
        said.append(f"{_(kind)} {in_quotes(_(found[kind].meta['label']))} ({much})")
    return _(
        "As written it answers “{answer}”; {others}.", answer=_(own.meta["label"]), others=", ".join(said)
    )


def alike_in_words(bag: Mapping[str, Trace]) -> str:
    """What a network without recurrence answers, and how far the order moves that."""
    own = bag[WRITTEN]
    share = own["readout.probabilities"].max()
    largest = max(moved(own, other) for other in bag.values())
    values = {"model": own.model, "answer": _(own.meta["label"]), "share": share}
    if largest <= SAME:
        return _(
            "{model}, which only averages embeddings, answers “{answer}” ({share:.1%}) in every order.",
            **values,
        )
    return _(
        "{model}, which only averages embeddings, answers “{answer}” ({share:.1%}) as written, and another "
        "order moves {moved:.1%} of the probability: words of this text are cut into other pieces "
        "elsewhere.",
        moved=largest,
        **values,
    )
