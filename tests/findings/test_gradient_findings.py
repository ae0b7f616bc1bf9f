"""What stands out in gradients, computed again in another way on every shipped model, and by hand."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rnnviz_core import gradients
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.task import record, task_of_spec
from rnnviz_core.derivatives.jacobians import jacobians, pairs
from rnnviz_core.findings import gradients as told
from rnnviz_core.frames.gradients import number
from rnnviz_core.frames.layer import Layer
from rnnviz_core.tracing.trace import Trace

SCAN = checkpoints.scan(Path(__file__).resolve().parents[2] / "checkpoints")
TEXTS = {
    "en": "Not a good film, but I liked the songs.",
    "es": "Ayer comí poco.",
    "de": "Zwei Männer essen.",
    "fr": "Hier j'ai peu mangé.",
}
SERIES = "10 12 15 11 30 12 14 13 60 12"
KINDS = {"vanished", "depends", "narrows", "road", "straight"}


def norm(row: np.ndarray) -> float:
    return math.sqrt(sum(value * value for value in row.astype(float).ravel().tolist()))


def cell_road(trace: Trace, place: str, last: int, order: list[int]) -> np.ndarray:
    """What reaches the first step's cell through cells alone, as a sum over where it entered."""
    names = ("forget", "output", "cell")
    forget, output, cell = (trace[f"{place}.{name}"].astype(float)[order] for name in names)
    direct = trace[f"{place}.hidden_direct_gradient"][order]
    found = np.zeros(cell.shape[1])
    for enters in range(last + 1):
        kept = np.prod(forget[1 : enters + 1], axis=0)
        found += kept * output[enters] * (1 - np.tanh(cell[enters]) ** 2) * direct[enters]
    return found


def again(trace: Trace, one: told.Finding) -> dict[str, float]:
    """The numbers of a claim, from the arrays."""
    if one.kind in ("vanished", "depends"):
        sizes = [norm(row) for row in trace[f"{one.where.part}.embedding_gradient"]]
        ends = sorted((sizes[0], sizes[-1]))
        if one.kind == "vanished":
            return {"less": ends[0], "more": ends[1], "ratio": ends[1] / ends[0]}
        middle = float(np.median(sizes))
        return {"most": max(sizes), "median": middle, "ratio": max(sizes) / middle}
    place = str(one.where.layer)
    whole = trace[f"{place}.hidden_gradient"]
    order = list(range(len(whole)))[:: -1 if "reverse" in place else 1]
    sizes = [norm(whole[step]) for step in order]
    if one.kind == "narrows":
        kept = [before / after for before, after in pairwise(sizes)]
        step = kept.index(min(kept))
        assert one.steps == (order[step + 1], order[step])
        return {
            "after": sizes[step + 1],
            "before": sizes[step],
            "kept": min(kept),
            "median": float(np.median(kept)),
        }
    direct = trace[f"{place}.hidden_direct_gradient"]
    if one.kind == "straight":
        first = order[0]
        return {"straight": norm(direct[first]), "later": norm(whole[first] - direct[first])}
    cell = cell_road(trace, place, len(order) - 1, order)
    rest = trace[f"{place}.cell_gradient"][order[0]] - cell
    return {"cell": norm(cell), "hidden": norm(rest)}


@pytest.mark.slow
@pytest.mark.parametrize("model", [entry.id for entry in SCAN.entries])
def test_claims_on_shipped_models(model: str) -> None:
    entry = SCAN.find(model)
    network, task = checkpoints.load(entry.path), task_of_spec(entry.spec)
    trace = gradients(network, TEXTS.get(task.reads(entry.spec), SERIES))
    found = list(told.findings(trace, trace))
    assert {one.kind for one in found} <= KINDS
    for one in found:
        assert one.claim.endswith(".")
        assert 0 < one.strength <= 1
        assert not {"nan", "inf"} & set(one.claim.split())
        if one.kind == "road" and "target" in trace.tokens:
            continue  # a decoder reads the last cell itself: see the test by hand
        numbers = again(trace, one)
        assert set(numbers) == set(one.numbers)
        for name, value in numbers.items():
            assert one.numbers[name] == pytest.approx(value, rel=1e-6, abs=1e-12), (name, one)
            if name not in ("ratio", "kept") and (one.kind, name) != ("narrows", "median"):
                assert number(value) in one.claim, (name, one)


@pytest.mark.parametrize("model", ["sentiment-lstm", "sentiment-tiny-rnn"])
def test_how_a_change_fades(model: str) -> None:
    network = checkpoints.load(SCAN.find(model).path)
    trace = record(network, TEXTS["en"])
    step = jacobians(network, trace, "encoder", 0)
    (found,) = told.pairs(trace, Layer(), pairs(step).gains, "hidden")
    apart = int(found.numbers["steps"])
    left = []
    for start in range(step.steps - apart):
        product = np.eye(len(step.whole(0)))
        for at in range(start + 1, start + apart + 1):
            product = step.whole(at) @ product
        size = trace["encoder.0.hidden"].shape[1]
        place = sum(step.width(state) for state in step.states[: step.states.index("hidden")])
        block = product[place : place + size, place : place + size]
        left.append(norm(block) / math.sqrt(size))
    assert found.numbers["left"] == pytest.approx(float(np.median(left)))
    assert found.numbers["left"] <= 0.1 or found.numbers["left"] > 0.5


def test_a_change_that_stays_and_one_in_between() -> None:
    trace = record(checkpoints.load(SCAN.find("sentiment-tiny-gru").path), "not a good film")
    stays = np.tril(np.full((4, 4), 0.9))
    (found,) = told.pairs(trace, Layer(), stays, "hidden")
    assert "0.90 is still there after all 3 steps" in found.claim
    assert list(told.pairs(trace, Layer(), np.tril(np.full((4, 4), 0.3)), "hidden")) == []
    assert list(told.pairs(trace, Layer(), np.ones((1, 1)), "hidden")) == []


def test_which_word_the_methods_name() -> None:
    one, other, third = np.array([2.0, -1, 0]), np.array([0, -3.0, 1]), np.array([0, 0, 1.0])
    called = ("not", "good", "film")
    (found,) = told.words("gradients", called, {"a": one, "b": one, "c": other})
    assert found.claim == "2 of 3 methods name “not” first; c names another word."
    (found,) = told.words("attention", called, {"a": one, "b": one, "c": one})
    assert (found.claim, found.where.page) == ("All 3 methods name “not” first.", "attention")
    (found,) = told.words("gradients", called, {"a": one, "b": other, "c": third, "d": one})
    assert found.claim == "The 4 methods name 3 different words first; most of them “not”."
    assert list(told.words("gradients", called, {"a": one, "b": other, "c": one, "d": other})) == []


def test_which_factor_makes_a_gradient_explode() -> None:
    trace = record(checkpoints.load(SCAN.find("sentiment-tiny-gru").path), "not a good film")
    (found,) = told.exploding(trace, Layer(), {"0.5": 0.1, "1": 2.0, "2": 300.0, "3": 9e4})
    assert "times 2 the gradient by them is 150 times as long (300 against 2.0)" in found.claim
    (found,) = told.exploding(trace, Layer(), {"1": 2.0, "2": 1.5, "3": 0.4})
    assert "it does not explode" in found.claim
    assert list(told.exploding(trace, Layer(), {"1": 2.0, "2": 5.0})) == []


def test_nothing_stands_out_of_equal_steps() -> None:
    trace = gradients(checkpoints.load(SCAN.find("sentiment-tiny-gru").path), "not a good film")
    same = {name: np.ones_like(trace[name]) for name in trace if name.endswith("_gradient")}
    flat = type(trace)(**{**vars(trace), "arrays": {**trace.arrays, **same}})
    assert list(told.findings(flat, flat)) == []
