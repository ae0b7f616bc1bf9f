"""A model's card: Markdown in which every figure is taken from the run and its evaluation."""

import textwrap
from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from rnnviz_core.contracts.task import score_names, task_of_spec

from .agreement_card import agreement_lines
from .pointing_card import pointing_lines

if TYPE_CHECKING:
    from rnnviz_core.models.specs import ModelSpec

    from .registry import Entry

RECIPE = (
    *("epochs", "batch", "optimizer", "rate", "schedule", "warmup"),
    *("weight_decay", "clip", "smoothing", "average", "seed"),
)


def write_card(entry: "Entry", run: dict[str, Any], metrics: dict[str, Any], epochs: int, about: str) -> str:
    """The card of a model.

    Parameters
    ----------
    entry
        The checkpoint.
    run
        The settings of its run, as ``run.json`` holds them.
    metrics
        What `rnnviz_core.scoring.publishing.publish` measured.
    epochs
        How many the run lasted.
    about
        Markdown on the data.
    """
    spec, names = entry.spec, task_of_spec(entry.spec).score_names(entry.spec)
    shape = f"{spec.layers} layer{'s' * (spec.layers > 1)} of {spec.hidden} units, embedding {spec.embedding}"
    if not spec.layers:
        read = f"the mean of the embeddings ({spec.embedding} numbers)"
        shape = f"No recurrent layer: the output layer reads {read}"
    lines = [
        f"# {entry.id}",
        "",
        f"Task: {spec.task}. Cell: {spec.cell}. Attention: {spec.attention}. {shape}"
        f"{', bidirectional' if spec.bidirectional else ''}. {entry.parameters:,} parameters.",
        *_class_lines(spec),
        "",
        *_score_lines(metrics, names),
        *_seed_lines(metrics.get("seeds", []), names),
        *_everyday_lines(metrics),
        *agreement_lines(metrics.get("agreement", {}), entry.id),
        *pointing_lines(metrics.get("pointing", {}), entry.id),
        *_failure_lines(metrics),
        *_peak_lines(metrics.get("peaks", {}), metrics["evaluate"]),
        *_own_lines(metrics.get("own", [])),
        *probability_lines(metrics.get("by_probability", [])),
        *usual_lines(metrics.get("usual", {})),
        "## Data",
        "",
        about.strip() or "The data is not described.",
        "",
        "## Recipe",
        "",
        f"The epoch that was best on the validation split ({metrics['best_epoch']} of {epochs}) is kept. "
        f"{task_of_spec(spec).untouched}",
        "",
        "| setting | value |",
        "|---|--:|",
        *(f"| {name.replace('_', ' ')} | {run['config'][name]} |" for name in RECIPE),
        "",
        "`DATA` stands for the folder that holds the data set's files.",
        "",
        *_code(metrics["command"]),
    ]
    return "\n".join(lines)


def _code(*commands: str) -> list[str]:
    return ["```", *commands, "```", ""]


def _class_lines(spec: "ModelSpec") -> list[str]:
    """What a task says about the spec besides its sizes."""
    text = task_of_spec(spec).about(spec)
    return ["", _cell(text)] if text else []


def _score_lines(metrics: dict[str, Any], names: Mapping[str, str]) -> list[str]:
    """The scores, beside those of a linear model where they are known, and those on other splits."""
    floor: Mapping[str, float] = metrics.get("floor", {})
    extra = (" linear model |", "--:|") if floor else ("", "")
    rows = []
    for name, score in metrics["scores"].items():
        beside = f" {floor[name]:.2f} |" if name in floor else " |" * bool(floor)
        rows.append(f"| {names[name]} | {score:.2f} |{beside}")
    lines = [
        "## Scores",
        "",
        f"On {metrics['evaluated_on']} ({metrics['rows']:,} rows), measured with the shipped",
        "half-precision weights:",
        "",
        f"| figure | value |{extra[0]}",
        f"|---|--:|{extra[1]}",
        *rows,
        "",
        *_code(metrics["evaluate"]),
    ]
    if several := metrics.get("several_references"):
        lines += [
            f"Of the {metrics['sources']:,} distinct sources, {several:,} have several references; "
            "“against all references” scores each source once, against all of its references.",
            "",
        ]
    for other in metrics.get("also", []):
        file = f"{other['data']}, " if "data" in other else ""
        lines += [
            f"On {file}split {other['split']} ({other['rows']:,} rows):",
            "",
            "| figure | value |",
            "|---|--:|",
            *(f"| {names[name]} | {score:.2f} |" for name, score in other["scores"].items()),
            "",
            *_code(other["evaluate"]),
        ]
    signatures = metrics.get("signature", {}).items()
    return [
        *lines,
        *(f"Signature of {name}: `{text}`  " for name, text in signatures),
        *[""][: len(signatures)],
    ]


def _seed_lines(seeds: list[dict[str, Any]], titles: Mapping[str, str]) -> list[str]:
    """The same recipe with several seeds: how much of a score is chance."""
    if not seeds:
        return []
    names = list(seeds[0]["scores"])
    kind = next(name for name in ("accuracy", "rmse", "loss") if name in seeds[0]["validation"])
    digits = 4 if kind == "rmse" else 2
    rows = [
        " | ".join(
            [f"| {run['seed']}", f"{run['validation'][kind]:.{digits}f}", *_cells(run["scores"], names)]
        )
        for run in seeds
    ]
    columns = {name: [run["scores"][name] for run in seeds] for name in names}
    for title, summary in (("mean", mean), ("standard deviation", stdev)):
        rows.append(
            " | ".join([f"| {title}", "", *(f"{summary(values):.2f}" for values in columns.values())])
        )
    return [
        "The same recipe with several seeds; the run with the best result on the validation split is the one",
        "that is shipped:",
        "",
        f"| seed | validation, {kind} | {' | '.join(titles[name] for name in names)} |",
        f"|---|--:|{'--:|' * len(names)}",
        *(f"{row} |" for row in rows),
        "",
    ]


def _cells(scores: dict[str, float], names: list[str]) -> list[str]:
    return [f"{scores[name]:.2f}" for name in names]


def _everyday_lines(metrics: dict[str, Any]) -> list[str]:
    """Our own everyday sentences, minimal pairs and facts."""
    if "pairs" not in metrics:
        return []
    everyday, pairs, facts = (metrics[name] for name in ("everyday", "pairs", "facts"))
    kinds = [f"{kind} {share:.0f}" for kind, share in everyday["kinds"].items()]
    missed = [f"{name} {right}/{of}" for name, (right, of) in pairs["families"].items() if 2 * right <= of]
    return [
        "## Everyday sentences",
        "",
        "Our own sentences, written before any training and not in any training set (`tests/material/own`):",
        "",
        "| sentences | rows | % |",
        "|---|--:|--:|",
        f"| everyday sentences: binary accuracy | {everyday['rows']} | {everyday['accuracy2']:.2f} |",
        f"| minimal pairs: both sentences right | {pairs['rows']} | {pairs['both']:.2f} |",
        f"| plain facts: predicted neutral | {facts['rows']} | {facts['neutral']:.2f} |",
        "",
        f"By topic (%): {', '.join(kinds)}.",
        f"Families in which at most half of the pairs are right: {', '.join(missed) or 'none'}.",
        "",
    ]


def _failure_lines(metrics: dict[str, Any]) -> list[str]:
    """Where it fails: on kinds of our own sentences, on long sources, or after high values."""
    if probes := metrics.get("probes"):
        about = "Binary accuracy on small sets of our own sentences; half of each set is positive:"
        figure = "accuracy2"
        if figure not in probes[0]:  # classes without an order are not negative or positive
            about = "Accuracy on small sets of sentences:"
            figure = next(name for name in probes[0] if name in score_names())
        head = "| sentences | rows | accuracy (%) |"
        rows = [f"| {probe['name']} | {probe['rows']} | {probe[figure]:.2f} |" for probe in probes]
        commands = [probe["evaluate"] for probe in probes]
    elif lengths := metrics.get("by_length"):
        about = "Lower-cased BLEU by the length of the source sentence:"
        head = "| source | rows | BLEU, lower-cased |"
        rows = [f"| {part['name']} | {part['rows']} | {part['bleu_lower']:.2f} |" for part in lengths]
        commands = [f"{metrics['evaluate']} --by-length"]
    elif levels := metrics.get("by_level"):
        about = "RMSE by the last value read; each group is a third of the test part:"
        head = "| last value | rows | RMSE (persistence) |"
        rows = [
            f"| {part['name']} | {part['rows']} | {part['rmse']:.2f} ({part['rmse_persistence']:.2f}) |"
            for part in levels
        ]
        commands = [metrics["evaluate"]]
    else:
        return []
    return ["## Where it fails", "", about, "", head, "|---|--:|--:|", *rows, "", *_code(*commands)]


def _peak_lines(peaks: dict[str, float], command: str) -> list[str]:
    """Whether attention looks at the word that is translated, or at one beside it."""
    if not peaks.get("words"):
        return []
    rows = [f"| {name} | {value:.1f} |" for name, value in peaks.items() if name != "words"]
    return [
        "## Where attention looks",
        "",
        f"Where attention peaks when a word is predicted whose source word is known, for the "
        f"{peaks['words']:.0f} words that are spelled alike in source and reference:",
        "",
        "| peak of attention | share (%) |",
        "|---|--:|",
        *rows,
        "",
        *_code(f"{command} --by-length"),
    ]


def _own_lines(own: list[dict[str, str]]) -> list[str]:
    """The output for the example sentences of the app, good or bad."""
    if not own:
        return []
    rows = [f"| {_cell(row['text'])} | {_cell(row['translation'])} |" for row in own]
    return [
        "## Our own sentences",
        "",
        "Its output for the example sentences of the app, right or wrong:",
        "",
        "| source | output |",
        "|---|---|",
        *rows,
        "",
    ]


def probability_lines(bands: Sequence[Mapping[str, Any]]) -> list[str]:
    """How often an answer is right, by the probability that the model gives it."""
    if not bands:
        return []
    rows = [(band["name"], band["rows"], 100 * band["right"] / band["rows"]) for band in bands]
    return [
        "## Calibration",
        "",
        "Its answers to the test texts, grouped by the probability of the predicted class. A calibrated",
        "model is right as often as that probability says:",
        "",
        "| probability of the answer | texts | right (%) |",
        "|---|--:|--:|",
        *(f"| {name} | {count:,} | {right:.1f} |" for name, count, right in rows),
        "",
    ]


def usual_lines(usual: Mapping[str, int]) -> list[str]:
    """The texts that the scores apply to."""
    if not usual:
        return []
    bounds = [
        f"{usual['pieces']} pieces",
        f"{usual['unknown']} % unknown pieces",
        f"{usual['lone']} % of their letters in pieces of one letter",
    ]
    if "short" in usual:
        bounds.append(f"{usual['short']} % in pieces of up to three letters of words that are split")
    text = (
        f"99 in 100 of the {usual['texts']:,} test texts have at most {', '.join(bounds[:-1])} and "
        f"{bounds[-1]}. The app marks texts beyond these limits: the scores say nothing about them."
    )
    return ["## Texts like the test texts", "", *textwrap.wrap(text, 100), ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
