"""From a finished run to a checkpoint others can use: test scores, metrics.json and card.md."""

import json
import shlex
from pathlib import Path
from typing import Any

from . import checkpoints, corpora
from .errors import DataError
from .evaluation import evaluate_sentiment, evaluate_translation
from .models import SentimentModel
from .runs import RUN
from .training import LOG

SCORE_NAMES = {
    "accuracy5": "accuracy, five classes (%)",
    "accuracy3": "accuracy, three classes (%)",
    "accuracy2": "accuracy, two sides (%)",
    "bleu": "BLEU",
    "bleu_lower": "BLEU, lower-cased",
    "chrf": "chrF",
    "perplexity": "perplexity per piece",
}
RECIPE = (
    "epochs",
    "batch",
    "optimizer",
    "rate",
    "schedule",
    "warmup",
    "weight_decay",
    "clip",
    "smoothing",
    "average",
    "seed",
)


def evaluate(
    model: checkpoints.Model,
    data: str,
    split: str | None,
    *,
    beam: int = 1,
    lowercase: bool = False,
    by_length: bool = False,
    quiet: bool = False,
) -> dict[str, Any]:
    """The scores of a model on a table or hub data set, as `evaluate` on the command line gives them."""
    if isinstance(model, SentimentModel):
        return evaluate_sentiment(model, corpora.load(data, split), data)
    pairs = corpora.pairs(data, split, (model.spec.source, model.spec.target))
    return evaluate_translation(
        model, pairs, beam=beam, lowercase=lowercase, by_length=by_length, quiet=quiet
    )


def evaluate_command(model_id: str, data: str, split: str | None, beam: int, *, folder: str = "DATA") -> str:
    """The command line that repeats an evaluation; data named by file only."""
    name = data if data.startswith(corpora.HUB) else f"{folder}/{Path(data).name}"
    words = ["python", "-m", "rnnviz_core", "evaluate", model_id, "--data", name]
    if split is not None:
        words += ["--split", split]
    if beam > 1:
        words += ["--beam", str(beam)]
    return shlex.join(words)


def publish(
    run: str | Path,
    folder: str | Path,
    data: str,
    split: str | None = "test",
    *,
    beam: int = 1,
    probe: str | None = None,
    about: str = "",
) -> Path:
    """Score a run's best checkpoint on test data and put it, with its card, among the checkpoints.

    Parameters
    ----------
    run
        The folder of a run made by `rnnviz_core.runs.execute`.
    folder
        Where checkpoints live; the model's folder is made in it.
    data, split, beam
        What the scores are measured on; `beam` for translation.
    probe
        Sentiment: a table of small test sets, one per value of its column ``split``; the card shows each.
    about
        Markdown on the data: source, licence, what to be careful of.

    Raises
    ------
    DataError
        When `run` holds no finished run.
    """
    run = Path(run)
    found = checkpoints.scan(run)
    if len(found.entries) != 1 or not (run / RUN).exists():
        raise DataError(f"{run}: no run with one checkpoint is here; train one into it first")
    entry = found.entries[0]
    model = checkpoints.load(entry.path)  # in half precision, as it will be shipped
    scores = evaluate(model, data, split, beam=beam, by_length=True)
    metrics: dict[str, Any] = {
        **entry.metrics,
        "scores": {name: round(scores[name], 2) for name in SCORE_NAMES if name in scores},
        "rows": scores["rows"],
        "evaluated_on": f"{Path(data).name}, split {split}",
        "evaluate": evaluate_command(entry.id, data, split, beam),
    }
    if probe is not None:
        metrics["probes"] = _probes(model, entry.id, probe)
    if "by_length" in scores:
        metrics["by_length"] = [
            {"name": name, "rows": part["rows"], "bleu_lower": round(part["bleu_lower"], 2)}
            for name, part in scores["by_length"].items()
        ]
    if "signature" in scores:
        metrics["signature"] = scores["signature"]
    epochs = len((run / LOG).read_text().splitlines())
    card = write_card(entry, json.loads((run / RUN).read_text()), metrics, epochs, about)
    return checkpoints.save(model, Path(folder) / entry.id, metrics, card)


def _probes(model: checkpoints.Model, model_id: str, probe: str) -> list[dict[str, Any]]:
    """The two-sided accuracy on each split of a table, with the command that repeats it."""
    rows = corpora.load(probe)
    corpora.require(rows, ["split"], probe)
    found = []
    for split in dict.fromkeys(rows["split"]):
        scores = evaluate(model, probe, split)
        command = evaluate_command(model_id, probe, split, 1, folder="tests/material")
        row = {"name": split, "rows": scores["rows"], "accuracy2": round(scores["accuracy2"], 2)}
        found.append({**row, "evaluate": command})
    return found


def write_card(
    entry: checkpoints.Entry, run: dict[str, Any], metrics: dict[str, Any], epochs: int, about: str
) -> str:
    """The model card as Markdown, every figure taken from the run and its evaluation."""
    spec = entry.spec
    shape = f"{spec.layers} layer{'s' * (spec.layers > 1)} of {spec.hidden} units, embedding {spec.embedding}"
    rows = [f"| {SCORE_NAMES[name]} | {score:.2f} |" for name, score in metrics["scores"].items()]
    recipe = [f"| {name.replace('_', ' ')} | {run['config'][name]} |" for name in RECIPE]
    lines = [
        f"# {entry.id}",
        "",
        f"Task: {spec.task}. Cell: {spec.cell}. Attention: {spec.attention}. {shape}"
        f"{', reading both ways' if spec.bidirectional else ''}. {entry.parameters:,} parameters.",
        "",
        "## Scores",
        "",
        f"On {metrics['evaluated_on']} ({metrics['rows']:,} rows), measured on the shipped",
        "half-precision weights:",
        "",
        "| figure | value |",
        "|---|--:|",
        *rows,
        "",
        "```",
        metrics["evaluate"],
        "```",
        "",
        *(f"Signature of {name}: `{text}`  " for name, text in metrics.get("signature", {}).items()),
        *_probe_lines(metrics.get("probes", [])),
        *_length_lines(metrics.get("by_length", []), metrics["evaluate"]),
        "## Data",
        "",
        about.strip() or "The data is not described.",
        "",
        "## Recipe",
        "",
        f"The epoch that was best on the validation split ({metrics['best_epoch']} of {epochs}) is kept. "
        "The test split was not used to choose anything.",
        "",
        "| setting | value |",
        "|---|--:|",
        *recipe,
        "",
        "`DATA` stands for the folder that holds the data set's files.",
        "",
        "```",
        metrics["command"],
        "```",
        "",
    ]
    return "\n".join(lines)


def _length_lines(lengths: list[dict[str, Any]], command: str) -> list[str]:
    """How much worse a translation model does on long sentences."""
    if not lengths:
        return []
    rows = [f"| {part['name']} | {part['rows']} | {part['bleu_lower']:.2f} |" for part in lengths]
    return [
        "## Where it fails",
        "",
        "Lower-cased BLEU by the length of the source sentence:",
        "",
        "| source | rows | BLEU, lower-cased |",
        "|---|--:|--:|",
        *rows,
        "",
        "```",
        f"{command} --by-length",
        "```",
        "",
    ]


def _probe_lines(probes: list[dict[str, Any]]) -> list[str]:
    """How the model does on our own sentences, kind by kind."""
    if not probes:
        return []
    rows = [f"| {probe['name']} | {probe['rows']} | {probe['accuracy2']:.2f} |" for probe in probes]
    return [
        "## Where it fails",
        "",
        "Accuracy between two sides on small sets of our own sentences; half of each set is positive:",
        "",
        "| sentences | rows | accuracy (%) |",
        "|---|--:|--:|",
        *rows,
        "",
        "```",
        *(probe["evaluate"] for probe in probes),
        "```",
        "",
    ]
