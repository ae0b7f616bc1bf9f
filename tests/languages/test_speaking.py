"""Texts in another language: looked up, filled in, counted; numbers as CLDR has them."""

import copy
import gettext
from threading import Thread

import numpy as np
import pytest
from babel import Locale
from babel.numbers import format_percent

from rnnviz_core import languages
from rnnviz_core.frames.numbers import printed
from rnnviz_core.languages import N_, _, bound, cached, filled, language, nfilled, ngettext, speak

OTHERS = [code for code in languages.NAMES if code != languages.SOURCE]


def test_english_is_what_nobody_asked_for() -> None:
    assert language() == "en"
    assert _("{share:.1f} of “{word}”", share=1234.5, word="a.b") == "1234.5 of “a.b”"
    assert _("{ as it is }") == "{ as it is }"
    assert N_("Forget gate") == "Forget gate"


@pytest.mark.parametrize("code", OTHERS)
def test_numbers_are_written_as_the_language_does(code: str) -> None:
    symbols = Locale(code).number_symbols["latn"]
    with speak(code):
        assert languages.signs() == (symbols["decimal"], symbols["group"])
        assert _("no such text {a:.1f} {b:,} {c} {d}", a=0.5, b=2210, c="1.5", d=np.float32(2.5)) == (
            f"no such text 0{symbols['decimal']}5 2{symbols['group']}210 1.5 2{symbols['decimal']}5"
        )
        assert printed(-1.25) == f"−1{symbols['decimal']}25"
        share = format_percent(0.125, "0.0\N{NO-BREAK SPACE}%", code)
        assert _("no such text {a:.1%}", a=0.125) == f"no such text {share}"
        assert share.endswith(format_percent(0.5, locale=code)[-2:]), "with the space of the language"
    assert printed(-1.25) == "−1.25"
    assert _("{a:.1%} of {b} %", a=0.125, b=7) == "12.5\N{NO-BREAK SPACE}% of 7\N{NO-BREAK SPACE}%"
    assert printed(0.12, ".0%") == "12\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(("n", "said"), [(1, "1 unit"), (0, "0 units"), (2, "2 units")])
def test_the_number_decides_the_form(n: int, said: str) -> None:
    assert ngettext("{n} unit", "{n} units", n) == said


def test_what_is_kept_is_kept_for_each_language() -> None:
    made = []

    @cached
    def heading(name: str) -> str:
        made.append(name)
        return f"{name} {language()}"

    with speak("de"):
        assert heading("a") == heading("a") == "a de"
    assert heading("a") == "a en"
    assert made == ["a", "a"]


def test_what_is_made_later_in_another_thread_speaks_the_language_of_the_run_that_offered_it() -> None:
    with speak("de"):
        make = bound(lambda share: _("no such text {share:.1f}", share=share))
    heard = []
    thread = Thread(target=lambda: heard.extend((make(0.5), language())))
    thread.start()
    thread.join()
    assert heard == ["no such text 0,5", "en"]


def test_a_thread_asks_once_what_its_session_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(languages, "_asked", lambda: asked.append(1) or "es")
    heard = []
    thread = Thread(target=lambda: heard.extend((language(), language())))
    thread.start()
    thread.join()
    assert heard == ["es", "es"]
    assert len(asked) == 1


def test_what_is_kept_with_its_values_is_told_in_the_language_of_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = filled(
        "{gate}: {share:.1f} at “{token}”", gate=filled("forget gate"), share=0.5, token="forget gate"
    )
    steps = [nfilled("{n} step", "{n} steps", n) for n in (1, 2)]
    assert [said, *steps] == ["forget gate: 0.5 at “forget gate”", "1 step", "2 steps"]
    assert copy.deepcopy(said).told() == said

    class Capitals(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return {"forget gate": "TOR"}.get(message, message)

        def ngettext(self, one: str, several: str, n: int) -> str:
            return "{n} SCHRITT" if n == 1 else "{n} SCHRITTE"

    monkeypatch.setattr(languages, "_catalogue", lambda code: Capitals())
    with speak("de"):
        assert _(said) == "TOR: 0,5 at “forget gate”", "a token is not text of ours"
        assert [_(one) for one in steps] == ["1 SCHRITT", "2 SCHRITTE"]
    assert _(said) == said


def test_an_unknown_language_is_refused_or_english() -> None:
    with pytest.raises(ValueError, match="no language 'fr'"), speak("fr"):
        pass
    with speak("de"):
        languages.set_language("fr")
        assert language() == "en"
