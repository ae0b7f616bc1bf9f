"""Commands that load a model: `trace` and `evaluate`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnnviz_core import limits, places
from rnnviz_core.errors import SpecError, TextError, TraceError
from rnnviz_core.search import USUAL_BEAM

from .importing import is_imported, trace_imported
from .output import print_json
from .tables import layout_of, layout_options

if TYPE_CHECKING:
    from rnnviz_core.tracing.trace import Trace

TRACE_ENDINGS = (".npz", ".parquet", ".csv")
OPTIONS = ("beam", "reference")  # of `trace`, for those tasks that have them


def checkpoints_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The folder in which ids are looked up."""
    return click.option(
        "--checkpoints",
        envvar="RNNVIZ_CHECKPOINTS",
        type=click.Path(path_type=Path),
        default=places.shipped,
        show_default="those shipped with RNNViz",
        show_envvar=True,
        help="Folder of trained models.",
    )(command)


def load(model: str, folder: Path) -> Any:
    """The model of an id in `folder`, or of a path to a checkpoint."""
    import torch

    from rnnviz_core.checkpoints import registry as checkpoints

    torch.set_num_threads(1)  # these models are too small to share between threads
    if model and Path(model).name == model and (folder / model).is_dir():
        return checkpoints.load(folder / model)
    if (Path(model) / checkpoints.SPEC).is_file():
        return checkpoints.load(model)
    return checkpoints.load(checkpoints.scan(folder).find(model).path)


beam_option = click.option(
    "--beam",
    type=click.IntRange(1, limits.BEAM),
    default=1,
    show_default=True,
    help="Translation: hypotheses kept per step.",
)


def refuse_without_search(ctx: click.Context, *options: str) -> None:
    """Raise `SpecError` for options that were given although the model searches for nothing."""
    for name in options:
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise SpecError(
                f"--{name.replace('_', '-')} belongs to translation; this model does not translate"
            )


@click.command(short_help="Run a model on a text and write the exact trace.")
@click.argument("model")
@click.argument("text", required=False)
@click.option("--input", "given", help="An imported network: the file that it reads (.csv, .npy, .txt).")
@click.option("--columns", help="An imported network: columns of the table, in the order of training.")
@click.option("--label", help="An imported network: column of the table that names the steps.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the trace: .npz or .parquet (both load again), or .csv.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--findings", "with_findings", is_flag=True, help="Say what stands out in the trace, too.")
@click.option(
    "--beam",
    type=click.IntRange(1, limits.BEAM),
    default=1,
    show_default=f"{USUAL_BEAM} for a translation",
    help="Translation: hypotheses kept per step.",
)
@click.option("--reference", help="Translation: a text the decoder is made to produce.")
@checkpoints_option
@click.pass_context
def trace(
    ctx: click.Context,
    model: str,
    text: str | None,
    given: str | None,
    columns: str | None,
    label: str | None,
    out: Path | None,
    as_json: bool,
    with_findings: bool,
    beam: int,
    reference: str | None,
    checkpoints: Path,
) -> None:
    """Run MODEL on TEXT; print the prediction and how exactly it was recorded.

    MODEL is an id that `models` lists, or the path of a checkpoint folder, or of one that `import` wrote.

    \b
    Examples:
      python -m rnnviz_core trace sentiment-lstm "not a good film"
      python -m rnnviz_core trace sentiment-lstm "not a good film" --out film.npz
      python -m rnnviz_core trace es-en-gru-bahdanau "Me gusta leer." --beam 5 --json
      python -m rnnviz_core trace sentiment-lstm "not a good film" --findings
    """
    if out is not None and out.suffix not in TRACE_ENDINGS:
        raise TraceError(f"{out.name!r} ends in {out.suffix!r}; choose one of {', '.join(TRACE_ENDINGS)}")
    if is_imported(model):
        if (given is None) == (text is None):
            raise TextError("give either the text or --input FILE for the imported network to read")
        trace_imported(model, text or given or "", columns, label, out, as_json)
        return
    if text is None and not (given or columns or label):
        raise click.UsageError("Missing argument 'TEXT'", ctx)
    if text is None or given or columns or label:
        raise TextError(
            "give the text; --input, --columns and --label belong to networks that `import` wrote"
        )
    network = load(model, checkpoints)
    from rnnviz_core.contracts.task import record
    from rnnviz_core.tracing import kernels

    kernels.use_exact_settings()
    recorded = record(network, text, **_options(ctx, network))
    if out is not None:
        recorded.save(out)
    if as_json:
        told = {"findings": [one.to_dict() for one in recorded.findings()]} if with_findings else {}
        print_json({**_answer(recorded), **told})
        return
    for name, value in _lines(recorded, out):
        click.echo(f"{name:<14}{value}")
    if with_findings:
        for one in recorded.findings():
            click.echo(f"{'finding':<14}{one.claim}")


def _options(ctx: click.Context, network: Any) -> dict[str, Any]:
    """The options of the network's task: as given, else its defaults, where nothing they exclude is given."""
    from rnnviz_core.contracts.task import names, task_of
    from rnnviz_core.contracts.task import task as of

    task = task_of(network)
    known = {option.name for option in task.options}
    given = {
        name: value
        for name, value in ctx.params.items()
        if name in OPTIONS and ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    }
    if odd := sorted(set(given) - known):
        owners = [name for name in names() if odd[0] in {option.name for option in of(name).options}]
        raise SpecError(f"--{odd[0]} belongs to {' and '.join(owners)}; this model is for {task.name}")
    return given or {option.name: option.default for option in task.options if option.default is not None}


def _answer(trace: "Trace") -> dict[str, Any]:
    """What `trace --json` prints."""
    from rnnviz_core.contracts.task import task

    return {
        "model": trace.model,
        "text": trace.text,
        "tokens": [token.text for token in trace.tokens[trace.time_axis()]],
        **task(trace.meta["task"]).describe(trace),
        "max_difference": trace.max_difference,
    }


def _lines(trace: "Trace", out: Path | None) -> list[tuple[str, str]]:
    """What `trace` prints for a person."""
    from rnnviz_core.contracts.task import task

    tokens = " ".join(token.text for token in trace.tokens[trace.time_axis()])
    lines = [("model", trace.model), ("text", trace.text), ("tokens", tokens)]
    lines += [("note", note) for note in trace.meta.get("notes", ())]
    lines += task(trace.meta["task"]).lines(trace)
    what = "gates recomputed against torch's own states" if trace.definitions else "means added up again"
    lines.append(("difference", f"{trace.max_difference:.1e} at most, {what}"))
    if out is not None:
        lines.append(("written", f"{out} ({out.stat().st_size:,} bytes)"))
    return lines


@click.command(short_help="Score a model on labelled texts or translated sentences.")
@click.argument("model")
@click.option(
    "--data",
    required=True,
    help="Table of texts (.tsv, .csv, .txt, .jsonl, or .gz of these), the stem of two files of pairs, or "
    "hub:NAME[:CONFIG].",
)
@click.option(
    "--split", default="test", show_default=True, help="Which rows, where there is a column `split`."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@beam_option
@click.option("--lowercase", is_flag=True, help="Translation: chrF without case (BLEU is given both ways).")
@click.option(
    "--by-length", is_flag=True, help="Translation: BLEU of short, middling and long sentences too."
)
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
    accuracies in percent; accuracy2 leaves out rows without a side.

    Translation: columns named by language code. Prints sacreBLEU, chrF and perplexity per piece.

    The options from --text-column to --no-header describe a table that is laid out differently.

    \b
    Examples:
      python -m rnnviz_core evaluate sentiment-lstm --data sentences.tsv.gz
      python -m rnnviz_core evaluate es-en-gru-bahdanau --data pairs.tsv --split test --beam 5 --json
    """
    network = load(model, checkpoints)
    from rnnviz_core.contracts.task import task_of
    from rnnviz_core.scoring.publishing import evaluate as score

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
@click.option(
    "--split", default="test", show_default=True, help="Which rows, where there is a column `split`."
)
@beam_option
@click.option(
    "--about",
    type=click.File(encoding="utf-8"),
    multiple=True,
    help="Markdown on the data and its licence, for the card; may be repeated.",
)
@click.option("--probe", help="Sentiment: a table of small test sets, one per value of its column `split`.")
@click.option("--everyday", help="Sentiment: a folder of everyday sentences, minimal pairs and facts.")
@click.option(
    "--trees", help="Sentiment, attention: labelled trees, whose words its weights are compared with."
)
@click.option("--opinions", help="The same: a table of sentences with `opinions`, spans of opinion words.")
@click.option("--also", multiple=True, help="Another split to report, or FILE@SPLIT; may be repeated.")
@click.option(
    "--floor",
    multiple=True,
    metavar="SCORE=VALUE",
    help="What a simple linear model reaches, to stand beside a score; may be repeated.",
)
@click.option(
    "--seed-run",
    "seeds",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A run that differs in its seed only; the best on validation is published. May be repeated.",
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
    """Score the best epoch of RUN on test data; write it, metrics.json and card.md into the checkpoints.

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
