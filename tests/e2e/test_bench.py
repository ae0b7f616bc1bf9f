"""The measurement in the browser measures, and says what it could not measure."""

from collections.abc import Callable
from typing import Any

import pytest

from bench import browser as bench


def test_an_edit_is_timed_until_it_is_painted(browser: Any, server: str, first: Callable[[str], str]) -> None:
    row = bench.measure(browser, server, "softmax", first("sentiment"), "en", 1)
    assert row.failure == ""
    (took,) = row.times
    assert 5 < took < bench.PATIENCE
    assert str(row) == f"| softmax | {first('sentiment')} | {took:.0f} | {took:.0f} |"


def test_an_edit_that_is_not_painted_in_time_is_listed_and_not_awaited(
    browser: Any, server: str, first: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "PATIENCE", 1)
    row = bench.measure(browser, server, "softmax", first("sentiment"), "en", 1)
    assert row.times == []
    assert "Timeout" in row.failure
    assert "FAILED: softmax with" in bench.report([1.0], [row])
