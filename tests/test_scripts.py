"""The figures beside a card: the linear floor, and how far more supervision overlaps with the test."""

import numpy as np
from scipy.sparse import csr_matrix

from rnnviz_core.corpora import Labelled
from scripts.floor import floor, ratio
from scripts.overlap import overlap

WORDS = ("awful", "weak", "plain", "fine", "superb")


def test_the_linear_model_learns_what_single_words_say():
    train = Labelled(
        [f"the {word} thing {n}" for word in WORDS for n in range(6)], [c for c in range(5) for _ in range(6)]
    )
    turned = Labelled(["the superb", "the awful"], [0, 4])
    assert floor(train, Labelled([f"a {word}" for word in WORDS], list(range(5))), 5) == {
        "accuracy5": 100,
        "accuracy2": 100,
    }
    assert floor(train, turned, 5) == {"accuracy5": 0, "accuracy2": 0}


def test_the_ratio_is_positive_for_words_of_the_positive_texts():
    counts = csr_matrix(np.array([[1, 0, 1], [1, 0, 1], [0, 1, 1]]))
    found = ratio(counts, np.array([True, True, False]))
    # (1 + 2) of 7 against (1 + 0) of 5, and so on
    np.testing.assert_allclose(found, np.log([3 / 7 / (1 / 5), 1 / 7 / (2 / 5), 3 / 7 / (2 / 5)]))


def test_eight_words_in_a_row_count_whatever_the_case_and_punctuation():
    texts = ["One two, three four five six seven eight!", "a b c d e f g h", "too short"]
    assert overlap(texts, ["so: ONE two three four five six seven eight nine"]) == (2, 1)
    assert overlap(texts, ["one two three four five six seven nine eight"]) == (2, 0)
