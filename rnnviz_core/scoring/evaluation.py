"""Scores of a model on labelled data: accuracy for sentiment; BLEU, chrF, perplexity for translation.

BLEU (Papineni et al. 2002) and chrF (Popović 2015) are sacreBLEU's (Post 2018), with its signatures.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from rnnviz_core.errors import DataError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.tokenizer import BOS, EOS
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.search.beam import translate
from rnnviz_core.training.batches import Example
from rnnviz_core.training.objectives import second_side, sentiment_logits, translation_loss

from . import alignment

LENGTHS = {"up to 5 words": (1, 5), "6 to 10 words": (6, 10), "over 10 words": (11, 10**9)}


def _thirds(logits: torch.Tensor) -> torch.Tensor:
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


def evaluate_sentiment(model: SentimentModel, rows: Any, source: str) -> dict[str, float]:
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
    model with ordered classes, ``accuracy3`` and ``accuracy2``.

    Raises
    ------
    DataError
        When there is no label column, an unknown label, no label at all or an empty text.
    """
    ordered, own = model.spec.ordered, len(model.spec.classes)
    columns = label_columns(rows.column_names, model.spec, source)
    texts = corpora.texts_of(rows, "text", source)
    labels = _all_labels(rows, columns, source, ordered=ordered)
    logits = sentiment_logits(model, [_known(model, text) for text in texts])
    scores: dict[str, float] = {"rows": len(texts)}
    predictions = {own: logits.argmax(-1)}
    if ordered:
        predictions |= {3: _thirds(logits), 2: second_side(logits)}
    for number, predicted in predictions.items():
        pairs = [
            (p, t) for p, t in zip(predicted.tolist(), labels.get(number, ()), strict=False) if t is not None
        ]
        if pairs:
            scores[f"accuracy{number}"] = 100 * sum(p == t for p, t in pairs) / len(pairs)
    if len(scores) == 1:
        raise DataError(f"{source}: no row has a label that a model of {own} classes can be scored on")
    return scores


def _known(model: SentimentModel, text: str) -> list[int]:
    ids = model.tokenizer.ids(text)
    return ids or model.tokenizer.ids("?")  # text of only invisible characters still needs a step


def evaluate_translation(
    model: TranslationModel,
    pairs: corpora.Pairs,
    *,
    beam: int = 1,
    lowercase: bool = False,
    by_length: bool = False,
    quiet: bool = True,
) -> dict[str, Any]:
    """BLEU, chrF and perplexity of a model's translations, row by row against one reference each.

    Parameters
    ----------
    beam
        Hypotheses kept in the search; 1 is greedy.
    lowercase
        Compare chrF without case as well; BLEU is always given both ways.
    by_length
        Also give lower-cased BLEU for short, middling and long sources (`LENGTHS`, in words), and for
        models with attention how far its peak stands from the right word (`alignment.shares`).

    Returns
    -------
    ``rows``, ``bleu`` (cased), ``bleu_lower``, ``chrf``, ``perplexity`` (per piece of the reference),
    ``signature`` (sacreBLEU's, one per figure). Where a source occurs with several references also
    ``bleu_lower_all``: every source once against all of them, ``sources`` and ``several_references``.
    """
    from sacrebleu.metrics import BLEU, CHRF
    from tqdm import tqdm

    unique = dict.fromkeys(pairs.sources)
    found = {text: translate(model, text, beam=beam) for text in tqdm(unique, disable=quiet or None)}
    outputs = [found[text] for text in pairs.sources]
    metrics = {"bleu": BLEU(), "bleu_lower": BLEU(lowercase=True), "chrf": CHRF(lowercase=lowercase)}
    scores: dict[str, Any] = {"rows": len(outputs)}
    for name, metric in metrics.items():
        scores[name] = metric.corpus_score(outputs, [pairs.targets]).score
    examples = [
        Example(ids, [BOS, *model.target_tokenizer.ids(target), EOS])
        for source, target in zip(pairs.sources, pairs.targets, strict=True)
        if (ids := model.source_tokenizer.ids(source))
    ]
    loss, pieces = translation_loss(model, examples)
    scores["perplexity"] = torch.tensor(loss / pieces, dtype=torch.float64).exp().item()
    scores["signature"] = {name: str(metric.get_signature()) for name, metric in metrics.items()}
    if len(unique) < len(outputs):
        scores |= _all_references(found, pairs)
    if by_length:
        scores["by_length"] = _by_length(outputs, pairs)
        if model.attention is not None:
            shifts = alignment.peak_shifts(model, pairs.sources, pairs.targets)
            scores["peaks"] = {"words": len(shifts), **alignment.shares(shifts)}
    return scores


def _all_references(outputs: dict[str, str], pairs: corpora.Pairs) -> dict[str, Any]:
    """Lower-cased BLEU with every source once, against all references it has."""
    from sacrebleu.metrics import BLEU

    references: dict[str, list[str]] = {}
    for source, target in zip(pairs.sources, pairs.targets, strict=True):
        if target not in references.setdefault(source, []):
            references[source].append(target)
    deepest = max(len(found) for found in references.values())
    streams: list[list[Any]] = [
        [found[number] if number < len(found) else None for found in references.values()]
        for number in range(deepest)
    ]
    score = BLEU(lowercase=True).corpus_score(list(outputs.values()), streams).score
    several = sum(len(found) > 1 for found in references.values())
    return {"bleu_lower_all": score, "sources": len(references), "several_references": several}


def _by_length(outputs: list[str], pairs: corpora.Pairs) -> dict[str, dict[str, float]]:
    """Rows and lower-cased BLEU of the sources of each length that occur."""
    from sacrebleu.metrics import BLEU

    found: dict[str, dict[str, float]] = {}
    for name, (low, high) in LENGTHS.items():
        rows = [i for i, source in enumerate(pairs.sources) if low <= len(source.split()) <= high]
        if rows:
            texts, references = [outputs[i] for i in rows], [pairs.targets[i] for i in rows]
            score = BLEU(lowercase=True).corpus_score(texts, [references]).score
            found[name] = {"rows": len(rows), "bleu_lower": score}
    return found
