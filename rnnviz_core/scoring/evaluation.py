"""Scores of a model on labelled data: accuracy for sentiment; BLEU, chrF, perplexity for translation.

BLEU (Papineni et al. 2002) and chrF (Popović 2015) are sacreBLEU's (Post 2018), with its signatures.
"""

from typing import Any

import torch

from rnnviz_core.errors import DataError
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.tokenizer import BOS, EOS
from rnnviz_core.models.classifier import SentimentModel
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


def _coarser(label: int | None, classes: int) -> dict[str, int | None]:
    """What a finer label says about the coarser ones; None where it takes no side."""
    if label is None:
        return {"label3": None, "label2": None}
    middle = (classes - 1) / 2
    side = None if label == middle else int(label > middle)
    return {"label3": 1 if side is None else 2 * side, "label2": side}


def evaluate_sentiment(model: SentimentModel, rows: Any, source: str) -> dict[str, float]:
    """Accuracies in percent that the label columns of `rows` allow.

    Parameters
    ----------
    rows
        A data set with the column ``text`` and at least one of ``label5``, ``label3``, ``label2``.
        Coarser labels that are not given follow from finer ones.
    source
        What errors call the data.

    Returns
    -------
    ``rows`` (texts read) and ``accuracy5``, ``accuracy3``, ``accuracy2`` as far as the labels allow.

    Raises
    ------
    DataError
        When there is no label column, an unknown label or an empty text.
    """
    present = {name: n for name, n in corpora.LABEL_COLUMNS.items() if name in rows.column_names}
    if not present:
        raise DataError(
            f"{source}: no label column; it needs one of {', '.join(corpora.LABEL_COLUMNS)} "
            f"(the columns are {', '.join(rows.column_names)})"
        )
    texts = corpora.texts_of(rows, "text", source)
    labels = {name: corpora.labels_of(rows, name, n, source) for name, n in present.items()}
    for name, classes in present.items():
        for coarser in ("label3", "label2") if classes == 5 else ("label2",) if classes == 3 else ():
            if coarser not in labels:
                labels[coarser] = [_coarser(label, classes)[coarser] for label in labels[name]]
    logits = sentiment_logits(model, [_known(model, text) for text in texts])
    scores: dict[str, float] = {"rows": len(texts)}
    predictions = {"label3": _thirds(logits), "label2": second_side(logits)}
    if len(model.spec.classes) == 5:
        predictions = {"label5": logits.argmax(-1), **predictions}
    for name, predicted in predictions.items():
        pairs = [
            (p, t) for p, t in zip(predicted.tolist(), labels.get(name, ()), strict=False) if t is not None
        ]
        if pairs:
            scores[name.replace("label", "accuracy")] = 100 * sum(p == t for p, t in pairs) / len(pairs)
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
