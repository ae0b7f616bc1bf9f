"""Sentences of our own to try, each with the one thing it shows. The first of a list is the default."""

from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.models.specs import ModelSpec

from .claims import Example
from .german import GERMAN
from .opinions import SENTIMENT
from .spanish import SPANISH

TRANSLATION = {"es": SPANISH, "de": GERMAN}


def examples(spec: ModelSpec) -> tuple[Example, ...]:
    """The sentences that suit a model: by task, and for translation by the language it reads."""
    if spec.task == "sentiment":
        return SENTIMENT
    assert isinstance(spec, TranslationSpec)
    return TRANSLATION.get(spec.source, ())


def default_text(spec: ModelSpec) -> str:
    """What stands in the box before a person types."""
    found = examples(spec)
    return found[0].text if found else ""


def is_example(text: str) -> bool:
    """Whether a person merely picked this text, and loses nothing when it is replaced."""
    return any(text == example.text for group in (SENTIMENT, *TRANSLATION.values()) for example in group)
