"""Templates of the diagnosis page: valid, whole, and drawn with the frames that they name."""

import itertools

import pytest
from helpers_charts import datasets_of, spec_of

from rnnviz_core.charts import diagnosis as charts
from rnnviz_core.diagnosis.evidence import row
from rnnviz_core.diagnosis.symptoms import Measured
from rnnviz_core.frames import diagnosis as frames

ROWS = [Measured("a", "x", 0.25), Measured("b", "y", 7.0), Measured("c", "not looked at")]


def test_nearness_is_cut_where_the_axis_ends() -> None:
    rows = frames.nearness(ROWS)
    assert rows["name"] == ["a", "b"]
    assert list(rows["shown"]) == [0.25, frames.END]
    assert [rows["kind"].texts[code] for code in rows["kind"].codes] == [frames.BELOW, frames.FOUND]
    spec = spec_of(charts.nearness(2))
    assert datasets_of(spec) == {"nearness"}
    assert charts.KINDS == (frames.BELOW, frames.FOUND)
    assert spec["layer"][1]["encoding"]["x"]["scale"]["domain"] == [0, frames.END]


@pytest.mark.parametrize("over", charts.AXES)
def test_evidence(over: str) -> None:
    assert charts.MARKS == (frames.MARKED, frames.OTHERS)
    for log, limited in itertools.product((False, True), repeat=2):
        marked, named = log, limited  # a template costs 40 ms to be held against the schema
        spec = spec_of(charts.evidence(over, "title", "value", log, limited, marked, named))
        kinds = [layer["mark"]["type"] for layer in spec["layer"]]
        assert ("rule" in kinds) is limited
        assert kinds[0] == ("line" if over == "step" else "point" if log else "bar")


def test_rows_of_evidence() -> None:
    found = row("step", "t", "v", [0.0, 1e-8, 1.0], limit=1e-6, log=True, marked=[2])
    rows = frames.evidence(found, ["a", "b", "c"])
    assert rows["label"] == ["a", "b", "c"]
    assert str(rows["shown"][0]) == "nan", "a logarithmic axis has no zero"
    kinds = [rows["kind"].texts[code] for code in rows["kind"].codes]
    assert kinds == [frames.OTHERS, frames.OTHERS, frames.MARKED]
    long = row("step", "t", "v", range(5_000))
    assert (len(long.values), long.every, long.values[0]) == (556, 9, 8)
