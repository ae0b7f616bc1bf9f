"""The attention page: its numbers against the trace and the model, its sections, and what the URL keeps."""

import html
from pathlib import Path

import numpy as np
import pytest
from helpers_app import datasets_of, described, in_url, rows_of, words
from helpers_trace import WORDS, sentiment_trace, translation_trace
from numpy.testing import assert_allclose
from streamlit.testing.v1 import AppTest

from rnnviz_core.charts import building_blocks
from rnnviz_core.charts import context as context_charts
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts import surgery
from rnnviz_core.contracts import task as recorder
from rnnviz_core.frames import attention as frames
from rnnviz_core.frames import context as contexts
from rnnviz_core.frames.columns import frame
from rnnviz_core.frames.numbers import printed

ROOT = Path(__file__).resolve().parents[2]
TEXT, TEXTO = "this story was never bad.", "la casa era aburrida."


def with_weights(trace, weights):
    arrays = {**trace.arrays, "attention.weights": weights.astype(np.float32)}
    return type(trace)(**{**vars(trace), "arrays": arrays})


def test_weights_sum_to_one_and_the_equal_share_is_one_in_n():
    rows = frame(frames.row(sentiment_trace(attention=True)))
    assert rows["weight"].sum() == pytest.approx(1)
    assert_allclose(rows["equal"], 1 / len(WORDS))
    exp = np.exp(rows["score"] - rows["score"].max())
    assert_allclose(rows["weight"], exp / exp.sum(), atol=1e-6)


def test_the_punctuation_at_the_end_is_laid_aside_and_its_share_is_told(make_sentiment):
    trace = recorder.record(make_sentiment("lstm", "pooling"), "this, story was good!?.")
    texts = [token.text.removeprefix("▁") for token in trace.tokens["time"]]
    count = 0
    while not any(letter.isalpha() for letter in texts[len(texts) - 1 - count]) and texts[-1 - count] != "⁇":
        count += 1
    assert frames.closing(trace) == count
    cut = frame(frames.without_end(trace, frames.row(trace)))
    assert len(cut) == len(texts) - count
    assert_allclose(cut["weight"], trace["attention.weights"][: len(cut)])
    assert_allclose(cut["high"], cut["weight"].max())
    said = frames.folded_in_words(trace)
    assert (said == "") == (count == 0)
    if count:
        assert f"{100 * float(1 - cut['weight'].sum()):.1f}\N{NO-BREAK SPACE}%" in said


def test_only_a_text_of_words_keeps_something_when_its_end_is_laid_aside(make_sentiment):
    trace = recorder.record(make_sentiment("lstm", "pooling"), "..")
    assert frames.closing(trace) == 0


@pytest.mark.parametrize("shift", [0, 5, -5, 1000, -1000])
def test_softmax_of_the_largest_is_written_out(shift):
    """Softmax does not see what all scores share, so a shift changes the words but not the weight."""
    trace = translation_trace()
    arrays = {**trace.arrays, "attention.scores": trace["attention.scores"] + np.float32(shift)}
    said = frames.row_in_words(type(trace)(**{**vars(trace), "arrays": arrays}), 2)
    most = trace["attention.weights"][2].max()
    assert said.startswith("For “the” it looked most at “")
    assert f"the largest, {printed(trace['attention.scores'][2].max() + np.float32(shift))}." in said
    assert said.endswith(f" = {100 * most:.1f}\N{NO-BREAK SPACE}%.")
    assert said.count("exp(0) = 1") == 1  # one form, whatever the scores are
    assert 1 / float(said.split("1 / ")[1].split()[0]) == pytest.approx(most, abs=1e-3)


def test_alignment_rows_keep_both_axes():
    trace = translation_trace()
    rows = frame(frames.alignment(trace))
    matrix = rows.pivot(index="target_position", columns="position", values="weight")
    assert_allclose(matrix, trace["attention.weights"])
    row = rows[(rows["target_position"] == 1) & (rows["position"] == 3)].iloc[0]
    assert (row["target"], row["tick"], row["token"]) == ("0001 loved", "0003 la", "la")
    assert frame(frames.chosen_row(trace, 1)).to_numpy().tolist() == [[1, "0001 loved"]]
    best = trace["attention.weights"][1].argmax()
    source = ("me", "encan", "tó", "la", "pizza", "(end)")
    assert (
        f"loved: {source[best]} {100 * float(trace['attention.weights'][1, best]):.0f}\N{NO-BREAK SPACE}%."
        in frames.alignment_in_words(trace)
    )


def test_entropy_by_hand():
    trace = translation_trace()
    weights = np.zeros_like(trace["attention.weights"])
    weights[0, 0] = 1  # certain: 0 bits
    weights[1:, :2] = 0.5  # two equally: 1 bit, as if over 2 tokens
    longer = translation_trace(source=("▁a",) * 16)
    rows = frame(frames.entropies(with_weights(trace, weights), longer))
    assert_allclose(rows["entropy"], [0, 1, 1, 1, 1])
    assert_allclose(rows["words"], [1, 2, 2, 2, 2])
    assert_allclose(rows["most"], np.log2(6))
    assert_allclose(rows["high"], 4)
    assert "“loved”, 1.00 of at most 2.58" in frames.entropy_in_words(with_weights(trace, weights))
    equal = with_weights(sentiment_trace(attention=True), np.full(8, 1 / 8))
    assert "Entropy 3.00 of at most 3.00 bits" in frames.spread_in_words(equal)
    assert "over 8.0 tokens" in frames.spread_in_words(equal)


@pytest.mark.parametrize("make, expected", [(sentiment_trace, False), (translation_trace, True)])
def test_whether_there_is_attention(make, expected):
    assert frames.has_attention(make()) is expected


@pytest.fixture(scope="module")
def pair(make_translation):
    """A real recording: two layers, both directions."""
    model = make_translation("lstm", "luong", layers=2, bidirectional=True)
    return recorder.record(model, TEXTO)


def test_the_context_is_the_sum_of_weighted_states(pair):
    rows = frame(contexts.context(pair))
    grid = rows.pivot(index="position", columns="unit", values="value")
    assert_allclose(grid, pair["attention.context"])
    assert contexts.keys(pair).shape == (len(pair.tokens["source"]), pair["attention.context"].shape[1])
    shares = frame(contexts.context_of_unit(pair, 1, 3))
    assert shares["value"].sum() == pytest.approx(pair["attention.context"][1, 3], abs=1e-6)
    assert_allclose(shares["value"], shares["weight"] * shares["state"])
    assert set(shares["whole"]) == {pair["attention.context"][1, 3]}
    assert f"recorded is {printed(pair['attention.context'][1, 3], '.4f')}" in contexts.context_in_words(
        pair, 1, 3
    )


def test_a_verdicts_context_falls_apart_into_tokens(make_sentiment):
    model = make_sentiment("gru", "pooling", layers=2, bidirectional=True)
    trace = recorder.record(model, TEXT)
    rows = frame(contexts.context(trace))
    assert_allclose(rows.groupby("unit")["value"].sum(), trace["attention.context"], atol=1e-6)
    assert not len(frame(contexts.chosen(trace, 0, 1)))
    adds = frame(contexts.verdict(trace, model.output.weight.numpy()))
    together = adds.groupby("class", sort=False)["value"].sum()
    assert_allclose(together, trace["readout.logits"], atol=1e-5)
    assert list(adds["token"][adds["class"] == "neutral"])[-1] == "(bias)"
    totals = adds.groupby("class", sort=False)["total"].first()
    for total, logit in zip(totals, trace["readout.logits"], strict=True):
        assert total == f"together: logit {printed(logit, '+.2f')}"


@pytest.mark.parametrize("two_way", [False, True])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_what_reaches_the_end_makes_up_the_state(make_translation, cell, two_way):
    """The list that is read is the recorded one, and the shares of the tokens suffice for its memory."""
    model = make_translation(cell, "none", bidirectional=two_way, layers=2)
    trace = recorder.record(model, TEXTO)
    assert_allclose(frame(contexts.fixed(trace))["value"], trace["encoder.context"])
    rows = frame(contexts.left_at_the_end(trace))
    assert len(rows) == len(trace.tokens["source"])
    assert (rows["left"] <= rows["written"] + 1e-9).all()
    assert rows["share"].between(0, 1 + 1e-9).all()
    name = "cell" if cell == "lstm" else "hidden"
    sides = [trace[f"encoder.1.{name}"][-1]]
    if two_way:
        sides.append(trace[f"encoder.1.reverse.{name}"][0])
    size = np.linalg.norm(np.concatenate(sides))
    assert rows["left"].sum() >= size - 1e-5  # shares may cancel each other, never exceed their sum
    assert f"({rows['left'].max():.2f})" in contexts.left_in_words(contexts.left_at_the_end(trace))


def test_a_plain_rnn_has_no_share_per_token(make_translation):
    trace = recorder.record(make_translation("rnn", "none"), TEXTO)
    assert contexts.left_at_the_end(trace) is None
    assert len(context_charts.fixed(4, None, building_blocks.SOURCE).to_dict()["vconcat"]) == 1


# --- the page ---------------------------------------------------------------------------------

SECTIONS = {
    "sentiment-gru": ("instead", "kinds"),
    "sentiment-rnn": ("instead", "kinds"),
    "sentiment-bilstm-attention": ("weights", "verdict", "context", "test", "kinds"),
    "es-en-lstm": ("instead", "kinds"),
    "es-en-gru-luong": ("alignment", "spread", "context", "test", "kinds"),
    "es-en-gru-bahdanau": ("alignment", "spread", "context", "test", "kinds"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_sentiment, make_translation):
    path = tmp_path_factory.mktemp("attention")
    for model in (
        make_sentiment("gru"),
        make_sentiment("rnn"),
        make_sentiment("lstm", "pooling", bidirectional=True, layers=2),
        make_translation("lstm", "none", layers=2, embedding=10, hidden=6),
        make_translation("gru", "luong", bidirectional=True),
        make_translation("gru", "bahdanau", layers=2),
    ):
        checkpoints.save(model, path / model.name)
    assert {one.name for one in path.iterdir()} == set(SECTIONS)
    return path


@pytest.fixture
def start(folder, monkeypatch):
    def run(model: str, **query: str) -> AppTest:
        monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        text = TEXTO if model.startswith("es") else TEXT
        app.query_params.update({"model": model, "text": text, "beam": "1", **query})
        app.switch_page("pages/attention.py").run()
        assert not app.exception
        return app

    return run


@pytest.mark.parametrize("model, section", [(m, s) for m, all_ in SECTIONS.items() for s in all_])
def test_every_section_of_every_kind_of_network(start, model, section):
    app = start(model, section=section)
    charts = app.get("vega_lite_chart")
    kinds = {"sentiment-rnn": 1, "sentiment-gru": 2}.get(model, 3 if model.startswith("es") else 2)
    assert len(charts) == (kinds if section == "kinds" else 1)
    assert all(described(chart) for chart in charts)
    assert "Try this" in words(app)
    assert ("has no attention" in " ".join(note.value for note in app.info)) == (section == "instead")


def test_the_first_section_is_light(start):
    for model, sections in SECTIONS.items():
        app = start(model)
        assert len(app.get("vega_lite_chart")) == 1
        assert app.get("vega_lite_chart")[0].proto.id or sections[0] in ("weights", "instead")


def test_the_chosen_step_is_the_same_everywhere(start, folder):
    model = "es-en-gru-bahdanau"
    trace = recorder.record(checkpoints.load(folder / model), TEXTO)
    app = start(model, step="2")
    assert rows_of(app, "chosen")["target_position"].tolist() == [2]
    rows = rows_of(app, "row")
    assert_allclose(rows["weight"], trace["attention.weights"][2])
    assert_allclose(rows["score"], trace["attention.scores"][2])
    app = start(model, step="2", unit="1", section="context")
    assert rows_of(app, "chosen")[["position", "unit"]].to_numpy().tolist() == [[2, 1]]
    assert_allclose(rows_of(app, "shares")["value"].sum(), trace["attention.context"][2, 1], atol=1e-6)
    assert rows_of(start(model, step="2", section="spread"), "chosen")["position"].tolist() == [2]


def test_a_clicked_row_is_followed(start):
    app = start("es-en-gru-luong")
    app.session_state["attention-alignment"] = {"selection": {"cell": [{"target_position": 3}]}}
    app.run()
    assert not app.exception
    assert in_url(app, "step") == "3"
    assert rows_of(app, "chosen")["target_position"].tolist() == [3]
    app = start("es-en-gru-luong", section="context")
    app.session_state["attention-context"] = {"selection": {"cell": [{"position": 1, "unit": 2}]}}
    app.run()
    assert (in_url(app, "step"), in_url(app, "unit")) == ("1", "2")


@pytest.mark.parametrize("section", ["alignment", "spread", "context", "test"])
def test_translations_are_compared(start, section):
    app = start("es-en-gru-luong", section=section, step="3", **{"with": "es-en-gru-bahdanau"})
    assert len(app.get("vega_lite_chart")) == 2
    app = start("es-en-gru-luong", section=section, **{"with": "es-en-lstm"})
    assert len(app.get("vega_lite_chart")) == 1
    assert any("no attention" in note.value for note in app.info)


@pytest.mark.parametrize("section", ["weights", "verdict", "context", "test"])
def test_verdicts_are_compared(start, section):
    app = start("sentiment-bilstm-attention", section=section, with_text="good", unit="9")
    assert len(app.get("vega_lite_chart")) == 2
    if section == "weights":
        one, two = rows_of(app, "row"), rows_of(app, "row", 1)
        assert set(one["high"]) == set(two["high"]) == {max(one["weight"].max(), two["weight"].max())}


def test_the_deal_is_in_the_url(start):
    app = start("es-en-gru-luong", section="test")
    before = rows_of(app, "replaced")
    next(button for button in app.button if button.label == "Shuffle again").click().run()
    assert not app.exception
    assert in_url(app, "deal") == "1"
    after = rows_of(app, "replaced")
    assert not before.equals(after)
    assert rows_of(start("es-en-gru-luong", section="test", deal="1"), "replaced").equals(after)
    assert any("deal" in note.value for note in start("es-en-gru-luong", section="test", deal="-1").info)


def test_what_it_writes_with_equal_weights_is_told(start, folder):
    model = checkpoints.load(folder / "es-en-gru-luong")
    written = surgery.write_evenly(model, recorder.record(model, TEXTO)).strip() or "(nothing)"
    said = html.unescape(words(start("es-en-gru-luong", section="test")))
    assert f"with all weights equal: **“{written[:200]}" in said


def test_kinds_tell_what_they_write_and_offer_each_other(start, folder):
    app = start("es-en-lstm", section="kinds", beam="2")
    names = ("es-en-lstm", "es-en-gru-luong", "es-en-gru-bahdanau")
    shown = [block.value for block in app.text]
    for name, said in zip(names, shown, strict=True):
        trace = recorder.record(checkpoints.load(folder / name), TEXTO, beam=2)
        assert said.rstrip("…") in (str(trace.meta["translation"]).strip() or "(nothing)")
    assert datasets_of(app) == {"lengths"}
    assert datasets_of(app, 1) == {"alignment"}
    [luong] = [b for b in app.button if b.proto.id.endswith("kind-es-en-gru-luong")]
    luong.click().run()
    assert not app.exception
    assert in_url(app, "model") == "es-en-gru-luong"


def test_one_token(start):
    assert start("sentiment-bilstm-attention", text="good").get("vega_lite_chart")
    assert start("es-en-gru-luong", text="la").get("vega_lite_chart")
    assert start("es-en-lstm", text="la").get("vega_lite_chart")
