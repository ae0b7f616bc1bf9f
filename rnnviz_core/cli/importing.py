"""`rnnviz import`: a network from a file of PyTorch, Keras or ONNX."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnnviz_core.errors import CheckpointError, TraceError

from .output import print_json

if TYPE_CHECKING:
    from rnnviz_core.importing.network import Imported
    from rnnviz_core.tracing.inside import Recorded

SHOWN = 8  # numbers of a prediction
ENDINGS = (".safetensors", ".pt", ".pth", ".keras", ".h5", ".hdf5", ".onnx")  # tried after a name without one


@click.command("import", short_help="Open a network from PyTorch, Keras or ONNX.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--input", "given", help="Its input: a .csv, .tsv, .npy or .txt file, or the text or numbers themselves."
)
@click.option("--columns", help="Columns of the table, in the order of training, separated by commas.")
@click.option("--label", help="Column of the table that names the steps.")
@click.option(
    "--vocabulary",
    type=click.Path(path_type=Path),
    help="The id of each word: .json (word to id, a list, or a Keras Tokenizer), or a word per line.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Keras: the JSON of the configuration, for a file of weights alone.",
)
@click.option("--prefix", default="", help="PyTorch: only weights whose names begin with this.")
@click.option("--cell", help="PyTorch: rnn, gru or lstm; by default inferred from the sizes.")
@click.option(
    "--nonlinearity", default="tanh", show_default=True, help="PyTorch: tanh or relu, for an nn.RNN."
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the network, and for the traces of --input."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def import_(
    file: Path,
    given: str | None,
    columns: str | None,
    label: str | None,
    vocabulary: Path | None,
    config: Path | None,
    prefix: str,
    cell: str | None,
    nonlinearity: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Open FILE and print its layers, what was assumed, and what cannot be shown. Nothing in it is executed.

    With --input the network runs, from its input to its prediction, and its recurrent layers are recorded.
    With --out it is saved in a folder that `trace` opens.

    \b
    Examples:
      python -m rnnviz_core import lstm_model.h5
      python -m rnnviz_core import lstm_model.h5 --input prices.csv --columns Open,High,Low --out prices
      python -m rnnviz_core import classifier.keras --vocabulary words.json --input "not a good film"
      python -m rnnviz_core import weights.pt --prefix encoder. --out encoder
    """
    from rnnviz_core.importing import opening
    from rnnviz_core.importing.inputs import with_vocabulary
    from rnnviz_core.tracing import kernels

    kernels.use_exact_settings()
    network = opening.open_network(file, config=config, prefix=prefix, cell=cell, nonlinearity=nonlinearity)
    if vocabulary is not None:
        network = with_vocabulary(network, vocabulary)
    recorded = None
    if given is not None:
        network, recorded = run(network, given, columns, label)
    if out is not None:
        opening.save(network, out)
        if recorded is not None:
            for number, trace in enumerate(recorded.values()):
                trace.save(out / f"trace-{number}.npz")
    report(network, recorded, as_json)
    if out is not None:
        click.echo(f"written to {out}", err=True)


def run(
    network: "Imported", given: str, columns: str | None, label: str | None
) -> "tuple[Imported, Recorded]":
    """The network with the names of its inputs, and what it makes of one."""
    from rnnviz_core.importing.inputs import read_input
    from rnnviz_core.importing.network import with_words

    names = [name.strip() for name in columns.split(",")] if columns else []
    read = read_input(given, network, names or network.columns, label)
    if read.columns:
        network = with_words(network, network.vocabulary, read.columns)
    return network, network.record(read.data, read.tokens)


def report(network: "Imported", recorded: "Recorded | None", as_json: bool) -> None:
    """Print what a network is, and what it made of an input."""
    if as_json:
        print_json(_values(network, recorded))
        return
    for name, value in _lines(network, recorded):
        click.echo(f"{name:<14}{value}")


def _values(network: "Imported", recorded: "Recorded | None") -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": network.name,
        "origin": network.origin,
        "reads": network.reads,
        "width": network.width,
        "parameters": network.parameters(),
        "layers": [{"name": one.name, "kind": one.kind, "words": one.words} for one in network.layers],
        "notes": list(network.notes if recorded is None else recorded.notes),
    }
    if recorded is not None:
        found["prediction"] = None if recorded.output is None else recorded.output.tolist()
        found["traces"] = list(recorded)
        found["max_difference"] = recorded.max_difference
    return found


def _lines(network: "Imported", recorded: "Recorded | None") -> list[tuple[str, str]]:
    read = (
        "ids, one per step"
        if network.reads == "ids"
        else f"{network.width or 'any number of'} numbers per step"
    )
    lines = [("network", f"{network.name}, from {network.origin}"), ("reads", read)]
    lines += [("layer", f"{one.name}: {one.words or one.kind}") for one in network.layers]
    lines.append(("parameters", f"{network.parameters():,}"))
    lines += [("note", note) for note in (network.notes if recorded is None else recorded.notes)]
    if recorded is None:
        return lines
    for name, trace in recorded.items():
        steps, units = trace["encoder.0.hidden"].shape
        lines.append(("recorded", f"{name}: {trace.meta['cell'].upper()}, {units} units, {steps} steps"))
    if recorded.output is not None:
        lines.append(("prediction", _shown(recorded.output)))
    difference = f"{recorded.max_difference:.1e} at most, gates recomputed against a loop in double precision"
    lines.append(("difference", difference))
    return lines


def _shown(output: Any) -> str:
    flat = output.reshape(-1)
    text = " ".join(f"{number:.6g}" for number in flat[:SHOWN])
    return text if len(flat) <= SHOWN else f"{text} … ({' × '.join(map(str, output.shape))} numbers)"


def to_open(model: str, checkpoints: Path) -> Path | None:
    """A folder that `import --out` wrote, or a file that `import` opens, also named without its ending.

    None for everything else, such as the id of a model in `checkpoints`.
    """
    from rnnviz_core.importing.opening import NETWORK

    if not model:
        return None
    path = Path(model)
    if (path / NETWORK).is_file() or path.is_file():
        return path
    if path.is_dir() or (checkpoints / model).is_dir():
        return None
    found = [one for ending in ENDINGS if (one := path.with_name(path.name + ending)).is_file()]
    if len(found) > 1:
        named = ", ".join(str(one) for one in found)
        raise CheckpointError(f"{model} may be any of {named}: name one with its ending")
    return found[0] if found else None


def trace_imported(
    model: Path, given: str, columns: str | None, label: str | None, out: Path | None, as_json: bool
) -> None:
    """`rnnviz trace` on such a folder or file."""
    from rnnviz_core.importing import opening
    from rnnviz_core.tracing import kernels

    kernels.use_exact_settings()
    network, recorded = run(opening.open_network(model), given, columns, label)
    if out is not None:
        if len(recorded) != 1:
            names = ", ".join(recorded)
            raise TraceError(
                f"{model} has {len(recorded)} traces ({names}); a file holds one: use import --out FOLDER"
            )
        next(iter(recorded.values())).save(out)
    report(network, recorded, as_json)
    if out is not None:
        click.echo(f"written to {out}", err=True)
