"""An LSTM that reads a sentence, in plain Python: no package, nothing hidden. To read in class.

    python microlstm.py checkpoints/sentiment-tiny-lstm "The plot is thin, but the actors shine."

It loads the weights that RNNViz ships, cuts the text into tokens, and computes gate by gate what the app
shows for the same text. Every list is a plain list of numbers, every loop is written out.
"""

import json
import math
import struct
import sys
import unicodedata
from pathlib import Path

# --- 1. The weights: a header in JSON, then all numbers, two bytes each -------------------------------


def load_weights(path):
    """Every matrix as a list of rows, every vector as a list of numbers."""
    data = Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    weights = {}
    for name, about in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + offset for offset in about["data_offsets"])
        letter, width = {"F16": ("e", 2), "F32": ("f", 4)}[about["dtype"]]
        numbers = struct.unpack(f"<{(end - begin) // width}{letter}", data[begin:end])
        rows, *columns = about["shape"]
        if columns:
            width = columns[0]
            weights[name] = [list(numbers[row * width : (row + 1) * width]) for row in range(rows)]
        else:
            weights[name] = list(numbers)
    return weights


# --- 2. The vocabulary: words and parts of words, each with a score -----------------------------------

NORMAL, UNKNOWN, USER, BYTE = 1, 2, 4, 6  # kinds of tokens in a SentencePiece file


def fields(data):
    """The fields of a message in the format of Protocol Buffers: (number, value) one after the other."""
    at = 0

    def whole():  # a number in groups of seven bits, the lowest first
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = whole()
        if key & 7 == 0:
            yield key >> 3, whole()
        else:
            length = {1: 8, 5: 4}.get(key & 7) or whole()
            yield key >> 3, data[at : at + length]
            at += length


def load_vocabulary(path):
    """Of every token its text, its score (a log-probability) and its kind, in the order of their numbers."""
    vocabulary = []
    for number, message in fields(Path(path).read_bytes()):
        if number == 1:
            text, score, kind = "", 0.0, NORMAL
            for part, value in fields(message):
                if part == 1:
                    text = value.decode("utf-8")
                elif part == 2:
                    score = struct.unpack("<f", value)[0]
                elif part == 3:
                    kind = value
            vocabulary.append((text, score, kind))
    return vocabulary


def tokenize(text, vocabulary):
    """The most probable way to cut a text into tokens (Viterbi, 1967): their numbers."""
    text = unicodedata.normalize("NFKC", text.replace("’", "'")).casefold()
    text = "".join("▁" + word for word in text.replace("▁", " ").split())  # the mark of a blank
    scores = [score for _, score, kind in vocabulary if kind == NORMAL]
    best, worst = max(scores), min(scores)
    known = {}
    for number, (token, score, kind) in enumerate(vocabulary):
        if kind == USER:  # "n't" and the like are never cut
            known[token] = (number, len(token) * best - 0.1)
        elif kind == NORMAL:
            known[token] = (number, score)
    longest = max(len(token) for token in known)
    paths = [(0.0, [])] + [None] * len(text)  # the best way to each place: its score and its tokens
    for start in range(len(text)):
        score, tokens = paths[start]
        for end in range(start + 1, min(start + longest, len(text)) + 1):
            piece = text[start:end]
            if piece in known:
                number, more = known[piece]
                found = (score + more, [*tokens, number])
            elif end == start + 1:
                found = (score + worst - 10, [*tokens, *spelled(piece, vocabulary)])
            else:
                continue
            if paths[end] is None or found[0] > paths[end][0]:
                paths[end] = found
    return paths[-1][1]


def spelled(character, vocabulary):
    """A character that no token has: its bytes, where these are tokens, else "unknown"."""
    names = [token for token, _, _ in vocabulary]
    spelling = [f"<0x{byte:02X}>" for byte in character.encode("utf-8")]
    if all(name in names for name in spelling):
        return [names.index(name) for name in spelling]
    return [next(number for number, (_, _, kind) in enumerate(vocabulary) if kind == UNKNOWN)]


# --- 3. The LSTM (Hochreiter and Schmidhuber, 1997; the forget gate is Gers's, 2000) ------------------


def sigmoid(x):
    """Between 0 and 1, without a number too large on the way."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def affine(matrix, vector, bias):
    """matrix · vector + bias"""
    return [
        sum(weight * number for weight, number in zip(row, vector, strict=True)) + b
        for row, b in zip(matrix, bias, strict=True)
    ]


def lstm_step(x, h, c, weights):
    """One token: what it is (x), the state before it (h) and the memory before it (c)."""
    from_input = affine(weights["encoder.weight_ih_l0"], x, weights["encoder.bias_ih_l0"])
    from_state = affine(weights["encoder.weight_hh_l0"], h, weights["encoder.bias_hh_l0"])
    sums = [a + b for a, b in zip(from_input, from_state, strict=True)]
    units = len(h)
    i = [sigmoid(z) for z in sums[0 * units : 1 * units]]  # input gate: how much of the new is written
    f = [sigmoid(z) for z in sums[1 * units : 2 * units]]  # forget gate: how much of the old is kept
    g = [math.tanh(z) for z in sums[2 * units : 3 * units]]  # candidate: what could be written
    o = [sigmoid(z) for z in sums[3 * units : 4 * units]]  # output gate: how much of it is shown
    c = [f[k] * c[k] + i[k] * g[k] for k in range(units)]
    h = [o[k] * math.tanh(c[k]) for k in range(units)]
    return {"input": i, "forget": f, "candidate": g, "output": o, "cell": c, "hidden": h}


def softmax(numbers):
    """Shares that sum to 1."""
    largest = max(numbers)
    powers = [math.exp(number - largest) for number in numbers]
    return [power / sum(powers) for power in powers]


# --- 4. Read a sentence ------------------------------------------------------------------------------


def read(folder, text):
    """The tokens, what each step computed, and the probability of every class."""
    folder = Path(folder)
    spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    if (spec["cell"], spec["layers"], spec["bidirectional"], spec["attention"]) != ("lstm", 1, False, "none"):
        sys.exit("this program reads with one LSTM layer, from left to right, without attention")
    name = json.loads((folder / "tokenizers.json").read_text(encoding="utf-8"))["source"]
    vocabulary = load_vocabulary(folder.parent / "tokenizers" / f"{name}.model")
    weights = load_weights(folder / "model.safetensors")
    h = c = [0.0] * spec["hidden"]
    tokens, steps = [], []
    for number in tokenize(text, vocabulary):
        step = lstm_step(weights["embedding.weight"][number], h, c, weights)
        h, c = step["hidden"], step["cell"]
        tokens.append(vocabulary[number][0])
        steps.append(step)
    if not steps:
        sys.exit("the text is empty; type at least one word")
    logits = affine(weights["output.weight"], h, weights["output.bias"])
    return tokens, steps, dict(zip(spec["classes"], softmax(logits), strict=True))


def main(folder, text):
    """Print all of it."""
    tokens, steps, classes = read(folder, text)
    for token, step in zip(tokens, steps, strict=True):
        print(token)
        for name, values in step.items():
            print(f"  {name:<10}", " ".join(f"{value:8.4f}" for value in values))
    for name, share in classes.items():
        print(f"{name:<14} {share:7.2%}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
