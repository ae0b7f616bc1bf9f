"""The part of a card on what attention points at."""

from collections.abc import Mapping
from typing import Any


def pointing_lines(pointing: Mapping[str, Any], model_id: str) -> list[str]:
    """How attention's weights agree with people's labels of single words, and what they are worth."""
    if not pointing:
        return []
    turns, unseen, even = (pointing[name] for name in ("negators", "unseen", "uniform"))
    opinions, files = pointing.get("opinions"), [pointing["trees"].split(",")[0]]
    rows = [
        ("AUC against the word's label", f"{pointing['auc']:.3f}"),
        ("the same, negators counted as words that matter", f"{pointing['auc_negators']:.3f}"),
        ("sentences whose heaviest word is not neutral (%)", f"{pointing['heaviest']:.1f}"),
        ("the same, negators counted as words that matter (%)", f"{pointing['heaviest_negators']:.1f}"),
        ("sentences headed by a neutral word of three pieces or more (%)", f"{pointing['rare']:.1f}"),
        (f"weight of the {turns['words']} negators, in equal shares", f"{turns['shares']:.2f}"),
        (
            f"neutral words outranked by {unseen['words']} polar words without a label in training (%)",
            f"{unseen['outrank']:.1f}",
        ),
        ("five-class answers that equal weights change (%)", f"{even['changed']:.1f}"),
    ]
    if opinions:
        rows.append((f"AUC, opinion words of {opinions['data']}", f"{opinions['auc']:.3f}"))
        files.append(opinions["data"].split(",")[0])
    return [
        "## What attention points at",
        "",
        f"Beside the labels that people gave to single words ({pointing['trees']},",
        f"the {pointing['sentences']:,} sentences with both kinds). AUC is the share of pairs of a word that",
        "matters and a neutral one in which the first has more weight; 0.5 is chance. Weights that agree",
        "with people are no proof that the verdict rests on them; how much equal weights change is.",
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
