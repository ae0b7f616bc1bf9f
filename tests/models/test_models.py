"""The two models: padding changes nothing, fused and stepwise decoding agree, searches are exact."""

from itertools import count, product

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.testing import assert_close

from rnnviz_core import limits
from rnnviz_core.cells.kinds import Cell
from rnnviz_core.errors import SpecError
from rnnviz_core.inputs.tokenizer import BOS, EOS, PAD, UNK
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.models.specs import Attention
from rnnviz_core.search import beam, stepping
from rnnviz_core.search.beam import _likeliest, beam_search, translate
from rnnviz_core.search.stepping import Stepper

IDS = [[5, 9, 12, 7], [8], [6, 5, 4, 9, 10, 11, 20]]
RECURRENT = [cell for cell in Cell if cell is not Cell.NONE]
SENTIMENT = list(product(RECURRENT, (Attention.NONE, Attention.POOLING), (1, 2), (False, True)))
KINDS = (Attention.NONE, Attention.LUONG, Attention.BAHDANAU)
TRANSLATION = list(product(RECURRENT, KINDS, (1, 2), (False, True)))


def batch(rows):
    padded = pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=PAD)
    return padded, torch.tensor([len(row) for row in rows])


@pytest.mark.parametrize("cell, attention, layers, bidirectional", SENTIMENT)
def test_padding_never_changes_a_sentiment(make_sentiment, cell, attention, layers, bidirectional):
    model = make_sentiment(cell, attention, layers=layers, bidirectional=bidirectional)
    together = model(*batch(IDS))
    alone = torch.cat([model(*batch([row])) for row in IDS])
    assert together.shape == (3, 5)
    assert_close(together, alone)


@pytest.mark.parametrize("cell", RECURRENT)
def test_sentiment_without_attention_is_the_plain_torch_module(make_sentiment, cell):
    model = make_sentiment(cell)
    ids, _ = batch(IDS[:1])
    states, _ = model.encoder(model.embedding(ids))
    assert_close(model(*batch(IDS[:1])), model.output(states[:, -1]))


def test_without_a_cell_the_mean_of_the_embeddings_is_read(make_sentiment):
    model = make_sentiment("none")
    assert (model.name, model.spec.layers, model.spec.hidden) == ("sentiment-bag", 0, model.spec.embedding)
    assert not model.stacks()
    rows = model.embedding.weight[torch.tensor(IDS[0])]
    assert_close(model(*batch(IDS[:1]))[0], model.output(rows.mean(0)))
    assert_close(model(*batch([IDS[0][::-1]])), model(*batch(IDS[:1])))
    assert_close(model(*batch(IDS)), torch.cat([model(*batch([row])) for row in IDS]))  # padding


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: SentimentSpec("none", "pooling"), "without states there is nothing to weight"),
        (lambda: SentimentSpec("none", bidirectional=True), "without states there is nothing to weight"),
        (lambda: TranslationSpec("none"), "a network for translation needs one of rnn, gru, lstm"),
        (lambda: SentimentSpec("gru", layers=0), "layers is 0"),
    ],
)
def test_what_needs_a_cell_is_refused_without_one(make, message):
    with pytest.raises(SpecError, match=message):
        make()


@pytest.mark.parametrize("cell, attention, layers, bidirectional", TRANSLATION)
def test_padding_and_stepping_never_change_a_translation(
    make_translation, cell, attention, layers, bidirectional
):
    model = make_translation(cell, attention, layers=layers, bidirectional=bidirectional)
    inputs = torch.tensor([[BOS, 7, 9]]).expand(3, -1)
    together = model(*batch(IDS), inputs)
    keep = torch.tensor([[True, False, True], [False, True, True], [True, True, False]])
    assert_close(model(*batch(IDS), inputs, keep), together[keep])
    for index, row in enumerate(IDS):
        memory = model.encode(*batch([row]))
        whole = model.decode(inputs[:1], memory.state, memory)
        assert_close(together[index], whole.logits[0])
        state, steps = memory.state, []
        for step in range(3):
            decoded = model.decode(inputs[:1, step : step + 1], state, memory)
            state = decoded.state
            steps.append(decoded.logits[:, 0])
        assert_close(torch.stack(steps, dim=1), whole.logits)


def test_luong_reads_the_attentional_vector(make_translation):
    model = make_translation("gru", "luong")
    memory = model.encode(*batch(IDS[:1]))
    decoded = model.decode(torch.tensor([[BOS, 7]]), memory.state, memory)
    joined = torch.cat((decoded.attended.context, decoded.hidden), dim=-1)
    vector = torch.tanh(joined @ model.readout.weight.T + model.readout.bias)
    assert_close(decoded.logits, vector @ model.target_embedding.weight.T + model.output_bias)


def test_bahdanau_looks_with_the_state_before_the_step(make_translation):
    model = make_translation("lstm", "bahdanau")
    memory = model.encode(*batch(IDS[:1]))
    decoded = model.decode(torch.tensor([[BOS, 7]]), memory.state, memory)
    first, second = memory.state[0][-1].unsqueeze(1), decoded.hidden[:, :1]
    queries = torch.cat((first, second), dim=1)
    look = model.attention(queries, memory.keys, memory.projected, memory.mask)
    assert_close(look.context, decoded.attended.context)
    assert_close(decoded.inputs, torch.cat((decoded.embedding, look.context), dim=-1))


def log_probability(model, memory, ids):
    logits = model.decode(torch.tensor([[BOS, *ids[:-1]]]), memory.state, memory).logits[0]
    return torch.log_softmax(logits, -1)[range(len(ids)), list(ids)].sum().item()


@pytest.mark.parametrize("cell, attention, layers, bidirectional", TRANSLATION)
@pytest.mark.parametrize("width", [1, 4])
def test_every_hypothesis_has_the_probability_the_model_gives_it(
    make_translation, cell, attention, layers, bidirectional, width
):
    model = make_translation(cell, attention, layers=layers, bidirectional=bidirectional)
    memory = model.encode(*batch(IDS[:1]))
    search = beam_search(model, memory, width, limit=6)
    scores = [hypothesis.score for hypothesis in search.hypotheses]
    assert scores == sorted(scores, reverse=True)
    for hypothesis in search.hypotheses:
        expected = log_probability(model, memory, hypothesis.ids)
        assert hypothesis.log_probability == pytest.approx(expected, abs=1e-4)
        assert hypothesis.score == pytest.approx(expected / len(hypothesis.ids), abs=1e-5)
        nodes = [search.nodes[place] for place in hypothesis.nodes]
        assert [node.id for node in nodes] == list(hypothesis.ids)
        assert [node.step for node in nodes] == list(range(len(nodes)))
        assert all(node.kept for node in nodes)
        assert [node.parent for node in nodes] == [-1, *hypothesis.nodes[:-1]]


def test_greedy_takes_the_likeliest_piece_at_every_step(make_translation):
    model = make_translation("gru", "luong")
    memory = model.encode(*batch(IDS[:1]))
    best = beam_search(model, memory, width=1, limit=8).hypotheses[0]
    logits = model.decode(torch.tensor([[BOS, *best.ids[:-1]]]), memory.state, memory).logits[0]
    logits[:, [PAD, UNK, BOS]] = -torch.inf
    assert logits.argmax(-1).tolist() == list(best.ids)
    assert best.ids[-1] == EOS or len(best.ids) == 8


def test_a_beam_as_wide_as_the_choices_finds_the_best_path(make_translation):
    """Two steps, beam 10: the best two-piece path must start in the ten likeliest first pieces."""
    model = make_translation("gru", "none")
    memory = model.encode(*batch(IDS[:1]))
    found = max(beam_search(model, memory, width=10, limit=2).hypotheses, key=lambda h: h.log_probability)
    first = torch.log_softmax(model.decode(torch.tensor([[BOS]]), memory.state, memory).logits[0, 0], -1)
    first[[PAD, UNK, BOS]] = -torch.inf
    paths = []
    for piece in first.topk(10).indices.tolist():
        if piece == EOS:
            paths.append(first[EOS].item())
            continue
        row = model.decode(torch.tensor([[BOS, piece]]), memory.state, memory).logits[0, 1]
        second = torch.log_softmax(row, -1)
        second[[PAD, UNK, BOS]] = -torch.inf
        paths.append((first[piece] + second.max()).item())
    assert found.log_probability == pytest.approx(max(paths), abs=1e-4)


@pytest.mark.parametrize("pieces", [5, 6, 12, 13])
def test_a_beam_wider_than_the_vocabulary_considers_every_piece_once(pieces):
    """Three pieces are never written; what is left is all there is, and each has a probability."""
    logits = np.random.default_rng(0).normal(size=(2, pieces)).astype(np.float32)
    best, found = _likeliest(logits.copy(), limits.BEAM)
    usable = sorted(set(range(pieces)) - {PAD, UNK, BOS})
    assert found.shape == best.shape == (2, min(limits.BEAM, len(usable)))
    assert np.isfinite(best).all()
    expected = torch.log_softmax(torch.tensor(logits), -1).numpy()
    for row in range(2):
        assert len(set(found[row])) == len(found[row])
        assert set(found[row]) <= set(usable)
        np.testing.assert_allclose(best[row], np.sort(expected[row, usable])[::-1][: len(best[row])], 1e-5)


@pytest.mark.parametrize("width", [3, 10])
def test_a_beam_lists_at_most_as_many_translations_as_it_keeps(make_translation, monkeypatch, width):
    """One path ends at every step until one is missing; then all the others end at once."""
    model = make_translation()
    vocabulary, steps = len(model.target_tokenizer.pieces), count()

    class Ending(Stepper):
        def step(self, ids, states):
            _, after = super().step(ids, states)
            logits = np.full((len(ids), vocabulary), -9, np.float32)
            step = next(steps)
            if step == 0:
                logits[:, 5 : 5 + width] = np.linspace(2, 1, width)
            elif step < width:
                logits[0, EOS], logits[1:, 5], logits[1:, 6] = 9, 3, 2.9
            else:
                logits[:, EOS] = 9
            return logits, after

    monkeypatch.setattr(beam, "Stepper", Ending)
    search = beam_search(model, model.encode(*batch(IDS[:1])), width)
    ended = [node for node in search.nodes if node.kept and node.id == EOS]
    assert len(ended) > width, "the case does not arise"
    scores = sorted((node.log_probability / (node.step + 1) for node in ended), reverse=True)
    assert [one.score for one in search.hypotheses] == pytest.approx(scores[:width])


def test_beams_out_of_range_are_refused(make_translation):
    model = make_translation()
    memory = model.encode(*batch(IDS[:1]))
    for width in (0, 11):
        with pytest.raises(SpecError, match=f"beam is {width}; it must be from 1 to 10"):
            beam_search(model, memory, width)


def test_translate_gives_text_and_blank_for_blank(make_translation):
    model = make_translation()
    assert isinstance(translate(model, "la casa es buena.", beam=3, limit=5), str)
    assert translate(model, "  ") == ""


@pytest.mark.parametrize("small_kernel", [False, True])
@pytest.mark.parametrize("rows", [1, 2, 3, 10])
@pytest.mark.parametrize("width, units", [(7, 5), (192, 4000), (5, 1), (3000, 400)])
def test_products_in_pieces_are_products(monkeypatch, small_kernel, rows, width, units):
    monkeypatch.setattr(stepping, "_SMALL_KERNEL", small_kernel)
    random = np.random.default_rng(rows)
    few, weight = random.random((rows, width)), random.random((units, width))
    np.testing.assert_allclose(stepping.product(few, weight), np.einsum("rw,uw->ru", few, weight))
