"""From finished runs to a checkpoint others can use: test scores, metrics.json and card.md."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints.cards import write_card
from rnnviz_core.contracts.task import score_names, task_of, task_of_spec
from rnnviz_core.errors import DataError
from rnnviz_core.inputs import corpora, likeness
from rnnviz_core.inputs.corpora import GUESS
from rnnviz_core.inputs.layout import Layout
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.models.specs import ModelSpec
from rnnviz_core.training import state
from rnnviz_core.training.fingerprint import Fingerprint, apart_from_seed, differences, of_settings


@dataclass(frozen=True)
class Test:
    """What a model is scored on, besides its test split.

    Parameters
    ----------
    data, split, beam
        What the scores are measured on; `beam` for translation.
    also
        More splits to report: of the same data, or ``FILE@SPLIT`` of other data that is laid out plainly.
    probe
        Sentiment: a table of small test sets, one per value of its column ``split``.
    floor
        Score -> what a simple linear model reaches on the same test; shown beside the scores.
    layout
        How the table of `data` is written; that of `probe` is guessed.
    everyday
        Sentiment: a folder of everyday sentences, minimal pairs and facts.
    trees, opinions
        Sentiment with attention: words with people's labels, to compare attention's weights with.
    """

    data: str
    split: str | None = "test"
    beam: int = 1
    also: tuple[str, ...] = ()
    probe: str | None = None
    floor: Mapping[str, float] | None = None
    layout: Layout = GUESS
    everyday: str | None = None
    trees: str | None = None
    opinions: str | None = None


def evaluate(
    model: checkpoints.Model,
    data: str,
    split: str | None,
    *,
    beam: int = 1,
    lowercase: bool = False,
    by_length: bool = False,
    quiet: bool = False,
    layout: Layout = GUESS,
) -> dict[str, Any]:
    """The scores of a model on a table or hub data set, as `evaluate` on the command line gives them."""
    return task_of(model).evaluate(
        model,
        data,
        split,
        layout=layout,
        beam=beam,
        lowercase=lowercase,
        by_length=by_length,
        quiet=quiet,
    )


def evaluate_command(
    model_id: str,
    data: str,
    split: str | None,
    beam: int,
    *,
    folder: str = "DATA",
    layout: Layout = GUESS,
) -> str:
    """The command line that repeats an evaluation; data named by file only."""
    name = data if data.startswith(corpora.HUB) else f"{folder}/{Path(data).name}"
    words = ["python", "-m", "rnnviz_core", "evaluate", model_id, "--data", name]
    if split is not None:
        words += ["--split", split]
    if beam > 1:
        words += ["--beam", str(beam)]
    return shlex.join([*words, *layout.options()])


def publish(
    run: str | Path,
    folder: str | Path,
    test: Test,
    *,
    seeds: Sequence[str | Path] = (),
    about: str = "",
) -> Path:
    """Score a run's best checkpoint on test data and put it, with its card, among the checkpoints.

    Parameters
    ----------
    run
        The folder of a run made by `rnnviz_core.training.runs.execute`.
    folder
        Where checkpoints live; the model's folder is made in it.
    test
        What is measured.
    seeds
        Runs of the same settings with other seeds: the run that is best on its validation split is
        published, and the card shows the test scores of all, with mean and standard deviation.
    about
        Markdown on the data: source, licence, what to be careful of.

    Raises
    ------
    DataError
        When a folder holds no finished run, or the runs differ in more than the seed.
    """
    runs = [_finished(path) for path in (run, *seeds)]
    for other in runs[1:]:
        if found := differences(_fingerprint(other), _fingerprint(runs[0])):
            raise DataError(f"the runs differ in more than their seed ({found}); publish them one by one")
    best = min(runs, key=lambda one: _rank(one[0].metrics["validation"]))
    entry, path = best
    model = checkpoints.load(entry.folder)  # in half precision, as it will be shipped
    metrics = {**entry.metrics, **measure(model, entry.id, test)}
    if seeds:
        metrics["seeds"] = [
            _seed(one, metrics["scores"] if one is best else None, test)
            for one in sorted(runs, key=lambda one: _settings_of(one[1])["config"]["seed"])
        ]
    epochs = max(state.finished(path), entry.metrics["best_epoch"])  # the state is written last
    card = write_card(entry, _settings_of(path), metrics, epochs, about)
    return checkpoints.save(model, Path(folder) / entry.id, metrics, card, shared=True)


def _finished(run: str | Path) -> tuple[checkpoints.Entry, Path]:
    run = Path(run)
    found = checkpoints.scan(run)
    if len(found.entries) != 1 or not (run / state.RUN).exists():
        raise DataError(f"{run}: no run with one checkpoint is here; train one into it first")
    kept = _kept(run)
    written = of_settings(_settings_of(run))
    if found_other := kept and differences({name: kept[name] for name in kept if name in written}, written):
        raise DataError(
            f"{run / state.RUN} does not hold the settings of the run beside it ({found_other}); "
            "train with these settings into another folder"
        )
    return found.entries[0], run


def _settings_of(run: Path) -> dict[str, Any]:
    return json.loads((run / state.RUN).read_text())


def _kept(run: Path) -> Fingerprint:
    """The fingerprint in a run's state; empty where there is none."""
    return state.kept_fingerprint(state.read_header(run) or {})


def _fingerprint(run: tuple[checkpoints.Entry, Path]) -> Fingerprint:
    """What seeds of one recipe have in common; the settings alone where the state says nothing."""
    return apart_from_seed(_kept(run[1]) or of_settings(_settings_of(run[1])))


def _rank(validation: dict[str, float]) -> float:
    """Lower is better: the negative accuracy where there is one, else the error, else the loss."""
    if "accuracy" in validation:
        return -validation["accuracy"]
    return validation["rmse"] if "rmse" in validation else validation["loss"]


def _seed(run: tuple[checkpoints.Entry, Path], known: dict[str, float] | None, test: Test) -> dict[str, Any]:
    """One run's seed, its validation figures and its test scores."""
    entry, path = run
    scores = known
    if scores is None:
        seed = checkpoints.load(entry.folder)
        found = evaluate(seed, test.data, test.split, beam=test.beam, layout=test.layout)
        scores = {name: round(found[name], 2) for name in score_names() if name in found}
    digits = 4 if "rmse" in entry.metrics["validation"] else 2  # errors of seeds may differ by thousandths
    validation = {name: round(value, digits) for name, value in entry.metrics["validation"].items()}
    return {"seed": _settings_of(path)["config"]["seed"], "validation": validation, "scores": scores}


def measure(model: checkpoints.Model, model_id: str, test: Test) -> dict[str, Any]:
    """Everything that is measured on the shipped weights, rounded as the card shows it."""
    known: dict[str, Any] = {"beam": test.beam, "layout": test.layout}
    scores = evaluate(model, test.data, test.split, by_length=True, **known)
    metrics: dict[str, Any] = {
        "scores": {name: round(scores[name], 2) for name in score_names() if name in scores},
        "rows": scores["rows"],
        "evaluated_on": f"{Path(test.data).name}, split {test.split}",
        "evaluate": evaluate_command(model_id, test.data, test.split, **known),
    }
    if "source" in model.tokenizers:
        metrics["usual"] = usual_of(model.spec, model.tokenizers["source"], test)
    if test.floor:
        metrics["floor"] = dict(test.floor)
    if "several_references" in scores:
        metrics |= {name: scores[name] for name in ("sources", "several_references")}
    if "by_length" in scores:
        metrics["by_length"] = [
            {"name": name, "rows": part["rows"], "bleu_lower": round(part["bleu_lower"], 2)}
            for name, part in scores["by_length"].items()
        ]
    if "by_probability" in scores:
        metrics["by_probability"] = probabilities(scores)
    if "by_level" in scores:
        metrics["by_level"] = [
            {"name": name, **{key: round(value, 2) for key, value in part.items()}}
            for name, part in scores["by_level"].items()
        ]
    if "peaks" in scores:
        metrics["peaks"] = {name: round(value, 1) for name, value in scores["peaks"].items()}
    if "signature" in scores:
        metrics["signature"] = scores["signature"]
    if test.also:
        metrics["also"] = [_other_split(model, model_id, test, split) for split in test.also]
    if test.probe is not None:
        metrics["probes"] = _probes(model, model_id, test.probe)
    if test.everyday is not None:
        everyday = task_of(model).everyday
        if everyday is None:
            raise DataError(f"{test.everyday}: a model for {model.spec.task} has no everyday sentences")
        metrics |= everyday(model, test.everyday)
    if test.trees is not None:
        pointing = task_of(model).pointing
        if pointing is None:
            raise DataError(f"{test.trees}: a model for {model.spec.task} is not compared with words' labels")
        metrics |= pointing(model, test.trees, test.opinions)
    if own := task_of(model).own:
        metrics["own"] = own(model)
    return metrics


def probabilities(scores: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How often a classifier was right at which probability, as ``metrics.json`` holds it."""
    return [{"name": name, **part} for name, part in scores["by_probability"].items()]


def usual_of(spec: ModelSpec, tokenizer: Tokenizer, test: Test) -> dict[str, int]:
    """How a model's tokenizer cuts the texts it is scored on: what is usual for them (`likeness.usual`)."""
    texts = task_of_spec(spec).texts(spec, test.data, test.split, test.layout)
    return likeness.usual(tokenizer, texts)


def _other_split(model: checkpoints.Model, model_id: str, test: Test, split: str) -> dict[str, Any]:
    file, own = corpora.own_split(split)
    data, split, layout = (file, own, GUESS) if own else (test.data, split, test.layout)
    known: dict[str, Any] = {"beam": test.beam, "layout": layout}
    found = evaluate(model, data, split, **known)
    return {
        **({"data": Path(file).name} if own else {}),
        "split": split,
        "rows": found["rows"],
        "scores": {name: round(found[name], 2) for name in score_names() if name in found},
        "evaluate": evaluate_command(model_id, data, split, **known),
    }


def _probes(model: checkpoints.Model, model_id: str, probe: str) -> list[dict[str, Any]]:
    """The accuracy on each split of a table, with the command that repeats it.

    It is the binary accuracy or, for classes without an order, that over all classes.
    """
    spec = model.spec
    probed = task_of_spec(spec).probed
    if probed is None:
        raise DataError(f"{probe}: a model for {spec.task} has no small test sets; leave out the probe")
    name = probed(spec)
    rows = corpora.load(probe)
    corpora.require(rows, ["split"], probe)
    found = []
    for split in dict.fromkeys(rows["split"]):
        scores = evaluate(model, probe, split)
        command = evaluate_command(model_id, probe, split, 1, folder="tests/material")
        if name not in scores:
            raise DataError(f"{probe}, split {split!r}: no row has a label that gives the {name}")
        row = {"name": split, "rows": scores["rows"], name: round(scores[name], 2)}
        found.append({**row, "evaluate": command})
    return found
