"""Frames of the attention page: weights over the text, per target word over the source."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnviz_core.languages import _, in_quotes
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .numbers import printed
from .tokens import entropy, is_punctuation, shown, step_columns, step_texts, tick_texts


def has_attention(trace: Trace) -> bool:
    """Whether the model looks back at all, or reads its encoder's last state alone."""
    return "attention.weights" in trace


def translates(trace: Trace) -> bool:
    """Whether there is a target text, and so a row of weights per piece of it."""
    return "target" in trace.tokens


def targets(trace: Trace) -> list[str]:
    """The pieces written."""
    return [shown(token.text) for token in trace.tokens["target"]]


def row_names(trace: Trace) -> list[str]:
    """The names of the rows of weights: the pieces written; a sentiment model looks once."""
    return targets(trace) if translates(trace) else [_("the verdict")]


def closing(trace: Trace) -> int:
    """How many tokens at the end of what is read are punctuation or the mark of its end."""
    count = 0
    for token in reversed(trace.tokens.get(trace.time_axis("encoder"), ())):
        if not is_punctuation(shown(token.text)):
            break
        count += 1
    return count if count < len(trace[f"encoder.{trace.layers('encoder') - 1}.hidden"]) else 0


def folded_in_words(trace: Trace, step: int = 0) -> str:
    """What was laid aside with the end's punctuation; empty where there is none."""
    count = closing(trace)
    if not count:
        return ""
    texts = "".join(step_texts(trace, "encoder")[-count:])
    share = float(rows(trace, "attention.weights")[step][-count:].sum())
    return _(
        "Not drawn: “{tokens}” at the end, which holds {share:.1%} of the attention.",
        tokens=texts,
        share=share,
    )


def without_end(trace: Trace, found: Columns, *beside: Trace) -> Columns:
    """`row` of a sentiment model without the end's punctuation; the axis fits what is left."""
    keep = len(found["position"]) - closing(trace)
    high = max(
        float(one["attention.weights"][: len(one["attention.weights"]) - closing(one)].max())
        for one in (trace, *beside)
    )
    cut: dict[str, Any] = {name: column[:keep] for name, column in found.items()}
    return {**cut, "high": np.full(keep, high)}


def row(trace: Trace, step: int = 0, *beside: Trace) -> Columns:
    """One row per source piece: step columns, its ``weight``, ``score`` and ``equal`` (one share each).

    ``high`` is the end of the axis: 1 for a translation, whose rows differ much; for sentiment it fits the
    traces drawn `beside` this one, too.
    """
    texts = step_texts(trace, "encoder")
    weights, scores = (rows(trace, f"attention.{name}")[step] for name in ("weights", "scores"))
    equal = np.full(len(texts), 1 / max(len(texts), 1))
    ends = [1.0 if translates(one) else float(one["attention.weights"].max()) for one in (trace, *beside)]
    high = np.full(len(texts), max(ends))
    return {**step_columns(texts), "weight": weights, "score": scores, "equal": equal, "high": high}


def row_in_words(trace: Trace, step: int = 0) -> str:
    """Where it looked most at one step, with softmax written out."""
    weights, scores = (rows(trace, f"attention.{name}")[step] for name in ("weights", "scores"))
    most, texts = int(weights.argmax()), step_texts(trace, "encoder")
    whole = np.exp(scores.astype(np.float64) - scores[most]).sum()
    return _(
        "For {quoted} it looked most at “{token}”: its score is the largest, {score}. With it "
        "taken off every score, “{token}” has exp(0) = 1 and all tokens together {total:.3f}, so "
        "its weight is 1 / {total:.3f} = {weight:.1%}.",
        quoted=quoted(trace, step),
        token=texts[most],
        score=printed(scores[most]),
        total=whole,
        weight=weights[most],
    )


def audit_in_words(metrics: Mapping[str, Any]) -> str:
    """How a model's weights agree with people, from its ``metrics.json``; empty where it was not measured."""
    pointing = metrics.get("pointing")
    try:
        sentences, area = int(pointing["sentences"]), float(pointing["auc"])  # type: ignore[index]
        changed = float(pointing["uniform"]["changed"])  # type: ignore[index]
    except (TypeError, KeyError, ValueError):  # a person may have written the file
        return ""
    if "--looking" in str(metrics.get("command", "")):
        return _(
            "Over {sentences:,} test sentences a word that people call positive or negative outweighs a "
            "neutral one in {area:.0%} of pairs (chance: 50 %): its attention was trained to do so. "
            "Equal weights would change {changed:.0f} % of its answers.",
            sentences=sentences,
            area=area,
            changed=changed,
        )
    return _(
        "Over {sentences:,} test sentences a word that people call positive or negative outweighs a neutral "
        "one in {area:.0%} of pairs (chance: 50 %): its attention was not trained to do so. Equal "
        "weights would change {changed:.0f} % of its answers.",
        sentences=sentences,
        area=area,
        changed=changed,
    )


def alignment(trace: Trace) -> Columns:
    """Translation: one row per target and source piece.

    The step columns are the source's; ``target`` (a tick), ``target_position`` and ``target_token``
    name the piece written.
    """
    matrix, source, target = trace["attention.weights"], step_texts(trace, "encoder"), targets(trace)
    steps, width = matrix.shape
    across = np.tile(np.arange(width, dtype=np.int16), steps)
    down = np.repeat(np.arange(steps, dtype=np.int16), width)
    return {
        "position": across,
        "tick": Texts(across, tick_texts(source)),
        "token": Texts(across, source),
        "target_position": down,
        "target": Texts(down, tick_texts(target)),
        "target_token": Texts(down, target),
        "weight": matrix.reshape(-1),
        "score": trace["attention.scores"].reshape(-1),
    }


def alignment_in_words(trace: Trace) -> str:
    """`alignment`, for a reader who cannot see it: where each target token looked most."""
    source, weights = step_texts(trace, "encoder"), trace["attention.weights"]
    best = weights.argmax(1)
    return " ".join(
        f"{token}: {source[at]} {printed(weights[step, at], '.0%')}."
        for step, (token, at) in enumerate(zip(targets(trace), best, strict=True))
    )


def chosen_row(trace: Trace, step: int) -> Columns:
    """The one row that frames a target piece in the matrix."""
    texts = targets(trace)
    return {"target_position": np.asarray([step], dtype=np.int16), "target": [tick_texts(texts)[step]]}


def spread_in_words(trace: Trace) -> str:
    """Sentiment: how spread the weights are, as bits and as a number of tokens."""
    weights = trace["attention.weights"]
    bits, most = float(entropy(weights)), np.log2(max(len(weights), 1))
    alike = _("as spread out as equal weights over {tokens:.1f} tokens", tokens=2**bits)
    return _("Entropy {bits:.2f} of at most {most:.2f} bits: {alike}.", bits=bits, most=most, alike=alike)


def entropies(trace: Trace, *beside: Trace) -> Columns:
    """Translation: one row per target piece: how spread its attention is.

    ``entropy`` in bits; ``most`` is its largest possible value, the same weight for every source
    piece; ``words`` is 2 to the entropy: over how many pieces equal weights would be as spread. ``high``
    is the end of the axis, which fits the traces drawn `beside` this one, too.
    """
    bits = entropy(trace["attention.weights"])
    ends = [np.log2(max(one["attention.weights"].shape[1], 1)) for one in (trace, *beside)]
    return {
        **step_columns(targets(trace)),
        "entropy": bits,
        "most": np.full(len(bits), ends[0]),
        "words": 2.0**bits,
        "high": np.full(len(bits), max(ends)),
    }


def entropy_in_words(trace: Trace) -> str:
    """`entropies`, for a reader who cannot see them."""
    bits = entropy(trace["attention.weights"])
    widest, most = int(bits.argmax()), np.log2(max(trace["attention.weights"].shape[1], 1))
    return _(
        "Most spread: “{token}”, {bits:.2f} of at most {most:.2f} bits.",
        token=targets(trace)[widest],
        bits=bits[widest],
        most=most,
    )


def rows(trace: Trace, name: str) -> np.ndarray:
    """An array of one look per row, also where there is a single one."""
    return np.atleast_2d(trace[name])


def quoted(trace: Trace, step: int) -> str:
    """What attention is read for at a step: the piece that is predicted, or the verdict."""
    return in_quotes(targets(trace)[step]) if translates(trace) else _("the verdict")
