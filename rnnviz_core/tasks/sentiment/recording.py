"""What a sentiment model computes on a text, recorded; and its answer with replaced attention weights."""

import torch
from torch import Tensor

from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.components import Encoded
from rnnviz_core.tracing.layers import Recording
from rnnviz_core.tracing.recording import batch_of_one, finished, record_encoder
from rnnviz_core.tracing.trace import Trace


def record(model: SentimentModel, text: str) -> Trace:
    """The trace of a verdict: the sites are listed in ``docs/traces.md``."""
    encoding = model.tokenizer.encode(text)
    ids, lengths = batch_of_one(encoding.ids)
    encoded = model.encode(ids, lengths)
    recording = Recording()
    if model.encoder is None:
        _record_means(recording, model.embedding(ids)[0], encoded.states[0])
    else:
        record_encoder(
            recording, model.stacks()["encoder"], model.embedding(ids)[0], encoded.states[0], "time"
        )
    vector, attended = model.read(encoded)
    if attended is not None:
        recording.add("attention.scores", attended.scores[0], "time")
        recording.add("attention.weights", attended.weights[0], "time")
        recording.add("attention.context", attended.context[0], "unit")
    logits = model.output(vector)[0]
    prefix_logits = model.output(_prefix_vectors(model, ids, encoded))
    probabilities = torch.softmax(logits, dim=-1)
    recording.add("readout.vector", vector[0], "unit")
    recording.add("readout.terms", model.output.weight * vector, "class", "unit")
    recording.add("readout.bias", model.output.bias.detach().clone(), "class")
    recording.add("readout.logits", logits, "class")
    recording.add("readout.probabilities", probabilities, "class")
    recording.add("readout.prefix_logits", prefix_logits, "time", "class")
    recording.add("readout.prefix_probabilities", torch.softmax(prefix_logits, dim=-1), "time", "class")
    classes = model.spec.classes
    return finished(
        model,
        encoding,
        recording,
        tokens={"time": encoding.tokens},
        labels={"class": classes},
        meta={"label": classes[int(probabilities.argmax())], "ordered": model.spec.ordered},
    )


def _record_means(recording: Recording, embedded: Tensor, means: Tensor) -> None:
    """The embeddings, and the check of their means: summed again in double precision, from the last token.

    That the sum is the same in another order is what a bag of words is about.
    """
    recording.add("encoder.embedding", embedded, "time", "dim")
    rows = embedded.double()
    total, after = rows.sum(0), rows.flip(0).cumsum(0).flip(0) - rows  # the sum of all, and of what follows
    again = (total - after) / torch.arange(1, len(rows) + 1).unsqueeze(-1)
    recording.compare("encoder.embedding", again.numpy(), means.numpy())


def _prefix_vectors(model: SentimentModel, ids: Tensor, encoded: Encoded) -> Tensor:
    """What the output layer would read if the text ended after each token: (time, unit)."""
    steps = ids.shape[1]
    if model.spec.bidirectional:  # reading from the right starts anew for every prefix
        return model.read(model.encode(ids.expand(steps, -1), torch.arange(1, steps + 1)))[0]
    if model.attention is None:
        return encoded.states[0]
    seen = torch.ones(steps, steps, dtype=torch.bool).tril()
    return model.attention(encoded.states.expand(steps, -1, -1), seen).context


def with_weights(model: SentimentModel, trace: Trace, weights: torch.Tensor) -> torch.Tensor:
    """Logits (1, class) when attention has the given weights, (1, time)."""
    ids = torch.tensor([[token.id for token in trace.tokens["time"]]])
    encoded = model.encode(ids, torch.tensor([ids.shape[1]]))
    return model.output((weights.unsqueeze(1) @ encoded.states).squeeze(1))
