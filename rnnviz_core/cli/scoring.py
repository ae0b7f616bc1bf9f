"""`rnnviz evaluate` and `rnnviz publish`: score a model; score a finished run and ship it."""

from pathlib import Path
from typing import Any

import click

from rnnviz_core.errors import SpecError

from .model import beam_option, checkpoints_option, load, refuse_without_search
from .output import print_json
from .tables import layout_of, layout_options


@click.command(short_help="Score a model on test data.")
@click.argument("model")
@click.option(
    "--data",
    default="",
    help="Table of texts (.tsv, .csv, .txt, .jsonl, or .gz of these), the stem of two files of pairs, or "
    "hub:NAME[:CONFIG].",
)
@click.option("--split", default="test", show_default=True, help="Which rows, if there is a column `split`.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@beam_option
@click.option(
    "--lowercase", is_flag=True, help="Translation: also chrF without case (BLEU is given both ways)."
)
@click.option("--by-length", is_flag=True, help="Translation: also BLEU of short, medium and long sentences.")
@layout_options
@checkpoints_option
@click.pass_context
def evaluate(
    ctx: click.Context,
    /,
    model: str,
    data: str,
    split: str,
    as_json: bool,
    beam: int,
    lowercase: bool,
    by_length: bool,
    checkpoints: Path,
    **given: Any,
) -> None:
    """Score MODEL on a table.

    Sentiment: columns `text` and `label`, or `label5` (0..4), `label3` (0..2), `label2` (0/1). Prints
    accuracies in per cent; accuracy2 leaves out neutral rows.

    Translation: columns named by language code. Prints sacreBLEU, chrF and perplexity per piece.

    Forecast: the last column is the series. Prints the one-step RMSE beside that of baselines. Toy: no table.

    The options from --text-column to --no-quoted describe a table with another layout.

    \b
    Examples:
      python -m rnnviz_core evaluate sentiment-lstm --data sentences.tsv.gz
      python -m rnnviz_core evaluate es-en-gru-bahdanau --data pairs.tsv --split test --beam 5 --json
    """
    network = load(model, checkpoints)
    from rnnviz_core.contracts.task import task_of
    from rnnviz_core.scoring.publishing import evaluate as score

    if task_of(network).reads_data and not data:
        raise SpecError(f"--data is missing; name the table that {network.name} is to be scored on")
    translation = bool(task_of(network).options)
    if not translation:
        refuse_without_search(ctx, "beam", "lowercase", "by_length")
    layout = layout_of(given, translation=translation)
    scores = score(network, data, split, beam=beam, lowercase=lowercase, by_length=by_length, layout=layout)
    if as_json:
        print_json(scores)
        return
    for name, value in scores.items():
        if isinstance(value, dict):
            for part, found in value.items():
                match found:
                    case dict():
                        found = f"{found['bleu_lower']:.2f} ({found['rows']} rows)"
                    case float():
                        found = f"{found:.1f} %"
                click.echo(f"{name:<14}{part}: {found}")
        else:
            click.echo(f"{name:<13} {value if isinstance(value, int) else format(value, '.2f')}")


def _score(rule: str) -> tuple[str, float]:
    """``accuracy2=82.5`` as name and number."""
    from rnnviz_core.contracts.task import score_names

    known = score_names()

    name, _, value = rule.partition("=")
    try:
        if name in known:
            return name, float(value)
    except ValueError:
        pass
    others = ", ".join(name for name in known if not name.startswith("accuracy"))
    raise SpecError(f"--floor {rule!r}: write SCORE=VALUE with accuracy2 to accuracy20, {others}")


@click.command(short_help="Score a finished run and put its model among the checkpoints.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", required=True, help="Table of the test texts, or hub:NAME[:CONFIG].")
@click.option("--split", default="test", show_default=True, help="Which rows, if there is a column `split`.")
@beam_option
@click.option(
    "--about",
    type=click.File(encoding="utf-8"),
    multiple=True,
    help="Markdown file on the data and its licence, for the card; may be repeated.",
)
@click.option(
    "--probe", help="Sentiment: a table of small test sets, one for each value of its column `split`."
)
@click.option("--everyday", help="Sentiment: a folder of everyday sentences, minimal pairs and facts.")
@click.option(
    "--trees", help="Sentiment, attention: labelled trees, to compare its weights with their words."
)
@click.option(
    "--opinions", help="Sentiment, attention: a table of sentences with `opinions`, spans of opinion words."
)
@click.option("--also", multiple=True, help="Another split to report, or FILE@SPLIT; may be repeated.")
@click.option(
    "--floor",
    multiple=True,
    metavar="SCORE=VALUE",
    help="The score of a simple linear model, shown beside the model's own; may be repeated.",
)
@click.option(
    "--seed-run",
    "seeds",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A run that differs only in its seed; the best on validation is published. May be repeated.",
)
@layout_options
@checkpoints_option
def publish(
    run: Path,
    data: str,
    split: str,
    beam: int,
    about: tuple[Any, ...],
    probe: str | None,
    everyday: str | None,
    trees: str | None,
    opinions: str | None,
    also: tuple[str, ...],
    floor: tuple[str, ...],
    seeds: tuple[Path, ...],
    checkpoints: Path,
    **given: Any,
) -> None:
    """Score the best epoch of RUN on test data; add it, metrics.json and card.md to the checkpoints.

    RUN is the folder that `train --out` wrote. The scores are those of the half-precision weights, as
    `evaluate` gives them; the card holds both commands. The app offers the model from its next start.

    \b
    Examples:
      python -m rnnviz_core publish runs/sentiment-lstm --data sentences.tsv.gz --about docs/data/sst.md \\
          --probe tests/material/sentences.tsv
      python -m rnnviz_core publish runs/es-en-gru-bahdanau --data pairs.tsv.gz --beam 5
    """
    from rnnviz_core.scoring import publishing

    layout = layout_of(given)
    test = publishing.Test(
        data,
        split,
        beam,
        also,
        probe,
        dict(_score(rule) for rule in floor),
        layout,
        everyday,
        trees,
        opinions,
    )
    words = "\n\n".join(file.read().strip() for file in about)
    folder = publishing.publish(run, checkpoints, test, seeds=seeds, about=words)
    click.echo((folder / "metrics.json").read_text(encoding="utf-8").rstrip())
    click.echo(f"written to {folder}", err=True)
