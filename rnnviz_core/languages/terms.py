"""Names that code and files use, as sentences tell them: gates, states, classes.

What has no translation here, a gate of a cell of your own, say, keeps its name.
"""

from . import _, pgettext


def gate(name: str) -> str:
    """A gate's name where the word “gate” stands beside it: the {gate} gate."""
    known = {
        "input": lambda: pgettext("the … gate", "input"),
        "forget": lambda: pgettext("the … gate", "forget"),
        "output": lambda: pgettext("the … gate", "output"),
        "reset": lambda: pgettext("the … gate", "reset"),
        "update": lambda: pgettext("the … gate", "update"),
        "candidate": lambda: pgettext("the … gate", "candidate"),
    }
    return known[name]() if name in known else name


def class_name(name: str) -> str:
    """A class of the sentiment networks; a class of somebody's own texts as it is."""
    known = {
        "very negative": lambda: _("very negative"),
        "negative": lambda: _("negative"),
        "neutral": lambda: _("neutral"),
        "positive": lambda: _("positive"),
        "very positive": lambda: _("very positive"),
    }
    return known[name]() if name in known else name
