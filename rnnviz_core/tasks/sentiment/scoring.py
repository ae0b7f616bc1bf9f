"""Accuracy on labelled texts: over all classes and, where these are ordered, over fewer."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from rnnviz_core.errors import DataError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.corpora import GUESS
from rnnviz_core.inputs.layout import Layout
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SENTIMENT_CLASSES, SentimentSpec

from .objective import second_side, sentiment_logits

NUMBERS = (
    *("three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
SCORE_NAMES = {
    **{f"accuracy{n}": f"accuracy, {word} classes (%)" for n, word in reversed([*enumerate(NUMBERS, 3)])},
    "accuracy2": "binary accuracy (%)",
}


BANDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # of the answer's probability, from each to the next


def by_probability(logits: torch.Tensor, labels: Sequence[int | None]) -> dict[str, dict[str, int]]:
    """How many answers of each band of probability were right: its name -> ``rows`` and ``right``.

    `logits` are (texts, class); texts without a label do not count. The bands are those of `BANDS`, with one
    below and one above; one without a text is left out. Names are read by `findings.reliability`.
    """
    shares = logits.double().softmax(-1)
    found: dict[str, dict[str, int]] = {}
    for low, high in zip((0.0, *BANDS), (*BANDS, 2.0), strict=True):
        name = (
            f"{low:.0%} to {high:.0%}"
            if low and high < 1
            else f"over {low:.0%}"
            if low
            else f"up to {high:.0%}"
        )
        within = [
            (int(share.argmax()) == label)
            for share, label in zip(shares, labels, strict=True)
            if label is not None and low < float(share.max()) <= high
        ]
        if within:
            found[name] = {"rows": len(within), "right": sum(within)}
    return found


def thirds(logits: torch.Tensor) -> torch.Tensor:
    """0, 1 or 2: whether the classes below, at or above the middle hold most probability."""
    probabilities = logits.double().softmax(-1)
    half = logits.shape[-1] // 2
    masses = (probabilities[:, :half], probabilities[:, half:-half], probabilities[:, -half:])
    return torch.stack([mass.sum(-1) for mass in masses], dim=-1).argmax(-1)


def _coarser(label: int | None, classes: int, wanted: int) -> int | None:
    """What a label of `classes` ordered classes says about 3 or 2; None where it takes no side."""
    if label is None:
        return None
    middle = (classes - 1) / 2
    side = None if label == middle else int(label > middle)
    return side if wanted == 2 else 1 if side is None else 2 * side


def label_columns(present: Sequence[str], spec: SentimentSpec, source: str) -> dict[int, str]:
    """The columns a model can be scored on, by their number of classes, most first.

    Raises
    ------
    DataError
        When there is none; it lists those that would do.
    """
    own = len(spec.classes)
    known = {own: f"label{own}"}
    if spec.ordered:  # labels of another number of classes say something about the sides
        known |= {number: name for name, number in corpora.LABEL_COLUMNS.items()}
    found = {number: name for number, name in known.items() if name in present}
    if own not in found and "label" in present:
        found[own] = "label"
    if not found:
        raise DataError(
            f"{source}: no label column; it needs one of {', '.join([*known.values(), 'label'])} "
            f"(the columns are {', '.join(present)})"
        )
    return dict(sorted(found.items(), reverse=True))


def _all_labels(
    rows: Any, columns: Mapping[int, str], source: str, *, ordered: bool
) -> dict[int, list[int | None]]:
    """The labels of every column by their number of classes; coarser ones that are not given follow."""
    labels = {number: corpora.labels_of(rows, name, number, source) for number, name in columns.items()}
    for number in columns if ordered else ():
        for wanted in (3, 2):
            coarse = wanted < number and (wanted == 2 or number % 2)  # an even number has no middle class
            if coarse and wanted not in labels:
                labels[wanted] = [_coarser(label, number, wanted) for label in labels[number]]
    return labels


def evaluate_sentiment(
    model: SentimentModel, rows: Any, source: str, *, bands: bool = False
) -> dict[str, Any]:
    """Accuracies in percent that the label columns of `rows` allow.

    Parameters
    ----------
    rows
        A data set with the column ``text`` and one of ``label``, ``label<number of the model's
        classes>`` and, for a model with ordered classes, ``label5``, ``label3``, ``label2``. Coarser
        labels that are not given follow from finer ones.
    source
        What errors call the data.

    Returns
    -------
    ``rows`` (texts read) and, as far as the labels allow, ``accuracy<number of classes>`` and, for a
    model with ordered classes, ``accuracy3`` and ``accuracy2``; with `bands` also what
    `by_probability` counts.

    Raises
    ------
    DataError
        When there is no label column, an unknown label, no label at all or an empty text.
    """
    ordered, own = model.spec.ordered, len(model.spec.classes)
    columns = label_columns(rows.column_names, model.spec, source)
    texts = corpora.texts_of(rows, "text", source)
    labels = _all_labels(rows, columns, source, ordered=ordered)
    logits = sentiment_logits(model, [known_ids(model, text) for text in texts])
    scores: dict[str, Any] = {"rows": len(texts)}
    predictions = {own: logits.argmax(-1)}
    if ordered:
        predictions |= {3: thirds(logits), 2: second_side(logits)}
    for number, predicted in predictions.items():
        pairs = [
            (p, t) for p, t in zip(predicted.tolist(), labels.get(number, ()), strict=False) if t is not None
        ]
        if pairs:
            scores[f"accuracy{number}"] = 100 * sum(p == t for p, t in pairs) / len(pairs)
    if len(scores) == 1:
        raise DataError(f"{source}: no row has a label that a model of {own} classes can be scored on")
    if bands and own in labels:
        scores["by_probability"] = by_probability(logits, labels[own])
    return scores


def known_ids(model: SentimentModel, text: str) -> list[int]:
    """The ids of a text; never none."""
    ids = model.tokenizer.ids(text)
    return ids or model.tokenizer.ids("?")  # text of only invisible characters still needs a step


def evaluate(
    model: SentimentModel,
    data: str,
    split: str | None,
    *,
    by_length: bool = False,
    layout: Layout = GUESS,
    **_: Any,
) -> dict[str, Any]:
    """The scores on a table or hub data set; `by_length`: in parts, too, here by the answer's probability."""
    spec = model.spec
    rows = corpora.scored(data, split, spec.classes, layout=layout, ordered=spec.ordered)
    return evaluate_sentiment(model, rows, data, bands=by_length)


def texts(spec: SentimentSpec, data: str, split: str | None, layout: Layout) -> Sequence[str]:
    """The texts that a model of this spec is scored on."""
    return corpora.texts_of(corpora.scored(data, split, spec.classes, layout=layout), "text", data)


def probed(spec: SentimentSpec) -> str:
    """The score of small test sets: binary accuracy or, for classes without an order, that of all classes."""
    return "accuracy2" if spec.ordered else f"accuracy{len(spec.classes)}"


def score_names(spec: SentimentSpec) -> dict[str, str]:
    """What the scores are called; two classes without an order are not negative and positive."""
    return SCORE_NAMES if spec.ordered else {**SCORE_NAMES, "accuracy2": "accuracy, two classes (%)"}


def about(spec: SentimentSpec) -> str:
    """The classes, where they are not the usual five; for a card."""
    if spec.ordered and spec.classes == SENTIMENT_CLASSES:
        return ""
    return f"Classes, {'worst first' if spec.ordered else 'in no order'}: {', '.join(spec.classes)}."
