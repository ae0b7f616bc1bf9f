"""The gated recurrent unit, as PyTorch computes it."""

from rnnviz_core.languages import N_

from .definition import HIDDEN, PREVIOUS_HIDDEN, Definition, Gate, Writer, state_weight
from .expressions import Square, sigmoid, tanh
from .meanings import GATES

NAMED = N_("a GRU")


def define(*, bias: bool = True) -> Definition:
    """PyTorch GRU: update = 1 keeps the old state; reset acts after the matrix product.

    Both as in Cho et al. (2014), arXiv 1406.1078v1, but for the biases. Its version 3 resets the state
    before the product. Chung et al. (2014), arXiv 1412.3555, do so too, and their update = 1 takes the new
    content.
    """
    r, z, n = Gate("reset", "r", "r"), Gate("update", "z", "z"), Gate("candidate", "n", "n")
    write = Writer("gru", r, z, n, bias=bias)
    reset = write.gate(r, sigmoid(r.from_input + r.from_state), f"{GATES['reset']}.")
    update = write.gate(z, sigmoid(z.from_input + z.from_state), f"{GATES['update']}.")
    candidate = write.gate(
        n,
        tanh(n.from_input + reset * n.from_state),
        N_("The new content: the input, and as much of the past as reset lets through."),
        "The input's part, and of the old state's part what reset lets through",
    )
    write.state(
        HIDDEN,
        (1 - update) * candidate + update * PREVIOUS_HIDDEN,
        N_("The new state: a blend of new content and old state, set by update."),
    )
    new = (1 - update) * (1 - Square(candidate))
    write.derivative(
        HIDDEN,
        PREVIOUS_HIDDEN,
        (update, None),
        ((PREVIOUS_HIDDEN - candidate) * update * (1 - update), state_weight(z)),
        (new * reset, state_weight(n)),
        (new * n.from_state * reset * (1 - reset), state_weight(r)),
    )
    return write.definition()
