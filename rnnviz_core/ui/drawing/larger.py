"""A chart for the back row: its compiled spec with larger type and without pale words."""

from typing import Any

from rnnviz_core.charts import theme

FACTOR = 1.3  # of every font size: 12 px become 16; more would run into the next row
_SIZES = ("fontSize", "FontSize")  # how the names of sizes of type end
_LIMITS = ("labelLimit", "titleLimit", "limit")  # px that a text may take before it is cut
_CONTRAST = dict(zip(theme.MUTED, theme.TEXT, strict=True))


def larger(spec: Any) -> Any:
    """The spec with its type `FACTOR` times as large, and its muted colours those of the text."""
    match spec:
        case dict():
            return {name: _scaled(value) if _is_size(name) else larger(value) for name, value in spec.items()}
        case list():
            return [larger(value) for value in spec]
        case str():
            for muted, text in _CONTRAST.items():
                spec = spec.replace(muted, text)
    return spec


def _is_size(name: str) -> bool:
    return name.endswith(_SIZES) or name in _LIMITS


def _scaled(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int() | float():
            return round(FACTOR * value)
        case {"expr": str(expression)}:
            return {"expr": f"{FACTOR} * ({expression})"}
        case {"signal": str(signal)}:
            return {"signal": f"{FACTOR} * ({signal})"}
    return larger(value)
