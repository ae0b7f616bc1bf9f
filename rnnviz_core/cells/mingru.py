"""The minGRU (Feng et al., 2024, arXiv 2410.01201): a GRU whose gate and candidate read the input alone."""

from rnnviz_core.languages import N_

from .definition import HIDDEN, PREVIOUS_HIDDEN, Definition, Gate, Writer
from .expressions import sigmoid

NAMED = N_("a minGRU")


def define(*, bias: bool = True) -> Definition:
    """The paper's convention: update = 1 takes the new content, the other way round than in a PyTorch GRU.

    Nothing but the blend reads the old state, so all steps can be computed at once. The candidate is linear.
    """
    z = Gate("update", "z", "z", sense=N_("How much of the new content is taken"))
    n = Gate("candidate", "n", "n")
    write = Writer("mingru", z, n, bias=bias, reads_state=False)
    update = write.gate(z, sigmoid(z.from_input), f"{z.meaning}.", "What the input says")
    candidate = write.plain(
        n, n.from_input, N_("The new content: what the input says, as it is."), "What the input says, no more"
    )
    write.state(
        HIDDEN,
        (1 - update) * PREVIOUS_HIDDEN + update * candidate,
        N_("The new state: a blend of old state and new content, set by update."),
    )
    write.derivative(HIDDEN, PREVIOUS_HIDDEN, (1 - update, None))
    return write.definition()
