"""The minGRU (Feng et al., 2024, arXiv 2410.01201): a GRU whose gate and candidate read the input alone."""

from .definition import HIDDEN, PREVIOUS_HIDDEN, Definition, Gate, Writer
from .expressions import sigmoid


def define(*, bias: bool = True) -> Definition:
    """The paper's convention: update = 1 takes the new content, the other way round than in a PyTorch GRU.

    Nothing but the blend reads the old state, so all steps can be computed at once. The candidate is linear.
    """
    z, n = Gate("update", "z", "z"), Gate("candidate", "n", "n")
    write = Writer("mingru", z, n, bias=bias, reads_state=False)
    update = write.gate(
        z, sigmoid(z.from_input), "How much of the new content is taken.", "What the token says"
    )
    candidate = write.state(n.activation, n.from_input, "The new content: what the token says, as it is.")
    write.state(
        HIDDEN,
        (1 - update) * PREVIOUS_HIDDEN + update * candidate,
        "The new state: a blend of old state and new content, set by update.",
    )
    return write.definition()
