"""The rows of boxes in the picture of an unrolled network, in numbers and in words."""

from dataclasses import dataclass
from typing import Any

from rnnviz_core.languages import N_, _, ngettext
from rnnviz_core.tracing.trace import Trace

from .layer import Layer
from .tokens import read_texts

STRIPES = {
    "embedding": 44,
    "hidden": 64,
    "cell": 32,
}  # numbers drawn in one box at most: one per pixel of its height
_PARTS = {"encoder": N_("encoder"), "decoder": N_("decoder"), "": N_("state")}
_ORDINALS = {1: N_("{number}st"), 2: N_("{number}nd"), 3: N_("{number}rd"), 0: N_("{number}th")}
NAMES = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "peephole": "peephole LSTM", "mingru": "minGRU"}


@dataclass(frozen=True)
class Track:
    """One row of boxes in the picture."""

    site: str
    part: str  # encoder or decoder
    kind: str  # embedding or hidden
    layer: int  # from 0
    reverse: bool
    size: int  # numbers in a box
    every: int  # of how many numbers one is drawn

    @property
    def place(self) -> Layer:
        """The recurrent layer, of a row of states."""
        return Layer(self.part, self.layer, self.reverse)


def tracks(trace: Trace) -> tuple[Track, ...]:
    """The rows of boxes, in the order in which the network computes them."""
    found = []
    for part in ("encoder", "decoder"):
        if f"{part}.embedding" in trace:
            found.append(_track(trace, f"{part}.embedding", part, "embedding", 0, reverse=False))
        for layer in range(trace.layers(part)):
            for reverse in (False, True)[: 1 + trace.reverses(part)]:
                site = f"{part}.{layer}{'.reverse' * reverse}.hidden"
                found.append(_track(trace, site, part, "hidden", layer, reverse=reverse))
    return tuple(found)


def beads(trace: Trace) -> tuple[Track, ...]:
    """The rows of cell states, which lie on the line of their layer's memory."""
    return tuple(
        _track(trace, row.place.site("cell"), row.part, "cell", row.layer, reverse=row.reverse)
        for row in tracks(trace)
        if row.kind == "hidden" and row.place.site("cell") in trace
    )


def gates(trace: Trace, part: str) -> tuple[str, ...]:
    """The gates drawn as strips, the one that keeps the memory first; the candidate is not a gate."""
    cell = trace.definition(part) if trace.layers(part) else None
    if cell is None or cell.keeper is None:
        return ()
    return (cell.keeper, *(name for name in cell.gate_names if name not in (cell.keeper, "candidate")))


def _track(trace: Trace, site: str, part: str, kind: str, layer: int, *, reverse: bool) -> Track:
    size = trace[site].shape[1]
    return Track(site, part, kind, layer, reverse, size, -(-size // STRIPES[kind]))


def title(track: Track) -> str:
    """A row of boxes in words."""
    drawn = _(" (every {nth} drawn)", nth=ordinal(track.every)) if track.every > 1 else ""
    if track.kind == "embedding":
        if track.size == 1:
            return _("What goes in: one number per step, scaled")
        if track.part == "decoder":
            return _("The token it output before, as {count} numbers", count=track.size) + drawn
        return _("Embedding: {count} numbers", count=track.size) + drawn
    who = _("Decoder") if track.part == "decoder" else _("Hidden state")
    layer = _(", layer {layer}", layer=track.layer + 1) if track.layer else ""
    direction = _(", read backwards") if track.reverse else ""
    return _("{who}: {count} units", who=f"{who}{layer}{direction}", count=track.size) + drawn


def names(trace: Trace, track: Track) -> tuple[str, ...]:
    """A row of boxes in words that stand beside it, a line each."""
    drawn = (_("every {nth}", nth=ordinal(track.every)),) * (track.every > 1)
    if track.kind == "embedding":
        if track.size == 1:
            return (_("number"), _("scaled"))
        whose = _("piece read") if track.part == "decoder" else _("embedding")
        return (whose, _("{count} numbers", count=track.size), *drawn)
    several, parts = trace.layers(track.part) > 1, trace.layers("decoder") > 0
    # Translators: what an h belongs to: "layer 2 h", "decoder h", "state h"
    who = _("layer {layer}", layer=track.layer + 1) if several else _(_PARTS[track.part if parts else ""])
    units = _("backwards") if track.reverse else _("{count} units", count=track.size)
    return (f"{who} h", units, *drawn)


def row(trace: Trace, track: Track) -> dict[str, Any]:
    """What the template draws of a row of boxes (`charts.unrolled.Row`)."""
    found = {"site": track.site, "title": title(track), "kind": track.kind, "size": track.size}
    found |= {"every": track.every, "reverse": track.reverse, "names": names(trace, track)}
    memory = trace.definition(track.part).memory if track.kind == "hidden" else None
    if memory is not None:
        beside = next((bead.every for bead in beads(trace) if bead.place == track.place), 1)
        found |= {"memory": memory.state, "gates": gates(trace, track.part), "cell_every": beside}
    return found


def dimensions(trace: Trace) -> str:
    """The sizes of the whole network in one line, in the order of computing."""
    found = []
    for part in ("encoder", "decoder"):
        if not trace.layers(part) and f"{part}.embedding" not in trace:
            continue
        steps = len(read_texts(trace, part))
        reads = f"{_(_PARTS[part])}: " * (trace.layers("decoder") > 0) + _("{count} steps", count=steps)
        read = next((name for name in (f"{part}.embedding", f"{part}.inputs") if _is_wide(trace, name)), "")
        if read:
            reads += " × " + _("{count} numbers", count=trace[read].shape[1])
        if not trace.layers(part):
            found += [reads, _("mean")]
            continue
        found += [reads, _sizes(trace, part)]
        if part == "encoder" and "attention.weights" in trace:
            found.append(_("attention"))
    if "class" in trace.labels and "readout.logits" in trace:
        found.append(_("{count} classes", count=len(trace.labels["class"])))
    elif "vocab" in trace.labels:
        found.append(_("{count:,} pieces", count=len(trace.labels["vocab"])))
    elif "readout.forecasts" in trace:
        found.append(_("1 number"))
    elif "readout.prediction" in trace:
        size = trace["readout.prediction"].size
        found.append(_("{count} numbers", count=size) if size > 1 else _("1 number"))
    return " → ".join(found)


def _is_wide(trace: Trace, name: str) -> bool:
    """Whether there are these inputs, and an embedding is more than the number that is read."""
    return name in trace and (not name.endswith(".embedding") or trace[name].shape[1] > 1)


def _sizes(trace: Trace, part: str) -> str:
    """The sizes of one part's layers: ``LSTM: 2 layers × 64 units (h and c, 3 gates)``."""
    cell, layers = trace.definition(part), trace.layers(part)
    units = [
        *[_("{count} layers", count=layers)] * (layers > 1),
        *[_("2 directions")] * trace.reverses(part),
        _("{count} units", count=trace[f"{part}.0.hidden"].shape[1]),
    ]
    states = _("h and c") if len(cell.states) > 1 else {"hidden": "h", "cell": "c"}[cell.states[0]]
    count = len(gates(trace, part))
    gated = ngettext(", {n} gate", ", {n} gates", count) if count else _(", no gates")
    name = NAMES.get(cell.name.removesuffix("_variant"), cell.name)
    return f"{name}: {' × '.join(units)} ({states}{gated})"


def thinned_in_words(trace: Trace) -> str:
    """A sentence on rows that have more numbers than fit; empty when all are drawn."""
    if all(track.every == 1 for track in tracks(trace)):
        return ""
    low, *_between, high = sorted(STRIPES.values())
    return _(
        " A box has room for {low} to {high} stripes: of a longer list every 2nd, every 3rd … number is "
        "drawn, as its name says; its own page shows them all.",
        low=low,
        high=high,
    )


def ordinal(number: int) -> str:
    """``2nd``, ``3rd``, ``4th`` … as they stand in a title."""
    if number % 100 in (11, 12, 13):
        return _("{number}th", number=number)
    return _(_ORDINALS.get(number % 10, _ORDINALS[0]), number=number)
