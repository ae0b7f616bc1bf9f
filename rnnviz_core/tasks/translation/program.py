"""A translation as a program in plain torch."""

from pprint import pformat
from textwrap import indent

from rnnviz_core.contracts.program import ModelFiles, final_state, layers_in, start
from rnnviz_core.inputs.tokenizer import BOS
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.models.specs import Attention
from rnnviz_core.tracing.trace import Trace

_TRANSLATION = """first = torch.tanh(linear("bridge", last)).reshape(-1, {hidden})
state = {first}
decoder = {decoder}
written = {written}
rows, steps = [], []
for piece in [{start}, *written[:-1]]:  # every step reads the piece before it
    word = weights["target_embedding.weight"][piece]
{body}
    rows.append(weights["target_embedding.weight"] @ vector + weights["output_bias"])
    steps.append(h)
decoder_hidden, logits = torch.stack(steps), torch.stack(rows)
probabilities = logits.softmax(-1)
target = sentencepiece.SentencePieceProcessor(model_file=vocabularies["target"])
for piece, row in zip(written, probabilities):
    print(f"{{target.id_to_piece(piece):15}} {{row[piece]:.4f}}")
"""

_STEPS = {
    Attention.NONE: """context = last  # the same at every step
output, state = decoder(torch.cat((word, context))[None], state)
h = output[0]
vector = torch.tanh(linear("readout", torch.cat((context, h, word))))""",
    Attention.LUONG: """output, state = decoder(word[None], state)
h = output[0]
attention = (linear("attention.weight", hidden) @ h).softmax(-1)
context = attention @ hidden
vector = torch.tanh(linear("readout", torch.cat((context, h))))""",
    Attention.BAHDANAU: """query = linear("attention.query", {top}[-1])
energy = torch.tanh(query + linear("attention.key", hidden))
attention = linear("attention.score", energy)[:, 0].softmax(-1)
context = attention @ hidden
output, state = decoder(torch.cat((word, context))[None], state)
h = output[0]
vector = torch.tanh(linear("readout", torch.cat((context, h, word))))""",
}


_FIRST = {  # whether the state is one array, how many states the cell has -> the decoder's first state
    (True, 1): "first",
    (False, 1): "(first,)",
    (False, 2): "tuple(first.chunk(2))  # h and c",
}


def program(spec: TranslationSpec, trace: Trace, places: ModelFiles) -> str:
    """The program of `rnnviz_core.contracts.program`, with the pieces that were written."""
    per_direction = spec.hidden // 2 if spec.bidirectional else spec.hidden
    head = start(spec, trace, places, embedding="source_embedding", hidden=per_direction)
    context = 0 if spec.attention is Attention.LUONG else spec.hidden
    body = _STEPS[spec.attention].replace("{top}", final_state(spec))
    return head + _TRANSLATION.format(
        decoder=layers_in(trace, "decoder", spec.embedding + context, spec.hidden, spec.layers),
        hidden=spec.hidden,
        first=_FIRST[final_state(spec) == "state", len(trace.definition("decoder").states)],
        written=pformat([token.id for token in trace.tokens["target"]], width=100, compact=True),
        start=BOS,
        body=indent(body, "    "),
    )
