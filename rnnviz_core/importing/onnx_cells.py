"""The nodes LSTM, GRU and RNN of ONNX as recurrent layers of ours.

ONNX orders an LSTM's rows input, output, forget, candidate, and a GRU's update, reset, candidate.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _

from .layers import Layer, cell_of

BLOCKS = {"LSTM": 4, "GRU": 3, "RNN": 1}
ROWS = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}  # i o f c to i f c o; z r h to r z n
DIRECTIONS = {"forward": 1, "reverse": 1, "bidirectional": 2}
USUAL = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}
PLACES = {"LSTM": ("gates", "content", "shown"), "GRU": ("gates", "content"), "RNN": ("content",)}
FUNCTIONS = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "softsign": "softsign",
    "softplus": "softplus",
    "hardsigmoid": "hard_sigmoid",
    "elu": "elu",
}


def text(value: Any) -> str:
    """A text of ONNX, which are bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def layer_of(kind: str, name: str, inputs: Sequence[Any], attributes: Mapping[str, Any]) -> Layer:
    """A node and its weights as a layer.

    Parameters
    ----------
    kind, name
        ``LSTM``, ``GRU`` or ``RNN``, and what the node is called.
    inputs
        As ONNX orders them: X, W, R, B, sequence_lens, initial_h, initial_c, P; None for those left out.
    attributes
        Of the node.

    Raises
    ------
    CheckpointError
        When its shapes do not fit each other, or its functions are not known.
    """
    direction = text(attributes.get("direction", "forward"))
    if direction not in DIRECTIONS:
        raise CheckpointError(
            _("{name} reads in the direction {direction!r:.20}", name=name, direction=direction)
        )
    count, blocks = DIRECTIONS[direction], BLOCKS[kind]
    kernel, back = (np.asarray(inputs[place], np.float32) for place in (1, 2))
    units = back.shape[-1]
    if (
        kernel.ndim != 3
        or kernel.shape[:2] != (count, blocks * units)
        or back.shape != (count, blocks * units, units)
    ):
        raise CheckpointError(
            _(
                "{name} has weights of the shapes {shape} and {other}; they do not fit",
                name=name,
                shape=kernel.shape,
                other=back.shape,
            )
        )
    bias = _optional(inputs, 3)
    if bias is not None and bias.shape != (count, 2 * blocks * units):
        raise CheckpointError(_("{name} has biases of the shape {shape}", name=name, shape=bias.shape))
    options = _options(kind, name, attributes, count)
    coupled = bool(options.get("coupled"))
    before = bool(options.get("before"))
    peepholes = _optional(inputs, 7)
    if peepholes is not None and np.any(peepholes):
        options["peephole"] = True
    weights: dict[str, np.ndarray] = {}
    for side in range(count):
        end = f"_l0{'_reverse' * side}"
        parts = {"weight_ih": _rows(kernel[side], kind, coupled)}
        both = None if bias is None else np.split(bias[side], 2)
        if both is not None:
            parts["bias_ih"] = _rows(both[0], kind, coupled)
        rows, last = _rows(back[side], kind, coupled), None if both is None else _rows(both[1], kind, coupled)
        if before:
            parts |= {"weight_hh": rows[: 2 * units], "W_hn": rows[2 * units :]}
            if last is not None:
                parts |= {"bias_hh": last[: 2 * units], "b_hn": last[2 * units :]}
        else:
            parts["weight_hh"] = rows
            if last is not None:
                parts["bias_hh"] = last
        if options.get("peephole"):
            assert peepholes is not None
            names = ("p_i", "p_o") if coupled else ("p_i", "p_o", "p_f")
            parts |= dict(zip(names, np.split(peepholes[side], 3), strict=False))
        weights |= {f"{part}{end}": np.ascontiguousarray(array) for part, array in parts.items()}
    cell = cell_of(kind.lower(), "none" if bias is None else "two", **options)
    settings = {"cell": cell, "directions": count, "reverse": direction == "reverse", "merge": "concat"}
    return Layer(name, "recurrent", settings, weights, kind)


def _options(kind: str, name: str, attributes: Mapping[str, Any], count: int) -> dict[str, Any]:
    """The options of the cell's variant."""
    given = [text(one) for one in attributes.get("activations", ())] or list(USUAL[kind]) * count
    each = len(USUAL[kind])
    if len(given) != each * count or (count == 2 and given[:each] != given[each:]):
        raise CheckpointError(
            _(
                "{name} has the functions {given}; both directions must have the same",
                name=name,
                given=", ".join(given),
            )
        )
    alphas, betas = (list(attributes.get(f"activation_{which}", ())) for which in ("alpha", "beta"))
    functions = [_function(name, one, alphas, betas) for one in given[:each]]
    options: dict[str, Any] = dict(zip(PLACES[kind], functions, strict=True))
    if attributes.get("clip"):
        options["clip"] = float(attributes["clip"])
    if kind == "LSTM" and attributes.get("input_forget"):
        options["coupled"] = True
    if kind == "GRU" and not attributes.get("linear_before_reset"):
        options["before"] = True
    return options


def _function(name: str, given: str, alphas: list[float], betas: list[float]) -> str:
    found = FUNCTIONS.get(given.lower())
    if found is None or (alphas and found not in ("hard_sigmoid", "elu")):
        raise CheckpointError(
            _("{name} has the function {given}, which is not known", name=name, given=given)
        )
    if found == "hard_sigmoid" and (alphas or betas):
        slope, offset = (alphas or [0.2])[0], (betas or [0.5])[0]
        if abs(offset - 0.5) > 1e-6 or min(abs(slope - 0.2), abs(slope - 1 / 6)) > 1e-6:
            raise CheckpointError(
                _(
                    "{name} has a HardSigmoid of {slope:g} and {offset:g}, which is not known",
                    name=name,
                    slope=slope,
                    offset=offset,
                )
            )
        found = "hard_sigmoid" if abs(slope - 0.2) < 1e-6 else "hard_sigmoid_sixth"
    if found == "elu" and alphas and alphas[0] != 1:
        raise CheckpointError(
            _("{name} has an Elu of {alpha:g}, which is not known", name=name, alpha=alphas[0])
        )
    return found


def _optional(inputs: Sequence[Any], place: int) -> np.ndarray | None:
    if len(inputs) <= place or inputs[place] is None:
        return None
    return np.asarray(inputs[place], np.float32)


def _rows(array: np.ndarray, kind: str, coupled: bool) -> np.ndarray:
    """Blocks of rows from ONNX's order to PyTorch's; a coupled LSTM has no forget gate of its own."""
    parts = np.split(array, BLOCKS[kind])
    order = (0, 3, 1) if coupled else ROWS[kind]
    return np.concatenate([parts[place] for place in order])
