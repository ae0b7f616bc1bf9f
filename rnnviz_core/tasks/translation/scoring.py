"""BLEU, chrF and perplexity of a model's translations, and where its attention peaks while it decodes.

BLEU (Papineni et al. 2002) and chrF (Popović 2015) are sacreBLEU's (Post 2018), with its signatures.
"""

from collections.abc import Iterable
from typing import Any

import torch

from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.corpora import GUESS
from rnnviz_core.inputs.layout import Layout
from rnnviz_core.inputs.tokenizer import BOS, EOS
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.search import USUAL_BEAM
from rnnviz_core.search.beam import translate
from rnnviz_core.training.batches import Example

from . import alignment
from .examples import EXAMPLES
from .objective import translation_loss

LENGTHS = {"up to 5 words": (1, 5), "6 to 10 words": (6, 10), "over 10 words": (11, 10**9)}
SCORE_NAMES = {
    "bleu": "BLEU",
    "bleu_lower": "BLEU, lower-cased",
    "bleu_lower_all": "BLEU, lower-cased, against all references",
    "chrf": "chrF",
    "perplexity": "perplexity per piece",
}


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


def evaluate(
    model: TranslationModel,
    data: str,
    split: str | None,
    *,
    layout: Layout = GUESS,
    **options: Any,
) -> dict[str, Any]:
    """The scores on a table or hub data set; the options are those of `evaluate_translation`."""
    pairs = corpora.pairs(data, split, (model.spec.source, model.spec.target), layout=layout)
    return evaluate_translation(model, pairs, **options)


def texts(spec: TranslationSpec, data: str, split: str | None, layout: Layout) -> Iterable[str]:
    """The sentences that a model of this spec is scored on, each once."""
    return dict.fromkeys(corpora.pairs(data, split, (spec.source, spec.target), layout=layout).sources)


def own(model: TranslationModel) -> list[dict[str, str]]:
    """What it makes of the example sentences of the app, right or wrong."""
    sentences = (example.text for example in EXAMPLES.get((model.spec.source, model.spec.target), ()))
    return [{"text": text, "translation": translate(model, text, beam=USUAL_BEAM)} for text in sentences]
