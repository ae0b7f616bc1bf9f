"""Single steps of a translation model's decoder for a few hypotheses, on numpy arrays: what a search needs.

Around a search's many small steps torch's calls cost more than the numbers. What is recorded is not this:
the model itself runs along the path that was found, and `recorder` compares the two.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz_core.models.attention import BahdanauAttention
from rnnviz_core.models.seq2seq import Memory, TranslationModel
from rnnviz_core.models.specs import Attention


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().numpy()


class Stepper:
    """A model's decoder over the memory of one sentence; weights are views of the model's own."""

    def __init__(self, model: TranslationModel, memory: Memory) -> None:
        stack, self._kind = model.stacks()["decoder"], model.spec.attention
        self._cell = stack.definition()
        self._layers = [
            {name: _array(weight) for name, weight in stack.weights(layer).items()}
            for layer in range(stack.layers)
        ]
        self._extra = [{name: layer[name] for name in self._cell.extra} for layer in self._layers]
        self._embedding, self._bias = _array(model.target_embedding.weight), _array(model.output_bias)
        self._readout = _array(model.readout.weight), _array(model.readout.bias)
        there = memory.mask[0]
        self._keys, self._projected = _array(memory.keys[0, there]), _array(memory.projected[0, there])
        attention = model.attention
        if isinstance(attention, BahdanauAttention):
            self._query, self._score = _array(attention.query.weight), _array(attention.score.weight)[0]
        elif attention is None:
            self._fix(_array(memory.context[:1]), model.spec.embedding)
        pair = memory.state if isinstance(memory.state, tuple) else (memory.state,)
        self.contexts: list[np.ndarray] = []  # what attention found at each step so far: (row, unit)
        self.first = np.stack([_array(one[:, :1]) for one in pair])  # (state, layer, row, unit)

    def _fix(self, context: np.ndarray, embedding: int) -> None:
        """Without attention all steps read the same context: multiply it once."""
        first = self._layers[0]
        weight, bias = first["W_i"], first["b_i"]
        fixed = bias + product(context, weight[:, embedding:])[0]
        self._layers[0] = {**first, "W_i": weight[:, :embedding], "b_i": fixed}
        weight, bias = self._readout
        size = context.shape[1]
        self._readout = weight[:, size:], bias + product(context, weight[:, :size])[0]

    @np.errstate(over="ignore")  # of gates that are shut
    def step(self, ids: list[int], states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read a piece in each row.

        Parameters
        ----------
        ids
            The piece of each row.
        states
            (state, layer, row, unit): hidden and, for an LSTM, cell.

        Returns
        -------
        tuple
            Logits (row, vocab) and the new states.
        """
        x = embedded = self._embedding[ids]
        seen: list[np.ndarray] = []
        if self._kind is Attention.BAHDANAU:
            seen = [self._look(states[0, -1])]
            x = np.concatenate((embedded, *seen), axis=1)
        after = np.empty_like(states)
        for layer, weights in enumerate(self._layers):
            before, from_state = states[:, layer], None
            from_input = product(x, weights["W_i"]) + weights["b_i"]
            if self._cell.reads_state:
                from_state = product(before[0], weights["W_h"]) + weights["b_h"]
            after[:, layer] = self._cell.on_rows(from_input, from_state, *before, **self._extra[layer])
            x = after[0, layer]
        if self._kind is Attention.LUONG:
            seen = [self._look(x)]
            parts = (*seen, x)
        else:
            parts = (*seen, x, embedded)
        self.contexts += seen
        weight, bias = self._readout
        vector = np.tanh(product(np.concatenate(parts, axis=1), weight) + bias)
        return product(vector, self._embedding) + self._bias, after

    def _look(self, queries: np.ndarray) -> np.ndarray:
        """The context of each row, as `attention` finds it."""
        if self._kind is Attention.LUONG:
            scores = product(queries, self._projected)
        else:
            energy = np.tanh(product(queries, self._query)[:, np.newaxis] + self._projected)
            scores = np.einsum("rsw,w->rs", energy, self._score)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        return product(weights, self._keys.T)


# numpy's BLAS has a kernel for small products, where the processor has AVX-512: of a few rows with a
# matrix of weights in pieces it takes half of torch's time. It serves up to so many results, and beyond
# so many products BLAS would start threads.
_SMALL_KERNEL = torch.backends.cpu.get_cpu_capability() == "AVX512"
_RESULTS, _PRODUCTS = 1200, 2**18


def product(rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``rows @ weight.T`` for few rows."""
    count, width = rows.shape
    if not _SMALL_KERNEL:
        if count == 3:  # the usual beam; of four rows torch's product takes less time than of three
            return product(np.concatenate((rows, rows[:1])), weight)[:3]
        found: np.ndarray = functional.linear(torch.from_numpy(rows), torch.from_numpy(weight)).numpy()
        return found
    if count == 1:  # a product with one vector would be left to other kernels, and to threads
        return product(np.repeat(rows, 2, axis=0), weight)[:1]
    size = max(1, min(_RESULTS // count, _PRODUCTS // (count * width)))
    found = np.empty((count, len(weight)), rows.dtype)
    for start in range(0, len(weight), size):
        stop = start + size
        np.matmul(rows, weight[start:stop].T, out=found[:, start:stop])
    return found
