"""All findings of a trace, ranked; and those that belong above a section of the app."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain

from rnnviz_core.errors import TraceError
from rnnviz_core.frames.layer import Layer, layers
from rnnviz_core.frames.series import forecasts
from rnnviz_core.tracing.kept import kept_with_trace
from rnnviz_core.tracing.trace import Trace

from . import alignment, attention, embeddings, gates, series, states, verdict, writing
from .record import Finding

OVERVIEW = "overview"  # the page that opens with whatever is strongest
# Page -> section -> the kinds that open it, those it is about first; a section without a line says nothing.
_GATES = ("_gate",)  # every kind that ends so: one for each gate of the cell
SHOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "embeddings": {
        "vectors": ("longest", "alike", "away"),
        "alike": ("alike", "away"),
        "map": ("alike", "away"),
        "axis": ("alike", "away"),
        "numbers": ("beyond", "furthest_off"),
    },
    "gates": {
        "maps": ("forgetting", "saturation", "silence", "one_unit", "keeping", *_GATES),
        "summary": (*_GATES, "forgetting", "keeping"),
        "cell": ("one_unit", "forgetting", "saturation", "silence"),
        "textbooks": ("update_gate", "reset_gate", "one_unit"),
    },
    "states": {
        "maps": ("change", "widest", "one_unit", "trail"),
        "units": ("widest", "one_unit"),
        "changes": ("change", "way"),
        "ledger": ("trail", "left", "reach", "forgetting"),
        "path": ("way", "change"),
    },
    "attention": {
        "instead": ("left", "trail", "reach", "change"),
        "alignment": ("looked", "crossed", "unsure"),
        "spread": ("unsure", "looked"),
        "weights": ("heaviest", "spread", "evenly"),
        "verdict": ("added", "heaviest"),
        "context": ("heaviest", "spread", "looked"),
        "test": ("evenly", "heaviest", "looked"),
        "kinds": ("heaviest", "looked", "left", "hesitated"),
    },
    "softmax": {
        "classes": ("choice", "turn", "steady"),
        "terms": ("decisive_unit", "largest_term", "choice"),
        "verdicts": ("turn", "steady", "jump"),
        "order": ("turn", "steady", "choice"),
        "confidence": ("hesitated", "sure"),
        "candidates": ("hesitated", "sure", "rival"),
        "pieces": ("rival", "hesitated", "sure"),
        "beam": ("beam", "hesitated"),
        "forecast": ("expects", "furthest_off", "baseline"),
    },
}
# What each group of findings can say, as `SHOWN` names it: a section's rerun looks for its own alone.
SAYS: dict[str, tuple[str, ...]] = {
    "forgetting": ("forgetting", "keeping"),
    "openness": ("_gate",),
    "saturation": ("saturation", "silence"),
    **{kind: (kind,) for kind in ("one_unit", "trail", "left", "change", "widest", "way")},
    "embeddings": ("longest", "alike", "away"),
    "attention": ("heaviest", "spread", "added", "evenly"),
    "alignment": ("looked", "crossed", "unsure"),
    "verdict": ("steady", "turn", "jump", "choice", "decisive_unit"),
    "writing": ("sure", "hesitated", "rival", "beam"),
    "series": ("expects", "furthest_off", "baseline", "beyond", "reach", "largest_term"),
}
# How strong a finding of each group can be at most, by its own formula: who wants the strongest few looks for
# a group only while it could still hold one of them.
AT_MOST = dict.fromkeys(("forgetting", "alignment", "verdict"), 0.95) | {
    "attention": 0.9,
    "trail": 0.8,
    "series": 0.8,
    "openness": 0.7,
    "embeddings": 0.7,
    "writing": 0.65,
    "saturation": 0.6,
    "change": 0.6,
    "left": 0.45,
    "one_unit": 0.35,
    "widest": 0.3,
    "way": 0.25,
}


def findings(trace: Trace) -> tuple[Finding, ...]:
    """What stands out in a trace, the strongest first; nothing where nothing does.

    Parameters
    ----------
    trace
        Any trace: of a shipped model, of a file, of a module of your own. Which findings are looked for
        follows from its sites and from the equations of its cells.

    Returns
    -------
    tuple of Finding
        Computed at the first call and kept as long as the trace is.
    """
    return _ranked(trace, _GROUPS)


@kept_with_trace
def _ranked(trace: Trace, groups: tuple[str, ...], layer: str | None = None) -> tuple[Finding, ...]:
    """The findings of some groups, the strongest first; each group is computed once.

    With `layer` those of the groups that are looked for layer by layer are the ones of that layer.
    """
    found = chain.from_iterable(_group(trace, name, layer if name in _OF_LAYERS else None) for name in groups)
    return tuple(sorted(found, key=lambda one: -one.strength))


@kept_with_trace
def _group(trace: Trace, name: str, layer: str | None) -> tuple[Finding, ...]:
    if name in _OF_LAYERS:
        every = [at for at in layers(trace) if layer in (None, at.name)]
        return tuple(one for at in every for one in _layer(_OF_LAYERS[name], trace, at))
    return tuple(_OF_TRACES[name](trace))


def _of_parts(trace: Trace) -> Iterator[Finding]:
    for part in ("encoder", "decoder"):
        if f"{part}.embedding" in trace:
            yield from embeddings.findings(trace, part)


def _where(site: str, find: Callable[[Trace], Iterator[Finding]]) -> Callable[[Trace], Iterable[Finding]]:
    """A group that only a trace with `site` has."""
    return lambda trace: find(trace) if site in trace else ()


_OF_LAYERS = {find.__name__: find for find in (*gates.KINDS, *states.KINDS)}
_OF_TRACES: dict[str, Callable[[Trace], Iterable[Finding]]] = {
    "embeddings": _of_parts,
    "attention": _where("attention.weights", attention.findings),
    "alignment": _where("attention.weights", alignment.findings),
    "verdict": _where("readout.logits", verdict.findings),
    "writing": _where("readout.logits", writing.findings),
    "series": lambda trace: series.findings(trace) if forecasts(trace) else (),
}
_GROUPS = (*_OF_LAYERS, *_OF_TRACES)


def _layer(kind: Callable[[Trace, Layer], Iterator[Finding]], trace: Trace, at: Layer) -> list[Finding]:
    """The findings of one kind; none where only some sites were recorded, and this kind needs another."""
    try:
        return list(kind(trace, at))
    except TraceError:
        if "sites" not in trace.meta:
            raise
        return []


def of_section(
    trace: Trace,
    page: str,
    section: str,
    *,
    layer: str | None = None,
    part: str | None = None,
    step: int | None = None,
    leading: int | None = None,
) -> tuple[Finding, ...]:
    """The findings that open a section, in the order of telling.

    Parameters
    ----------
    trace
        What the section draws.
    page, section
        As in the app's address: ``gates``, ``maps``.
    layer
        The layer that is looked at (``encoder.0``): findings on other layers are left out.
    part
        The part that is looked at, ``encoder`` or ``decoder``, in the same way.
    step
        The step that was chosen: of several findings of one kind, that on this step comes first.
    leading
        How many are wanted at most of the overview, which tells the strongest: others are not looked for.
    """
    if page == OVERVIEW and leading is not None and layer is None and part is None:
        return _leading(trace, leading)
    every = [
        one
        for one in _ranked(trace, _read(page, section), layer)
        if (layer is None or one.where.layer in (None, layer)) and (part is None or one.where.part == part)
    ]
    if page == OVERVIEW:
        return _varied(every)
    kinds = SHOWN.get(page, {}).get(section, ())
    if step is not None:
        every.sort(key=lambda one: one.where.step != step)
    found = [one for kind in kinds for one in every if _is(one, kind)]
    return _varied(list(dict.fromkeys(found)))


@kept_with_trace
def _leading(trace: Trace, count: int) -> tuple[Finding, ...]:
    """The strongest findings of different kinds, as the overview opens with them."""
    looked: list[str] = []
    strongest: dict[str, float] = {}
    for name in sorted(_GROUPS, key=lambda name: -AT_MOST[name]):
        if len(strongest) >= count and sorted(strongest.values())[-count] > AT_MOST[name]:
            break
        looked.append(name)
        for one in _group(trace, name, None):
            strongest[one.kind] = max(one.strength, strongest.get(one.kind, 0.0))
    found = chain.from_iterable(_group(trace, name, None) for name in _GROUPS if name in looked)
    return _varied(sorted(found, key=lambda one: -one.strength))[:count]


@cache
def _read(page: str, section: str) -> tuple[str, ...]:
    """The groups that say what a section tells; of the overview, which tells the strongest, all."""
    if page == OVERVIEW:
        return _GROUPS
    kinds = SHOWN.get(page, {}).get(section, ())
    return tuple(
        name
        for name in _GROUPS
        if any(
            kind == said or (kind.endswith(said) and said[0] == "_") for kind in kinds for said in SAYS[name]
        )
    )


def within(one: Finding, layer: Layer) -> str:
    """A claim where it is plain which layer is meant: without the words that say so."""
    return one.alone if one.where.layer == layer.name else one.claim


def _is(one: Finding, kind: str) -> bool:
    return one.kind == kind or (kind.startswith("_") and one.kind.endswith(kind))


def _varied(ranked: "list[Finding]") -> tuple[Finding, ...]:
    """The first of every kind before the second of any: three sentences say three things."""
    seen: dict[str, int] = {}
    turn = []
    for one in ranked:
        seen[one.kind] = seen.get(one.kind, 0) + 1
        turn.append(seen[one.kind])
    order = sorted(range(len(ranked)), key=lambda place: (turn[place], place))
    return tuple(ranked[place] for place in order)
