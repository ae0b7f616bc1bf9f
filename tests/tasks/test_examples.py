"""What stands beside an example is true of the network it stands beside, whichever that is."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers_trace import translation_trace

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.claims import SIDES, Example, Hint, Reading
from rnnviz_core.contracts.examples import examples
from rnnviz_core.contracts.task import record
from rnnviz_core.search import USUAL_BEAM
from rnnviz_core.search.beam import translate
from rnnviz_core.tasks.sentiment.opinions import SENTIMENT
from rnnviz_core.tasks.translation.english import ENGLISH
from rnnviz_core.tasks.translation.french import FRENCH
from rnnviz_core.tasks.translation.german import GERMAN
from rnnviz_core.tasks.translation.spanish import SPANISH

ROOT = Path(__file__).resolve().parents[2]
SCAN = checkpoints.scan(ROOT / "checkpoints")
# Those whose examples claim something of a network: a series is given with a question only.
ENTRIES = [one for one in SCAN.entries if any(example.hints for example in examples(one.spec))]
ALL = (*SENTIMENT, *SPANISH, *GERMAN, *FRENCH, *ENGLISH)
FIELD = re.compile(r"\{(\w+)(?:\[(\w+)\])?\}")


@pytest.fixture(scope="module", params=ENTRIES, ids=lambda entry: entry.id)
def entry(request):
    return request.param


@pytest.fixture(scope="module")
def model(entry):
    return checkpoints.load(entry.path)


@pytest.fixture(scope="module")
def traces(entry, model):
    """The examples that the model is offered with, as the app records them."""
    options = {"beam": USUAL_BEAM} if entry.spec.task == "translation" else {}
    return [(example, record(model, example.text, **options)) for example in examples(entry.spec)]


def verdict_on(model, text: str) -> str:
    """The verdict on a text of its own: not read off the trace of a longer one."""
    return str(record(model, text).meta["label"])


@pytest.mark.slow
def test_every_statement_holds_for_the_model_it_stands_beside(entry, model, traces):
    """Each field is worked out anew: verdicts from texts cut off there, translations by the plain search."""
    told = 0
    for example, trace in traces:
        said = example.watch(trace)
        if said == example.asks:
            continue
        reading = Reading(trace)
        hint = next(hint for hint in example.hints if hint.holds(reading))
        assert said == hint.says.format_map(reading)
        told += 1
        for name, word in FIELD.findall(hint.says):
            at = re.search(rf"(?<!\w){word}(?!\w)", example.text, re.IGNORECASE) if word else None
            if name == "after":
                assert reading.after[word] == verdict_on(model, example.text[: at.end()])
            elif name == "before":
                assert reading.before[word] == verdict_on(model, example.text[: at.start()].rstrip())
            elif name == "pieces":
                assert reading.pieces[word] == len(model.tokenizers["source"].ids(word))
            elif name == "single_bytes":
                assert reading.single_bytes == len("🍿電影".encode())
        if entry.spec.task == "translation":
            assert reading.answer == translate(model, example.text, beam=USUAL_BEAM).strip()
        else:
            assert reading.answer == verdict_on(model, example.text)
            if "{turn}" in hint.says:
                check_turn(model, example.text, reading)
    assert told >= len(traces) * 2 // 3, "a network about which the examples have nothing to say"


def check_turn(model, text: str, reading: Reading) -> None:
    """From the turn on the verdict keeps its side, and just before it has another one."""
    turn = reading.tokens[reading.settles]
    side = SIDES[verdict_on(model, text)]
    assert SIDES[verdict_on(model, text[: turn.end])] == side
    assert SIDES[verdict_on(model, text[: turn.start].rstrip())] != side


def test_the_first_screen_does_not_say_that_but_turns_the_verdict():
    """It said so of every model, and it was true of none."""
    for one in (entry for entry in ENTRIES if entry.spec.task == "sentiment"):
        network = checkpoints.load(one.path)
        said = SENTIMENT[0].watch(record(network, SENTIMENT[0].text))
        turned = SIDES[verdict_on(network, "The plot is thin, but")] > 0
        against = SIDES[verdict_on(network, SENTIMENT[0].text)] < 0
        assert against == ("this network’s last verdict is" in said)
        drawn = SIDES[verdict_on(network, SENTIMENT[0].text)] == 0
        assert drawn == ("end in a draw" in said)
        assert ("it becomes" in said or "“but” alone turns nothing" in said) or turned or against or drawn
        assert "turns at “but”" not in said


def made(trace, verdicts):
    """The trace with other verdicts after every piece."""
    names = trace.labels["class"]
    shares = np.eye(len(names), dtype=np.float32)[[names.index(verdict) for verdict in verdicts]]
    arrays = {**trace.arrays, "readout.prefix_probabilities": shares}
    return replace(trace, arrays=arrays, meta={**trace.meta, "label": verdicts[-1]})


@pytest.fixture(scope="module")
def but(make_sentiment):
    """A recording of the first example, and how many pieces stand before each of its words."""
    trace = record(make_sentiment("lstm"), SENTIMENT[0].text)
    return trace, Reading(trace)


def verdicts_of(reading, **changes):
    """One verdict per piece: ``thin="negative"`` from the first piece of that word on."""
    found = ["neutral"] * len(reading.tokens)
    for word, verdict in changes.items():
        start = reading._places(word)[0]
        found[start:] = [verdict] * (len(found) - start)
    return found


def test_the_claims_on_but_by_hand(but):
    trace, reading = but
    example = SENTIMENT[0]
    late = made(trace, verdicts_of(reading, thin="negative", shine="positive"))
    assert "is negative before it and after it, and becomes positive only at “shine”" in example.watch(late)
    moved = made(trace, verdicts_of(reading, thin="very negative", but="neutral", make="very positive"))
    assert "from very negative to neutral; it becomes very positive only at “make”" in example.watch(moved)
    never = made(trace, verdicts_of(reading, thin="negative"))
    assert "last verdict is negative" in example.watch(never)
    assert example.watch(made(trace, verdicts_of(reading, but="positive"))) == example.asks  # at once
    assert example.watch(made(trace, verdicts_of(reading, plot="positive"))) == example.asks  # no complaint


def test_the_claim_on_except_is_shown_only_where_it_holds(make_sentiment):
    example = next(example for example in SENTIMENT if example.shows == "exception")
    trace = record(make_sentiment("lstm"), example.text)
    reading = Reading(trace)
    praised = verdicts_of(reading, brilliant="very positive")
    assert "very positive after “brilliant” and very positive at the end" in example.watch(
        made(trace, praised)
    )
    taken = verdicts_of(reading, brilliant="very positive", cast="negative")
    assert "from very positive down to negative" in example.watch(made(trace, taken))
    assert example.watch(made(trace, verdicts_of(reading))) == example.asks


def test_what_suits_every_network_is_a_question_and_hints_are_about_words_of_the_text():
    for example in ALL:
        assert example.asks.endswith("?"), example.asks
        assert example.hints, f"{example.text}: nothing but a question"
        for hint in example.hints:
            for name, word in FIELD.findall(hint.says):
                assert name in {
                    *("after", "before", "answer", "turn", "pieces", "steps", "length", "written"),
                    "single_bytes",
                }
                if word:
                    assert re.search(rf"(?<!\w){word}(?!\w)", example.text, re.IGNORECASE)
            with pytest.raises(KeyError):
                Reading(translation_trace()).pieces["nowhere"]


def test_nothing_is_claimed_of_a_translation_that_was_typed(make_translation):
    """Fed with a person's own words, the decoder shows theirs and not the network's."""
    example = Example("la casa", "any", "Anything?", (Hint(lambda reading: True, "It wrote {answer}."),))
    model = make_translation()
    assert example.watch(record(model, "la casa")).startswith("It wrote")
    assert example.watch(record(model, "la casa", reference="the house")) == "Anything?"


def test_nothing_is_claimed_where_the_classes_have_no_sides(make_sentiment):
    model = make_sentiment("gru", classes=("sport", "politics", "weather"))
    for example in SENTIMENT:
        assert example.watch(record(model, example.text)) == example.asks


def test_words_and_phrases_of_an_answer():
    trace = translation_trace()
    reading = Reading(
        replace(trace, meta={**trace.meta, "translation": "I'm in the White house.", "forced": False})
    )
    assert reading.written == ("i'm", "in", "the", "white", "house")
    assert reading.says("white house", "nothing")
    assert not reading.says("hit", "ouse")
    assert reading.order("in", "house")
    assert not reading.order("house", "in")
    assert not reading.order("in", "x")
