"""Values of rows as the language of the run says them.

Rows carry English codes in every language (``forget``, ``pushes up``): scales, sorts, filters and selections
go by them, so a colour belongs to the same value whatever it is called. Only what is read is looked up, by
the chart itself: labels of legends and axes, lines of tooltips, texts. In English nothing is added.

`values` are the codes, each marked for translation where it stands, or a mapping from codes to words.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import altair as alt

from rnnviz_core.languages import _
from rnnviz_core.languages.terms import class_name
from rnnviz_core.models.classifier_spec import SENTIMENT_CLASSES

Values: TypeAlias = Iterable[str] | Mapping[str, str]


def classes(names: Iterable[str]) -> dict[str, str]:
    """The words for classes; those of somebody's own texts are called what they are called."""
    return {name: class_name(name) for name in names}


def sentiments() -> dict[str, str]:
    """The same for every class that has a translation, where a template does not know its classes."""
    return classes(SENTIMENT_CLASSES)


def quoted(text: str) -> str:
    """A text as a Vega expression."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def sentence(text: str, **values: str) -> str:
    """A Vega expression: the `text`, with the expressions `values` where it names them in braces."""
    pieces = re.split(r"\{(\w+)\}", text)
    told = (values[piece] if at % 2 else quoted(piece) for at, piece in enumerate(pieces) if piece)
    return " + ".join(told)


def look_up(value: str, values: Values) -> str:
    """A Vega expression: what the value of the expression `value` is called."""
    words = _words(values)
    return f"({json.dumps(words, ensure_ascii=False)}[{value}] || {value})" if words else value


def labels(values: Values) -> dict[str, Any]:
    """Settings of a legend or an axis that prints `values`; none in English."""
    return {"labelExpr": look_up("datum.label", words)} if (words := _words(values)) else {}


def axis(values: Values) -> dict[str, alt.Axis]:
    """The axis of a channel that prints `values`; none in English."""
    return {"axis": alt.Axis(**found)} if (found := labels(values)) else {}


def column(field: str, values: Values) -> dict[str, str]:
    """What `transform_calculate` needs, so that `tip` and `field_of` have the words of a field."""
    return {_name(field): look_up(f"datum['{field}']", words)} if (words := _words(values)) else {}


def field_of(field: str, values: Values) -> str:
    """The field that says in words what `field` holds; `column` makes it."""
    return _name(field) if _words(values) else field


def tip(field: str, title: str, values: Values) -> alt.Tooltip:
    """A line of a tooltip with the words of `field`; `column` makes them."""
    return alt.Tooltip(f"{field_of(field, values)}:N", title=title)


def _name(field: str) -> str:
    return f"{field}_in_words"


def _words(values: Values) -> dict[str, str]:
    """The values that are not called what they are."""
    pairs = values.items() if isinstance(values, Mapping) else ((value, _(value)) for value in values)
    return {value: words for value, words in pairs if words != value}
