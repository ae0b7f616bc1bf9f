"""Small random models and an independent step loop, for the tests of recorder, cells and trace."""

import functools
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.models.seq2seq_spec import TranslationSpec

ENGLISH = (
    "the soup was warm and the bread was fresh",
    "a slow train left the old station at noon",
    "my sister paints small boats near the harbour",
    "nobody liked the long speech about paper clips",
)
SPANISH = (
    "la sopa estaba caliente y el pan era fresco",
    "un tren lento dejó la vieja estación a mediodía",
    "mi hermana pinta barcos pequeños cerca del puerto",
    "a nadie le gustó el largo discurso sobre clips",
)


@functools.cache
def tokenizer(language: str = "en") -> Tokenizer:
    """A vocabulary learned from four sentences."""
    return Tokenizer.train(ENGLISH if language == "en" else SPANISH, 60)


def _lively(model: nn.Module) -> None:
    # Fresh weights give nearly flat gates and the same piece for ever: spread them out.
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
    model.eval()


def sentiment_model(**settings: object) -> SentimentModel:
    """A small sentiment model in evaluation mode."""
    spec = SentimentSpec(**({"cell": "lstm", "embedding": 6, "hidden": 5} | settings))
    model = SentimentModel(spec, tokenizer())
    _lively(model)
    return model


def translation_model(**settings: object) -> TranslationModel:
    """A small translation model in evaluation mode."""
    spec = TranslationSpec(**({"cell": "gru", "embedding": 6, "hidden": 8} | settings))
    model = TranslationModel(spec, tokenizer("es"), tokenizer("en"))
    _lively(model)
    return model


def loop(
    module: nn.RNNBase, x: Tensor, h: Tensor, c: Tensor | None, *, layer: int = 0, reverse: bool = False
) -> dict[str, Tensor]:
    """One layer, one direction, one step after another, written from PyTorch's documentation.

    It owes nothing to `rnnviz_core.cells.equations`; weights are looked up by PyTorch's own names.
    """
    suffix = f"_l{layer}" + "_reverse" * reverse
    weight: Mapping[str, Tensor] = {name: value.detach() for name, value in module.named_parameters()}
    zero = torch.zeros((), dtype=x.dtype)
    rows: list[dict[str, Tensor]] = []
    for x_t in x.flip(0) if reverse else x:
        from_input = weight[f"weight_ih{suffix}"] @ x_t + weight.get(f"bias_ih{suffix}", zero)
        from_state = weight[f"weight_hh{suffix}"] @ h + weight.get(f"bias_hh{suffix}", zero)
        row = _step(module.mode, from_input, from_state, h, c)
        h, c = row["hidden"], row.get("cell")
        if module.proj_size:
            row["unprojected"], h = h, weight[f"weight_hr{suffix}"] @ h
            row["hidden"] = h
        rows.append(row)
    if reverse:
        rows.reverse()
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


def _step(mode: str, a: Tensor, b: Tensor, h: Tensor, c: Tensor | None) -> dict[str, Tensor]:
    """The gates of one step, named as in a trace, from the two linear parts of all gates."""
    order = {"GRU": ("reset", "update", "candidate"), "LSTM": ("input", "forget", "candidate", "output")}
    names = order.get(mode, ("candidate",))
    parts = dict(zip(names, zip(a.chunk(len(names)), b.chunk(len(names)), strict=True), strict=True))
    row = {f"{name}_from_input": pair[0] for name, pair in parts.items()}
    row |= {f"{name}_from_state": pair[1] for name, pair in parts.items()}
    total = {name: pair[0] + pair[1] for name, pair in parts.items()}
    if mode == "GRU":
        reset = 1 / (1 + torch.exp(-total["reset"]))
        total["candidate"] = parts["candidate"][0] + reset * parts["candidate"][1]
    row |= {f"{name}_preactivation": value for name, value in total.items()}
    act = {name: 1 / (1 + torch.exp(-value)) for name, value in total.items() if name != "candidate"}
    act["candidate"] = total["candidate"].clamp(min=0) if mode == "RNN_RELU" else total["candidate"].tanh()
    if mode == "LSTM":
        assert c is not None
        act["cell"] = act["forget"] * c + act["input"] * act["candidate"]
        act["hidden"] = act["output"] * act["cell"].tanh()
    elif mode == "GRU":
        act["hidden"] = (1 - act["update"]) * act["candidate"] + act["update"] * h
    else:
        act["hidden"] = act["candidate"]
    return row | act
