"""The findings that open each section of the gradients page: computed from the gradient that it draws."""

from typing import TYPE_CHECKING

from rnnviz_core.derivatives.methods import TITLES
from rnnviz_core.findings import Finding
from rnnviz_core.findings import gradients as findings
from rnnviz_core.frames import attribution as frames
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.serving import derivatives

from .chosen import chosen_quantity, gradient_of
from .exploding import scaled_lengths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rnnviz_core.frames.layer import Layer
    from rnnviz_core.ui.serving.view import View

Found = tuple[Finding, ...]


def _ranked(found: "Iterable[Finding]") -> Found:
    return tuple(sorted(found, key=lambda one: -one.strength))


def reach(view: "View", layer: "Layer") -> Found:
    """On the embeddings of the side that is looked at."""
    del layer
    if (of := chosen_quantity(view)) is None:
        return ()
    part = url.get("side") if "decoder.embedding" in view.trace else None
    gradient = gradient_of(view, of)
    return _ranked(findings.reach(view.trace, gradient, part if part == "decoder" else "encoder"))


def pairs(view: "View", layer: "Layer") -> Found:
    """On the state that is looked at."""
    state = "cell" if url.get("state") == "cell" and layer.site("cell") in view.trace else "hidden"
    if not view.trace.definition(layer.part).jacobian:
        return ()
    gains = derivatives.pairs(view.entry, view.trace, layer, state).gains
    return _ranked(findings.pairs(view.trace, layer, gains, state))


def backwards(view: "View", layer: "Layer") -> Found:
    """On the way back through one layer."""
    of = chosen_quantity(view)
    return _ranked(findings.backwards(view.trace, gradient_of(view, of), layer)) if of else ()


def roads(view: "View", layer: "Layer") -> Found:
    """On the two roads of an LSTM."""
    of = chosen_quantity(view)
    return _ranked(findings.roads(view.trace, gradient_of(view, of), layer)) if of else ()


def shortcut(view: "View", layer: "Layer") -> Found:
    """On what attention hands back."""
    of = chosen_quantity(view)
    return _ranked(findings.straight(view.trace, gradient_of(view, of), layer)) if of else ()


def exploding(view: "View", layer: "Layer") -> Found:
    """On larger recurrent weights."""
    of = chosen_quantity(view)
    return _ranked(findings.exploding(view.trace, layer, scaled_lengths(view, of))) if of else ()


def words(view: "View", *chosen: object) -> Found:
    """On what the methods of attribution name; of the page that is open."""
    del chosen
    if (of := chosen_quantity(view)) is None:
        return ()
    pieces = url.get("cut") == "pieces"
    every = derivatives.attributions(view.entry, view.trace, of, pieces=pieces)
    values = {TITLES[name]: one.values for name, one in every.items()}
    weights = frames.attention(view.trace, derivatives.groups_of(view.trace, pieces))
    if weights is not None:
        values["attention"] = weights
    return _ranked(findings.words(view.page, next(iter(every.values())).words, values))
