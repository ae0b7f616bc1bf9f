"""What an opened network computes, recorded: all steps once, and of them the part that a page shows."""

from dataclasses import replace

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError, TextError, TraceError
from rnnviz_core.importing.inputs import Read
from rnnviz_core.importing.network import Imported
from rnnviz_core.importing.sheet import Series
from rnnviz_core.inputs.steps import NO_PIECE, Token
from rnnviz_core.inputs.tokenizer import WORD_START
from rnnviz_core.languages import _, filled
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.tracing.window import window

from . import gradients, reading, runs
from .network import OpenedNetwork, OpenedTrace, Own

INPUTS, EMBEDDED = "encoder.inputs", "encoder.embedding"
UNKNOWN = ("<unk>", "<oov>", "[unk]", "unk")  # words that stand for those that a vocabulary lacks
NONE = -2  # the id of no piece at all


def record(network: Own, text: str) -> Trace:
    """The trace of what `text` asks for: see `reading`.

    Raises
    ------
    TextError
        When the network cannot read it, or all of it would take too much memory.
    TraceError
        When the recording fails its verification.
    """
    wanted = reading.parse(network, text)
    if isinstance(network, OpenedTrace):
        axis = network.trace.time_axis()
        return _part(network.trace, wanted, axis, keep=True)
    assert isinstance(network, OpenedNetwork), "there are these two"
    reading.count(network, text)  # says what is wrong with the steps
    run = network.run
    with run.lock:
        found = run.trace if run.text == wanted.whole else None
        if found is None:
            run.trace = None  # makes room before the next one needs it
            found = _whole(network, wanted)
            runs.keep(run, wanted.whole, found)
    return replace(_part(found, wanted, "time"), text=text.strip())


def _part(trace: Trace, wanted: reading.Request, axis: str, *, keep: bool = False) -> Trace:
    if wanted.last is None or axis != "time":
        return trace
    steps = len(trace.tokens[axis])
    end = min(wanted.last + 1, steps)
    first = min(wanted.first, end - 1)
    found = window(trace, first, end, axis)
    if found is trace:
        return trace
    values = {"first": first, "last": end - 1, "steps": steps}
    if keep:
        said = filled("Shown are the steps {first} to {last} of {steps}.", **values)
    else:
        said = filled(
            "Shown are the steps {first} to {last} of {steps}; the network reads all of them, and its "
            "answer is that to all.",
            **values,
        )
    notes = [*trace.meta.get("notes", ()), said]
    outputs = found.meta.get("outputs", 0) if end == steps and not found.reverses() else 0
    return replace(found, meta={**found.meta, "notes": notes, "first_step": first, "outputs": outputs})


def _whole(network: OpenedNetwork, wanted: reading.Request) -> Trace:
    """The run over all steps."""
    found, series = reading.read(network, wanted)
    check_size(network.imported, len(found.data))
    recorded = network.imported.record(found.data, found.tokens)
    if network.part not in recorded:
        raise TraceError(
            _(
                "{network} has no part {part}; it has {parts}",
                network=network.name,
                part=network.part,
                parts=", ".join(recorded),
            )
        )
    return finished(network, recorded[network.part], found, series)


def check_size(imported: Imported, steps: int) -> None:
    """Refuse a run that would record too much.

    Raises
    ------
    TextError
        Names the size and the limit.
    """
    rows = sum(len(layer.weights["weight_ih_l0"]) for layer in imported.recurrent)
    size = 4 * steps * 4 * rows  # of each row of the weights about four numbers are kept per step
    if size > limits.OWN_RUN_BYTES:
        raise TextError(
            _(
                "a run over {steps} steps would record about {size} bytes; the limit is {limit}: leave out "
                "{more} steps",
                steps=steps,
                size=size,
                limit=limits.OWN_RUN_BYTES,
                more=steps - limits.OWN_RUN_BYTES // max(16 * rows, 1),
            )
        )


def finished(network: OpenedNetwork, trace: Trace, found: Read, series: Series | None) -> Trace:
    """The trace as pages read it: with what went in, step by step, and the words of a vocabulary."""
    arrays, axes = dict(trace.arrays), dict(trace.axes)
    labels = {name: names for name, names in trace.labels.items() if name != "class"}
    arrays.pop("encoder.values", None), axes.pop("encoder.values", None)
    meta = {**trace.meta, "task": network.spec.task, "unknown_id": _unknown(network)}
    meta["activation"] = _activation(network.imported)
    meta["outputs"] = gradients.outputs(network.imported, network.part)
    along = trace.meta["steps"]
    tokens = trace.tokens["time"]
    if along == "all" or along:
        order = list(range(len(found.data))) if along == "all" else list(along)
        if network.imported.reads == "numbers":
            raw = np.asarray(found.data if series is None else series.values, np.float64)
            raw = raw.reshape(len(raw), -1)[order]
            arrays[INPUTS], axes[INPUTS] = raw, ("time", "dim")
            columns = found.columns or tuple(f"number {n + 1}" for n in range(raw.shape[1]))
            labels["dim"] = columns
            tokens = tuple(
                Token(_label(token.text, step), NO_PIECE, 0, 0, float(row[0]) if len(row) == 1 else None)
                for token, row, step in zip(tokens, raw, order, strict=True)
            )
            meta |= _scaling(series, raw.shape[1])
        else:
            tokens = tuple(replace(token, text=WORD_START + token.text) for token in tokens)
        if network.imported.reads == "ids" and network.direct() is not None:
            arrays[EMBEDDED], axes[EMBEDDED] = arrays["encoder.0.layer_input"], ("time", "dim")
    else:
        meta["notes"] = [*meta["notes"], filled("The steps of this part are none of the input's.")]
    return replace(
        trace, model=network.name, tokens={"time": tokens}, arrays=arrays, axes=axes, labels=labels, meta=meta
    )


def _activation(imported: Imported) -> str:
    """What the last layer ends in; empty where that is not known."""
    last = imported.layers[-1] if imported.layers else None
    options = last.options if last is not None else {}
    if last is not None and last.words == "Softmax":  # of ONNX
        return "softmax"
    return str(options.get("activation", options.get("function", "")))


def _label(text: str, step: int) -> str:
    return str(step) if text == f"step {step}" else text


def _scaling(series: Series | None, width: int) -> dict[str, object]:
    if series is None:
        return {"scaling": "none", "shift": [0.0] * width, "scale": [1.0] * width}
    shift, scale = series.shift_and_scale()
    return {"scaling": series.scaling, "shift": shift.tolist(), "scale": scale.tolist()}


def _unknown(network: OpenedNetwork) -> int:
    """The id of the word for those that the vocabulary lacks."""
    words = {word.lower(): number for number, word in enumerate(network.imported.vocabulary)}
    return next((words[name] for name in UNKNOWN if name in words), NONE)


def with_steps(trace: Trace) -> Trace:
    """A trace of a file as pages read it: its steps have names.

    Raises
    ------
    CheckpointError
        When it holds no step of anything that is read.
    """
    if not trace.layers() and EMBEDDED not in trace:
        raise CheckpointError(_("the trace holds no encoder: neither a recurrent layer nor an embedding"))
    first = "encoder.0.hidden" if trace.layers() else EMBEDDED
    if first not in trace:
        raise CheckpointError(_("the trace has no {site}: pages begin with it", site=first))
    axis, steps = trace.axes[first][0], len(trace[first])
    if axis in trace.tokens:
        return trace
    return replace(
        trace, tokens={**trace.tokens, axis: tuple(Token(str(n), NO_PIECE, 0, 0) for n in range(steps))}
    )
