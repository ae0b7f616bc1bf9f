"""`rnnviz diagnose`: what may be wrong with a network or with what it reads."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rnnviz_core.errors import TextError

from .importing import run, to_open
from .model import checkpoints_option, load
from .output import print_json

if TYPE_CHECKING:
    from rnnviz_core.diagnosis.symptoms import Report


@click.command(short_help="Look for what may be wrong with a network or its input.")
@click.argument("model")
@click.argument("texts", nargs=-1)
@click.option("--input", "given", help="Imported networks: the file to read (.csv, .tsv, .npy, .txt).")
@click.option("--columns", help="Imported networks: columns of the table, in the order of training.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead of text.")
@checkpoints_option
def diagnose(
    model: str,
    texts: tuple[str, ...],
    given: str | None,
    columns: str | None,
    as_json: bool,
    checkpoints: Path,
) -> None:
    """Run MODEL on TEXTS, or an imported network on --input, and list findings, the most certain first.

    MODEL is an id that `models` lists, the path of a checkpoint folder, a folder that `import` wrote, or
    a file that `import` opens.

    \b
    Examples:
      python -m rnnviz_core diagnose sentiment-lstm "not a good film" "a film that nobody needs"
      python -m rnnviz_core diagnose lstm_model.h5 --input prices.csv --columns Open,High,Low
    """
    from rnnviz_core.diagnosis.diagnose import examine
    from rnnviz_core.diagnosis.symptoms import together
    from rnnviz_core.tracing import kernels

    kernels.use_exact_settings()
    if imported := to_open(model, checkpoints):
        from rnnviz_core.importing.opening import open_network

        reads = [given] if given is not None else list(texts)
        if not reads:
            raise TextError("give what the network reads: --input FILE, or the numbers or text themselves")
        network = open_network(imported)
        traces: dict[str, list[object]] = {}
        for one in reads:
            network, recorded = run(network, one, columns, None)
            for name, trace in recorded.items():
                traces.setdefault(name, []).append(trace)
        found = together([examine(rows) for rows in traces.values()])
    elif not texts:
        raise TextError("give at least one text for the network to read")
    else:
        found = examine(load(model, checkpoints), list(texts))
    if as_json:
        print_json([finding.to_dict() for finding in found.findings])
        return
    _print(found)


def _print(found: "Report") -> None:
    if not found.findings:
        click.echo(
            "nothing found: none of the detectors saw a sign of a fault, which is no proof that there is none"
        )
        click.echo("looked for, and how near each came to a finding:")
        for row in found.nearest():
            near = "not looked at" if row.share is None else f"{row.share:.0%}"
            click.echo(f"  {row.name:<30}{near:>14}  {row.said}")
    for number, finding in enumerate(found.findings):
        click.echo(f"{'' if number == 0 else chr(10)}{finding.name} ({finding.sure})")
        for name, value in (("seen", finding.claim), ("means", finding.meaning), ("try", finding.advice)):
            click.echo(f"  {name:<7}{value}")
