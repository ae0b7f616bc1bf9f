"""What a compiled template names: its datasets, and the columns each of them must have."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

_SPECS: dict[int, tuple[Any, dict[str, Any]]] = {}  # by the chart's id; the chart too: no other gets the id


def spec_of(chart: Any) -> dict[str, Any]:
    """The Vega-Lite spec, validated by altair against its schema: 40 ms, so once for each chart."""
    if id(chart) not in _SPECS:
        _SPECS[id(chart)] = chart, chart.to_dict()
    spec = deepcopy(_SPECS[id(chart)][1])
    assert "datasets" not in spec
    return spec


def views(spec: dict[str, Any], data: str | None = None) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Every view of a spec with the name of the dataset it draws."""
    data = spec.get("data", {}).get("name", data)
    yield data, spec
    for key in ("layer", "vconcat", "hconcat", "concat"):
        for child in spec.get(key, ()):
            yield from views(child, data)


def datasets_of(spec: dict[str, Any]) -> set[str]:
    return {name for name, view in views(spec) if name and "mark" in view}


def columns_of(spec: dict[str, Any]) -> dict[str, set[str]]:
    """Dataset -> the columns its encodings read and no transform makes."""
    found: dict[str, set[str]] = {}
    for name, view in views(spec):
        if not name or "mark" not in view:
            continue
        made = {entry["as"] for step in view.get("transform", ()) for entry in [step] if "as" in step}
        made |= {part["as"] for step in view.get("transform", ()) for part in step.get("joinaggregate", ())}
        found.setdefault(name, set()).update(set(_fields(view.get("encoding", {}))) - made)
    return found


def _fields(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("field"), str):
            yield value["field"]
        if isinstance(value.get("value"), dict):  # a place in pixels, worked out from the row
            yield from re.findall(r"datum\.(\w+)", str(value["value"].get("expr")))
        for child in value.values():
            yield from _fields(child)
    elif isinstance(value, list):
        for child in value:
            yield from _fields(child)
