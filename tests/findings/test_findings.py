"""Every claim is computed again another way, on every shipped model and on random texts."""

import functools
import json
import math
import re
from pathlib import Path
from types import SimpleNamespace

import helpers_findings as oracle
import numpy as np
import pytest
import torch
from helpers_trace import sentiment_trace, translation_trace

from rnnviz_core.cells.equations import definition
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.examples import default_text
from rnnviz_core.contracts.task import record, task_of_spec
from rnnviz_core.findings import Finding, collect, findings, of_section
from rnnviz_core.findings.collect import SHOWN
from rnnviz_core.findings.record import ADDRESS
from rnnviz_core.findings.writing import sureness
from rnnviz_core.frames.layer import layers
from rnnviz_core.models.own_cells import CellLayers
from rnnviz_core.tracing import kernels
from rnnviz_core.tracing.module import record_module
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.controls.choose import TOKEN_NAMES
from rnnviz_core.ui.shell import routes

ROOT = Path(__file__).resolve().parents[2]
SCAN = checkpoints.scan(ROOT / "checkpoints")
TEXTS = {  # five more of our own for each language that is read
    "en": (
        "not a good film",
        "It is not bad at all.",
        "The food was cold and the waiter rude, but we loved the music and the view.",
        "Never again!",
        "My sister lives on the third floor. 😀",
    ),
    "es": (
        "La casa blanca está cerca del río.",
        "No tengo nada que decir.",
        "¿Dónde está mi hermano?",
        "Ayer comí, hoy como y mañana comeré.",
        "Hola.",
    ),
    "de": (
        "Ein kleiner Junge spielt mit einem roten Ball im Park.",
        "Der Hund springt über den Zaun.",
        "Zwei Männer essen.",
        "Im Sommer schwimmen die Kinder gern im kalten See.",
        "Hallo.",
    ),
    "fr": (
        "La petite maison blanche est près de la rivière.",
        "Je n'ai rien trouvé dans le tiroir.",
        "Où est passé mon frère ?",
        "Hier j'ai mangé du riz, demain je mangerai du poisson.",
        "Salut.",
    ),
    "series": ("1", "0 0 0 0", "5.5, 80, 3; 200", "9 " * 100, "10 12 15 11 30 12 14 13 60 12"),
}
NAMED = re.compile(r"“[^”]*”|\b\d+(?:st|nd|rd|th)\b|\b(?:[Ss]tep|layer) \d+")
FIXED = {"90", "0.9", "3"}  # thresholds that a claim may quote


@functools.cache
def traces(model: str) -> tuple[Trace, ...]:
    """What a shipped model computes on its default text (as the app searches) and five others."""
    entry = SCAN.find(model)
    network, task = checkpoints.load(entry.path), task_of_spec(entry.spec)
    found = [record(network, default_text(entry.spec), **({"beam": 5} if task.options else {}))]
    reads = task.reads(entry.spec)
    return (*found, *(record(network, text) for text in TEXTS.get(reads, TEXTS["series"])))


def check(trace: Trace) -> tuple[Finding, ...]:
    """Every claim of a trace against the oracle."""
    for one in findings(trace):
        numbers, words = oracle.again(trace, one)
        assert set(numbers) == set(one.numbers), one
        for name, value in numbers.items():
            assert one.numbers[name] == pytest.approx(value, rel=1e-4, abs=2e-6), (name, one)
        for word in words:
            assert word in one.claim, (word, one)
        assert not re.search(r"\b(nan|inf)\b", one.claim), one
        assert all(map(math.isfinite, one.numbers.values())), one
        assert set(re.findall(r"\d+(?:\.\d+)?", NAMED.sub("", one.claim))) <= FIXED | printed(one), one
        assert one.claim.endswith("."), one
        assert not one.claim[0].islower(), one
        assert 0 <= one.strength <= 1
        assert re.search(r"\b1 of \d+ units? (threw|kept).* its\b", one.claim) or not re.search(
            r"\b1 of \d+ units? (threw|kept)", one.claim
        )
        json.dumps(one.to_dict())
    return findings(trace)


def printed(one: Finding) -> set[str]:
    """All forms in which a claim may write its numbers."""
    forms = (".2f", ".1f", ".0f")
    return {
        format(abs(scale * value), form)
        for value in one.numbers.values()
        for form in forms
        for scale in (1, 100)
    }


# --- true, on every model --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("model", [entry.id for entry in SCAN.entries])
def test_claims_on_shipped_models(model: str) -> None:
    told = [check(trace) for trace in traces(model)]
    assert all(len(found) >= 3 for found in told[:1]), told[0]  # the default text has something to say


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_claims_on_random_texts(cell: str) -> None:
    """Of a trained model: words in no order, repeated, single letters, signs, emoji."""
    network = checkpoints.load(ROOT / "checkpoints" / f"sentiment-tiny-{cell}")
    words = ["good", "bad", "not", "but", "the", "x", "!", "😀", "film", "Ünder", "42", ","]
    rng = np.random.default_rng(3)
    for size in (1, 2, 3, 5, 8, 13, 40):
        check(record(network, " ".join(rng.choice(words, size))))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_claims_on_untrained_models_of_layers_and_directions(cell, make_sentiment) -> None:
    for attention in ("none", "pooling"):
        network = make_sentiment(cell, attention, bidirectional=True, layers=2)
        found = check(record(network, "this story was never bad , her new song is good"))
        assert {one.where.layer for one in found} >= {"encoder.1", "encoder.0.reverse"}


@pytest.mark.parametrize("attention", ["none", "bahdanau", "luong"])
def test_claims_on_untrained_translators(attention, make_translation) -> None:
    network = make_translation("gru", attention)
    for options in ({"beam": 1}, {"beam": 4}, {"reference": "the film was dull"}):
        check(record(network, "la película era aburrida", **options))


@pytest.mark.parametrize("cell", ["peephole", "mingru", "gru", "lstm"])
def test_claims_on_any_cell(cell: str) -> None:
    """A cell is known by its equations: one that torch has no kernel for is spoken of like any other."""
    torch.manual_seed(4)
    layers = CellLayers(definition(cell), input_size=3, hidden_size=8)
    found = check(record_module(layers, 4 * torch.randn(12, 3)))
    assert {one.kind for one in found} & {"trail", "left", "one_unit"}
    assert all("step" in one.claim for one in found if one.kind != "way")


@pytest.mark.parametrize(
    "module",
    [torch.nn.RNN(3, 8, nonlinearity="relu"), torch.nn.LSTM(3, 8, proj_size=2)],
    ids=["relu", "projected"],
)
def test_claims_on_modules(module: torch.nn.RNNBase) -> None:
    kernels.use_exact_settings()  # oneDNN warns of a projection
    torch.manual_seed(5)
    check(record_module(module.eval().requires_grad_(False), 3 * torch.randn(9, 3)))


def test_traces_without_a_recorder() -> None:
    """Traces written out step by step in numpy: what the recorder might get wrong, they do not share."""
    for cell in ("rnn", "gru", "lstm"):
        check(sentiment_trace(cell, layers=2, bidirectional=True))
        check(translation_trace(cell))


# --- by hand ---------------------------------------------------------------------------------------


def test_nothing_stands_out_of_nothing() -> None:
    for kind in (torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM):
        module = kind(2, 3).requires_grad_(False)
        for weight in module.parameters():
            weight.zero_()
        assert findings(record_module(module, torch.ones(6, 2))) == ()
        assert findings(record_module(module, torch.ones(1, 2))) == ()


def test_forgetting_counts_units_below_one_half() -> None:
    """Four units; the word “but” shuts the forget gate of three, another word that of one."""
    trace = sentiment_trace("lstm", hidden=4)
    arrays = {name: np.array(trace[name]) for name in trace}
    forget = np.full((8, 4), 0.9)
    forget[4, :3], forget[6, 3] = 0.49, 0.1  # “but”, and the second “good”
    arrays["encoder.0.forget"] = forget
    changed = Trace(trace.model, trace.text, trace.tokens, arrays, trace.axes, 0.0, meta=trace.meta)
    found = next(one for one in findings(changed) if one.kind == "forgetting")
    assert found.claim == (
        "At “but” 3 of 4 units threw away more than half of their cell, at the 2nd “good” 1."
    )
    assert found.numbers == {"units": 3, "size": 4, "units_second": 1}
    assert (found.where.page, found.where.section, found.where.step, found.where.text) == (
        "gates",
        "maps",
        4,
        "but",
    )
    assert found.where.address["token"] == "4"


def test_the_verdict_turns_where_it_stays(make_sentiment) -> None:
    trace = record(make_sentiment("gru"), "this story was never bad")
    shares = np.full((len(trace.tokens["time"]), 5), 0.1)
    shares[:, 2] = 0.6
    shares[1, 2:4] = 0.1, 0.6  # once to positive, and back
    shares[-2:, 2:4] = 0.05, 0.65
    arrays = {name: np.array(trace[name]) for name in trace} | {"readout.prefix_probabilities": shares}
    changed = Trace(
        trace.model, trace.text, trace.tokens, arrays, trace.axes, 0.0, labels=trace.labels, meta=trace.meta
    )
    claim = next(one.claim for one in findings(changed) if one.kind == "turn")
    word = oracle.label(trace.tokens["time"][-2].text)
    assert f"“{word}”: neutral 60 % before it, positive 65 % after, the last of 3 turns." in claim.replace(
        "\N{NO-BREAK SPACE}", " "
    )


# --- where to look ---------------------------------------------------------------------------------


def test_findings_lead_to_sections_that_there_are() -> None:
    assert {axis: TOKEN_NAMES[axis] for axis in ADDRESS} == ADDRESS
    pages = {route.name: {section.name for section in route.sections} for route in routes.ROUTES}
    for page, sections in SHOWN.items():
        assert set(sections) <= pages[page]
    assert pages["gates"] | pages["states"] <= set(SHOWN["gates"]) | set(SHOWN["states"])
    for trace in (sentiment_trace("lstm", attention=True), translation_trace("gru")):
        for one in findings(trace):
            assert one.where.section in pages[one.where.page]


def test_sections_open_with_their_own_kinds() -> None:
    trace = sentiment_trace("lstm", layers=2)
    every = findings(trace)
    assert [one.strength for one in every] == sorted((one.strength for one in every), reverse=True)
    upper = of_section(trace, "states", "ledger", layer="encoder.1")
    assert upper
    assert {one.where.layer for one in upper} == {"encoder.1"}
    assert {one.kind for one in upper} <= set(SHOWN["states"]["ledger"])
    assert set(of_section(trace, "overview", "network")) == set(every)
    first = [one.kind for one in of_section(trace, "overview", "network")[:3]]
    assert len(set(first)) == 3  # three sentences say three things


def test_findings_are_computed_once() -> None:
    trace = sentiment_trace()
    assert trace.findings() is trace.findings()
    assert trace.findings() is findings(trace)


@pytest.mark.parametrize("model", [entry.id for entry in SCAN.entries])
def test_a_section_looks_in_every_group_that_its_kinds_come_from(model):
    """A section looks for its own groups alone; nothing that belongs above it may get lost by that."""
    for trace in traces(model)[:3]:
        for page, sections in SHOWN.items():
            for section, kinds in sections.items():
                endings = tuple(kind for kind in kinds if kind.startswith("_"))
                own = {one for one in findings(trace) if one.kind in kinds or one.kind.endswith(endings)}
                assert set(of_section(trace, page, section)) == own, (page, section)
                for at in layers(trace):
                    here = {one.claim for one in own if one.where.layer in (None, at.name)}
                    found = {one.claim for one in of_section(trace, page, section, layer=at.name)}
                    assert found == here, (page, section)


@pytest.mark.parametrize(("rival", "said"), [(0.4, "but the beam went on with"), (0.1, "10.0")])
def test_a_choice_of_the_beam_is_said_as_one(rival: float, said: str) -> None:
    """The token that was written had 0.2 at its weakest step: less than one rival, or more than all."""
    target = [SimpleNamespace(text="▁the", id=0), SimpleNamespace(text="▁pizza", id=1)]
    trace = SimpleNamespace(meta={}, tokens={"target": target}, labels={"vocab": ["▁the", "▁pizza"]})
    shares = np.array([[0.2, rival], [0.1, 0.8]])
    first = next(sureness(trace, np.array([0.2, 0.8]), shares))
    assert said in first.claim
    assert first.numbers == {"probability": 0.2, "rival": rival}


@pytest.mark.parametrize("model", [entry.id for entry in SCAN.entries])
def test_the_strongest_are_the_same_where_the_others_are_not_looked_for(model):
    for trace in traces(model):
        every = of_section(trace, "overview", "network")
        for count in (1, 3, 5):
            assert of_section(trace, "overview", "network", leading=count) == every[:count]
        for name, most in collect.AT_MOST.items():
            assert all(one.strength <= most for one in collect._group(trace, name, None)), name
    assert set(collect.AT_MOST) == set(collect._GROUPS)


def test_what_cannot_be_among_the_strongest_is_not_looked_for(monkeypatch):
    looked = []
    group = collect._group
    monkeypatch.setattr(
        collect, "_group", lambda trace, name, layer: looked.append(name) or group(trace, name, layer)
    )
    trace = record(
        checkpoints.load(SCAN.find("sentiment-lstm").path), "I loved the cake, but hated the soup."
    )
    found = of_section(trace, "overview", "network", leading=3)
    assert len(found) == 3
    assert {"forgetting", "verdict"} <= set(looked)
    assert not {"widest", "one_unit", "left"} & set(looked)
