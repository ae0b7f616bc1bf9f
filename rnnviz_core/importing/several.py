"""Layers of an imported network that read several others: merged values, dot products, attention.

Shapes are without a batch, as in `layers`.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from rnnviz_core.errors import CheckpointError
from rnnviz_core.languages import _

from .layers import Layer, Value, weight_of

HIDDEN = 1e9  # what Keras takes from a score that does not count
SMALL = 1e-7  # the least length by which Keras divides
SCORES = ("dot", "concat", "additive")
MERGED: dict[str, Callable[[Tensor], Tensor]] = {  # of values on top of each other
    "add": lambda rows: rows.sum(0),
    "subtract": lambda rows: rows[0] - rows[1],
    "multiply": lambda rows: rows.prod(0),
    "average": lambda rows: rows.mean(0),
    "maximum": lambda rows: rows.amax(0),
    "minimum": lambda rows: rows.amin(0),
}


def computed(layer: Layer, values: Sequence[Value]) -> tuple[Value, ...]:
    """What a layer makes of the values of several, as Keras computes it; of attention its weights, too.

    Raises
    ------
    CheckpointError
        When their shapes do not fit each other.
    """
    try:
        return SEVERAL[layer.kind](layer, values)
    except (RuntimeError, IndexError, ValueError) as error:
        raise CheckpointError(
            _(
                "{layer} ({words}) cannot merge {shapes}: {error}",
                layer=layer.name,
                words=layer.words,
                shapes=", ".join(str(tuple(value.data.shape)) for value in values),
                error=error,
            )
        ) from None


def _merged(layer: Layer, values: Sequence[Value]) -> tuple[Value, ...]:
    options = layer.options
    time = values[0].time if all(value.time == values[0].time for value in values) else ()
    if options["what"] == "concatenate":
        data = torch.cat([value.data for value in values], options["axis"])
        along = options["axis"] % data.dim() == 0 and data.dim() > 1
        if along:  # one sequence behind the other: rows are no steps of the input any more
            return (Value(data, _masks(values, options["masks"], along=True)),)
    else:
        data = MERGED[options["what"]](torch.stack(torch.broadcast_tensors(*(v.data for v in values))))
    return (Value(data, _masks(values, options["masks"], strict=options["what"] != "concatenate"), time),)


def _masks(values: Sequence[Value], how: str, *, along: bool = False, strict: bool = False) -> Tensor | None:
    """Which steps of merged values count.

    Keras 3 keeps a step that counts in any of them, and where it merges number by number no mask at all
    unless each has one (`strict`); before that a step had to count in all.
    """
    masks = [value.mask for value in values]
    if all(mask is None for mask in masks) or (strict and how == "any" and None in masks):
        return None
    whole = [
        torch.ones(len(value.data), dtype=torch.bool) if mask is None else mask
        for value, mask in zip(values, masks, strict=True)
    ]
    if along:
        return torch.cat(whole)
    stacked = torch.stack(whole)
    return stacked.any(0) if how == "any" else stacked.all(0)


def _dot(layer: Layer, values: Sequence[Value]) -> tuple[Value, ...]:
    """The product of two values along an axis of each, of vectors of length 1 if asked. It has no mask."""
    places = [axis if axis < 0 else axis - 1 for axis in layer.options["axes"]]  # Keras counts the batch, too
    places = [place % value.data.dim() for place, value in zip(places, values, strict=True)]
    sides = [value.data for value in values]
    if layer.options["normalize"]:
        sides = [
            side / side.norm(dim=place, keepdim=True).clamp(min=SMALL)
            for side, place in zip(sides, places, strict=True)
        ]
    found = torch.tensordot(sides[0], sides[1], dims=([places[0]], [places[1]]))
    steps = values[0].data.dim() > 1 and places[0] != 0
    return (Value(found if found.dim() else found.unsqueeze(0), None, values[0].time if steps else ()),)


def _attention(layer: Layer, values: Sequence[Value]) -> tuple[Value, ...]:
    """What is looked at by each step of the first value in the second, and by how much."""
    query, value = values[0].data, values[1].data
    key = values[2].data if len(values) > 2 else value
    scores = _scores(layer, query, key)
    seen = values[1].mask
    if layer.options["causal"]:
        before = torch.ones_like(scores, dtype=torch.bool).tril()
        seen = before if seen is None else before & seen
    if seen is not None:
        scores = torch.where(seen, scores, scores - HIDDEN)
    weights = scores.softmax(-1)
    found = weights @ value
    if values[0].mask is not None:
        found = found * values[0].mask.unsqueeze(-1)
    return Value(found, values[0].mask, values[0].time), Value(weights, None, values[0].time)


def _scores(layer: Layer, query: Tensor, key: Tensor) -> Tensor:
    """How well each step of `query` fits each of `key`: (query step, key step)."""
    scale = weight_of(layer, "scale") if "scale" in layer.weights else torch.ones(1)
    if layer.options["score"] == "dot":
        return query @ key.T * scale
    both = query.unsqueeze(1) + key.unsqueeze(0)
    if layer.options["score"] == "additive":
        return (scale * both.tanh()).sum(-1)
    return weight_of(layer, "concat") * (scale * both).tanh().sum(-1)


SEVERAL: dict[str, Callable[[Layer, Sequence[Value]], tuple[Value, ...]]] = {
    "merge": _merged,
    "dot": _dot,
    "attention": _attention,
}
