"""Templates in another language: texts are looked up, a value keeps its colour, apostrophes break nothing."""

import json
import re
from gettext import NullTranslations

import pytest

from rnnviz_core import languages
from rnnviz_core.charts import gates, gradients, replaced, series, softmax, spoken, states

CLASSES = ("very negative", "neutral", "my own")
# The template, its arguments; values of its rows and what they are called: None, as they are.
SPOKEN = {
    "gate_means": (gates.gate_means, (("forget", "input"),), {"forget": "«forget'»", "input": "«input'»"}),
    "cell_terms": (gates.cell_terms, (("reset",),), {"reset": "«reset'»", "sum": "«sum'»"}),
    "change_bars": (states.change_bars, (("hidden", "cell"),), {"hidden": "«hidden'»"}),
    "verdicts": (softmax.verdicts, (CLASSES,), {"neutral": "«neutral'»", "my own": None}),
    "terms": (softmax.terms, (CLASSES, CLASSES[0]), {"pushes up": "«pushes up'»", "bias": "«bias'»"}),
    "pairs": (gradients.pairs, (4, "decoder", -3), {}),
    "forecasts": (series.forecasts, (("series", "network"),), {"network": "«network'»"}),
    "classes": (replaced.replaced_classes, (), {"neutral": "«neutral'»", "shuffled": "«shuffled'»"}),
}
NAMED = {"gate", "term", "state", "kind", "class", "name"}
WORDS = re.compile(r"[^\W\d_]{2}")


class Fake(NullTranslations):
    """Says every text in marks, with an apostrophe."""

    def gettext(self, message):
        return message if "«" in message else f"«{message}'»"

    def pgettext(self, context, message):
        return f"«{context}: {message}'»"


@pytest.fixture(params=SPOKEN)
def foreign(request, monkeypatch):
    """A template's spec in English, the same in the fake language, and what its values are called there."""
    make, arguments, values = SPOKEN[request.param]
    english = make(*arguments).to_dict(validate=False)
    monkeypatch.setattr(languages, "_catalogue", lambda code: Fake())
    try:
        with languages.speak("de"):
            yield english, make(*arguments).to_dict(), values
    finally:
        make.cache_clear()


def found(node, key):
    """All values of a key in a spec, wherever it stands."""
    for name, value in node.items() if isinstance(node, dict) else enumerate(node):
        if name == key:
            yield value
        if isinstance(value, dict | list):
            yield from found(value, key)


def test_titles_are_told_in_the_language_and_values_where_they_are_read(foreign):
    english, spec, values = foreign
    del english["config"], spec["config"]
    titles = [
        text
        for title in found(spec, "title")
        if title
        for text in ([title] if isinstance(title, str) else [title["text"], *title["subtitle"]])
    ]
    assert [text for text in titles if WORDS.search(text) and "«" not in text] == []
    assert list(found(spec, "domain")) == list(found(english, "domain"))  # colours stay with their values
    read = json.dumps([*found(spec, "labelExpr"), *found(spec, "calculate")], ensure_ascii=False)
    for value, words in values.items():
        entry = json.dumps(json.dumps(value) + ": ")[1:-1]
        assert (entry in read) == (words is not None)
        assert words is None or words in read
    tips = [tip for some in found(spec, "tooltip") if isinstance(some, list) for tip in some]
    assert not {tip["field"] for tip in tips if tip["type"] == "nominal"} & NAMED
    assert "_in_words" not in json.dumps(english)


def test_a_text_is_quoted_and_a_sentence_keeps_its_places():
    assert spoken.quoted("l'estat \\") == r"'l\'estat \\'"
    told = spoken.sentence("{value} es lo que 'lee' {step}.", step="datum.n", value="datum.v")
    assert told == r"datum.v + ' es lo que \'lee\' ' + datum.n + '.'"
    assert spoken.labels(("forget",)) == spoken.column("gate", ("forget",)) == {}
    assert spoken.look_up("datum.value", {"a": "a", "b": "c"}) == '({"b": "c"}[datum.value] || datum.value)'
