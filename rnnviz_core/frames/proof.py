"""How a trace was verified, in words that go with its largest difference."""

from rnnviz_core.languages import N_, _
from rnnviz_core.tracing.trace import Trace

WORDS = {  # who told the states (`Trace.meta`) -> what was done again
    "kernel": N_("the gates were recomputed from torch’s own h"),
    "loop": N_("the states were computed again, step by step in double precision"),
}


def proof(trace: Trace) -> str:
    """What was computed again, and compared; traces of earlier versions are all of torch's kernels."""
    if not trace.definitions:  # nothing recurrent: a bag of words
        return _("the means were added up once more")
    return _(WORDS[trace.meta.get("oracle", "kernel")])
