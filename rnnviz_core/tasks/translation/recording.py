"""What a translation model computes on a sentence, recorded: encoder, search, every step of the decoder."""

from typing import Any

import numpy as np
import torch

from rnnviz_core import limits
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.inputs.steps import Token
from rnnviz_core.inputs.tokenizer import BOS, EOS, Tokenizer
from rnnviz_core.languages import _
from rnnviz_core.models.seq2seq import Decoded, Memory, TranslationModel
from rnnviz_core.models.specs import Attention
from rnnviz_core.search.beam import Node, Search, beam_search
from rnnviz_core.tracing.layers import Recording, Run, record_layers
from rnnviz_core.tracing.recording import batch_of_one, finished, record_encoder, states_of
from rnnviz_core.tracing.trace import Trace


def record(model: TranslationModel, text: str, *, beam: int = 1, reference: str | None = None) -> Trace:
    """The trace of a translation: the best of a beam, or what is fed from `reference`.

    Raises
    ------
    SpecError
        When both a beam and a reference are given.
    """
    if reference is not None and beam != 1:
        raise SpecError(
            _("a reference is fed to the decoder as it is; leave out the beam of {beam}", beam=beam)
        )
    encoding = model.source_tokenizer.encode(text)
    ids, lengths = batch_of_one(encoding.ids)
    memory = model.encode(ids, lengths)
    recording, stacks = Recording(), model.stacks()
    record_encoder(recording, stacks["encoder"], model.source_embedding(ids)[0], memory.keys[0], "source")
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
    return finished(
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
    run = Run(decoded.inputs[0], decoded.hidden[0], states_of(memory.state), states_of(decoded.state))
    record_layers(recording, model.stacks()["decoder"], run, "decoder", "target")
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
    _agree(_("the log-probability per piece"), difference, np.abs(logits).max())


def _agree(what: str, difference: np.floating, largest: np.floating) -> None:
    allowed = limits.TOLERANCE * max(1.0, float(largest))
    if not difference <= allowed:
        raise TraceError(
            _(
                "{what} differs by {difference:.3g} between the search and the recording; the limit is "
                "{limit:.3g}",
                what=what,
                difference=difference,
                limit=allowed,
            )
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
