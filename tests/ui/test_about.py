"""The foot of the sidebar: the model's card, the documentation, source and licence; the name and the mark."""

from dataclasses import replace
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.languages import speak
from rnnviz_core.ui.shell import wording
from rnnviz_core.ui.shell.about import readable

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = checkpoints.scan(ROOT / "checkpoints").entries


def opened(button: str) -> str:
    """What a choice from the menu opens."""

    def script(name: str) -> None:
        from rnnviz_core import places, scan
        from rnnviz_core.ui.shell import about

        entry = scan(places.shipped()).find("sentiment-lstm")
        about.st.menu_button = lambda label, offered, **options: name if name in offered else None
        about.draw(entry)

    with mock.patch("streamlit.menu_button"):
        app = AppTest.from_function(script, args=(button,), default_timeout=120).run()
    assert not app.exception
    return "\n".join(block.value for block in (*app.markdown, *app.text))


def test_the_card_of_the_model_with_its_failures():
    card = opened("Model card")
    assert "# sentiment-lstm" in card
    assert "## Where it fails" in card
    assert "negation" in card


def test_the_documentation_begins_with_the_readme():
    assert "# RNNViz" in opened("Documentation")


def test_the_licence_is_there_word_for_word():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8") in opened("Source and licence")


@pytest.mark.parametrize("name", places.documents())
def test_a_document_brings_nothing_from_elsewhere(name):
    text = readable(places.documents()[name].read_text(encoding="utf-8"))
    assert "![" not in text
    assert "<!--" not in text
    assert "](docs/" not in text


def test_a_card_fetches_no_picture_and_keeps_its_words():
    card = (
        "costs $5 and $6 ![pixel](https://example.org/p.png) see [limits](limits.md), [paper](https://x.org)"
    )
    assert readable(card) == r"costs \$5 and \$6  see limits, [paper](https://x.org)"


def test_a_link_that_stands_alone_in_brackets_goes_with_them():
    assert readable("before it sees the answer ([class](class.md)).") == "before it sees the answer."
    assert readable("la respuesta ([clase](class.md), en inglés). Y") == "la respuesta. Y"
    assert readable("type ([speed](speed.md) has more):") == "type (speed has more):"


@pytest.mark.parametrize("file", [places.MARK, places.NAME], ids=lambda file: file.name)
def test_the_mark_is_a_drawing_of_its_own(file):
    drawing = ElementTree.parse(file).getroot()
    assert drawing.tag.endswith("svg")
    used = {value for part in drawing.iter() for name, value in part.attrib.items() if "href" in name}
    assert used == set(), "it fetches nothing"


def test_every_model_is_told_apart_by_its_label_and_fits_the_list():
    """A list in the sidebar has room for about 36 letters, and the score comes last."""
    labels = [(entry.spec.task, wording.label(entry)) for entry in ENTRIES]
    shown = [label for task, label in labels if task != "forecast"]
    assert len(set(shown)) == len(shown)
    assert max(len(label) for _, label in labels) <= 36


def test_a_label_follows_what_is_measured_anew_and_the_language():
    """It is kept, since a run asks for all of them."""
    entry = next(entry for entry in ENTRIES if entry.id == "sentiment-lstm")
    again = replace(entry, metrics={**entry.metrics, "scores": {}})
    assert wording.label(entry).startswith(wording.label(again))
    assert wording.label(entry) != wording.label(again)
    with speak("de"):
        assert wording.label(entry) == wording._label(entry)
        assert wording.label(entry).endswith(",5\N{NO-BREAK SPACE}%")
    assert wording.label(entry) == wording._label(entry)


def test_a_network_without_attention_offers_those_that_read_its_language():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["model"] = "es-en-lstm"
    app.run()
    app.switch_page("pages/attention.py").run()
    offered = [button.key for button in app.button if str(button.key).startswith("offer-")]
    with_attention = {
        f"offer-{entry.id}"
        for entry in ENTRIES
        if entry.spec.task == "translation" and entry.spec.attention != "none"
    }
    assert set(offered) == {key for key in with_attention if key.startswith("offer-es")}
    assert len(with_attention) > len(offered) > 1
