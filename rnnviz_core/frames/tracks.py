"""The rows of boxes in the picture of an unrolled network, in numbers and in words."""

from dataclasses import dataclass
from typing import Any

from rnnviz_core.tracing.trace import Trace

from .layer import Layer
from .tokens import read_texts

STRIPES = {
    "embedding": 44,
    "hidden": 64,
    "cell": 32,
}  # numbers drawn in one box at most: one per pixel of its height
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
    """The gates drawn as strips, the one that keeps the memory first; the candidate is no gate."""
    cell = trace.definition(part) if trace.layers(part) else None
    if cell is None or cell.keeper is None:
        return ()
    return (cell.keeper, *(name for name in cell.gate_names if name not in (cell.keeper, "candidate")))


def _track(trace: Trace, site: str, part: str, kind: str, layer: int, *, reverse: bool) -> Track:
    size = trace[site].shape[1]
    return Track(site, part, kind, layer, reverse, size, -(-size // STRIPES[kind]))


def title(track: Track) -> str:
    """A row of boxes in words."""
    drawn = f" (every {ordinal(track.every)} drawn)" if track.every > 1 else ""
    if track.kind == "embedding":
        if track.size == 1:
            return "What goes in: one number per step, scaled"
        whose = "The token it output before, as" if track.part == "decoder" else "Embedding:"
        return f"{whose} {track.size} numbers{drawn}"
    who = "Decoder" if track.part == "decoder" else "Hidden state"
    layer = f", layer {track.layer + 1}" if track.layer else ""
    direction = ", read backwards" if track.reverse else ""
    return f"{who}{layer}{direction}: {track.size} units{drawn}"


def names(trace: Trace, track: Track) -> tuple[str, ...]:
    """A row of boxes in words that stand beside it, a line each."""
    drawn = (f"every {ordinal(track.every)}",) * (track.every > 1)
    if track.kind == "embedding":
        if track.size == 1:
            return ("number", "scaled")
        return ("piece read" if track.part == "decoder" else "embedding", f"{track.size} numbers", *drawn)
    several, parts = trace.layers(track.part) > 1, trace.layers("decoder") > 0
    who = f"layer {track.layer + 1}" if several else track.part if parts else "state"
    units = "backwards" if track.reverse else f"{track.size} units"
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
        reads = f"{part}: " * (trace.layers("decoder") > 0) + f"{steps} steps"
        embedded = f"{part}.embedding"
        if embedded in trace and trace[embedded].shape[1] > 1:
            reads += f" × {trace[embedded].shape[1]} numbers"
        elif f"{part}.inputs" in trace:
            reads += f" × {trace[f'{part}.inputs'].shape[1]} numbers"
        if not trace.layers(part):
            found += [reads, "mean"]
            continue
        cell = trace.definition(part)
        units = " × ".join(
            text
            for text in (
                f"{trace.layers(part)} layers" * (trace.layers(part) > 1),
                "2 directions" * trace.reverses(part),
                f"{trace[f'{part}.0.hidden'].shape[1]} units",
            )
            if text
        )
        states = " and ".join({"hidden": "h", "cell": "c"}[state] for state in cell.states)
        count = len(gates(trace, part))
        gated = f", {count or 'no'} gate{'s' * (count != 1)}"
        name = NAMES.get(cell.name.removesuffix("_variant"), cell.name)
        found += [reads, f"{name}: {units} ({states}{gated})"]
        if part == "encoder" and "attention.weights" in trace:
            found.append("attention")
    if "class" in trace.labels and "readout.logits" in trace:
        found.append(f"{len(trace.labels['class'])} classes")
    elif "vocab" in trace.labels:
        found.append(f"{len(trace.labels['vocab']):,} pieces")
    elif "readout.forecasts" in trace:
        found.append("1 number")
    elif "readout.prediction" in trace:
        found.append(
            f"{trace['readout.prediction'].size} numbers"
            if trace["readout.prediction"].size > 1
            else "1 number"
        )
    return " → ".join(found)


def thinned_in_words(trace: Trace) -> str:
    """A sentence on rows that have more numbers than fit; empty when all are drawn."""
    if all(track.every == 1 for track in tracks(trace)):
        return ""
    low, *_, high = sorted(STRIPES.values())
    return (
        f" A box has room for {low} to {high} stripes: of a longer list every 2nd, every 3rd … number is "
        "drawn, as its name says; its own page shows them all."
    )


def ordinal(number: int) -> str:
    """``2nd``, ``3rd``, ``4th`` … as they stand in a title."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"
