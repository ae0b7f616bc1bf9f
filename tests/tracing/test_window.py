"""Some steps of a trace as a trace of their own."""

import numpy as np
import pytest
import torch

import rnnviz_core as rnnviz
from rnnviz_core.errors import TraceError
from rnnviz_core.tracing.window import window


@pytest.fixture(scope="module")
def whole() -> rnnviz.Trace:
    torch.manual_seed(2)
    names = [f"day {step}" for step in range(12)]
    return rnnviz.record_module(torch.nn.LSTM(3, 4, 2, bidirectional=True), torch.randn(12, 3), tokens=names)


def test_states_go_on_from_those_of_the_whole(whole: rnnviz.Trace) -> None:
    part = window(whole, 4, 9)
    assert [token.text for token in part.tokens["time"]] == [f"day {step}" for step in range(4, 9)]
    np.testing.assert_array_equal(part["encoder.1.hidden"], whole["encoder.1.hidden"][4:9])
    np.testing.assert_array_equal(part["encoder.1.initial_cell"], whole["encoder.1.cell"][3])
    np.testing.assert_array_equal(
        part["encoder.0.reverse.initial_hidden"], whole["encoder.0.reverse.hidden"][9]
    )
    for side, edge in (("encoder.0", slice(0, -1)), ("encoder.0.reverse", slice(1, None))):
        before = part[f"{side}.cell"][edge]
        first = part[f"{side}.initial_cell"][None]
        before = np.concatenate([before, first] if "reverse" in side else [first, before])
        made = part[f"{side}.forget"] * before + part[f"{side}.input"] * part[f"{side}.candidate"]
        np.testing.assert_allclose(made, part[f"{side}.cell"], atol=1e-6)


def test_the_ends_and_what_there_is_not(whole: rnnviz.Trace) -> None:
    assert window(whole, 0, 12) is whole
    first = window(whole, 0, 3)
    np.testing.assert_array_equal(first["encoder.0.initial_hidden"], whole["encoder.0.initial_hidden"])
    with pytest.raises(TraceError, match="steps 0 to 11; there is no window 9 to 12"):
        window(whole, 9, 13)
