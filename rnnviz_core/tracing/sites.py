"""Names and axes of what a trace holds: the grammar of sites, and whether an array fits its axes."""

import functools
import re

import numpy as np

from rnnviz_core.errors import TraceError
from rnnviz_core.languages import _

from . import files as trace_files

TOKEN_AXES = ("time", "source", "target")
AXES = (*TOKEN_AXES, "unit", "dim", "class", "vocab")
_ALL_AXES = frozenset(AXES)
_NAME = re.compile(r"[a-z][a-z_]*")
_SITE = re.compile(r"[a-z][a-z_]*(\.(0|[1-9][0-9]*)(\.reverse)?)?\.[a-z][a-z_]*")


@functools.lru_cache(maxsize=1024, typed=True)  # asked for by the hundred in every run of a page
def site(part: str, *path: int | str) -> str:
    """Build a site name: ``site("encoder", 0, "forget") == "encoder.0.forget"``.

    Parameters
    ----------
    part
        ``encoder``, ``decoder``, ``attention`` or ``readout``.
    path
        The layer number and, for a layer read from right to left, ``"reverse"``; then the name.

    Raises
    ------
    ValueError
        When the parts do not follow the grammar.
    """
    match path:
        case (str(),) | (int(), str()) | (int(), "reverse", str()):
            pass
        case _:
            raise ValueError(f"a site is part[.layer[.reverse]].name, not {(part, *path)!r}")
    words = [part, *(step for step in path if isinstance(step, str))]
    layers = [step for step in path if isinstance(step, int)]
    if not all(_NAME.fullmatch(word) for word in words) or any(layer < 0 for layer in layers):
        raise ValueError(f"a site is part[.layer[.reverse]].name, not {(part, *path)!r}")
    return ".".join(map(str, (part, *path)))


def layer_site(part: str, layer: int, name: str, *, reverse: bool = False) -> str:
    """The site of a recurrent layer's array in either direction of reading."""
    return site(part, layer, "reverse", name) if reverse else site(part, layer, name)


@functools.lru_cache(maxsize=256)  # by the hundred the looks would cost more than the numbers
def check_sites(names: tuple[str, ...]) -> None:
    """Refuse a name that the grammar does not know."""
    for name in names:
        if not _SITE.fullmatch(name):
            raise TraceError(_("{name!r} is not a site; a site is part[.layer[.reverse]].name", name=name))


@functools.lru_cache(maxsize=256)
def count_layers(names: tuple[str, ...], part: str) -> int:
    """How many recurrent layers of a part have sites among these."""
    seconds = (name.split(".", 2)[1] for name in names if name.startswith(f"{part}."))
    return len({word for word in seconds if word.isdigit()})


def check_array(name: str, array: np.ndarray, axes: tuple[str, ...], sizes: dict[str, int]) -> None:
    """Compare an array with its axes; `sizes` collects the length of each token axis."""
    if array.dtype.kind not in trace_files.KINDS:
        raise TraceError(
            _("site {name!r} holds {dtype}; a trace holds real numbers", name=name, dtype=array.dtype)
        )
    if array.ndim != len(axes) or not _ALL_AXES.issuperset(axes):
        raise TraceError(
            _("site {name!r} has shape {shape} but the axes {axes}", name=name, shape=array.shape, axes=axes)
        )
    for axis, size in zip(axes, array.shape, strict=True):
        if axis in TOKEN_AXES and sizes.setdefault(axis, size) != size:
            raise TraceError(
                _(
                    "site {name!r} has {size} along {axis!r}, others {other}",
                    name=name,
                    size=size,
                    axis=axis,
                    other=sizes[axis],
                )
            )
