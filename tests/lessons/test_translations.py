"""Lessons in another language: the same lessons, but for their words; and none of the words is English."""

import gettext
import shutil
from pathlib import Path

import pytest
from helpers_lessons import world

from rnnviz_core import languages, places
from rnnviz_core.languages import NAMES, SOURCE, speak
from rnnviz_core.lessons import read, shelf
from rnnviz_core.lessons.fields import written
from rnnviz_core.lessons.reading import texts
from rnnviz_core.lessons.syntax import parse
from rnnviz_core.lessons.translations import difference
from rnnviz_core.lessons.values import ClassName, single

OTHERS = [code for code in NAMES if code != SOURCE]
ENGLISH = {path.stem: path for path in places.lessons().glob("*.md")}
TRANSLATED = sorted(path for code in OTHERS for path in (places.lessons() / code).glob("*.md"))
CAKE = "04-the-forget-gate"


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: f"{path.parent.name}-{path.stem[:2]}")
def test_only_the_words_differ(path: Path) -> None:
    ours, theirs = read(path), read(ENGLISH[path.stem])
    assert difference(ours, theirs) is None
    assert max(len(step.title) for step in ours.steps) <= 60
    assert ours.aim != theirs.aim
    for mine, english in zip(ours.steps, theirs.steps, strict=True):
        said = zip(texts(mine), texts(english), strict=True)
        alike = [one for one, other in said if one == other and len(one.split()) > 4 and "{{" not in one]
        assert alike == [], f"{mine.title}: still English"


@pytest.mark.parametrize("code", OTHERS)
def test_the_shelf_has_the_same_lessons_in_every_language(code: str) -> None:
    english = shelf()
    with speak(code):
        found = shelf()
    assert found.problems == ()
    assert [one.id for one in found.lessons] == [one.id for one in english.lessons]
    assert [one.path for one in found.lessons] == [
        places.lessons() / code / f"{one.id}.md" for one in english.lessons
    ], "every shipped lesson is translated"


def test_a_lesson_of_ones_own_is_translated_beside_it(tmp_path: Path) -> None:
    text = ENGLISH[CAKE].read_text(encoding="utf-8")
    (tmp_path / f"{CAKE}.md").write_text(text, encoding="utf-8")
    with speak("de"):  # the shipped translation is one of the shipped lesson
        assert shelf(tmp_path).find(CAKE).path == tmp_path / f"{CAKE}.md"
        (tmp_path / "de").mkdir()
        (tmp_path / "de" / f"{CAKE}.md").write_text(text.replace("The forget gate,", "Das Tor,"), "utf-8")
        assert shelf(tmp_path).find(CAKE).title == "Das Tor, on a sentence of yours"
    assert shelf(tmp_path).find(CAKE).title == "The forget gate, on a sentence of yours"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('answer = "lowest"', 'answer = "argmax(open)"', "step 4: answer is"),
        ("tolerance = 0.15", "tolerance = 0.25", "step 3: tolerance is 0.25 in place of 0.15"),
        ('when = "1 * 3 == 0"', 'when = "1 * 3 == 4"', "step 2: options 2 when is"),
        ("{{ min(open) }} on average, and", "{{ max(open) }} on average, and", "says 1 text: its fields"),
        ('text = "The soup was cold, but', 'text = "Die Suppe war kalt, but', "traces main text is"),
        ("minutes = 9", "minutes = 8", "minutes is 8 in place of 9"),
        ('open = "encoder.0.forget', 'open = "encoder.0.input', "names open is"),
        ("## predict: Where does yours", "## read: Where does yours", "step 9 asks something else"),
    ],
)
def test_what_is_no_translation_is_told_and_the_lesson_stays_english(
    before: str, after: str, told: str, tmp_path: Path
) -> None:
    shutil.copy(ENGLISH[CAKE], tmp_path)
    (tmp_path / "es").mkdir()
    text = ENGLISH[CAKE].read_text(encoding="utf-8")
    assert before in text
    changed = text.replace(before, after)
    if "## read: Where" in after:  # which has no settings
        head, _, rest = changed.partition("token is the forget gate lowest on average?\n\n```toml")
        changed = head + "\n\n## " + rest.partition("## ")[2]
    (tmp_path / "es" / f"{CAKE}.md").write_text(changed, encoding="utf-8")
    with speak("es"):
        found = shelf(tmp_path)
    assert found.find(CAKE).path == tmp_path / f"{CAKE}.md"
    (problem,) = found.problems
    assert problem.startswith(f"es/{CAKE}.md, line ")
    assert "this is not a translation of the English lesson" in problem
    assert told in problem


def test_numbers_and_classes_in_sentences_are_of_the_language() -> None:
    with speak("es"):
        assert written(single(1234.5), "1") == "1.234,5"
        assert written(single(-0.25)) == "−0,25"
    assert written(single(1234.5), "1") == "1,234.5"
    assert written(ClassName("positive")) == "positive"


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_right_is_the_same_in_every_language(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conditions compare a class by its English name, whatever a sentence calls it."""
    catalogue = gettext.NullTranslations()
    monkeypatch.setattr(catalogue, "gettext", lambda text: f"[{text}]")
    monkeypatch.setattr(languages, "_catalogue", lambda code: catalogue)
    found = world()
    with speak(code):
        assert found.holds(parse('answer() == "positive"'))
        assert found.holds(parse("argmax(readout.logits) == answer()"))
        assert found.holds(parse('probability("positive") == 0.75'))
        sentence = '{{ answer() }} {{ argmax(readout.logits) }} {{ probability("positive") | % }}'
        assert found.fill(sentence) == "[positive] [positive] 75\N{NO-BREAK SPACE}%"
