"""Networks of Keras 1, 2 and 3: ``.h5``, ``.keras``, and ``.weights.h5`` with the description as JSON.

The description says which layers there are; none of it is run. Gates are put into PyTorch's order, and
matrices transposed: Keras multiplies from the left, and orders a GRU's gates update, reset, candidate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import CheckpointError
from rnnviz_core.inputs.memory import File
from rnnviz_core.languages import N_, _, filled

from . import apart, keras_config, keras_graph, keras_nested, keras_weights
from .layers import ACTIVATIONS, Layer, cell_of
from .network import MERGES, Imported
from .several import SCORES

RECURRENT = {
    "LSTM": "lstm",
    "GRU": "gru",
    "SimpleRNN": "rnn",
    "CuDNNLSTM": "lstm",
    "CuDNNGRU": "gru",
}
# What a page asks for in other words.
ASK_CONFIG = N_("pass it with --config FILE, made by")
SAME = (
    *("InputLayer", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout"),
    *("ActivityRegularization", "Identity"),
)
FUNCTIONS = {"swish": "silu", "gelu": "gelu", "leaky_relu": ""}
CELL_FUNCTIONS = (
    *("linear", "relu", "relu6", "sigmoid", "tanh", "hard_sigmoid", "hard_sigmoid_sixth", "softsign"),
    *("softplus", "elu", "selu", "exponential", "silu"),
)


def open_keras(path: File, config: File | None = None) -> Imported:
    """A file of Keras as a network.

    Parameters
    ----------
    path
        ``.h5`` of a whole model, ``.keras``, or a file of weights alone.
    config
        The JSON of ``model.to_json()``, for weights alone.

    Raises
    ------
    CheckpointError
        When the file cannot be read, lacks its description, or is connected in ways that are not followed.
    """
    content = apart.read(path)
    text = content.files.get("config.json") or content.texts.get("", {}).get("model_config", "")
    if config is not None:
        text = _read_text(config)
    if not text:
        raise CheckpointError(
            # Translators: {ask} is “pass it with --config FILE, made by”; a line of Python follows.
            _(
                "{file} holds weights alone, without a description of the layers: {ask}",
                file=path.name,
                ask=_(ASK_CONFIG),
            )
            + '  open("config.json", "w").write(model.to_json())'
        )
    network = keras_config.parsed(text, path.name)
    version = keras_config.version(content, network)
    rows, listed = keras_config.layers(network, path.name)
    notes: list[str] = []
    kinds = dict.fromkeys(layer.kind for _path, layer in keras_nested.leaves(listed, path.name))
    if not any(kind in RECURRENT or kind == "Bidirectional" for kind in kinds):
        raise CheckpointError(
            _("{file} holds no recurrent layer (it holds {kinds})", file=path.name, kinds=", ".join(kinds))
        )
    weights = keras_weights.of_layers(content, listed, path.name)
    inputs = [row.name for row in listed if row.kind == keras_graph.INPUT]
    if len(inputs) > 1:
        notes.append(
            filled(
                "The network has {count} inputs ({inputs}); {read} is what is read here, and what also "
                "needs another is left out.",
                count=len(inputs),
                inputs=", ".join(inputs[:4]),
                read=rows[0].name,
            )
        )
    found = [_layer_of(row, weights.get(row.layer, ()), version, notes) for row in rows]
    reads, width = _input(rows, found)
    origin = f"Keras {version}" if version else "Keras"
    return Imported(path.name, origin, tuple(found), reads, width, tuple(dict.fromkeys(notes)))


def _layer_of(row: keras_graph.Row, weights: Sequence[np.ndarray], version: str, notes: list[str]) -> Layer:
    """A row of the description as a layer, with what it reads where that is not the one before alone."""
    if row.lacks:
        notes.append(
            filled(
                "{name} ({kind}) {lacks}: what does not need it is shown.",
                name=row.name,
                kind=row.kind,
                lacks=row.lacks,
            )
        )
        return Layer(
            row.name, "unknown", {}, {}, filled("{kind}, which {lacks}", kind=row.kind, lacks=row.lacks)
        )
    found = _Reader(row.kind, row.settings, row.name, weights, version, notes).layer()
    if not row.reads:
        return found
    return replace(found, options={**found.options, "from": [list(one) for one in row.reads]})


def _read_text(path: File) -> str:
    try:
        if path.stat().st_size > limits.IMPORT_CONFIG_BYTES:
            raise CheckpointError(
                _(
                    "{file} is larger than {limit} bytes, the limit",
                    file=path.name,
                    limit=limits.IMPORT_CONFIG_BYTES,
                )
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(_("{file} cannot be read: {error}", file=path.name, error=error)) from None


def _input(rows: Sequence[keras_graph.Row], found: Sequence[Layer]) -> tuple[str, int]:
    """Whether ids or numbers are read, and how many numbers per step."""
    for row, layer in zip(rows, found, strict=True):
        settings = row.settings
        if layer.kind == "embedding":
            return "ids", 0
        shape = settings.get("batch_shape") or settings.get("batch_input_shape")
        if isinstance(shape, list) and len(shape) == 3 and isinstance(shape[2], int):
            return "numbers", shape[2]
        if layer.kind == "recurrent":
            return "numbers", int(layer.weights["weight_ih_l0"].shape[1])
        if layer.kind == "conv":
            return "numbers", int(layer.weights["weight"].shape[1])
    return "numbers", 0


class _Reader:
    """One layer of Keras, with its weights in Keras's order."""

    def __init__(
        self,
        kind: str,
        settings: Mapping[str, Any],
        name: str,
        weights: Sequence[np.ndarray],
        version: str,
        notes: list[str],
    ) -> None:
        self.kind, self.settings, self.name, self.weights = kind, settings, name, list(weights)
        self.version, self.notes = version, notes

    def layer(self) -> Layer:
        """The layer as ours; ``unknown`` where there is none."""
        try:
            return self._layer()
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(
                _(
                    "{name} ({kind}) cannot be read: {error!r:.120}",
                    name=self.name,
                    kind=self.kind,
                    error=error,
                )
            ) from None

    def _layer(self) -> Layer:
        kind, get = self.kind, self.settings.get
        if kind in RECURRENT:
            return self._recurrent()
        if kind == "Bidirectional":
            return self._both()
        if kind == "TimeDistributed":
            inner = get("layer", {})
            one = _Reader(
                str(inner.get("class_name")),
                inner.get("config", {}),
                self.name,
                self.weights,
                self.version,
                self.notes,
            ).layer()
            return (
                one
                if one.kind in ("dense", "activation", "same")
                else self._unknown(f"TimeDistributed({one.words})")
            )
        if kind in SAME:
            return self._made("same")
        if kind == "Embedding":
            return self._made("embedding", {"table": self.weights[0]}, mask_zero=bool(get("mask_zero")))
        if kind == "Masking":
            return self._made("masking", value=float(get("mask_value", 0.0)))
        if kind in ("Dense", "TimeDistributedDense"):
            function = self._function(get("activation", "linear"))
            if function is None:
                return self._unknown(
                    filled("Dense with the activation {function!r:.40}", function=get("activation"))
                )
            parts = {"weight": self.weights[0].T}
            if len(self.weights) > 1:
                parts["bias"] = self.weights[1]
            return self._made("dense", parts, activation=function)
        if kind in keras_graph.MERGES:
            return self._merge()
        if kind == "Dot":
            axes = get("axes")
            both = axes if isinstance(axes, list) else [axes, axes]
            if len(both) != 2 or not all(isinstance(axis, int) and axis for axis in both):
                return self._unknown(filled("Dot along the axes {axes!r:.20}", axes=axes))
            return self._made("dot", axes=both, normalize=bool(get("normalize")))
        if kind in keras_graph.LOOKS:
            return self._attention()
        return self._other()

    def _merge(self) -> Layer:
        """Several layers as one: number by number, or one behind the other."""
        what, axis = keras_graph.MERGES[self.kind], self.settings.get("axis", -1)
        if what == "concatenate" and (not isinstance(axis, int) or axis == 0):
            return self._unknown(filled("Concatenate along the axis {axis!r:.20}", axis=axis))
        older = self.version.split(".")[0] in ("1", "2")
        return self._made(
            "merge", what=what, axis=axis if axis < 0 else axis - 1, masks="all" if older else "any"
        )

    def _attention(self) -> Layer:
        """Attention, with what a call may ask of it; `causal` was a setting before Keras 2.11."""
        get, additive = self.settings.get, self.kind == "AdditiveAttention"
        score = "additive" if additive else str(get("score_mode", "dot"))
        if score not in SCORES:
            return self._unknown(
                filled("{kind} with the score mode {score!r:.20}", kind=self.kind, score=get("score_mode"))
            )
        names = ["scale"] * bool(get("use_scale", additive)) + ["concat"] * (score == "concat")
        parts = dict(zip(names, self.weights, strict=True))
        causal = bool(get("use_causal_mask") or get("causal"))
        return self._made("attention", parts, score=score, causal=causal)

    def _other(self) -> Layer:
        kind, get = self.kind, self.settings.get
        if kind == "Activation":
            function = self._function(get("activation"))
            if function is None:
                return self._unknown(f"Activation {get('activation')!r:.40}")
            return self._made("activation", function=function)
        if kind == "Softmax":
            return self._made("activation", function="softmax")
        if kind == "ReLU" and get("max_value") is None and not get("negative_slope") and not get("threshold"):
            return self._made("activation", function="relu")
        if kind == "ELU" and float(get("alpha", 1.0)) == 1.0:
            return self._made("activation", function="elu")
        if kind == "LeakyReLU":
            return self._made("leaky_relu", slope=float(get("negative_slope", get("alpha", 0.3))))
        if kind == "PReLU" and self.weights[0].ndim == 1:
            return self._made("prelu", {"slope": self.weights[0]})
        if kind == "BatchNormalization":
            return self._batch_norm()
        if kind == "LayerNormalization":
            parts = dict(
                zip(
                    [*(["scale"] * bool(get("scale", True))), *(["offset"] * bool(get("center", True)))],
                    self.weights,
                    strict=True,
                )
            )
            return self._made("layer_norm", parts, epsilon=float(get("epsilon", 1e-3)))
        if kind in ("Conv1D", "Convolution1D"):
            return self._conv()
        if kind in ("MaxPooling1D", "AveragePooling1D"):
            size = _one(get("pool_size", get("pool_length", 2)))
            return self._made(
                "pool",
                what="max" if kind.startswith("Max") else "mean",
                size=size,
                stride=_one(get("strides", get("stride")) or size),
                padding=str(get("padding", get("border_mode", "valid"))),
            )
        if kind in ("GlobalMaxPooling1D", "GlobalAveragePooling1D"):
            return self._made("over_time", what="max" if "Max" in kind else "mean")
        if kind == "Flatten":
            return self._made("flatten")
        if kind == "Reshape":
            return self._made("reshape", shape=[int(size) for size in self.settings["target_shape"]])
        if kind == "RepeatVector":
            return self._made("repeat", times=int(self.settings["n"]))
        if kind == "Permute":
            return self._made("permute", axes=[int(axis) for axis in self.settings["dims"]])
        return self._unknown(str(get("_words", kind)))

    def _made(self, kind: str, weights: Mapping[str, np.ndarray] | None = None, **options: Any) -> Layer:
        plain = {key: np.ascontiguousarray(one, np.float32) for key, one in (weights or {}).items()}
        return Layer(self.name, kind, options, plain, self.kind)

    def _unknown(self, words: str) -> Layer:
        if words == "Lambda":
            words = filled("Lambda, whose Python code is not run")
        self.notes.append(
            filled(
                "{name} ({words}) is not known: what comes before it can be shown.",
                name=self.name,
                words=words,
            )
        )
        return Layer(self.name, "unknown", {}, {}, words)

    def _function(self, value: Any) -> str | None:
        """An activation under our name; None where there is none."""
        if isinstance(value, dict):
            value = (
                value.get("config", {}).get("name")
                if value.get("class_name") == "Activation"
                else value.get("class_name", value.get("config"))
            )
        name = "linear" if value is None else str(value)
        name = FUNCTIONS.get(name, name)
        if name == "hard_sigmoid" and self._third():
            name = "hard_sigmoid_sixth"
        return name if name in ACTIVATIONS else None

    def _third(self) -> bool:
        """Whether the file is of Keras 3, where hard_sigmoid is another function than before."""
        major = self.version.split(".")[0]
        if not major.isdecimal():
            self.notes.append(
                filled(
                    "The file does not say which Keras wrote it; hard_sigmoid is taken for that of Keras 3."
                )
            )
        return not major.isdecimal() or int(major) >= 3

    # --- recurrent layers ---------------------------------------------------------------------

    def _cell(self, settings: Mapping[str, Any], kind: str, biased: str) -> dict[str, Any] | None:
        """The cell of a recurrent layer, or None where its functions are not known."""
        first = "inner_activation" in settings or "output_dim" in settings  # Keras 1
        gates = settings.get("recurrent_activation", settings.get("inner_activation"))
        usual = "hard_sigmoid" if first else "sigmoid"
        functions = {"content": self._function(settings.get("activation", "tanh"))}
        family = RECURRENT[kind]
        if kind.startswith("CuDNN"):
            functions = {"content": "tanh"}
            gates = "sigmoid"
        if family != "rnn":
            functions["gates"] = self._function(gates if gates is not None else usual)
        if family == "lstm":
            functions["shown"] = functions["content"]
        if not all(function in CELL_FUNCTIONS for function in functions.values()):
            return None
        more: dict[str, Any] = {}
        if family == "gru":
            after = kind.startswith("CuDNN") or bool(settings.get("reset_after", False))
            more["before"] = not after
        return cell_of(family, biased, **functions, **more)

    def _recurrent(self) -> Layer:
        settings = self.settings
        parts, biased = keras_weights.of_cell(self.kind, self.weights, settings, self.name)
        options = self._options(settings, self.kind, biased)
        if options is None:
            return self._unknown(filled("{kind} with activations that are not known", kind=self.kind))
        weights = {f"{name}_l0": one for name, one in parts.items()}
        return self._made("recurrent", weights, **options, directions=1, merge="concat")

    def _both(self) -> Layer:
        inner = self.settings["layer"]
        kind, settings = str(inner.get("class_name")), dict(inner["config"])
        merge = self.settings.get("merge_mode", "concat")
        if kind not in RECURRENT or merge not in MERGES:
            return self._unknown(
                filled("Bidirectional({kind}) with the merge mode {merge!r:.20}", kind=kind, merge=merge)
            )
        half = len(self.weights) // 2
        parts: dict[str, np.ndarray] = {}
        biased = "none"
        for end, weights in (("", self.weights[:half]), ("_reverse", self.weights[half:])):
            one, biased = keras_weights.of_cell(kind, weights, settings, self.name)
            parts |= {f"{name}_l0{end}": array for name, array in one.items()}
        settings["go_backwards"] = False
        options = self._options(settings, kind, biased)
        if options is None:
            return self._unknown(
                filled("Bidirectional({kind}) with activations that are not known", kind=kind)
            )
        options["zero_output"] = bool(options["sequences"])
        return self._made("recurrent", parts, **options, directions=2, merge=str(merge))

    def _options(self, settings: Mapping[str, Any], kind: str, biased: str) -> dict[str, Any] | None:
        cell = self._cell(settings, kind, biased)
        if cell is None:
            return None
        if settings.get("stateful"):
            self.notes.append(
                filled("{name} is stateful: every input begins with a state of zeros here.", name=self.name)
            )
        return {
            "cell": cell,
            "sequences": bool(settings.get("return_sequences", False)),
            "backwards": bool(settings.get("go_backwards", False)),
            "zero_output": bool(settings.get("zero_output_for_mask", False)),
        }

    def _batch_norm(self) -> Layer:
        get, weights = self.settings.get, list(self.weights)
        gamma = weights.pop(0) if get("scale", True) else 1.0
        beta = weights.pop(0) if get("center", True) else 0.0
        mean, variance = (one.astype(np.float64) for one in weights[:2])
        scale = gamma / np.sqrt(variance + float(get("epsilon", 1e-3)))
        return self._made("affine", {"scale": scale, "offset": beta - mean * scale})

    def _conv(self) -> Layer:
        get, kernel = self.settings.get, self.weights[0]
        if kernel.ndim == 4 and kernel.shape[1] == 1:  # Keras 1: (window, 1, in, out)
            kernel = kernel[:, 0]
        if kernel.ndim != 3 or get("groups", 1) != 1:
            return self._unknown(filled("Conv1D with groups"))
        function = self._function(get("activation", "linear"))
        if function is None:
            return self._unknown(
                filled("Conv1D with the activation {function!r:.40}", function=get("activation"))
            )
        parts = {"weight": kernel.transpose(2, 1, 0)}
        if len(self.weights) > 1:
            parts["bias"] = self.weights[1]
        return self._made(
            "conv",
            parts,
            stride=_one(get("strides", get("subsample_length", 1))),
            dilation=_one(get("dilation_rate", 1)),
            padding=str(get("padding", get("border_mode", "valid"))),
            activation=function,
        )


def _one(value: Any) -> int:
    """A size that may stand in a list."""
    return int(value[0] if isinstance(value, list | tuple) else value)
