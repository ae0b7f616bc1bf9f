"""`rnnviz trace`: run a model on a text and write the exact trace."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnnviz_core import limits
from rnnviz_core.errors import SpecError, TextError, TraceError
from rnnviz_core.search import USUAL_BEAM

from .importing import to_open, trace_imported
from .model import checkpoints_option, load
from .output import print_json

if TYPE_CHECKING:
    from rnnviz_core.tracing.trace import Trace


TRACE_ENDINGS = (".npz", ".parquet", ".csv")
OPTIONS = ("beam", "reference")  # of `trace`, for those tasks that have them


@click.command(short_help="Run a model on a text and write the exact trace.")
@click.argument("model")
@click.argument("text", required=False)
@click.option("--input", "given", help="Imported networks: the file to read (.csv, .tsv, .npy, .txt).")
@click.option("--columns", help="Imported networks: columns of the table, in the order of training.")
@click.option("--label", help="Imported networks: column of the table that names the steps.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the trace: .npz or .parquet (both load again), or .csv.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--findings", "with_findings", is_flag=True, help="Also print what stands out in the trace.")
@click.option(
    "--beam",
    type=click.IntRange(1, limits.BEAM),
    default=1,
    show_default=f"{USUAL_BEAM} for a translation",
    help="Translation: hypotheses kept per step.",
)
@click.option("--reference", help="Translation: a text to force the decoder through (teacher forcing).")
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
    """Run MODEL on TEXT; print the prediction and how exact the recording is.

    MODEL is an id that `models` lists, the path of a checkpoint folder, a folder that `import` wrote, or a
    file that `import` opens, with or without its ending.

    \b
    Examples:
      python -m rnnviz_core trace sentiment-lstm "not a good film"
      python -m rnnviz_core trace sentiment-lstm "not a good film" --out film.npz
      python -m rnnviz_core trace es-en-gru-bahdanau "Me gusta leer." --beam 5 --json
      python -m rnnviz_core trace lstm_model --input prices.csv --columns Open,High,Low
      python -m rnnviz_core trace sentiment-lstm "not a good film" --findings
    """
    if out is not None and out.suffix not in TRACE_ENDINGS:
        raise TraceError(f"{out.name!r} ends in {out.suffix!r}; choose one of {', '.join(TRACE_ENDINGS)}")
    if imported := to_open(model, checkpoints):
        if (given is None) == (text is None):
            raise TextError("give either the text or --input FILE for the imported network to read")
        trace_imported(imported, text or given or "", columns, label, out, as_json)
        return
    if text is None and not (given or columns or label):
        raise click.UsageError("Missing argument 'TEXT'", ctx)
    if text is None or given or columns or label:
        raise TextError(
            f"{model} reads a text; --input, --columns and --label belong to networks that `import` opens"
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
    from rnnviz_core.frames.proof import proof

    tokens = " ".join(token.text for token in trace.tokens[trace.time_axis()])
    lines = [("model", trace.model), ("text", trace.text), ("tokens", tokens)]
    lines += [("note", note) for note in trace.meta.get("notes", ())]
    lines += task(trace.meta["task"]).lines(trace)
    lines.append(("difference", f"{trace.max_difference:.1e} at most, {proof(trace)}"))
    if out is not None:
        lines.append(("written", f"{out} ({out.stat().st_size:,} bytes)"))
    return lines
