"""The map of a neighbourhood and the axis between two words, by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers_trace import sentiment_trace
from numpy.testing import assert_allclose

from rnnviz_core.checkpoints.registry import load
from rnnviz_core.contracts.task import record, task_of
from rnnviz_core.frames import embeddings, word_map
from rnnviz_core.frames.numbers import printed

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"

PIECES = ("<pad>", "<unk>", "<s>", "</s>", "▁good", "▁fine", "ly", "▁bad", "▁Fine")
TURNS = np.linspace(0, 2, 9)
FLAT = np.column_stack([np.cos(TURNS), np.sin(TURNS), 0 * TURNS, 0 * TURNS])  # a circle in four dimensions


def test_the_nearest_come_first_and_special_pieces_never():
    assert list(word_map.nearest(FLAT, 4)) == [4, 5, 6, 7, 8]
    assert list(word_map.nearest(FLAT, 6, count=3)) == [6, 5, 7]
    assert set(word_map.nearest(FLAT, 1)) == {1, 4, 5, 6, 7, 8}  # an unknown word that was chosen is shown


def test_pca_of_what_is_flat_keeps_all_distances():
    frame = word_map.neighbourhood(3 * FLAT, PIECES, 4, "pca")
    points = frame[["x", "y"]].to_numpy()
    rows = FLAT[frame["id"]]  # lengths are left out
    assert_allclose(
        np.linalg.norm(points[:, None] - points, axis=-1),
        np.linalg.norm(rows[:, None] - rows, axis=-1),
        atol=1e-9,
    )
    assert list(frame["piece"]) == ["good", "fine", "…ly", "bad", "Fine"]
    assert_allclose(frame["value"], np.cos(TURNS[frame["id"]] - TURNS[4]))


def test_pca_is_that_of_sklearn():
    from sklearn.decomposition import PCA

    rows = np.random.default_rng(5).normal(size=(40, 7))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert_allclose(np.abs(word_map.flatten(rows, "pca")), np.abs(PCA(2).fit_transform(rows)), atol=1e-9)


def test_a_map_is_the_same_at_every_call_and_bounded():
    matrix = np.random.default_rng(3).normal(size=(word_map.PIECES + 60, 8))
    pieces = [f"▁w{number}" for number in range(len(matrix))]
    one, other = (word_map.neighbourhood(matrix, pieces, 9, "tsne") for _ in range(2))
    assert_allclose(one[["x", "y"]], other[["x", "y"]])
    assert len(one) == word_map.PIECES
    assert one["piece"].iloc[0] == "w9"
    named = one[one["label"] != ""]
    assert named["rank"].iloc[0] == 0
    assert 5 < len(named) <= word_map.NAMED
    first = one[["x", "y"]].head(word_map.NAMED)
    room = np.asarray(word_map.ROOM) * np.ptp(first.to_numpy(), axis=0)
    spots = named[["x", "y"]].to_numpy()
    for index, spot in enumerate(spots):  # no name lies on another
        assert (np.abs(spots[:index] - spot) >= room).any(axis=1).all()


@pytest.mark.parametrize("count", [5, 6, 8])
@pytest.mark.parametrize("method", word_map.METHODS)
def test_a_tiny_vocabulary_has_a_map(count, method):
    frame = word_map.neighbourhood(FLAT[:count], PIECES, 4, method)
    assert len(frame) == count - 4
    assert np.isfinite(frame[["x", "y"]]).all(axis=None)


@pytest.mark.parametrize(
    "word, found",
    [("good", 4), (" Good ", 4), ("fine", 5), ("Fine", 8), ("…ly", 6), ("ly", None), ("", None), ("…", None)],
)
def test_words_are_found_as_they_are_typed_or_in_small_letters(word, found):
    assert word_map.find(PIECES, word) == found


def test_special_pieces_are_no_words():
    assert word_map.find(("▁a", *PIECES), "a") is None  # its id is that of padding


def test_the_axis_by_hand():
    trace = sentiment_trace()
    embedding = trace["encoder.embedding"].astype(float)
    matrix = np.zeros((9, embedding.shape[1]))
    matrix[4], matrix[7] = embedding[0], 3 * embedding[2]  # lengths do not count
    middle = matrix[4:].mean(0)
    frame = word_map.axis(trace, "encoder", matrix, 4, 7)
    assert frame["value"][0] == pytest.approx(0)
    low, high, one = (vector - middle for vector in (matrix[4], matrix[7], embedding[3]))
    low, high, one = (vector / np.linalg.norm(vector) for vector in (low, high, one))
    dropped = (one - low) @ (high - low) / ((high - low) @ (high - low))
    assert frame["value"][3] == pytest.approx(dropped)
    assert frame["near_low"][3] == pytest.approx(one @ low)
    assert frame["near_high"][3] == pytest.approx(one @ high)
    assert "to bad: “" in word_map.axis_in_words(frame, "good", "bad")
    one, two = word_map.fit(frame, frame.assign(value=-3.0))
    assert set(one["least"]) == set(two["least"]) == {-3.0}
    assert set(one["most"]) == set(two["most"]) == {max(1.0, frame["value"].max(), frame["top"].max())}
    assert (word_map.axis(trace, "encoder", matrix, 4, 4)["value"] == 0.5).all()  # no line: no side is nearer


def test_the_middle_of_the_axis_is_equally_near_to_both_words():
    """By hand, in a plane: a word of five times the other's length pulls nothing to its side."""
    trace = sentiment_trace(words=("▁a", "▁b", "▁c"), hidden=2)
    angles = np.radians([30, 150, 90])
    points = np.column_stack([np.cos(angles), np.sin(angles)]) * [[1.0], [5.0], [0.3]]
    arrays = {**trace.arrays, "encoder.embedding": points.astype(np.float32)}
    matrix = np.zeros((10, 2))
    matrix[4:7], matrix[7:10] = points, -points  # the mean of the vocabulary is 0
    frame = word_map.axis(type(trace)(**{**vars(trace), "arrays": arrays}), "encoder", matrix, 4, 5)
    assert_allclose(frame["value"], [0, 1, 0.5], atol=1e-6)
    assert_allclose(frame["median"], 0.5)


WORDS = {
    "en": ("wonderful", "terrible", "good", "bad", "man", "woman", "red", "blue", "the", "great"),
    "es": ("bueno", "malo", "hombre", "mujer", "rojo", "azul"),
    "de": ("Mann", "Frau", "gut", "schlecht", "rot", "blau"),
    "fr": ("homme", "femme", "bon", "mauvais", "rouge", "bleu"),
}
TEXTS = {
    "en": "The man saw a wonderful film, but not in Paris.",
    "es": "El hombre come pan en la casa.",
    "de": "Ein Mann steht auf der Straße.",
    "fr": "Un homme mange du pain dans la maison.",
}


def reads_words(card: Path) -> bool:
    """Whether a model has a vocabulary; one that forecasts reads numbers and has no such axis."""
    return json.loads((card.parent / "spec.json").read_text())["task"] != "forecast"


@pytest.mark.slow
@pytest.mark.parametrize(
    "folder", sorted(filter(reads_words, SHIPPED.glob("*/card.md"))), ids=lambda path: path.parent.name
)
def test_what_is_printed_about_the_middle_holds_on_every_model(folder):
    """Nearer to the second word is above 0.5; the vocabulary's median is near 0.5, its quartiles are true."""
    model = load(folder.parent)
    parts = task_of(model).parts  # a bag of words has no layers, but an embedding
    languages = {
        part: str(getattr(model.spec, side, "en")) for part, side in zip(parts, ("source", "target"))
    }
    trace = record(model, TEXTS[languages["encoder"]])
    for part, language in languages.items():
        matrix, pieces = embeddings.vocabulary(model, part)
        known = [word_map.find(pieces, word) for word in WORDS[language]]
        pairs = [pair for pair in zip(known[::2], known[1::2]) if None not in pair]
        assert len(pairs) >= 2
        middle = matrix[word_map.SPECIAL :].astype(float).mean(0)
        for low, high in pairs:
            frame = word_map.axis(trace, part, matrix, low, high)
            ends = matrix[[low, high]] - middle
            ends /= np.linalg.norm(ends, axis=1, keepdims=True)
            tokens, every = trace[f"{part}.embedding"] - middle, matrix[word_map.SPECIAL :] - middle
            nearer = np.sign(tokens @ ends[1] - tokens @ ends[0])
            assert (np.sign(frame["value"] - 0.5) == nearer).all()
            lengths = np.linalg.norm(every, axis=1)
            places = 0.5 + (every @ (ends[1] - ends[0])) / lengths / (2 - 2 * ends[0] @ ends[1])
            bottom, median, top = (frame[name][0] for name in ("bottom", "median", "top"))
            assert ((places >= bottom) & (places <= top)).mean() == pytest.approx(0.5, abs=1e-3)
            assert (places < median).mean() == pytest.approx(0.5, abs=1e-3)
            assert median == pytest.approx(0.5, abs=0.06)
            said = word_map.neutral_in_words(frame)
            assert f"between {printed(bottom)} and {printed(top)}, its median at {printed(median)}." in said
