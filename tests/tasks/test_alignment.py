"""Where the peak of attention stands, measured on words whose origin is known."""

import pytest
import torch

from rnnviz_core.models.attention import Attended
from rnnviz_core.tasks.translation import alignment


def test_an_anchor_stands_once_on_each_side_and_is_long_enough():
    source, target = "Tom vio a Boston y el hotel, ¿el hotel?", "Tom saw Boston and the hotel."
    assert alignment.anchors(source, target) == [(3, 2)]  # "Tom" is short, "hotel" stands twice


def test_pieces_are_counted_in_words():
    assert alignment.word_of_piece(["▁a", "bc", "▁d", "e", "f"]) == [0, 0, 1, 1, 1]


def test_shares_sum_to_all_and_gather_what_is_far():
    found = alignment.shares([0, 0, 1, -1, 7, -3, -2, 0])
    assert found == {
        "2 or more before": 25.0,
        "1 before": 12.5,
        "on the word": 37.5,
        "1 after": 12.5,
        "2 or more after": 12.5,
    }
    assert alignment.shares([]) == {}


@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_a_peak_beside_the_word_is_found_there(make_translation, monkeypatch, shift):
    """Attention that is pinned to a word beside the anchor is reported with exactly that shift."""
    model = make_translation(attention="luong")
    source, target = "el gato rojo", "el gato rojo"
    pieces = [model.source_tokenizer.pieces[id_] for id_ in model.source_tokenizer.ids(source)]
    words = alignment.word_of_piece(pieces)
    targets = len(model.target_tokenizer.ids(target)) + 1
    pinned = words.index(1 + shift)

    def attention(queries, keys, projected, mask):
        weights = torch.zeros(1, targets, len(pieces))
        weights[..., pinned] = 1
        return Attended(weights, weights, weights @ keys)

    monkeypatch.setattr(model.attention, "forward", attention)
    monkeypatch.setattr(alignment, "anchors", lambda source, target: [(1, 1)])
    assert alignment.peak_shifts(model, [source], [target]) == [shift]


def test_without_attention_there_is_nothing_to_measure(make_translation):
    assert alignment.peak_shifts(make_translation(attention="none"), ["el hotel"], ["the hotel"]) == []
