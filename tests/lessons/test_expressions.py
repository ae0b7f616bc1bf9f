"""The language of a lesson's answers: its values by hand, its errors, and that nothing gets out of it."""

import contextlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_lessons import FORGET, HIDDEN, LESSON, world
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnviz_core import limits
from rnnviz_core.errors import LessonError
from rnnviz_core.lessons import World, runs
from rnnviz_core.lessons.function_table import FUNCTIONS
from rnnviz_core.lessons.syntax import parse
from rnnviz_core.lessons.values import Values, words_of
from rnnviz_core.training.history_file import History, Probe

WORLD = world()


def value(text: str) -> object:
    found = WORLD.value(parse(text))
    return found if isinstance(found, str) else found.array.tolist()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ("-(2 - 5) * 2", 6),
        ("2 < 3 and not 3 < 2", True),
        ("1 > 2 or 2 >= 2", True),
        ("encoder.0.forget.mean()", FORGET.mean()),
        ("encoder.0.forget.mean(time)", FORGET.mean(0).tolist()),
        ("mean(encoder.0.forget, unit).max()", 1.0),
        ("(encoder.0.forget < 1).sum()", 6),
        ("mean(encoder.0.forget == 1, unit)", [0.5, 0.5, 1, 0, 0.5, 0.5]),
        ("norm(encoder.0.hidden.at(-1) - encoder.0.hidden.at(4))", 5),
        ("norm(encoder.0.hidden - before(encoder.0.hidden), unit)", [1, 2, 0, 1, 1, 5]),
        ("argmax(norm(encoder.0.hidden - before(encoder.0.hidden), unit))", 5),
        ('argmax(norm(encoder.0.hidden, unit)) == "bad"', True),
        ('argmax(norm(encoder.0.hidden, unit)) != "good"', True),
        ('encoder.0.hidden.at("not#2").sum()', 2),
        ("encoder.0.hidden.at(5, unit=1)", 5),
        ("argmin(encoder.0.forget, time)", [5, 3]),
        ("product_after(encoder.0.forget).at(0, unit=0)", 0.0625),
        ('place("bad")', 5),
        ("steps()", 6),
        ("steps() - other:steps()", 4),
        ("other:encoder.0.hidden.max() - encoder.0.hidden.at(0).max()", 4),
        ('probability("positive")', 0.75),
        ('logit("positive") - logit("negative")', 1),
        ("answer()", "positive"),
        ('answer() == "Positive"', True),
        ("argmax(readout.logits) == answer()", True),
        ("softmax(readout.logits * 0, class)", [0.5, 0.5]),
        ("entropy(softmax(readout.logits * 0, class), class)", 1),
        ("sigmoid(0)", 0.5),
        ("cosine(encoder.0.hidden.at(2), encoder.0.hidden.at(1))", 1),
        ("round(2 / 3, 2)", 0.67),
        ("parameters()", 42),
        ("low", 0.25),
        ("other:low * 2", 0.5),
        ('score("accuracy5")', 50),
        ("sqrt(4)", 2),
        ("(skip_first(encoder.0.hidden) - skip_last(encoder.0.hidden)).at(0)", [0, 2]),
    ],
)
def test_values_by_hand(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected if isinstance(expected, str) else np.allclose(found, expected)  # type: ignore[arg-type]


def test_the_difference_of_a_state_begins_at_its_first_one() -> None:
    """The row before the first step is the layer's initial state, here (1, 1)."""
    assert value("before(encoder.0.hidden)") == [[1, 1], *HIDDEN[:-1].tolist()]


def test_places_are_called_by_their_words() -> None:
    found = [
        WORLD.value(parse(text)) for text in ("argmax(readout.logits)", "argmax(encoder.0.forget.at(3))")
    ]
    assert [words_of(one) for one in found] == ["positive", "unit 0"]


@pytest.mark.parametrize(
    "text, problem",
    [
        ("", "empty"),
        ("1 +", "it ends"),
        ("(1", "to close the bracket"),
        ("1 < 2 < 3", "one comparison at a time"),
        ("__import__", "'_' means nothing here"),
        ("mean(encoder.0.forget", "',' or ')'"),
        ("1 2", "expected the end"),
        ("encoder.0.forgot.mean()", "it has encoder.0.hidden, encoder.0.forget"),
        ("median(encoder.0.forget)", "unknown function 'median'; choose one of mean, sum"),
        ("thing", "unknown name 'thing'"),
        ("other:thing", "unknown name 'thing'"),
        ("third:encoder.0.hidden", "unknown trace 'third'; choose one of main, other"),
        ("mean(encoder.0.forget, class)", "the axes are time and unit"),
        ("mean(unit)", "mean needs numbers"),
        ("unit", "stands alone"),
        ("argmax(encoder.0.forget)", "argmax needs to know along which axis"),
        ("mean()", "write mean(x, axis, …)"),
        ("at(encoder.0.forget, called=1)", "write at(x, place)"),
        ("mean(1, called=2)", "write mean(x, axis, …)"),
        ('encoder.0.forget.at("film")', "there is no 'film'"),
        ("encoder.0.forget.at(6)", "there is no place 6"),
        ("encoder.0.forget.at(1.5)", "a whole number"),
        ("1 / 0", "divided by 0"),
        ("log(0)", "divided by 0"),
        ("exp(1000)", "far too large"),
        ("encoder.0.forget - other:encoder.0.forget", "6 places along 'time', the other 2"),
        ('"a" < "b"', "compared with == and !="),
        ('1 == "a"', "a number cannot be the text"),
        ("1 and 2", "joins comparisons"),
        ('says("x")', "networks that translate"),
        ('if_even("positive")', "with attention"),
        ('score("bleu")', "unknown score 'bleu'; choose one of accuracy5"),
        ("round(0.5, encoder.0.forget)", "a single number is needed"),
        ('"a".upper()', "unknown function 'upper'"),
    ],
)
def test_errors_say_what_to_do(text: str, problem: str) -> None:
    with pytest.raises(LessonError) as error:
        value(text)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "1 + " * limits.EXPRESSION_CHARACTERS + "1",
        "(" * (limits.EXPRESSION_DEPTH + 1) + "1" + ")" * (limits.EXPRESSION_DEPTH + 1),
        "1" + "+1" * (limits.EXPRESSION_CHARACTERS // 2 - 1),
        "abs(" * (limits.EXPRESSION_DEPTH + 1) + "1" + ")" * (limits.EXPRESSION_DEPTH + 1),
    ],
    ids=["long", "deep", "many", "calls"],
)
def test_what_is_too_much_is_refused(text: str) -> None:
    with pytest.raises(LessonError, match=r"limit|more than"):
        value(text)


def test_an_array_that_would_be_too_large_is_refused_before_it_is_made() -> None:
    wide = Values(("time",), np.zeros(2_000)), Values(("unit",), np.zeros(2_000))
    from rnnviz_core.lessons.evaluate import computed

    with pytest.raises(LessonError, match="the limit is 2,000,000"):
        computed("+", *wide)


PIECES = (
    *(
        "encoder.0.forget",
        "readout.logits",
        "other:encoder.0.hidden",
        "time",
        "unit",
        "class",
        '"not"',
        "1",
        "0",
    ),
    *("+", "-", "*", "/", "<", "==", "and", "not", "(", ")", ",", ".", "=", "at", "x", "2.5", '"bad#2"'),
    *FUNCTIONS,
)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.text(max_size=60))
def test_any_text_has_a_value_or_a_message(text: str) -> None:
    """No other error than `LessonError`, whatever is written; no value that is not a number."""
    with contextlib.suppress(LessonError):
        found = WORLD.value(parse(text))
        assert isinstance(found, str) or np.isfinite(found.array.astype(float)).all()


TREES = st.recursive(
    st.sampled_from(["encoder.0.forget", "encoder.0.hidden", "2", "0.5"]),
    lambda below: st.one_of(
        st.tuples(below, st.sampled_from("+-*/"), below).map(lambda one: f"({one[0]} {one[1]} {one[2]})"),
        below.map(lambda one: f"abs({one})"),
        below.map(lambda one: f"-({one})"),
    ),
    max_leaves=6,
)


@settings(max_examples=60)
@given(TREES)
def test_arithmetic_is_that_of_numpy(text: str) -> None:
    """The oracle is Python's own reading of the same text, on the same arrays."""
    names = {"F": FORGET, "H": HIDDEN, "abs": np.abs}
    python = text.replace("encoder.0.forget", "F").replace("encoder.0.hidden", "H")
    with np.errstate(all="ignore"):
        try:
            expected = np.asarray(eval(python, {"__builtins__": {}}, names), dtype=float)
        except ZeroDivisionError:
            expected = np.asarray(np.nan)
    if np.isfinite(expected).all():
        assert np.allclose(value(text), expected)  # type: ignore[arg-type]
    else:
        with pytest.raises(LessonError, match="not a number"):
            value(text)


RUN = """[traces.run]
history = "short"

[traces.other]"""


def run_world() -> World:
    """A lesson that also looks at a training run of two epochs, watched on one text."""
    found = world(LESSON.replace("[traces.other]", RUN))
    rows = (
        {"epoch": 1, "train_loss": 0.7, "loss": 0.6, "accuracy2": 60.0, "step": 3, "seconds": 1.0},
        {"epoch": 2, "train_loss": 0.4, "loss": 0.9, "accuracy2": 70.0, "step": 6, "seconds": 1.0},
    )
    history = History(
        about={},
        spec=None,
        gates=(),
        layers=(),
        probes=(Probe("not good"),),
        epochs=rows,
        steps={},
        moments=(0, 1, 3, 6),
        probe_figures={"value": np.log([[0.5], [0.6], [0.7], [0.8]])},
        reach={},
        snapshots=(0, 2),
    )
    kept = {"short": history, "empty": replace(history, epochs=())}
    found.networks = replace(found.networks, history=kept.__getitem__)
    return found


@pytest.mark.parametrize(
    "text, expected",
    [
        ("run:steps()", 2),
        ("argmin(run:validation.loss)", 0),
        ('argmax(run:validation.loss) == "2"', True),
        ('run:training.loss.at("2")', 0.4),
        ("run:validation.accuracy", [60, 70]),
        ("exp(run:text.0.value)", [0.7, 0.8]),
        ("exp(run:text.0.before)", 0.5),
        ("skip_last(run:training.loss) - skip_first(run:training.loss)", [0.3]),
    ],
)
def test_a_training_run_is_a_trace_whose_steps_are_its_epochs(text: str, expected: object) -> None:
    found = run_world().value(parse(text))
    assert isinstance(found, Values)
    assert np.allclose(found.array, expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_training_run_does_not_have_is_said(name: str) -> None:
    """Whatever is asked of it, the answer is a value or a `LessonError`; it has no network."""
    found = run_world()
    asked = [f"run:{name}({inside})" for inside in ("", '"2"', "0", 'training.loss, "x"', "training.loss")]
    for text in asked:
        with contextlib.suppress(LessonError):
            found.value(parse(text))
    for text in ("run:parameters()", "run:answer()", 'run:score("rmse")', "run:encoder.0.hidden"):
        with pytest.raises(LessonError, match=r"training run|no site"):
            found.value(parse(text))


def test_snapshots_are_found_by_their_epoch_and_histories_by_their_name() -> None:
    found = run_world()
    history = found.networks.history("short")
    assert [runs.snapshot_after(history, epoch) for epoch in (0, 1)] == [1, 1]
    assert "text.0.value" not in runs.as_trace("short", replace(history, moments=(0, 1, 2, 6)))
    with pytest.raises(LessonError, match="no epoch"):
        runs.as_trace("empty", found.networks.history("empty"))
    with pytest.raises(LessonError, match=r"choose one of .*lstm-dropout"):
        runs.shipped("no-such")


def test_every_function_is_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "lessons.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+\(.*?\))` \| (.*) \|$", docs, re.MULTILINE)
    assert listed == [(one.usage, one.gives) for one in FUNCTIONS.values()]
