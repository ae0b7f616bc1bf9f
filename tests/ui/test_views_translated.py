"""In another language the texts around the charts are told in it, and the address stays as it is."""

import html
import re
from pathlib import Path

import pytest
from helpers_app import in_url
from streamlit.testing.v1 import AppTest

from rnnviz_core import languages

ROOT = Path(__file__).resolve().parents[2]
# What no catalogue translates: tokens in quotes, functions, icons.
NAMED = re.compile(r"“[^”]*”|tanh|:material/\w+:|\*\*[^*]*\*\*")


class Loud:
    """A catalogue whose translation is the text in capitals."""

    def gettext(self, text: str) -> str:
        return "".join(part if part[:1] == "{" else part.upper() for part in re.split(r"(\{[^}]*\})", text))

    def pgettext(self, _context: str, text: str) -> str:
        return self.gettext(text)

    def ngettext(self, one: str, several: str, n: int) -> str:
        return self.gettext(one if n == 1 else several)


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_catalogue", lambda _code: Loud())
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(ROOT / "checkpoints"))


def visit(page: str, section: str, language: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(model="sentiment-lstm", section=section, language=language)
    with languages.speak(language):  # the test asks widgets for their words, too
        return app.switch_page(f"pages/{page}.py").run()


def opened(app: AppTest):
    """The tab that is drawn."""
    assert not app.exception
    return next(tab for tab in app.main.tabs if tab.children)


@pytest.mark.parametrize(
    ("page", "section", "title"),
    [("gates", "maps", "Heatmaps"), ("states", "ledger", "Memory left"), ("gradients", "roads", "Two roads")],
)
def test_a_section_in_another_language(page: str, section: str, title: str) -> None:
    app = visit(page, section, "de")
    tab = opened(app)
    assert tab.label == title.upper()
    said = [block.value for block in (*tab.markdown, *tab.caption)]
    said += [widget.label for widget in (*tab.selectbox, *tab.number_input, *tab.button)]
    assert said
    assert not {word for text in said for word in re.findall("[a-z]{3,}", NAMED.sub("", html.unescape(text)))}
    assert in_url(app, "section") == section
    assert opened(visit(page, section, "en")).label == title  # nothing kept is in the language before
