"""Our own everyday sentences, minimal pairs and plain facts: written before any training, never trained on.

A folder holds ``everyday.tsv`` (kinds in `split`, `label2`), ``pairs.tsv`` (families in `split`, the number
of the pair in `pair`, `label2`) and ``facts.tsv`` (all of them neutral).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from rnnviz_core.errors import SpecError
from rnnviz_core.inputs import tables
from rnnviz_core.models.classifier import SentimentModel

from .objective import second_side, sentiment_logits
from .scoring import known_ids, thirds

EVERYDAY, PAIRS, FACTS = "everyday.tsv", "pairs.tsv", "facts.tsv"


def measure(model: SentimentModel, folder: str) -> dict[str, Any]:
    """Shares in percent, rounded as a card shows them.

    Returns
    -------
    ``everyday`` (``rows``, ``accuracy2``, ``kinds``: kind -> binary accuracy), ``pairs``
    (``rows``: pairs, ``both``: those with both members right, ``families``: family -> right pairs and pairs)
    and ``facts`` (``rows``, ``neutral``: those whose middle class holds more than either side).

    Raises
    ------
    SpecError
        When the model's classes are not negative, neutral and positive ones in order.
    """
    if not model.spec.ordered or len(model.spec.classes) % 2 == 0:
        raise SpecError("everyday sentences need ordered classes with a middle one")
    path = Path(folder)
    everyday, pairs, facts = (tables.read(path / name) for name in (EVERYDAY, PAIRS, FACTS))
    right = _right(model, everyday)
    kinds = {kind: _share(right, everyday["split"], kind) for kind in dict.fromkeys(everyday["split"])}
    both: dict[tuple[str, str], bool] = {}
    for key, fits in zip(zip(pairs["split"], pairs["pair"], strict=True), _right(model, pairs), strict=True):
        both[key] = both.get(key, True) and fits
    families = {
        name: [sum(fits for (family, _), fits in both.items() if family == name),
               sum(family == name for family, _ in both)]
        for name in dict.fromkeys(pairs["split"])
    }  # fmt: skip
    neutral = (thirds(_logits(model, facts["text"])) == 1).tolist()
    return {
        "everyday": {"rows": len(right), "accuracy2": _percent(right), "kinds": kinds},
        "pairs": {"rows": len(both), "both": _percent(list(both.values())), "families": families},
        "facts": {"rows": len(neutral), "neutral": _percent(neutral)},
    }


def _logits(model: SentimentModel, texts: Sequence[str]) -> torch.Tensor:
    return sentiment_logits(model, [known_ids(model, text) for text in texts])


def _right(model: SentimentModel, table: dict[str, list[str]]) -> list[bool]:
    """Whether the side of every row is the given one."""
    sides = second_side(_logits(model, table["text"])).tolist()
    return [int(side) == int(label) for side, label in zip(sides, table["label2"], strict=True)]


def _share(right: Sequence[bool], kinds: Sequence[str], kind: str) -> float:
    return _percent([fits for fits, one in zip(right, kinds, strict=True) if one == kind])


def _percent(values: Sequence[bool]) -> float:
    return round(100 * sum(values) / len(values), 2)
