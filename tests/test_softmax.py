"""The softmax page: terms sum to the logit, shares to one, and the templates fit their frames."""

import math

import helpers_recorder as models
import numpy as np
import pandas as pd
import pytest
from helpers_charts import columns_of, datasets_of, spec_of

from rnnviz_core.charts import beam
from rnnviz_core.charts import softmax as charts
from rnnviz_core.frames import softmax as frames
from rnnviz_core.recorder import record


@pytest.fixture(scope="module", params=[{}, {"bidirectional": True, "attention": "bahdanau"}])
def sentiment(request):
    return record(models.sentiment_model(**request.param), "the soup was warm")


@pytest.fixture(scope="module")
def translation():
    return record(models.translation_model(attention="bahdanau"), "la sopa estaba caliente")


def test_terms_sum_to_the_logit(sentiment):
    terms = frames.terms(sentiment)
    sums = terms.groupby("class", sort=False)["term"].sum()
    np.testing.assert_allclose(sums, sentiment["readout.logits"], atol=1e-5)
    last = terms.groupby("class", sort=False)["running"].last()
    np.testing.assert_allclose(last, sums, atol=1e-5)


def test_terms_are_sorted_and_name_every_unit_once(sentiment):
    terms = frames.terms(sentiment)
    units = sentiment["readout.vector"].size
    for number, (_, mine) in enumerate(terms.groupby("class", sort=False)):
        assert mine["term"].is_monotonic_decreasing
        assert set(mine["name"]) == {f"unit {unit}" for unit in range(units)} | {"bias"}
        first = mine.iloc[0]
        if first["name"] != "bias":
            unit = int(first["name"].split()[1])
            assert first["term"] == sentiment["readout.terms"][number, unit]


def test_total_writes_out_the_logit(sentiment):
    totals = frames.terms(sentiment).groupby("class", sort=False)["total"].first()
    for total, logit in zip(totals, sentiment["readout.logits"], strict=True):
        assert total.endswith(f"logit {logit:+.2f}")


def test_classes_hold_logit_and_probability(sentiment):
    classes = frames.classes(sentiment)
    powers = np.exp(classes["logit"] - classes["logit"].max())
    np.testing.assert_allclose(classes["probability"], powers / powers.sum(), atol=1e-6)
    assert frames.strongest(sentiment) == sentiment.meta["label"]


def test_entropy_of_steps(translation):
    steps = frames.steps(translation)
    shares = translation["readout.probabilities"].astype(float)
    for step, row in enumerate(steps.itertuples()):
        assert row.probability == pytest.approx(shares[step, translation.tokens["target"][step].id])
        assert row.entropy == pytest.approx(-sum(p * math.log2(p) for p in shares[step] if p > 0))
        assert 0 <= row.entropy <= math.log2(shares.shape[1]) + 1e-9
        assert row.choices == pytest.approx(2**row.entropy)


def test_candidates_are_the_whole_vocabulary_in_order(translation):
    candidates = frames.candidates(translation, 1, named=4)
    assert len(candidates) == translation["readout.logits"].shape[1]
    assert candidates["logit"].is_monotonic_decreasing
    assert (candidates["piece"] != "").sum() == 4
    assert candidates["written"].sum() == 1
    chosen = candidates.loc[candidates["written"], "logit"].item()
    assert chosen == translation["readout.logits"][1, translation.tokens["target"][1].id]


@pytest.mark.parametrize("temperature", [0.1, 1.0, 5.0])
def test_the_charts_own_softmax_is_softmax(sentiment, temperature):
    """The template's formulas, carried out here, give the recorded probabilities at temperature 1."""
    spec = spec_of(charts.probabilities(sentiment.labels["class"]))
    steps = spec["layer"][0]["transform"]
    formula = next(step["calculate"] for step in steps if step.get("as") == "power")
    assert formula == "exp((datum.logit - datum.largest) / temperature)"
    logits = sentiment["readout.logits"].astype(float)
    powers = np.exp((logits - logits.max()) / temperature)
    shares = powers / powers.sum()
    assert shares.sum() == pytest.approx(1)
    if temperature == 1:
        np.testing.assert_allclose(shares, sentiment["readout.probabilities"], atol=1e-6)


def test_sentiment_templates_fit_their_frames(sentiment):
    names = sentiment.labels["class"]
    for chart, name, frame in (
        (charts.probabilities(names), "classes", frames.classes(sentiment)),
        (charts.terms(names, frames.strongest(sentiment)), "terms", frames.terms(sentiment)),
        (charts.verdicts(names), "verdicts", frames.verdicts(sentiment)),
    ):
        assert_fits(chart, name, frame)


def test_translation_templates_fit_their_frames(translation):
    assert_fits(charts.confidence(), "steps", frames.steps(translation))
    assert_fits(charts.candidates(), "candidates", frames.candidates(translation, 0))


def assert_fits(chart, name, frame):
    spec = spec_of(chart)
    assert datasets_of(spec) == {name}
    assert columns_of(spec)[name] <= set(frame.columns)


def test_probabilities_have_a_fixed_scale():
    spec = spec_of(charts.probabilities(("bad", "good")))
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 1.12]
    temperature = next(param for param in spec["params"] if param["name"] == "temperature")
    assert (temperature["value"], temperature["bind"]["min"], temperature["bind"]["max"]) == (1, 0.1, 5)


@pytest.fixture(scope="module")
def searched():
    return record(models.translation_model(attention="luong"), "la sopa estaba caliente", beam=3)


def test_the_chosen_path_of_the_tree_is_the_translation(searched):
    tree = frames.tree(searched)
    chosen = tree[tree["kind"] == "chosen"].sort_values("step")
    assert chosen["piece"].tolist() == [frames.shown(token.text) for token in searched.tokens["target"]]
    best = searched.meta["beam"][0]
    assert chosen["score"].iloc[-1] == pytest.approx(best["score"])
    assert chosen["log_probability"].iloc[-1] == pytest.approx(best["log_probability"])
    shares = searched["readout.probabilities"]
    written = [token.id for token in searched.tokens["target"]]
    np.testing.assert_allclose(chosen["probability"], shares[np.arange(len(written)), written], rtol=0.02)


def test_every_branch_of_the_tree_hangs_on_a_kept_one(searched):
    tree = frames.tree(searched)
    kept = {(row.step, row.x) for row in tree.itertuples() if row.kind != "dropped"}
    assert {(row.step2, row.x2) for row in tree.itertuples() if row.step > 0} <= kept
    assert (tree.groupby("step")["log_probability"].apply(lambda some: some.is_monotonic_decreasing)).all()
    assert (tree[tree["kind"] != "dropped"].groupby("step").size() <= 3).all()
    assert tree["x"].between(0, 1).all()


def test_tree_template_fits_its_frame(searched):
    assert_fits(beam.tree(frames.slots(searched)), "tree", frames.tree(searched))
    found = frames.hypotheses(searched)
    assert found["score"].is_monotonic_decreasing
    assert found["translation"].iloc[0] == searched.meta["translation"]


def test_two_sentences_share_the_axis_of_the_terms(sentiment):
    if sentiment.reverses():
        pytest.skip("one model is enough")
    other = record(models.sentiment_model(), "nobody liked the long speech")
    one, two = frames.terms(sentiment, other), frames.terms(other, sentiment)
    for name in sentiment.labels["class"]:
        both = pd.concat([one[one["class"] == name], two[two["class"] == name]])
        assert set(both["high"]) == {both["term"].max()}
        assert set(both["low"]) == {both["term"].min()}
