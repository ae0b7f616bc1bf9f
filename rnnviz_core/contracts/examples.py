"""Sentences of our own to try, each with the one thing it shows. The first of a list is the default."""

from rnnviz_core.models.specs import ModelSpec

from .claims import Example
from .task import names, task, task_of_spec


def examples(spec: ModelSpec) -> tuple[Example, ...]:
    """The sentences that suit a model."""
    return task_of_spec(spec).examples(spec)


def default_text(spec: ModelSpec) -> str:
    """What stands in the box before a person types."""
    found = examples(spec)
    return found[0].text if found else ""


def is_example(text: str) -> bool:
    """Whether a person merely picked this text, and loses nothing when it is replaced."""
    return any(text == example.text for name in names() for example in task(name).sentences)
