"""The plain RNN (Elman, 1990), as PyTorch computes it."""

from rnnviz_core.languages import N_, filled

from .definition import HIDDEN, PREVIOUS_HIDDEN, Definition, Gate, Writer, state_weight
from .expressions import Call, Square, sign

NAMED = N_("an RNN")


def define(*, relu: bool = False, bias: bool = True) -> Definition:
    """PyTorch RNN: the candidate is the new state, nothing decides what to keep (Elman, 1990)."""
    function, new = "relu" if relu else "tanh", Gate("candidate", "g", "h")
    write = Writer("rnn", new, bias=bias, relu=relu)
    candidate = write.gate(
        new,
        Call(function, new.from_input + new.from_state),
        filled("The new content: input and old state added up, then {function}.", function=function),
    )
    write.state(
        HIDDEN, candidate, N_("The new state is the candidate: everything is rewritten at every step.")
    )
    slope = sign(HIDDEN) if relu else 1 - Square(HIDDEN)
    write.derivative(HIDDEN, PREVIOUS_HIDDEN, (slope, state_weight(new)))
    return write.definition()
