"""What a screen reader is told about single marks: what the tooltip says, and no more.

Left alone, Vega-Lite reads every encoded field aloud, those that only place a mark, too.
"""

from typing import Any

import altair as alt

from . import spoken

LINES = ("line", "area", "trail", "rule")  # one mark for many rows, or a guide


def speak(chart: Any) -> None:
    """Give every mark of `chart` its words, and hide those that say nothing of their own.

    Hidden are marks without a tooltip, lines, and the cells of heatmaps: there are thousands, and the
    chart's own description sums them up.
    """
    for part in ("layer", "vconcat"):
        for child in getattr(chart, part, ()):
            speak(child)
    if not hasattr(chart, "mark") or chart.mark is alt.Undefined:
        return
    mark = chart.mark if isinstance(chart.mark, alt.MarkDef) else alt.MarkDef(type=chart.mark)
    words = _words(chart.encoding)
    if words and mark.aria is not False and mark.type not in LINES and not _heatmap(mark, chart.encoding):
        mark.description = alt.ExprRef(words)
    else:
        mark.aria = False
    if _heatmap(mark, chart.encoding) and isinstance(chart.encoding.tooltip, list):
        chart.encoding.tooltip = alt.value(alt.ExprRef(_tooltip(chart.encoding.tooltip)))
    chart.mark = mark


def _tooltip(tips: list[alt.Tooltip]) -> str:
    """The lines of a tooltip as one expression, computed for every cell when it is drawn.

    Vega-Lite's own also asks of each value whether it is a list or missing: a tenth of the time that a
    heatmap of 20,000 cells takes.
    """
    lines = [_dict(tip) for tip in tips]
    return "{" + ", ".join(f"{spoken.quoted(line['title'])}: {_value(line)}" for line in lines) + "}"


def _heatmap(mark: alt.MarkDef, encoding: Any) -> bool:
    return mark.type == "rect" and isinstance(encoding.color, alt.Color) and "scale" in _dict(encoding.color)


def _words(encoding: Any) -> str:
    """A Vega expression: a text's own words, else the lines of the tooltip; empty where there is neither."""
    if isinstance(encoding.text, alt.Text):
        return _value(_dict(encoding.text))
    tips = encoding.tooltip if isinstance(encoding.tooltip, list) else [encoding.tooltip]
    lines = [_dict(tip) for tip in tips if isinstance(tip, alt.Tooltip)]
    return " + ".join(
        f"{spoken.quoted('; ' * bool(number) + line['title'] + ': ')} + {_value(line)}"
        for number, line in enumerate(lines)
    )


def _value(channel: dict[str, Any]) -> str:
    value = f"datum['{channel['field']}']"
    return f"format({value}, '{channel['format']}')" if "format" in channel else value


def _dict(channel: Any) -> dict[str, Any]:
    found: dict[str, Any] = channel.to_dict(validate=False)
    return {"title": found.get("field"), **found}
