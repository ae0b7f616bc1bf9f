"""The part of a card on what attention points at."""

import textwrap
from collections.abc import Mapping
from typing import Any


def pointing_lines(pointing: Mapping[str, Any], model_id: str) -> list[str]:
    """How attention's weights agree with people's labels of single words, and what depends on them."""
    if not pointing:
        return []
    turns, unseen, even = (pointing[name] for name in ("negators", "unseen", "uniform"))
    opinions, files = pointing.get("opinions"), [pointing["trees"].split(",")[0]]
    rows = [
        ("AUC against the labels of words", f"{pointing['auc']:.3f}"),
        ("the same, with negators counted as opinion words", f"{pointing['auc_negators']:.3f}"),
        ("sentences whose heaviest word is not neutral (%)", f"{pointing['heaviest']:.1f}"),
        ("the same, with negators counted as opinion words (%)", f"{pointing['heaviest_negators']:.1f}"),
        (
            "sentences whose heaviest word is a neutral one of three pieces or more (%)",
            f"{pointing['rare']:.1f}",
        ),
        (
            f"mean weight of the {turns['words']} negators, relative to equal weights",
            f"{turns['shares']:.2f}",
        ),
        (
            f"neutral words outranked by {unseen['words']} polar words without a label in training (%)",
            f"{unseen['outrank']:.1f}",
        ),
        ("five-class answers that change with equal weights (%)", f"{even['changed']:.1f}"),
    ]
    if opinions:
        rows.append((f"AUC, opinion words of {opinions['data']}", f"{opinions['auc']:.3f}"))
        files.append(opinions["data"].split(",")[0])
    return [
        "## What attention points at",
        "",
        *textwrap.wrap(
            "Attention weights compared with the labels that people gave to single words "
            f"({pointing['trees']}, the {pointing['sentences']:,} sentences with both opinion words and "
            "neutral ones). AUC: of all pairs of an opinion word and a neutral word, the share in which the "
            "former has the larger weight (0.5 is chance). Agreement with people does not prove that the "
            "answer depends on these weights; how many answers change with equal weights shows how far it "
            "does.",
            100,
        ),
        "",
        "| figure | value |",
        "|---|--:|",
        *(f"| {name} | {value} |" for name, value in rows),
        "",
        "```",
        f"python -m scripts.attention_audit {model_id} --data DATA",
        "```",
        "",
    ]
