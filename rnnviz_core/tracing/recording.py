"""From a model and a text to a verified `Trace`: the model runs, then every gate is recomputed.

`record` reads the models of this project; `record_module` any ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``. How
gates are found and verified is in `rnnviz_core.tracing.layers`.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnviz_core import limits
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.inputs.tokenizer import BOS, EOS, Encoding, Tokenizer
from rnnviz_core.models.networks import (
    Decoded,
    Encoded,
    Memory,
    SentimentModel,
    State,
    TranslationModel,
)
from rnnviz_core.models.specs import Attention
from rnnviz_core.search.beam import Node, Search, beam_search

from .layers import Recording, Run, record_layers
from .module import record_module as record_module
from .trace import Token, Trace

Model = SentimentModel | TranslationModel


def record(model: Model, text: str, *, beam: int = 1, reference: str | None = None) -> Trace:
    """Run a model on a text and record everything it computes.

    Parameters
    ----------
    model
        A sentiment or translation model in evaluation mode. It is not changed.
    text
        What the model reads.
    beam
        Translation: hypotheses kept per step; the best one is recorded. 1 is greedy search.
    reference
        Translation: a text in the target language that the decoder is fed instead of its own output.

    Returns
    -------
    Trace
        The sites are listed in ``docs/traces.md``.

    Raises
    ------
    TextError
        When the text or the reference is empty or too long.
    SpecError
        When `beam` or `reference` do not fit the model, or each other.
    TraceError
        When this is no such model, it is in training mode, or the recording fails its verification.
    """
    _check_model(model)
    with torch.inference_mode():
        if isinstance(model, TranslationModel):
            if reference is not None and beam != 1:
                raise SpecError(f"a reference is fed to the decoder as it is; leave out the beam of {beam}")
            return _record_translation(model, text, beam, reference)
        if beam != 1 or reference is not None:
            odd = "a beam" if beam != 1 else "a reference"
            raise SpecError(f"{model.name} does not translate, so it has no use for {odd}; leave it out")
        return _record_sentiment(model, text)


def _check_model(model: object) -> None:
    if not isinstance(model, SentimentModel | TranslationModel):
        name = type(model).__name__
        raise TraceError(f"record reads the models of this project, not {name}; try record_module")
    if model.training:
        raise TraceError(f"{model.name} is in training mode; call .eval() first")


def _trace(model: Model, encoding: Encoding, recording: Recording, **rest: Any) -> Trace:
    spec = model.spec
    meta = {
        "task": str(spec.task),
        "cell": str(spec.cell),
        "attention": str(spec.attention),
        "layers": spec.layers,
        "bidirectional": spec.bidirectional,
        "notes": list(encoding.notes),
        **rest.pop("meta"),
    }
    return Trace(
        model=model.name,
        text=encoding.text,
        arrays=recording.arrays,
        axes=recording.axes,
        max_difference=recording.difference,
        meta=meta,
        **rest,
    )


def _batch_of_one(ids: list[int]) -> tuple[Tensor, Tensor]:
    return torch.tensor([ids]), torch.tensor([len(ids)])


def _states(state: State) -> dict[str, np.ndarray]:
    """PyTorch's state of a batch of one, by name: each (layers, unit)."""
    pair = state if isinstance(state, tuple) else (state,)
    return {name: one[:, 0].numpy() for name, one in zip(("hidden", "cell"), pair, strict=False)}


def _record_encoder(
    recording: Recording, encoder: torch.nn.RNNBase, embedded: Tensor, states: Tensor, axis: str
) -> None:
    """The embeddings and all layers of an encoder; `states` is what it returned for `embedded`."""
    rows = encoder.num_layers * (2 if encoder.bidirectional else 1)
    names = ("hidden", "cell") if encoder.mode == "LSTM" else ("hidden",)
    initial = {name: np.zeros((rows, encoder.hidden_size), embedded.numpy().dtype) for name in names}
    recording.add("encoder.embedding", embedded, axis, "dim")
    record_layers(recording, encoder, Run(embedded, states, initial), "encoder", axis)


# --- sentiment --------------------------------------------------------------------------------


def _record_sentiment(model: SentimentModel, text: str) -> Trace:
    encoding = model.tokenizer.encode(text)
    ids, lengths = _batch_of_one(encoding.ids)
    encoded = model.encode(ids, lengths)
    recording = Recording()
    _record_encoder(recording, model.encoder, model.embedding(ids)[0], encoded.states[0], "time")
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
    return _trace(
        model,
        encoding,
        recording,
        tokens={"time": encoding.tokens},
        labels={"class": classes},
        meta={"label": classes[int(probabilities.argmax())]},
    )


def _prefix_vectors(model: SentimentModel, ids: Tensor, encoded: Encoded) -> Tensor:
    """What the output layer would read if the text ended after each token: (time, unit)."""
    steps = ids.shape[1]
    if model.encoder.bidirectional:  # reading from the right starts anew for every prefix
        return model.read(model.encode(ids.expand(steps, -1), torch.arange(1, steps + 1)))[0]
    if model.attention is None:
        return encoded.states[0]
    seen = torch.ones(steps, steps, dtype=torch.bool).tril()
    return model.attention(encoded.states.expand(steps, -1, -1), seen).context


# --- translation ------------------------------------------------------------------------------


def _record_translation(model: TranslationModel, text: str, beam: int, reference: str | None) -> Trace:
    encoding = model.source_tokenizer.encode(text)
    ids, lengths = _batch_of_one(encoding.ids)
    memory = model.encode(ids, lengths)
    recording = Recording()
    _record_encoder(recording, model.encoder, model.source_embedding(ids)[0], memory.keys[0], "source")
    if model.spec.attention is Attention.NONE:
        recording.add("encoder.context", memory.context[0], "unit")
    target = model.target_tokenizer
    if reference is None:
        search = beam_search(model, memory, beam)
        produced, hypotheses = list(search.hypotheses[0].ids), _hypotheses(search, target)
        tree = _tree(search) if beam > 1 else {}
    else:
        search, tree = None, {}
        produced, hypotheses = [*target.encode(reference, limits.TARGET_PIECES - 1).ids, EOS], []
    read = [BOS, *produced[:-1]]
    contexts = None
    if search is not None and search.contexts is not None:
        contexts = torch.from_numpy(search.contexts)[None]
    decoded = model.decode(torch.tensor([read]), memory.state, memory, contexts=contexts)
    _record_decoder(recording, model, memory, decoded)
    if search is not None:
        _check_search(search, recording)
    pieces = target.pieces
    return _trace(
        model,
        encoding,
        recording,
        tokens={"source": encoding.tokens, "target": _target_tokens(target, produced)},
        labels={"vocab": pieces, "target_input": tuple(pieces[id_] for id_ in read)},
        meta={
            "translation": target.decode(produced),
            "source": model.spec.source,
            "target": model.spec.target,
            "beam": hypotheses,
            "forced": reference is not None,
            **tree,
        },
    )


def _record_decoder(recording: Recording, model: TranslationModel, memory: Memory, decoded: Decoded) -> None:
    """All steps of the decoder."""
    recording.add("decoder.embedding", decoded.embedding[0], "target", "dim")
    run = Run(decoded.inputs[0], decoded.hidden[0], _states(memory.state), _states(decoded.state))
    record_layers(recording, model.decoder, run, "decoder", "target")
    if decoded.attended is not None:
        recording.add("attention.scores", decoded.attended.scores[0], "target", "source")
        recording.add("attention.weights", decoded.attended.weights[0], "target", "source")
        recording.add("attention.context", decoded.attended.context[0], "target", "unit")
    recording.add("readout.vector", decoded.vector[0], "target", "dim")
    recording.add("readout.logits", decoded.logits[0], "target", "vocab")
    recording.add("readout.probabilities", torch.softmax(decoded.logits[0], dim=-1), "target", "vocab")


def _check_search(search: Search, recording: Recording) -> None:
    """Compare what the search found on its best way with what is recorded."""
    best, arrays = search.hypotheses[0], recording.arrays
    if search.contexts is not None:
        context = arrays["attention.context"]
        _agree("attention.context", np.abs(search.contexts - context).max(), np.abs(context).max())
    logits, probabilities = arrays["readout.logits"], arrays["readout.probabilities"]
    chosen = logits[range(len(best.ids)), best.ids]
    recorded = (chosen - logits.max(axis=1) + np.log(probabilities.max(axis=1))).sum()
    difference = abs(recorded - best.log_probability) / len(best.ids)
    _agree("the log-probability per piece", difference, np.abs(logits).max())


def _agree(what: str, difference: np.floating, largest: np.floating) -> None:
    allowed = limits.TOLERANCE * max(1.0, float(largest))
    if not difference <= allowed:
        raise TraceError(
            f"{what} differs by {difference:.3g} between the search and the recording; "
            f"the limit is {allowed:.3g}"
        )


def _hypotheses(search: Search, tokenizer: Tokenizer) -> list[dict[str, Any]]:
    """The beam's finished hypotheses as plain values, best first."""
    return [
        {
            "text": tokenizer.decode(found.ids),
            "score": found.score,
            "log_probability": found.log_probability,
            "pieces": [tokenizer.pieces[id_] for id_ in found.ids],
        }
        for found in search.hypotheses
    ]


def _tree(search: Search) -> dict[str, Any]:
    """Every node the search looked at, a list per field, and the way to its best hypothesis."""
    columns = zip(*search.nodes, strict=True)
    return {
        "search": {name: list(column) for name, column in zip(Node._fields, columns, strict=True)},
        "search_path": list(search.hypotheses[0].nodes),
    }


def _target_tokens(tokenizer: Tokenizer, ids: list[int]) -> tuple[Token, ...]:
    """Tokens whose offsets count characters of the translation."""
    tokens, start = [], 0
    for step, id_ in enumerate(ids, start=1):
        end = max(start, len(tokenizer.decode(ids[:step])))
        tokens.append(Token(tokenizer.pieces[id_], id_, start, end))
        start = end
    return tuple(tokens)
