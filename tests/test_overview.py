"""The overview: frames hold the trace's own numbers, the template draws them and decides nothing."""

import helpers_recorder as models
import numpy as np
import pytest
from helpers_charts import columns_of, datasets_of, spec_of

from rnnviz_core.charts import overview as charts
from rnnviz_core.charts import theme
from rnnviz_core.frames import overview as frames
from rnnviz_core.recorder import record

TEXT = "the soup was warm"


@pytest.fixture(scope="module", params=[{}, {"layers": 2}, {"bidirectional": True, "attention": "bahdanau"}])
def sentiment(request):
    return record(models.sentiment_model(**request.param), TEXT)


@pytest.fixture(scope="module", params=["none", "luong", "bahdanau"])
def translation(request):
    return record(models.translation_model(attention=request.param, bidirectional=True), "la sopa")


def rows(trace, part):
    return tuple(
        charts.Row(track.site, frames.title(track), track.kind, track.reverse)
        for track in frames.tracks(trace)
        if track.part == part
    )


def test_every_layer_and_direction_is_a_row(sentiment):
    sites = [track.site for track in frames.tracks(sentiment)]
    assert sites[0] == "encoder.embedding"
    assert set(sites) == {name for name in sentiment if name.endswith((".embedding", ".hidden"))}


def test_cells_are_the_recorded_numbers(sentiment):
    cells = frames.cells(sentiment)
    for track in frames.tracks(sentiment):
        mine = cells[cells["site"] == track.site]
        recorded = sentiment[track.site]
        assert len(mine) == recorded[:, :: track.every].size
        np.testing.assert_array_equal(mine["value"], recorded[mine["position"], mine["unit"]])
        assert mine["shade"].abs().max() <= 1
        if track.reverse:
            assert (mine["done"] == 0).all()


def test_wide_boxes_draw_every_second_number():
    trace = record(models.sentiment_model(hidden=64), TEXT)
    track = next(track for track in frames.tracks(trace) if track.kind == "hidden")
    assert (track.size, track.every) == (64, 2)
    assert "every 2nd drawn" in frames.title(track)
    mine = frames.cells(trace).query("site == @track.site and position == 0")
    assert list(mine["unit"]) == list(range(0, 64, 2))
    np.testing.assert_allclose(mine["high"].max(), 1.0)


def test_columns_lie_side_by_side(sentiment):
    columns = frames.columns(sentiment)
    assert (columns["x"].to_numpy()[1:] > columns["x2"].to_numpy()[:-1]).all()
    assert columns["before"].iloc[0] == 0
    np.testing.assert_allclose(columns["after"].iloc[-1], 1)
    assert columns["tick"].is_unique


def test_verdicts_stack_to_one_and_end_at_the_answer(sentiment):
    verdicts = frames.verdicts(sentiment)
    last = verdicts[verdicts["position"] == verdicts["position"].max()]
    np.testing.assert_allclose(last["probability"], sentiment["readout.probabilities"], atol=1e-6)
    np.testing.assert_allclose(verdicts.groupby("position")["high"].max(), 1, atol=1e-5)
    assert last.loc[last["best"], "class"].item() == sentiment.meta["label"]


def test_links_are_the_attention_weights(translation):
    links = frames.links(translation)
    sums = links.groupby("position")["weight"].sum()
    np.testing.assert_allclose(sums, 1, atol=1e-5)
    if "attention.weights" in translation:
        np.testing.assert_array_equal(links["weight"], translation["attention.weights"].reshape(-1))
    else:  # one fixed vector: the encoder's last state
        used = links[links["weight"] > 0]
        assert (used["x"] == frames.columns(translation)["middle"].iloc[-1]).all()


def test_sentiment_template_fits_its_frames(sentiment):
    columns = frames.columns(sentiment)
    chart = charts.sentiment(
        rows(sentiment, "encoder"), sentiment.labels["class"], attention="weight" in columns
    )
    sent = {
        "cells": frames.cells(sentiment),
        "columns": columns,
        "verdicts": frames.verdicts(sentiment),
        "now": frames.now(sentiment, "encoder", 1),
    }
    assert_fits(chart, sent)


def test_the_step_is_data(sentiment):
    """So that a new step leaves the picture standing; beyond the end of a shorter text it is the last one."""
    assert frames.now(sentiment, "encoder", 2)["position"].tolist() == [2]
    last = len(sentiment.tokens["time"]) - 1
    assert frames.now(sentiment, "encoder", 99)["position"].tolist() == [last]
    chart = charts.sentiment(rows(sentiment, "encoder"), sentiment.labels["class"], attention=False)
    step = next(param for param in spec_of(chart)["params"] if param["name"] == "step")
    assert "data('now')" in step["expr"]


def test_translation_template_fits_its_frames(translation):
    chart = charts.translation(rows(translation, "encoder"), rows(translation, "decoder"))
    sent = {
        "cells": frames.cells(translation),
        "columns": frames.columns(translation),
        "written": frames.columns(translation, "decoder"),
        "links": frames.links(translation),
        "now": frames.now(translation, "decoder", 0),
    }
    assert_fits(chart, sent)


def assert_fits(chart, sent):
    spec = spec_of(chart)
    assert datasets_of(spec) == set(sent)
    for name, wanted in columns_of(spec).items():
        assert wanted <= set(sent[name].columns), name


def test_same_options_give_the_same_template():
    options = ((charts.Row("encoder.0.hidden", "State", "hidden"),), ("bad", "good"))
    assert charts.sentiment(*options, attention=False) is charts.sentiment(*options, attention=False)


@pytest.mark.parametrize(("count", "colours"), [(1, 1), (2, 2), (3, 3), (5, 5), (7, 5)])
def test_class_colours_go_from_worst_to_best(count, colours):
    scale = theme.class_scale(tuple(f"c{number}" for number in range(count))).to_dict()
    assert len(set(scale["range"])) == colours
    assert scale["range"][0] == theme.CLASS_COLOURS[0]
    if count > 1:
        assert scale["range"][-1] == theme.CLASS_COLOURS[-1]


@pytest.mark.parametrize("colour", theme.CLASS_COLOURS)
def test_class_colours_stand_out_on_both_backgrounds(colour):
    for background in ("#FFFFFF", "#14171C"):
        assert contrast(colour, background) >= 3


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_description_tells_the_verdicts(sentiment):
    told = frames.describe(sentiment)
    assert sentiment.meta["label"] in told
    assert told.count("after") == len(sentiment.tokens["time"])


@pytest.mark.parametrize(("number", "word"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th")])
def test_ordinals(number, word):
    assert frames.ordinal(number) == word


def test_a_bad_verdict_is_blue_and_a_good_one_orange():
    """As below and above zero in every other picture."""
    red, _, blue = (int(theme.class_colours(5)[0][i : i + 2], 16) for i in (1, 3, 5))
    assert blue > red
    red, _, blue = (int(theme.class_colours(5)[-1][i : i + 2], 16) for i in (1, 3, 5))
    assert red > blue


def test_two_pictures_side_by_side_share_the_colours_of_embeddings():
    model = models.sentiment_model()
    one, two = record(model, TEXT), record(model, "nobody liked the long speech")
    left, right = frames.cells(one, two), frames.cells(two, one)
    for frame in (left, right):
        rows = frame[frame["site"] == "encoder.embedding"]
        factor = (rows["value"] / rows["shade"]).dropna()
        largest = max(np.abs(one["encoder.embedding"]).max(), np.abs(two["encoder.embedding"]).max())
        np.testing.assert_allclose(factor, largest, rtol=1e-3)
