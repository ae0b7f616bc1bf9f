"""The part of a card on which attribution to believe."""

import textwrap
from collections.abc import Mapping
from typing import Any

from rnnviz_core.derivatives.methods import TITLES

HEADING = "## What the answer rests on"


def agreement_lines(agreement: Mapping[str, Any], model_id: str) -> list[str]:
    """A table of every method: agreement with people's labels of words, and two tests of faithfulness."""
    if not agreement:
        return []
    short = agreement["short"]
    return [
        HEADING,
        "",
        *_wrapped(
            f"Methods of attribution on {agreement['sentences']:,} sentences of {agreement['trees']} (drawn "
            f"with seed {agreement['seed']}). AUC: the share of pairs of a word that people call positive or "
            "negative and a neutral one in which the first has more attribution (0.5 is chance). Drop: "
            "without the fifth of the words that speaks most for the answer, the answer's probability, "
            f"{agreement['probability']:.1f} % on average, falls by so many points. Keep: when nothing but "
            "these words is read, so much of it stays (above 100 %: it grows)."
        ),
        *_table(agreement["methods"]),
        *_wrapped(
            f"The same on the {short['sentences']:,} of them with at most {short['words']} words, for which "
            f"exact Shapley values are computed (average probability {short['probability']:.1f} %):"
        ),
        *_table(short["methods"]),
        "```",
        f"python -m scripts.agreement {model_id} --data DATA --sentences {agreement['sentences']}",
        "```",
        "",
    ]


def _wrapped(paragraph: str) -> list[str]:
    return [*textwrap.wrap(paragraph, 100), ""]


def _table(methods: Mapping[str, Mapping[str, float]]) -> list[str]:
    rows = []
    for name, one in methods.items():
        area = f"{one['auc']:.3f}" if "auc" in one else ""
        rows.append(f"| {TITLES[name]} | {area} | {one['drop']:.1f} | {one['keep']:.1f} |")
    return ["| method | AUC | drop (points) | keep (%) |", "|---|--:|--:|--:|", *rows, ""]
