"""The options that describe a table; `train`, `evaluate` and `publish` share them."""

from collections.abc import Callable
from typing import Any

import click

from rnnviz_core.errors import SpecError
from rnnviz_core.inputs.layout import SEPARATORS, Layout

# Field -> what the option does. A test holds this against the dataclass.
LAYOUT_HELP = {
    "text_column": "Column of the texts, by name or number (translation: of the source sentences).",
    "label_column": "Column of the labels, by name or number (translation: of the translations).",
    "labels": "Sentiment: the labels in the table, worst first, separated by commas.",
    "encoding": "Encoding of the table, such as latin-1. [UTF-8, or that of its byte order mark]",
    "delimiter": f"The separator of cells: a character, or {', '.join(SEPARATORS)}. [from the first line]",
    "header": "Whether the first line names the columns; if not, they are numbered from 1. [yes]",
    "quoted": "Whether double quotes enclose cells. [tab-separated tables: inferred; others: yes]",
}
SWITCHES = ("header", "quoted")


def layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `Layout`; what is not given arrives as None."""
    for name, text in reversed(LAYOUT_HELP.items()):
        flag = f"--{name}/--no-{name}" if name in SWITCHES else "--" + name.replace("_", "-")
        command = click.option(flag, default=None, help=text)(command)
    return command


def layout_of(given: dict[str, Any], translation: bool = False) -> Layout:
    """The layout that options say; these are taken out of `given`."""
    named = {name: given.pop(name, None) for name in LAYOUT_HELP}
    found = {name: value for name, value in named.items() if value is not None}
    if "labels" in found:
        if translation:
            raise SpecError("--labels is not a setting of task 'translation'")
        found["labels"] = tuple(found["labels"].split(","))
    return Layout(**found)
