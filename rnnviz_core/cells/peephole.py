"""The LSTM with peepholes: its gates look at the cell, too (Gers & Schmidhuber, 2000; Gers et al., 2002)."""

from .definition import CELL, HIDDEN, PREVIOUS_CELL, Definition, Gate, Writer
from .expressions import Symbol, sigmoid, tanh

NAMED = "a peephole LSTM"


def define(*, bias: bool = True) -> Definition:
    """Input and forget gate look at the old cell, the output gate at the new one; each unit at its own.

    ``p`` is a weight per unit: peepholes connect a cell with its own gates only. The rows of the other
    weights stand in PyTorch's order of an LSTM.
    """
    i, f = Gate("input", "i", "i"), Gate("forget", "f", "f")
    g, o = Gate("candidate", "g", "g"), Gate("output", "o", "o")
    p_i, p_f, p_o = (Symbol(f"p_{gate.rows}", f"p_{{{gate.rows}}}") for gate in (i, f, o))
    write = Writer("peephole", i, f, g, o, bias=bias)
    total = "Token, old state and, through the peephole, the cell"
    take = write.gate(
        i,
        sigmoid(i.from_input + i.from_state + p_i * PREVIOUS_CELL),
        f"{i.meaning}.",
        total,
    )
    keep = write.gate(
        f,
        sigmoid(f.from_input + f.from_state + p_f * PREVIOUS_CELL),
        f"{f.meaning}.",
        total,
    )
    candidate = write.gate(g, tanh(g.from_input + g.from_state), f"{g.meaning}.")
    cell = write.state(
        CELL,
        keep * PREVIOUS_CELL + take * candidate,
        "The new cell: what is kept of the old one plus what is written.",
    )
    show = write.gate(
        o,
        sigmoid(o.from_input + o.from_state + p_o * cell),
        f"{o.meaning}.",
        total,
    )
    write.state(
        HIDDEN, show * tanh(cell), "The new state: tanh of the cell, as far as the output gate shows it."
    )
    return write.definition()
