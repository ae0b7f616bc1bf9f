"""The softmax page: terms sum to the logit, shares to one, and the templates fit their frames."""

import html
import math
import re
from dataclasses import replace
from pathlib import Path

import helpers_recorder as models
import numpy as np
import pandas as pd
import pytest
from helpers_app import datasets_of as datasets_on
from helpers_app import in_url, rows_of, words
from helpers_charts import columns_of, datasets_of, spec_of
from streamlit.testing.v1 import AppTest

from rnnviz_core.charts import beam
from rnnviz_core.charts import softmax as charts
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts.task import record
from rnnviz_core.frames import beam as beams
from rnnviz_core.frames import softmax as frames
from rnnviz_core.frames.columns import frame as table
from rnnviz_core.frames.numbers import printed
from rnnviz_core.frames.tokens import one_step, shown, step_texts


@pytest.fixture(scope="module", params=[{}, {"bidirectional": True, "attention": "pooling"}])
def sentiment(request):
    return record(models.sentiment_model(**request.param), "the soup was warm")


@pytest.fixture(scope="module")
def translation():
    return record(models.translation_model(attention="bahdanau"), "la sopa estaba caliente")


def test_softmax_is_written_out(sentiment):
    shares, best = sentiment["readout.probabilities"], int(sentiment["readout.probabilities"].argmax())
    said = frames.classes_in_words(sentiment)
    assert f"{sentiment.labels['class'][best]}: {printed(sentiment['readout.logits'][best])}." in said
    assert 1 / float(re.search(r"1 / ([\d.]+) =", said)[1]) == pytest.approx(shares[best], abs=1e-3)
    assert said.endswith(f"= {100 * float(shares[best]):.1f}\N{NO-BREAK SPACE}%.")


@pytest.mark.parametrize("shift", [-1000, -5, 5, 1000])
def test_softmax_has_one_form_whatever_the_logits_are(sentiment, shift):
    """A logit above 709 has no exp; a shift of all changes the printed logit and nothing else."""
    logits = sentiment["readout.logits"]
    moved = replace(
        sentiment, arrays={**sentiment.arrays, "readout.logits": logits.astype(np.float64) + shift}
    )
    old, new = (printed(logits.max().astype(np.float64) + by) for by in (0, shift))
    assert frames.classes_in_words(moved) == frames.classes_in_words(sentiment).replace(
        f" {old}.", f" {new}."
    )


def test_verdicts_after_every_token(sentiment):
    rows = table(frames.verdicts(sentiment))
    grid = rows.pivot(index="position", columns="class", values="probability")
    names = sentiment.labels["class"]
    np.testing.assert_allclose(grid[list(names)], sentiment["readout.prefix_probabilities"])
    shares = sentiment["readout.prefix_probabilities"].astype(float)
    said = frames.verdict_in_words(sentiment, 2)
    assert (
        f"The verdict is {names[shares[2].argmax()]} ({100 * float(shares[2].max()):.1f}\N{NO-BREAK SPACE}%)"
        in said
    )
    assert (
        f"it was {names[shares[1].argmax()]} ({100 * float(shares[1].max()):.1f}\N{NO-BREAK SPACE}%)" in said
    )
    moved = np.abs(np.diff(shares, axis=0)).sum(1) / 2
    assert f"(step {moved.argmax() + 1}): {100 * float(moved.max()):.1f}\N{NO-BREAK SPACE}%" in said
    assert "earlier" not in frames.verdict_in_words(sentiment, 0)


@pytest.mark.parametrize("last", [[0.2] * 5, [1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0.02, 0.03, 0.05, 0.3, 0.6]])
def test_the_names_of_the_lines_keep_apart_and_stay_near(sentiment, last):
    shares = np.tile(np.asarray(last, dtype=np.float32), (len(sentiment.tokens["time"]), 1))
    ended = replace(sentiment, arrays={**sentiment.arrays, "readout.prefix_probabilities": shares})
    rows = table(frames.ends(ended)).sort_values(["probability", "spot"])
    assert rows["spot"].diff().min() >= frames.NAME - 1e-9  # in the order of the lines
    assert rows["spot"].between(frames.NAME / 2 - 1e-9, 1 - frames.NAME / 2 + 1e-9).all()
    assert frames.NAME * charts.VERDICTS >= 15  # px: a line of text
    alone = [
        row for row in rows.itertuples() if (abs(rows["probability"] - row.probability) < 0.3).sum() == 1
    ]
    for row in alone:
        assert row.spot == pytest.approx(np.clip(row.probability, frames.NAME / 2, 1 - frames.NAME / 2))


def test_of_many_classes_the_most_probable_are_named(sentiment):
    names = tuple("abcdefghijklmnopqrst")
    shares = np.tile(np.linspace(0, 0.1, 20, dtype=np.float32), (len(sentiment.tokens["time"]), 1))
    many = replace(
        sentiment,
        labels={**sentiment.labels, "class": names},
        arrays={**sentiment.arrays, "readout.prefix_probabilities": shares},
    )
    rows = table(frames.ends(many))
    assert list(rows["class"]) == list(names[-len(rows) :])
    assert rows["spot"].diff().dropna().min() >= frames.NAME - 1e-9
    assert rows["spot"].between(0, 1).all()


def test_terms_sum_to_the_logit(sentiment):
    terms = table(frames.terms(sentiment))
    sums = terms.groupby("class", sort=False)["term"].sum()
    np.testing.assert_allclose(sums, sentiment["readout.logits"], atol=1e-5)
    last = terms.groupby("class", sort=False)["running"].last()
    np.testing.assert_allclose(last, sums, atol=1e-5)


def test_terms_are_sorted_and_name_every_unit_once(sentiment):
    terms = table(frames.terms(sentiment))
    units = sentiment["readout.vector"].size
    for number, (_, mine) in enumerate(terms.groupby("class", sort=False)):
        assert mine["term"].is_monotonic_decreasing
        assert set(mine["name"]) == {f"unit {unit}" for unit in range(units)} | {"bias"}
        first = mine.iloc[0]
        if first["name"] != "bias":
            unit = int(first["name"].split()[1])
            assert first["term"] == sentiment["readout.terms"][number, unit]


def test_total_writes_out_the_logit(sentiment):
    totals = table(frames.terms(sentiment)).groupby("class", sort=False)["total"].first()
    for total, logit in zip(totals, sentiment["readout.logits"], strict=True):
        assert total.endswith(f"logit {printed(logit, '+.2f')}")


def test_classes_hold_logit_and_probability(sentiment):
    classes = table(frames.classes(sentiment))
    powers = np.exp(classes["logit"] - classes["logit"].max())
    np.testing.assert_allclose(classes["probability"], powers / powers.sum(), atol=1e-6)
    assert frames.strongest(sentiment) == sentiment.meta["label"]


def test_entropy_of_steps(translation):
    steps = table(frames.steps(translation))
    shares = translation["readout.probabilities"].astype(float)
    for step, row in enumerate(steps.itertuples()):
        assert row.probability == pytest.approx(shares[step, translation.tokens["target"][step].id])
        assert row.entropy == pytest.approx(-sum(p * math.log2(p) for p in shares[step] if p > 0))
        assert 0 <= row.entropy <= math.log2(shares.shape[1]) + 1e-9
        assert row.choices == pytest.approx(2**row.entropy)


def test_candidates_are_the_whole_vocabulary_in_order(translation):
    candidates = table(frames.candidates(translation, 1, named=4))
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
    ):
        assert_fits(chart, name, frame)
    spec = spec_of(charts.verdicts(names))
    assert datasets_of(spec) == {"verdicts", "ends", "chosen"}
    assert columns_of(spec)["ends"] <= set(frames.ends(sentiment))
    assert columns_of(spec)["verdicts"] <= set(frames.verdicts(sentiment))
    assert columns_of(spec)["chosen"] <= set(one_step(step_texts(sentiment, "encoder"), 1))


def test_translation_templates_fit_their_frames(translation):
    assert_fits(charts.confidence(), "steps", frames.steps(translation))
    assert_fits(charts.candidates(), "candidates", frames.candidates(translation, 0))


def assert_fits(chart, name, frame):
    spec = spec_of(chart)
    assert datasets_of(spec) == {name}
    assert columns_of(spec)[name] <= set(table(frame).columns)


def test_probabilities_have_a_fixed_scale():
    spec = spec_of(charts.probabilities(("bad", "good")))
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 1.12]
    temperature = next(param for param in spec["params"] if param["name"] == "temperature")
    assert (temperature["value"], temperature["bind"]["min"], temperature["bind"]["max"]) == (1, 0.1, 5)


@pytest.fixture(scope="module")
def searched():
    return record(models.translation_model(attention="luong"), "la sopa estaba caliente", beam=3)


def test_the_chosen_path_of_the_tree_is_the_translation(searched):
    tree = table(beams.tree(searched))
    chosen = tree[tree["kind"] == "chosen"].sort_values("step")
    assert chosen["piece"].tolist() == [shown(token.text) for token in searched.tokens["target"]]
    best = searched.meta["beam"][0]
    assert chosen["score"].iloc[-1] == pytest.approx(best["score"])
    assert chosen["log_probability"].iloc[-1] == pytest.approx(best["log_probability"])
    shares = searched["readout.probabilities"]
    written = [token.id for token in searched.tokens["target"]]
    np.testing.assert_allclose(chosen["probability"], shares[np.arange(len(written)), written], rtol=0.02)


def test_every_branch_of_the_tree_hangs_on_a_kept_one(searched):
    tree = table(beams.tree(searched))
    kept = {(row.step, row.x) for row in tree.itertuples() if row.kind != "dropped"}
    assert {(row.step2, row.x2) for row in tree.itertuples() if row.step > 0} <= kept
    assert (tree.groupby("step")["log_probability"].apply(lambda some: some.is_monotonic_decreasing)).all()
    assert (tree[tree["kind"] != "dropped"].groupby("step").size() <= 3).all()
    assert tree["x"].between(0, 1).all()


def test_tree_template_fits_its_frame(searched):
    assert_fits(beam.tree(beams.slots(searched)), "tree", beams.tree(searched))
    found = beams.hypotheses(searched)
    assert found["score"].is_monotonic_decreasing
    assert found["translation"].iloc[0] == searched.meta["translation"]


def test_candidates_in_words(translation):
    shares = translation["readout.probabilities"][1]
    written = translation.tokens["target"][1].id
    said = frames.candidates_in_words(translation, 1)
    assert f"({100 * float(shares[written]):.1f}\N{NO-BREAK SPACE}%)" in said
    others = np.delete(shares, written)
    assert all(f"{100 * share:.1f}\N{NO-BREAK SPACE}%" in said for share in np.sort(others)[::-1][:3])
    assert frames.candidates_in_words(translation, 999).startswith(
        f"Step {len(translation.tokens['target']) - 1}:"
    )
    rows = table(frames.named_candidates(translation, 1))
    assert len(rows) == 12
    np.testing.assert_allclose(rows["probability"], np.sort(shares)[::-1][:12])


@pytest.fixture(scope="module")
def translator():
    return models.translation_model(attention="bahdanau")


def test_terms_of_two_pieces_sum_to_their_logits(translation, translator):
    weights = translator.target_embedding.weight.detach().numpy()
    bias = translator.output_bias.detach().numpy()
    summands = frames.piece_summands(translation, 1, weights, bias)
    logits = translation["readout.logits"][1]
    written = translation.tokens["target"][1].id
    best_other = np.delete(logits, written).max()
    np.testing.assert_allclose(summands.sum(1), [logits[written], best_other], atol=1e-4)
    rows = table(frames.piece_terms(summands, 2 * summands))
    assert tuple(rows["class"].unique()) == frames.PIECES
    np.testing.assert_allclose(
        rows.groupby("class", sort=False)["term"].sum(), [logits[written], best_other], atol=1e-4
    )
    assert set(rows["high"]) == {2 * summands.max()}
    said = frames.pieces_in_words(translation, 1, summands)
    assert f"with logit {summands[0].sum():.2f}" in said
    gap = summands[0] - summands[1]
    name = "bias" if gap.argmax() == len(gap) - 1 else f"unit {gap.argmax()}"
    assert f"second: {name} ({gap.max():+.2f})" in said
    assert_fits(charts.terms(frames.PIECES, frames.PIECES[0]), "terms", rows)


def test_lines_of_the_tree_leave_the_words_free():
    """A line starts below the words of its row and ends above those of the next."""
    spec = spec_of(beam.tree(5))
    line = next(layer["mark"] for layer in spec["layer"] if layer["mark"]["type"] == "rule")
    words = [layer["mark"] for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    half = max(mark.get("fontSize", 12) for mark in words) / 2
    assert line["yOffset"] >= max(mark["dy"] for mark in words) + half
    assert line["y2Offset"] <= min(mark["dy"] for mark in words) - half
    assert line["yOffset"] - line["y2Offset"] + 15 < beam.ROW


def test_two_sentences_share_the_axis_of_the_terms(sentiment):
    if sentiment.reverses():
        pytest.skip("one model is enough")
    other = record(models.sentiment_model(), "nobody liked the long speech")
    one, two = (table(frames.terms(*pair)) for pair in ((sentiment, other), (other, sentiment)))
    for name in sentiment.labels["class"]:
        both = pd.concat([one[one["class"] == name], two[two["class"] == name]])
        assert set(both["high"]) == {both["term"].max()}
        assert set(both["low"]) == {both["term"].min()}


# --- the page ---------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {"sentiment": "this story was never bad.", "es-en": "la casa era aburrida."}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_sentiment, make_translation):
    path = tmp_path_factory.mktemp("softmax")
    for model in (
        make_sentiment("lstm"),
        make_sentiment("gru", "pooling", bidirectional=True, layers=2),
        make_translation("gru", "bahdanau"),
        make_translation("lstm", "none", layers=2, embedding=10),
    ):
        checkpoints.save(model, path / model.name)
    return path


@pytest.fixture
def start(folder, monkeypatch):
    def run(model: str, **query: str) -> AppTest:
        monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        text = TEXTS["es-en" if model.startswith("es") else "sentiment"]
        app.query_params.update({"model": model, "text": text, **query})
        app.switch_page("pages/softmax.py").run()
        assert not app.exception
        return app

    return run


@pytest.mark.parametrize(
    "section, data", [("classes", "classes"), ("terms", "terms"), ("verdicts", "verdicts")]
)
@pytest.mark.parametrize("model", ["sentiment-lstm", "sentiment-bigru-attention"])
def test_sections_of_a_verdict(start, folder, model, section, data):
    app = start(model, section=section)
    assert data in datasets_on(app)
    assert len(app.get("vega_lite_chart")) == 1
    app = start(model, section=section, with_text="the film was bad.")
    assert len(app.get("vega_lite_chart")) == 2
    trace = record(checkpoints.load(folder / model), TEXTS["sentiment"])
    mine = {
        "classes": ("probability", trace["readout.probabilities"]),
        "terms": ("term", -np.sort(-np.c_[trace["readout.terms"], trace["readout.bias"]], axis=1)),
        "verdicts": ("probability", trace["readout.prefix_probabilities"]),
    }[section]
    np.testing.assert_allclose(rows_of(app, data)[mine[0]], mine[1].reshape(-1), atol=1e-6)


@pytest.mark.parametrize(
    "section, data",
    [("confidence", "steps"), ("candidates", "candidates"), ("pieces", "terms"), ("beam", "tree")],
)
@pytest.mark.parametrize("model", ["es-en-gru-bahdanau", "es-en-lstm"])
def test_sections_of_a_translation(start, model, section, data):
    app = start(model, section=section)
    assert datasets_on(app) == {data}
    other = "es-en-lstm" if "gru" in model else "es-en-gru-bahdanau"
    app = start(model, section=section, **{"with": other})
    assert len(app.get("vega_lite_chart")) == 2
    assert len(rows_of(app, data, 1))


def test_the_chosen_token_is_framed_and_a_click_moves_it(start):
    app = start("sentiment-lstm", section="verdicts", token="2")
    assert rows_of(app, "chosen")["position"].tolist() == [2]
    app.session_state["verdicts"] = {"selection": {"cell": [{"position": 1}]}}
    app.run()
    assert not app.exception
    assert rows_of(app, "chosen")["position"].tolist() == [1]
    assert in_url(app, "token") == "1"


def test_a_clicked_bar_names_its_unit_and_the_bias_is_none(start, folder):
    app = start("sentiment-lstm", section="terms")
    rows = rows_of(app, "terms")
    assert set(rows["unit"]) == {-1, *range(rows["unit"].max() + 1)}
    assert set(rows[rows["unit"] == -1]["name"]) == {"bias"}
    assert all(rows[rows["unit"] >= 0]["name"] == [f"unit {unit}" for unit in rows["unit"] if unit >= 0])
    for unit, chosen in ((-1, None), (2, "2")):
        app.session_state["terms"] = {"selection": {"cell": [{"unit": unit}]}}
        app.run()
        assert not app.exception
        assert in_url(app, "unit") == chosen
    end = record(checkpoints.load(folder / "sentiment-lstm"), TEXTS["sentiment"])["encoder.0.hidden"][-1, 2]
    assert f"**Unit 2** is {printed(float(end), '.3f')} at the end" in app.get("page_link")[0].proto.label


def test_a_clicked_step_tells_what_else_was_considered(start):
    app = start("es-en-gru-bahdanau", step="0")
    assert "Step 0: the decoder outputs" in html.unescape(words(app))
    app.session_state["confidence"] = {"selection": {"cell": [{"position": 1}]}}
    app.run()
    assert not app.exception
    assert in_url(app, "step") == "1"
    told = html.unescape(words(app))
    assert "Step 1: the decoder outputs" in told
    assert "Next best: “" in told
    assert "Step 0: the decoder outputs" not in told
    app = start("es-en-gru-bahdanau", step="99999")
    assert any("step" in note.value for note in app.info)


def test_a_beam_of_one_and_a_fed_translation_have_no_tree(start):
    assert not start("es-en-lstm", section="beam", beam="1").get("vega_lite_chart")
    assert not start("es-en-lstm", section="beam", reference="the film").get("vega_lite_chart")
    assert len(start("es-en-lstm", section="beam", beam="10").dataframe) == 1
