"""A module runs as it is: no setting of the process changes its numbers, and it is the same afterwards."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

_EXACT = ("none", "ieee")  # of torch's precisions of products of float32
_MKLDNN: Any = torch.backends.mkldnn
_PRODUCTS = (_MKLDNN.matmul, _MKLDNN.rnn)  # how exactly oneDNN multiplies, in matrices and recurrent layers
_NOTHING: AbstractContextManager[None] = contextlib.nullcontext()


def plain_numbers() -> AbstractContextManager[None]:
    """While it lasts, torch computes in the type of the weights, exactly, on the CPU.

    Put aside are ``torch.autocast``, ``torch.set_float32_matmul_precision`` and the finer settings behind it.
    Whether oneDNN computes, and on how many threads, stays as it is.
    """
    exact = _PRODUCTS[0].fp32_precision in _EXACT and _PRODUCTS[1].fp32_precision in _EXACT
    return _NOTHING if exact and not torch.is_autocast_enabled("cpu") else _put_aside()


@contextlib.contextmanager
def _put_aside() -> Iterator[None]:
    before = [one.fp32_precision for one in _PRODUCTS]
    try:
        for one in _PRODUCTS:
            one.fp32_precision = "ieee"
        with torch.autocast("cpu", enabled=False):
            yield
    finally:
        for one, precision in zip(_PRODUCTS, before, strict=True):
            one.fp32_precision = precision


def unchanged(module: nn.Module) -> AbstractContextManager[None]:
    """Afterwards the module is what it was, and meanwhile its weights stay the same.

    Spectral norm improves its estimate whenever a module in training mode computes its weights, and keeps it
    in a buffer; hooks may put new weights in their places. A plain module has neither.
    """
    plain = not (module._buffers or module._modules or module._forward_pre_hooks or module._forward_hooks)
    return _NOTHING if plain else _restored(module)


@contextlib.contextmanager
def _restored(module: nn.Module) -> Iterator[None]:
    buffers = [(buffer, buffer.clone()) for buffer in module.buffers()]
    tensors = {name: value for name, value in module.__dict__.items() if isinstance(value, Tensor)}
    lists = ("_flat_weights", "_flat_weight_refs")  # torch's own notes of which weights there are
    flat = {name: list(module.__dict__[name]) for name in lists if name in module.__dict__}
    try:
        with parametrize.cached():
            yield
    finally:
        for buffer, before in buffers:
            if not torch.equal(buffer, before):
                buffer.copy_(before)
        module.__dict__.update(tensors | flat)
