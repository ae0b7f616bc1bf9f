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
            f"Attribution methods evaluated on {agreement['sentences']:,} sentences of {agreement['trees']} "
            f"(drawn with seed {agreement['seed']}). AUC: of all pairs of a word that people labelled "
            "positive or negative and a neutral word, the share in which the former has more attribution "
            f"(0.5 is chance). Drop: how far the probability of the answer, {agreement['probability']:.1f} % "
            "on average, falls when the fifth of the words with the most attribution for the answer is "
            "removed. Keep: how much of that probability remains when only these words are read (above "
            "100 %: it rises)."
        ),
        *_table(agreement["methods"]),
        *_wrapped(
            f"The same for the {short['sentences']:,} sentences of at most {short['words']} words, for which "
            f"exact Shapley values are computed (mean probability {short['probability']:.1f} %):"
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
    for name, found in methods.items():
        area = f"{found['auc']:.3f}" if "auc" in found else ""
        rows.append(f"| {TITLES[name]} | {area} | {found['drop']:.1f} | {found['keep']:.1f} |")
    return ["| method | AUC | drop (points) | keep (%) |", "|---|--:|--:|--:|", *rows, ""]
