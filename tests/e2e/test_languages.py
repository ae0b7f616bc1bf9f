"""In a real browser: every page in every language, on a phone; the browser's language, and the switch."""

from collections.abc import Callable
from typing import Any

import pytest

from rnnviz_core import languages
from rnnviz_core.languages import _, speak
from rnnviz_core.ui.shell.routes import ROUTES, home
from scripts.driver import Visitor

OTHERS = [code for code in languages.NAMES if code != languages.SOURCE]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def title(visitor: Visitor) -> str:
    return str(visitor.page.get_by_role("heading", level=1).first.inner_text())


@pytest.mark.parametrize("code", OTHERS)
def test_every_page_fits_a_phone(code: str, visit: Callable[..., Visitor]) -> None:
    visitor = visit(**PHONE)
    for found in ROUTES:
        visitor.go(f"/{found.address}", language=code)
        with speak(code):
            assert title(visitor) == _(found.title)
            assert visitor.page.title() == f"{_(found.title)} · RNNViz"
        assert visitor.page.evaluate("document.documentElement.lang") == code
        assert visitor.cut_off() == [], found.name
        assert visitor.query()["language"] == code


def test_a_browser_is_answered_in_its_language_until_another_is_chosen(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit(locale="de-AT")
    visitor.open("/")
    with speak("de"):
        assert title(visitor) == _(home().title)
    assert "language" not in visitor.query()
    assert "," in visitor.page.locator(".rv-facts .rv-value").first.inner_text(), "58,1 %"
    visitor.page.get_by_test_id("stSidebar").locator(".st-key-about button").click()
    visitor.page.get_by_text("Español", exact=True).click()
    visitor.page.wait_for_url("**language=es**")
    visitor.settle()
    with speak("es"):
        assert title(visitor) == _(home().title)
    visitor.page.reload()
    visitor.settle()
    assert visitor.query()["language"] == "es"
    assert visitor.page.evaluate("document.documentElement.lang") == "es"


def test_a_language_that_we_do_not_speak_is_answered_in_english(visit: Callable[..., Visitor]) -> None:
    visitor = visit(locale="fr-FR")
    visitor.open("/", language="fr")
    assert title(visitor) == home().title
    assert "The link asks for language “fr”, which is not here; showing en instead." in visitor.text()
