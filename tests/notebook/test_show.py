"""What a notebook shows of a trace, and the file that opens without network."""

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import rnnviz_core as rnnviz
from rnnviz_core.errors import SpecError, TraceError
from rnnviz_core.notebook import page
from rnnviz_core.tracing.module import record_module


@pytest.fixture
def without_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The renderer takes seconds to start, and is not what is tested."""
    monkeypatch.setattr(page, "_bundle", lambda: "/* renderer */")


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.lower, self.upper = nn.LSTM(3, 4, batch_first=True), nn.GRU(4, 5, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.upper(self.lower(x)[0])[0]
        return found


def data(text: str) -> dict[str, Any]:
    """What the page's script reads."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    values: dict[str, Any] = json.loads(found[1])
    return values


def test_show_is_the_trace_of_a_module() -> None:
    module, x = nn.LSTM(3, 4), torch.randn(5, 2, 3)
    trace = rnnviz.show(module, x, tokens=list("abcde"), names=["open", "high", "low"], item=1)
    alone = record_module(module, x, item=1)
    for name in alone:
        np.testing.assert_allclose(trace[name], alone[name], atol=1e-6)
    assert [token.text for token in trace.tokens["time"]] == list("abcde")
    assert trace.labels["dim"] == ("open", "high", "low")


def test_of_several_modules_one_is_shown_and_the_others_named() -> None:
    trace = rnnviz.show(Two(), torch.randn(2, 6, 3))
    assert trace.meta["cell"] == "lstm"
    assert trace.meta["notes"] == ('Shown is lower; the model also runs upper: pass module="…".',)
    assert rnnviz.show(Two(), torch.randn(2, 6, 3), module="upper").meta["cell"] == "gru"
    with pytest.raises(TraceError, match="names has 1 entries; lower reads 3 numbers a step"):
        rnnviz.show(Two(), torch.randn(2, 6, 3), names=["a"])
    with pytest.raises(TraceError, match="item is 2; the batch has the rows 0 to 1"):
        rnnviz.show(Two(), torch.randn(2, 6, 3), item=2)


def test_a_notebook_gets_the_whole_page(without_renderer: None) -> None:
    trace = rnnviz.show(nn.GRU(3, 4, 2), torch.randn(5, 1, 3), tokens=["<b>a", "b", "c", "d", "</script>"])
    shown = trace._repr_mimebundle_()
    assert "differ by at most" in shown["text/plain"]
    inner = html.unescape(re.search(r'srcdoc="(.*?)"></iframe>', shown["text/html"], re.DOTALL)[1])  # type: ignore[index]
    assert "<b>a" not in inner
    assert inner.count("<script") == inner.count("</script>") == 3
    drawn = data(inner)["layers"]
    assert [one["name"] for one in drawn] == ["Encoder, layer 1", "Encoder, layer 2"]
    columns = drawn[1]["columns"]
    np.testing.assert_allclose(
        np.reshape(columns["update"], (5, 4)), trace["encoder.1.update"], rtol=1e-3, atol=1e-6
    )
    np.testing.assert_allclose(
        np.reshape(columns["hidden"], (5, 4)), trace["encoder.1.hidden"], rtol=1e-3, atol=1e-6
    )
    assert columns["token"]["texts"][0] == "<b>a"
    assert f"{trace.max_difference:.1e}" in inner


def test_a_long_trace_is_thinned_and_says_so(without_renderer: None, tmp_path: Path) -> None:
    trace = record_module(nn.GRU(1, 100), torch.randn(2_000, 1, 1))
    text = trace.to_html(tmp_path / "long.html").read_text(encoding="utf-8")
    assert "Encoder, layer 1: of 2000 steps one in 5 is drawn." in text
    columns = data(text)["layers"][0]["columns"]
    assert len(columns["reset"]) == 400 * 100
    assert columns["token"]["texts"][1] == "step 5"
    np.testing.assert_allclose(columns["reset"][100:200], trace["encoder.0.reset"][5], rtol=1e-3)


def test_a_shipped_model_shows_itself(without_renderer: None, tmp_path: Path) -> None:
    trace = rnnviz.show(rnnviz.load("sentiment-tiny-lstm"), "not <i>bad</i>")
    text = trace.to_html(tmp_path / "one.html").read_text(encoding="utf-8")
    assert "not &lt;i&gt;bad" in text
    assert "<i>bad" not in text


def test_what_cannot_be_drawn_is_said(without_renderer: None, tmp_path: Path) -> None:
    module = nn.LSTM(3, 4)
    with pytest.raises(SpecError, match=r"'a.svg' ends in '.svg'; a page ends in .html"):
        record_module(module, torch.randn(2, 3)).to_html(tmp_path / "a.svg")
    with pytest.raises(TraceError, match=r"the trace lacks encoder.0.input"):
        record_module(module, torch.randn(2, 3), sites=["encoder.0.hidden"]).to_html(tmp_path / "a.html")
    empty = record_module(module, torch.randn(2, 1, 3), lengths=[0])
    assert "the trace has no steps" in empty._repr_mimebundle_()["text/html"]


def test_without_the_renderer_the_words_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise SpecError("files of charts need vl-convert")

    monkeypatch.setattr(page, "_bundle", missing)
    shown = record_module(nn.LSTM(3, 4), torch.randn(2, 3))._repr_mimebundle_()
    assert "need vl-convert" in shown["text/html"]
    assert "4 units, 2 steps" in shown["text/plain"]
