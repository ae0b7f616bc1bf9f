"""Six questions, answered on every shipped model: nothing is said that its trace does not hold."""

import re

import numpy as np
import pytest

import rnnviz_core
from rnnviz_core.checkpoints import registry
from rnnviz_core.contracts.examples import default_text, examples
from rnnviz_core.findings import findings
from rnnviz_core.findings.first_steps import first_steps
from rnnviz_core.frames import tokens
from rnnviz_core.places import shipped
from rnnviz_core.ui.shell.routes import ROUTES, route
from rnnviz_core.ui.views.sections import sections_of

ENTRIES = registry.scan(shipped()).entries


@pytest.fixture(scope="module", params=ENTRIES, ids=lambda entry: entry.id)
def traces(request):
    """A shipped model's traces: of the default text, of another example, and of a very short text."""
    entry = request.param
    model = rnnviz_core.load(entry.id)
    texts = [default_text(entry.spec), examples(entry.spec)[-1].text]
    texts.append("5" if entry.spec.task == "forecast" else "no")
    found = []
    for text in texts:
        try:
            found.append(rnnviz_core.record(model, text))
        except rnnviz_core.TextError:
            continue  # a forecaster needs more than one number
    assert len(found) >= 2
    return found


def test_every_answer_leads_to_a_section_that_there_is(traces):
    for trace in traces:
        answers = first_steps(trace)
        assert list(answers) == ["type", "step", "gate", "memory", "attention", "softmax"]
        for answer in answers.values():
            assert answer.question.endswith("?")
            assert 1 <= len(answer.claims) <= 2
            assert all(claim[0].isupper() or not claim[0].isalpha() for claim in answer.claims)
            assert answer.where.page in {one.name for one in ROUTES}
            assert answer.where.section in {one.name for one in sections_of(answer.where.page, trace)}
            assert route(answer.where.page)


def test_what_it_reads(traces):
    for trace in traces:
        count, size = trace["encoder.embedding"].shape
        said = first_steps(trace)["type"].claims[0]
        told = [int(number) for number in re.findall(r"\d+", said)] or [1]
        assert told in ([count, size], [count])
        assert ("token" in said) == ("encoder.values" not in trace)


def test_gates_and_memory_are_spoken_of_where_there_are_any(traces):
    for trace in traces:
        gated = any(site.endswith((".forget", ".update")) for site in trace)
        answers = first_steps(trace)
        assert ("has no gates" in answers["gate"].claims[0]) != gated
        assert ("no memory apart" in answers["memory"].claims[0]) != gated


def test_attention_is_spoken_of_where_there_is_any(traces):
    for trace in traces:
        said = first_steps(trace)["attention"].claims[0]
        assert ("has no attention" in said) == ("attention.weights" not in trace)


def test_plain_facts_and_findings(traces):
    """What is not a finding is computed here once more."""
    for trace in traces:
        known = {one.claim for one in findings(trace)}
        for name, answer in first_steps(trace).items():
            for claim in answer.claims:
                if claim in known or name == "type" or re.search(r"has no|no memory", claim):
                    continue
                assert _holds(trace, claim), claim


def _holds(trace, claim):
    if "Nothing is carried" in claim:
        return not any(site.endswith(".hidden") for site in trace)
    told = float(re.findall(r"\d+\.?\d*", claim.replace("(0 shut, 1 open)", ""))[-1])
    if "hidden state moves most" in claim:
        hidden = np.concatenate([trace["encoder.0.initial_hidden"][None], trace["encoder.0.hidden"]])
        return abs(np.sqrt((np.diff(hidden.astype(float), axis=0) ** 2).sum(1)).max() - told) < 0.006
    if "gate is open" in claim:
        name = re.search(r"the (\w+) gate", claim)[1]
        return abs(trace[f"encoder.0.{name}"].mean(dtype=float) - told) < 0.006
    if "is left after the last step" in claim:
        site = "encoder.0.forget" if "encoder.0.forget" in trace else "encoder.0.update"
        return 0 <= told <= 100 * trace[site][1:].astype(float).max(initial=1) + 1
    if "largest attention weight" in claim:
        return abs(100 * trace["attention.weights"].max() - told) < 0.6
    assert "least sure step" in claim
    return abs(100 * trace["readout.probabilities"].max(-1).min() - told) < 0.6


def test_a_number_for_every_step(traces):
    """Those beside an answer, computed from the arrays once more."""
    for trace in traces:
        answers = first_steps(trace)
        for name, site in (("gate", "forget"), ("gate", "update"), ("attention", "weights")):
            strip = [value for _, value in answers[name].strip]
            where = "attention.weights" if site == "weights" else f"encoder.0.{site}"
            if not strip or where not in trace:
                continue
            values = trace[where].astype(float)
            expected = values if values.ndim == 1 else values.max(1) if site == "weights" else values.mean(1)
            np.testing.assert_allclose(strip, expected, rtol=1e-6)
        shares = [value for _, value in answers["step"].strip]
        if shares:
            np.testing.assert_allclose(shares[-1], trace["readout.probabilities"].max(), atol=1e-5)
        assert all(0 <= value <= 1.5 for _, value in answers["memory"].strip)
        if "attention.weights" in trace and trace["attention.weights"].ndim == 2:
            weights = trace["attention.weights"]
            for (pair, share), row in zip(answers["attention"].strip, weights, strict=False):
                assert share == pytest.approx(row.max())
                best = trace.tokens["source"][int(row.argmax())].text
                assert pair.split(" ← ")[1] == tokens.shown(best)
