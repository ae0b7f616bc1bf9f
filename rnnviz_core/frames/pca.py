"""Principal component analysis, the one that every flat map here is drawn with."""

from typing import NamedTuple

import numpy as np


class Components(NamedTuple):
    """The first two principal components of some rows."""

    middle: np.ndarray  # the mean of the rows, (dim,)
    axes: np.ndarray  # directions of unit length at right angles, the strongest first, (2, dim)
    shares: np.ndarray  # how much of the variance each of them holds, (2,)

    def points(self, rows: np.ndarray) -> np.ndarray:
        """Rows (n, dim) in the plane of the two axes, (n, 2)."""
        return (rows - self.middle) @ self.axes.T


def principal(rows: np.ndarray) -> Components:
    """The principal components of rows (n, dim), by singular value decomposition in float64.

    PCA leaves the sign of a direction open: here its largest entry is positive, so that the same rows give
    the same map. Where the rows span less than a plane, the missing axis is zero.
    """
    rows = np.asarray(rows, dtype=np.float64)
    middle = rows.mean(0)
    _, sizes, axes = np.linalg.svd(rows - middle, full_matrices=False)
    if len(axes) < 2:
        axes, sizes = np.vstack([axes, np.zeros_like(axes)]), np.append(sizes, 0.0)
    strongest = axes[:2][[0, 1], np.abs(axes[:2]).argmax(1)]
    variance = sizes**2
    signed = axes[:2] * np.where(strongest < 0, -1.0, 1.0)[:, None]
    return Components(middle, signed, variance[:2] / (variance.sum() or 1.0))
