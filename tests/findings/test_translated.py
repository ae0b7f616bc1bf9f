"""In another language nothing of a claim stays English: all of it but names and numbers is marked."""

import json
import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from rnnviz_core import languages
from rnnviz_core.checkpoints import registry
from rnnviz_core.contracts.task import record
from rnnviz_core.derivatives.methods import TITLES
from rnnviz_core.derivatives.run import of_trace
from rnnviz_core.diagnosis.diagnose import examine
from rnnviz_core.diagnosis.symptoms import NAMES, Report
from rnnviz_core.findings import compare, findings, within
from rnnviz_core.findings import gradients as of_gradients
from rnnviz_core.findings.first_steps import first_steps
from rnnviz_core.findings.reliability import reliability
from rnnviz_core.frames.layer import layers
from rnnviz_core.places import shipped
from rnnviz_core.tracing.module import record_module

# What no catalogue translates: tokens in quotes, names of networks, sites of layers.
NAMED = re.compile(r"“[^”]*”|(?:[Ss]entiment|es-en)-[\w-]+|(?:en|de)coder\.\d(?:\.reverse)?|1e[+-]\d+")


class Loud:
    """A catalogue whose translation is the text in capitals."""

    def gettext(self, text: str) -> str:
        return "".join(part if part[:1] == "{" else part.upper() for part in re.split(r"(\{[^}]*\})", text))

    def ngettext(self, one: str, several: str, n: int) -> str:
        return self.gettext(one if n == 1 else several)

    def pgettext(self, _context: str, text: str) -> str:
        return self.gettext(text)


@pytest.fixture
def loud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(languages, "_catalogue", lambda _code: Loud())
    with languages.speak("de"):
        yield


def english(texts: list[str]) -> set[str]:
    """What of the texts is still in small letters."""
    assert texts
    return {word for text in texts for word in re.findall(r"[a-z]{2,}", NAMED.sub("", text))}


def test_claims(loud: None, make_sentiment, make_translation) -> None:
    network = make_sentiment("lstm", "pooling", bidirectional=True, layers=2)
    judged = [record(network, f"the film was {word}good , but the food was good .") for word in ("", "not ")]
    translator = make_translation("gru", "bahdanau")
    written = [record(translator, text, beam=3) for text in ("la casa era buena", "la casa buena")]
    claims = []
    for trace in (*judged, *written):
        found = list(findings(trace))
        if "class" in trace.labels:
            found += of_gradients.findings(trace, of_trace(network, trace))
        claims += [one.claim for one in found]
        claims += [within(one, at) for one in found for at in layers(trace)]
        for answer in first_steps(trace).values():
            claims += [answer.question, *answer.claims, answer.try_this, answer.strip_title]
    claims += [one.claim for pair in (judged, written) for one in compare(*pair)]
    votes = dict(zip(TITLES.values(), np.eye(3)[[0, 0, 0, 1]], strict=False))
    claims += [one.claim for one in of_gradients.words("gradients", ("a", "b", "c"), votes)]
    at = layers(judged[0])[0]
    for left in (0.05, 0.8):
        faded = of_gradients.pairs(judged[0], at, np.tril(np.full((4, 4), left)), "cell")
        claims += [one.claim for one in faded]
    assert not english(claims)
    first = layers(written[0])[0]
    told = [one for one in findings(written[0]) if one.where.layer == first.name]
    assert told
    for one in told:  # two parts: each claim on a layer says which
        assert one.claim.upper() == f"IN THE ENCODER: {within(one, first)}".upper()


def test_reliability(loud: None, make_sentiment) -> None:
    trace = record(make_sentiment("gru"), "I never wished for a longer film, and nobody did.")
    entry = registry.scan(shipped()).find("sentiment-tiny-lstm")
    told = reliability(trace, json.loads((entry.path / "metrics.json").read_text()))
    assert not english([*told.lines, told.doubt])


def test_diagnoses(loud: None, make_sentiment) -> None:
    def texts(report: Report) -> Iterator[str]:
        for one in report.findings:
            yield from (one.claim, one.meaning, one.advice)
            if one.evidence:
                yield from (one.evidence.title, one.evidence.value)
        yield from (one.said for one in report.measured)

    network = make_sentiment("gru", "pooling")
    text = "this story was never bad , her new song is good"
    of_network = examine(network, [text, f"{text} {text} {text}"])
    torch.manual_seed(0)
    module = torch.nn.LSTM(4, 10).requires_grad_(False)
    module.weight_ih_l0 *= 50
    x = 30 * torch.randn(60, 6, 4)
    x[-9:, :3], x[:, :, 2] = 0, 1
    of_module = examine(record_module(module, x, item=None))
    names = {one.name for report in (of_network, of_module) for one in report.measured}
    assert names <= set(NAMES)
    assert len(of_module.findings) >= 3
    words = english([*texts(of_network), *texts(of_module)])
    assert words <= {"pack", "padded", "sequence", "lengths"}, words
    assert np.isfinite([one.weight for one in of_module.findings]).all()
