"""A trace as a program: plain torch, the shipped weights, the same numbers."""

from pprint import pformat
from textwrap import indent

from rnnviz_core.inputs.tokenizer import BOS
from rnnviz_core.models.specs import Attention, Cell, ModelSpec, SentimentSpec

from .trace import Trace

MODULES = {Cell.RNN: "RNN", Cell.GRU: "GRU", Cell.LSTM: "LSTM"}  # of torch.nn

_START = '''"""{model} on one sentence. Needs torch, safetensors, sentencepiece and the folder below."""

import sentencepiece
import torch
from safetensors.torch import load_file

folder = {folder!r}
text = {text!r}

torch.set_grad_enabled(False)
weights = {{name: value.float() for name, value in load_file(f"{{folder}}/model.safetensors").items()}}


def load(module, name):
    """Give a torch module its weights."""
    start = f"{{name}}."
    module.load_state_dict({{k[len(start) :]: v for k, v in weights.items() if k.startswith(start)}})
    return module


def linear(name, x):
    """W x + b"""
    return x @ weights[f"{{name}}.weight"].T + weights.get(f"{{name}}.bias", 0)


tokenizer = sentencepiece.SentencePieceProcessor(model_file=f"{{folder}}/source.model")
x = weights["{embedding}.weight"][tokenizer.encode(text)]  # a row per token
encoder = load(torch.nn.{module}({inputs}, {hidden}, {layers}, bidirectional={both}), "encoder")
hidden, state = encoder(x)  # hidden: the last layer's h of every step
{last}
'''

_SENTIMENT = """{read}
logits = linear("output", vector)
probabilities = logits.softmax(-1)
for name, probability in zip({classes}, probabilities.tolist()):
    print(f"{{name:15}} {{probability:.4f}}")
"""

_POOL = """scores = linear("attention.score", torch.tanh(linear("attention.key", hidden)))[:, 0]
attention = scores.softmax(-1)
vector = attention @ hidden"""

_TRANSLATION = """first = torch.tanh(linear("bridge", last)).reshape(-1, {hidden})
state = {first}
decoder = load(torch.nn.{module}({inputs}, {hidden}, {layers}), "decoder")
written = {written}
rows, steps = [], []
for piece in [{start}, *written[:-1]]:  # every step reads the piece before it
    word = weights["target_embedding.weight"][piece]
{body}
    rows.append(weights["target_embedding.weight"] @ vector + weights["output_bias"])
    steps.append(h)
decoder_hidden, logits = torch.stack(steps), torch.stack(rows)
probabilities = logits.softmax(-1)
target = sentencepiece.SentencePieceProcessor(model_file=f"{{folder}}/target.model")
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


def snippet(spec: ModelSpec, trace: Trace, folder: str = "") -> str:
    """A program that computes the trace's states, logits and probabilities without this package.

    Parameters
    ----------
    spec
        The settings of the model that the trace was recorded from.
    trace
        Its text goes into the program; for a translation also the pieces written.
    folder
        Where the program will find the checkpoint; by default ``checkpoints/<id>``.
    """
    sentiment = isinstance(spec, SentimentSpec)
    shared = {"module": MODULES[spec.cell], "layers": spec.layers}
    halves = spec.bidirectional and not sentiment
    final = "state[0]" if spec.cell is Cell.LSTM else "state"
    both = f"torch.cat(({final}[-2], {final}[-1]))  # of both directions of reading"
    start = _START.format(
        **shared,
        model=trace.model,
        folder=folder or f"checkpoints/{trace.model}",
        text=trace.text,
        embedding="embedding" if sentiment else "source_embedding",
        inputs=spec.embedding,
        hidden=spec.hidden // 2 if halves else spec.hidden,
        both=spec.bidirectional,
        last=f"last = {both if spec.bidirectional else f'{final}[-1]'}",
    )
    if isinstance(spec, SentimentSpec):
        read = "vector = last" if spec.attention is Attention.NONE else _POOL
        return start + _SENTIMENT.format(read=read, classes=spec.classes)
    context = 0 if spec.attention is Attention.LUONG else spec.hidden
    body = _STEPS[spec.attention].replace("{top}", final)
    return start + _TRANSLATION.format(
        **shared,
        hidden=spec.hidden,
        inputs=spec.embedding + context,
        first="tuple(first.chunk(2))  # h and c" if spec.cell is Cell.LSTM else "first",
        written=pformat([token.id for token in trace.tokens["target"]], width=100, compact=True),
        start=BOS,
        body=indent(body, "    "),
    )
