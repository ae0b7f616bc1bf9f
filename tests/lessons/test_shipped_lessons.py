"""Every shipped lesson on the shipped models: each answer fits its question, each sentence its numbers."""

import functools
import io
import math
import zipfile
from collections.abc import Iterator

import pytest
import torch

from rnnviz_core import load, places
from rnnviz_core.charts.predictions import SAID
from rnnviz_core.lessons import (
    Lesson,
    World,
    answers,
    check,
    networks,
    runs,
    shelf,
    summary,
    tried,
    worksheet,
)
from rnnviz_core.lessons.kinds import WHOLE
from rnnviz_core.lessons.lesson import Choice, Curve, Explain, Point, Predict, Reveal, Scale, Step, Try
from rnnviz_core.lessons.syntax import parse
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.views import training
from rnnviz_core.ui.views.lessons import learning

LESSONS = shelf().lessons


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Numbers as the app computes them."""
    threads, enabled = torch.get_num_threads(), torch.backends.mkldnn.enabled
    yield
    torch.set_num_threads(threads)
    torch.backends.mkldnn.set_flags(_enabled=enabled)


@functools.cache
def known() -> object:
    return networks(places.shipped())


@functools.cache
def world(name: str) -> World:
    return World(shelf().find(name), known())  # type: ignore[arg-type]


def right(found: World, step: Predict) -> str:
    """The right answer, as a student would give it: the nearest place of the slider."""
    match step:
        case Choice():
            return str(answers.right_option(found, step))
        case Scale():
            moved = round((answers.number(found, step) - step.low) / step.step) * step.step + step.low
            return f"{min(max(moved, step.low), step.high):.4f}"
        case Point():
            return str(answers.place(found, step))
        case Curve():
            values = (min(max(one, step.low), step.high) for one in answers.curve(found, step))
            return answers.JOIN.join(f"{one:.4f}" for one in values)
    raise AssertionError(step.kind)


def wrong(found: World, step: Predict) -> str | None:
    """An answer that must not count as right; None where every one does."""
    match step:
        case Choice():
            return str((answers.right_option(found, step) + 1) % len(step.options))
        case Scale():
            true = answers.number(found, step)
            return str(step.low if true - step.low > step.high - true else step.high)
        case Point():
            count, at = len(answers.tokens(found, step)), answers.place(found, step)
            far = 0 if at > count - 1 - at else count - 1
            return str(far)
        case Curve():
            return answers.JOIN.join([str(step.low)] * len(answers.tokens(found, step)))
    raise AssertionError(step.kind)


def test_there_are_at_least_ten_lessons_in_order() -> None:
    assert shelf().problems == ()
    assert [one.id[:2] for one in LESSONS] == [f"{number:02}" for number in range(1, len(LESSONS) + 1)]
    assert len(LESSONS) >= 10


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_lesson_is_whole(lesson: Lesson) -> None:
    """Predictions and what is written belong to every lesson, and a reveal to all that is predicted."""
    assert 6 <= lesson.minutes <= 10
    assert 2 <= len(lesson.misconceptions) <= 4
    assert sum(step.asks for step in lesson.steps) >= 3
    assert isinstance(lesson.steps[-1], Explain)
    kinds = {step.kind for step in lesson.steps}
    assert {"read", "predict", "reveal", "explain"} <= kinds


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_every_answer_fits_its_question(lesson: Lesson) -> None:
    found = world(lesson.id)
    for step in lesson.steps:
        body = found.fill(step.body, step)
        assert "{{" not in body
        match step:
            case Predict():
                _check_prediction(found, step)
            case Reveal():
                _check_reveal(found, step)
            case Explain():
                assert all(found.fill(point, step) for point in step.points)
            case Try():
                outcome = tried(found, step)
                assert not outcome.problem
                assert not outcome.right, "the text that stands in the box must not be the answer"


def _check_prediction(found: World, step: Predict) -> None:
    assert check(found, step, right(found, step)).right, step.title
    assert not check(found, step, wrong(found, step) or "").right, step.title
    if isinstance(step, Choice):
        held = [n for n, one in enumerate(step.options) if one.when and found.holds(one.when, step.trace)]
        assert len(held) == 1 or step.options[0].when is None, f"{step.title}: {held} are right"
    if isinstance(step, Scale):
        assert step.low <= answers.number(found, step) <= step.high, step.title
    if isinstance(step, Curve):
        true = answers.curve(found, step)
        assert step.low <= true.min()
        assert true.max() <= step.high
        assert true.max() - true.min() > step.tolerance, "a straight line would be right"


def _check_reveal(found: World, step: Reveal) -> None:
    said = found.fill(answers.said(found, step), step)
    assert said, f"{step.title}: no sentence holds"
    if len(step.says) > 1:  # on the shipped models the sentence is the one that was written for them
        assert answers.said(found, step) == step.says[0].text, step.title
    if step.page in learning.PAGES:
        assert step.page == WHOLE or step.section in training.TABS
    elif step.page:
        sections = next(one for one in routes.TRACED if one.name == step.page).sections
        assert any(one.name == step.section and one.needs.met(found.trace(step.trace)) for one in sections)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_paper_and_summary(lesson: Lesson) -> None:
    """The worksheet has no answer in it, its answer sheet all of them; the summary shows both sides."""
    found = world(lesson.id)
    blank, solved = worksheet.page(found), worksheet.page(found, solved=True)
    assert f">{SAID[1]}<" not in blank
    assert 'class="solved"' not in blank.replace("<style>", "")
    predicted = [step for step in lesson.steps if isinstance(step, Predict)]
    drawn = [step for step in predicted if not isinstance(step, Choice)]
    on_paper = 0 if lesson.blanks else len(drawn)
    assert solved.count("<svg") == blank.count("<svg") == on_paper
    assert blank.count('class="blank"') == solved.count('class="solved"') * bool(lesson.blanks)
    given = {step.number: right(found, step) for step in predicted}
    words = {step.number: "I saw *it* <b>" for step in lesson.steps if isinstance(step, Explain)}
    with zipfile.ZipFile(io.BytesIO(summary.archive(lesson, given, {}, words, lambda _: found))) as file:
        text = file.read(f"{lesson.id}/summary.md").decode()
        pictures = [name for name in file.namelist() if name.endswith(".svg")]
    assert len(pictures) == len(drawn)
    assert text.count("- You: ") == text.count("- The network: ") == len(predicted)
    assert r"I saw \*it\* \<b\>" in text


# What the prose says of a network without a field: lesson, trace, and the condition.
STATED = [
    *(("03", trace, "sum(encoder.0.hidden.at(0) > -2) == 4") for trace in ("main", "gru", "lstm")),
    ("03", "main", "abs(parameters() - gru:parameters()) < 0.01 * parameters()"),
    ("03", "main", "abs(parameters() - lstm:parameters()) < 0.01 * parameters()"),
    ("04", "main", "encoder.0.forget.min() > 0 and encoder.0.forget.max() < 1"),
    ("05", "main", "sum(encoder.0.hidden.at(0) > -2) == 4"),
    ("06", "main", "max(abs(encoder.0.hidden)) <= 1"),
    ("07", "main", "sum(readout.probabilities >= 0) == 5"),
    ("08", "main", "abs(sum(attention.weights) - 1) < 0.001 and min(attention.weights) >= 0"),
    ("08", "both", "max(abs(encoder.0.reverse.hidden)) > 0"),
    ("09", "main", 'says("my sister bought a red house")'),
    ("10", "bag", "abs(sum(readout.probabilities) - 1) < 0.001"),
    ("11", "main", 'score("rmse_season") > score("rmse_persistence")'),
    ("12", "main", "abs(exp(text.2.before) - 0.5) < 0.05 and abs(validation.loss.at(0) - log(2)) < 0.1"),
    ("12", "main", "sum(dropout:training.loss <= training.loss) == 0"),
    ("13", "negated", "answer() == pointed:answer()"),
    ("13", "main", 'score("accuracy5") > taught:score("accuracy5") and good > 0.5 and taught:good > 0.5'),
    ("11", "knock", "max(encoder.values) > 2 * encoder.values.at(argmax(encoder.values) - 1)"),
]


@pytest.mark.parametrize(("lesson", "trace", "condition"), STATED)
def test_what_the_words_say_without_a_number(lesson: str, trace: str, condition: str) -> None:
    found = world(next(one.id for one in LESSONS if one.id.startswith(lesson)))
    assert found.holds(parse(condition), trace)


def test_networks_are_what_the_words_say() -> None:
    """No attention in the second translator, no states in the bag; the tiny ones are mostly their table."""
    assert "attention.weights" not in world("09-translation").trace("blind")
    assert "encoder.0.hidden" not in world("10-the-model-is-wrong").trace("bag")
    for model in (pair := world("13-taught-to-point").lesson).models:
        spec = load(places.shipped() / model).spec
        assert (spec.cell, spec.hidden, spec.attention) == ("gru", 64, "pooling")
    assert len(pair.models) == 2
    for model in world("03-why-a-plain-rnn-forgets").lesson.models:
        network = load(places.shipped() / model)
        everything = sum(one.numel() for one in network.parameters())
        assert max(one.numel() for one in network.parameters()) > 0.95 * everything


def test_the_runs_differ_by_dropout_alone_and_read_the_sentence_that_the_words_quote() -> None:
    plain, dropped = (runs.shipped(name) for name in ("lstm", "lstm-dropout"))
    assert plain.spec
    assert dropped.spec
    assert {**plain.spec, "dropout": 0.5} == dropped.spec
    assert plain.probes[2].text == "It is not a good film."
    assert plain.probes[2].of == "log_probability:negative"


def test_the_worksheet_of_one_cell_is_its_arithmetic() -> None:
    """Every blank from the numbers on the sheet, by the LSTM's equations."""
    found = world("05-one-cell-by-hand")
    sums, f, i, g, o, c, h = (float(found.value(one.answer).array) for one in found.lesson.blanks)  # type: ignore[union-attr]
    assert f == pytest.approx(1 / (1 + math.exp(-sums)), abs=1e-6)
    old = float(found.value(found.names["c_old"]).array)  # type: ignore[union-attr]
    assert c == pytest.approx(f * old + i * g, abs=1e-6)
    assert h == pytest.approx(o * math.tanh(c), abs=1e-6)


def test_steps_are_called_what_they_ask() -> None:
    titles = [step.title for one in LESSONS for step in one.steps]
    assert all(isinstance(step, Step) for one in LESSONS for step in one.steps)
    assert max(map(len, titles)) <= 60
