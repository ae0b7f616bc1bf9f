"""What a network computes on a sequence of symbols, recorded."""

import torch

from rnnviz_core.models.toy import ToyModel
from rnnviz_core.tracing.layers import Recording
from rnnviz_core.tracing.recording import batch_of_one, finished, record_encoder
from rnnviz_core.tracing.trace import Trace

from . import symbols


def record(model: ToyModel, text: str) -> Trace:
    """The trace of an answer: the sites are those of a verdict in ``docs/traces.md``."""
    encoding = symbols.read(model.spec, text)
    ids, _ = batch_of_one(encoding.ids)
    states = model.states(ids)[0]
    recording = Recording()
    record_encoder(recording, model.stacks()["encoder"], model.embedding(ids)[0], states, "time")
    vector, after = states[-1], model.output(states)
    logits = after[-1]
    probabilities = torch.softmax(logits, dim=-1)
    recording.add("readout.vector", vector.clone(), "unit")
    recording.add("readout.terms", model.output.weight * vector, "class", "unit")
    recording.add("readout.bias", model.output.bias.detach().clone(), "class")
    recording.add("readout.logits", logits.clone(), "class")
    recording.add("readout.probabilities", probabilities, "class")
    recording.add("readout.prefix_logits", after, "time", "class")
    recording.add("readout.prefix_probabilities", torch.softmax(after, dim=-1), "time", "class")
    answers = tuple(model.alphabet.answers)
    return finished(
        model,
        encoding,
        recording,
        tokens={"time": encoding.tokens},
        labels={"class": answers},
        meta={"label": answers[int(probabilities.argmax())], "ordered": False},
    )
