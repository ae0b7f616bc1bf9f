"""The one PCA: held against scikit-learn's, and against what can be worked out by hand."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from rnnviz_core.frames import pca, word_map


def test_it_is_scikit_learn_s_up_to_the_signs():
    rows = np.random.default_rng(3).normal(size=(20, 6)) * [5, 3, 1, 1, 0.5, 0.1]
    found, oracle = pca.principal(rows), PCA(2).fit(rows)
    np.testing.assert_allclose(found.shares, oracle.explained_variance_ratio_)
    np.testing.assert_allclose(np.abs(found.points(rows)), np.abs(oracle.transform(rows)), atol=1e-12)
    assert (found.axes[[0, 1], np.abs(found.axes).argmax(1)] > 0).all()


def test_rows_on_a_line():
    found = pca.principal(np.array([[0.0, 0.0], [-3.0, -4.0], [3.0, 4.0]]))
    np.testing.assert_allclose(found.middle, 0)
    np.testing.assert_allclose(found.axes[0], [0.6, 0.8])
    np.testing.assert_allclose(found.shares, [1, 0], atol=1e-12)


@pytest.mark.parametrize("rows", [np.ones((5, 3)), np.array([[1.0], [2.0], [4.0]])])
def test_rows_that_span_no_plane_lie_on_a_line_or_a_point(rows):
    found = pca.principal(rows)
    points = found.points(rows)
    assert points.shape == (len(rows), 2)
    np.testing.assert_allclose(points[:, 1], 0, atol=1e-12)


def test_the_word_map_is_drawn_with_it():
    rows = np.random.default_rng(4).normal(size=(9, 5))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_array_equal(word_map.flatten(rows, "pca"), pca.principal(unit).points(unit))
