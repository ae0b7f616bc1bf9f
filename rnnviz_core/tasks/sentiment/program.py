"""A verdict as a program in plain torch."""

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.contracts.program import ModelFiles, start
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.specs import Attention
from rnnviz_core.tracing.trace import Trace

_SENTIMENT = """{read}
logits = linear("output", vector)
probabilities = logits.softmax(-1)
for name, probability in zip({classes}, probabilities.tolist()):
    print(f"{{name:15}} {{probability:.4f}}")
"""

_POOL = """scores = linear("attention.score", torch.tanh(linear("attention.key", hidden)))[:, 0]
attention = scores.softmax(-1)
vector = attention @ hidden"""


def program(spec: SentimentSpec, trace: Trace, places: ModelFiles) -> str:
    """The program of `rnnviz_core.contracts.program`."""
    read = "vector = last" if spec.attention is Attention.NONE else _POOL
    if spec.cell is Cell.NONE:
        read = "vector = mean"
    head = start(spec, trace, places, embedding="embedding", hidden=spec.hidden)
    return head + _SENTIMENT.format(read=read, classes=spec.classes)
