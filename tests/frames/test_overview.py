"""The overview: frames hold the trace's own numbers, the template draws them and decides nothing."""

import helpers_recorder as models
import numpy as np
import pytest
from helpers_charts import columns_of, datasets_of, spec_of, views

from rnnviz_core.charts import embeddings as embedding_charts
from rnnviz_core.charts import overview as charts
from rnnviz_core.charts import states as state_charts
from rnnviz_core.charts import theme, unrolled
from rnnviz_core.contracts.task import record
from rnnviz_core.frames import overview as frames
from rnnviz_core.frames import tokens, tracks
from rnnviz_core.frames.columns import frame

TEXT = "the soup was warm"


@pytest.fixture(scope="module", params=[{}, {"layers": 2}, {"bidirectional": True, "attention": "pooling"}])
def sentiment(request):
    return record(models.sentiment_model(**request.param), TEXT)


@pytest.fixture(scope="module", params=["none", "luong", "bahdanau"])
def translation(request):
    return record(models.translation_model(attention=request.param, bidirectional=True), "la sopa")


def rows(trace, part):
    return tuple(
        charts.Row(**frames.row(trace, track)) for track in frames.tracks(trace) if track.part == part
    )


def test_every_layer_and_direction_is_a_row(sentiment):
    sites = [track.site for track in frames.tracks(sentiment)]
    assert sites[0] == "encoder.embedding"
    assert set(sites) == {name for name in sentiment if name.endswith((".embedding", ".hidden"))}


def test_cells_are_the_recorded_numbers(sentiment):
    cells = frame(frames.cells(sentiment))
    texts = tokens.read_texts(sentiment, "encoder")
    for track in frames.tracks(sentiment):
        mine = cells[cells["site"] == track.site]
        recorded = sentiment[track.site]
        assert len(mine) == recorded[:, :: track.every].size
        np.testing.assert_array_equal(mine["value"], recorded[mine["position"], mine["unit"]])
        assert list(mine["token"]) == [texts[position] for position in mine["position"]]


def test_cells_of_a_translation_name_the_pieces_that_are_read(translation):
    cells = frame(frames.cells(translation))
    for part in ("encoder", "decoder"):
        texts = tokens.read_texts(translation, part)
        mine = cells[cells["site"].astype(str).str.startswith(part)]
        assert list(mine["token"]) == [texts[position] for position in mine["position"]]


@pytest.mark.parametrize(("hidden", "every"), [(44, 1), (64, 1), (65, 2), (256, 4)])
def test_of_wide_layers_some_numbers_are_drawn(hidden, every):
    trace = record(models.sentiment_model(hidden=hidden), TEXT)
    track = next(track for track in frames.tracks(trace) if track.kind == "hidden")
    assert (track.size, track.every) == (hidden, every)
    assert (f"every {frames.ordinal(every)} drawn" in frames.title(track)) == (every > 1)
    assert (frames.thinned_in_words(trace) == "") == (every == 1)
    cells = frame(frames.cells(trace))
    mine = cells[(cells["site"] == track.site) & (cells["position"] == 0)]
    assert list(mine["unit"]) == list(range(0, hidden, every))


def test_a_box_has_a_pixel_for_every_stripe():
    assert unrolled.BOX == tracks.STRIPES
    assert unrolled.GAP == frames.GAP


def stripes(spec, site):
    """The view of a template's spec that draws the numbers of `site`."""
    found = [
        view
        for name, view in views(spec)
        if name == "cells" and f"=== '{site}'" in str(view.get("transform"))
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.slow
def test_only_what_has_not_been_read_is_faded(sentiment, translation):
    """A backward layer has read everything from its end, and a decoder starts after the whole source."""
    spec = spec_of(charts.sentiment(rows(sentiment, "encoder"), sentiment.labels["class"], attention=False))
    for track in frames.tracks(sentiment):
        assert ("opacity" in stripes(spec, track.site)["encoding"]) == (not track.reverse)
    spec = spec_of(charts.translation(rows(translation, "encoder"), rows(translation, "decoder")))
    for track in frames.tracks(translation):
        assert ("opacity" in stripes(spec, track.site)["encoding"]) == (track.part == "decoder")


def test_every_part_tells_its_site_when_it_is_clicked(sentiment):
    chart = charts.sentiment(rows(sentiment, "encoder"), sentiment.labels["class"], attention=True)
    spec = spec_of(chart)
    click = next(param for param in spec["params"] if param["name"] == "cell")
    assert click["select"]["fields"] == ["site", "position", "unit"]
    made = {
        step["calculate"]
        for _, view in views(spec)
        for step in view.get("transform", ())
        if step.get("as") == "site"
    }
    assert made == {"'attention'", "'readout'"}


def test_columns_lie_side_by_side(sentiment):
    columns = frame(frames.columns(sentiment))
    assert (columns["x"].to_numpy()[1:] > columns["x2"].to_numpy()[:-1]).all()
    assert columns["before"].iloc[0] == 0
    np.testing.assert_allclose(columns["after"].iloc[-1], 1)
    assert columns["tick"].is_unique


def test_verdicts_stack_to_one_and_end_at_the_answer(sentiment):
    verdicts = frame(frames.verdicts(sentiment))
    last = verdicts[verdicts["position"] == verdicts["position"].max()]
    np.testing.assert_allclose(last["probability"], sentiment["readout.probabilities"], atol=1e-6)
    np.testing.assert_allclose(verdicts.groupby("position")["high"].max(), 1, atol=1e-5)
    assert last.loc[last["probability"].idxmax(), "class"] == sentiment.meta["label"]


def kept_by_hand(trace, site):
    """The share of the memory that stays: an LSTM's forget gate, a GRU's update gate."""
    return trace[f"{site}.forget" if f"{site}.forget" in trace else f"{site}.update"]


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("unit", [None, 3])
def test_the_strips_are_the_gates_and_what_is_kept(cell, unit):
    trace = record(models.sentiment_model(cell=cell, bidirectional=True), TEXT)
    drawn = frame(frames.strips(trace, unit))
    names = {"lstm": ("forget", "input", "output"), "gru": ("update", "reset")}[cell]
    assert frames.gates(trace, "encoder") == names
    for site in ("encoder.0", "encoder.0.reverse"):
        for name in (*names, "memory"):
            recorded = kept_by_hand(trace, site) if name == "memory" else trace[f"{site}.{name}"]
            mine = drawn[drawn["site"] == f"{site}.{name}"].sort_values("position")
            np.testing.assert_allclose(
                mine["value"], recorded.mean(1) if unit is None else recorded[:, unit], atol=1e-6
            )
    assert len(drawn) == 2 * (len(names) + 1) * len(trace.tokens["time"])


def test_cells_can_be_told_apart_at_first_sight():
    """An LSTM has a row for the cell state and three strips, a GRU two, an RNN nothing but its state."""
    seen = {}
    for cell in ("lstm", "gru", "rnn"):
        trace = record(models.sentiment_model(cell=cell), TEXT)
        (row,) = [row for row in rows(trace, "encoder") if row.kind == "hidden"]
        spec = spec_of(charts.sentiment((row,), trace.labels["class"], attention=False))
        sites = {str(view.get("transform")) for name, view in views(spec) if name in ("cells", "strips")}
        seen[cell] = (row.memory, len(row.gates), len(sites))
        assert ("strips" in datasets_of(spec)) == (cell != "rnn")
        assert (frames.strips(trace) is None) == (cell == "rnn")
        assert f"{cell.upper()}: 5 units (h" in frames.dimensions(trace)
    assert seen == {"lstm": ("cell", 3, 6), "gru": ("hidden", 2, 4), "rnn": ("", 0, 1)}


def test_the_dimensions_are_those_of_the_arrays(sentiment, translation):
    told = frames.dimensions(sentiment)
    assert (
        f"{len(sentiment.tokens['time'])} steps × {sentiment['encoder.embedding'].shape[1]} numbers" in told
    )
    assert f"{sentiment['encoder.0.hidden'].shape[1]} units" in told
    assert ("2 directions" in told) == sentiment.reverses("encoder")
    assert ("2 layers" in told) == (sentiment.layers("encoder") == 2)
    assert told.endswith(f"{len(sentiment.labels['class'])} classes")
    told = frames.dimensions(translation)
    assert ("attention" in told) == ("attention.weights" in translation)
    assert told.index("encoder:") < told.index("decoder:")


def test_links_are_the_attention_weights(translation):
    links = frame(frames.links(translation))
    if "attention.weights" in translation:
        np.testing.assert_array_equal(links["weight"], translation["attention.weights"].reshape(-1))
        np.testing.assert_allclose(links.groupby("position")["weight"].sum(), 1, atol=1e-5)


@pytest.mark.parametrize("both", [False, True])
def test_without_attention_the_links_come_from_the_states_that_are_read(both):
    trace = record(models.translation_model(attention="none", bidirectional=both), "la sopa")
    ends = [trace["encoder.0.hidden"][-1]]
    if both:  # read backwards, the first token comes last
        ends.append(trace["encoder.0.reverse.hidden"][0])
    np.testing.assert_allclose(trace["encoder.context"], np.concatenate(ends), atol=1e-6)
    links = frame(frames.links(trace))
    used = links[links["weight"] > 0]
    middle = frames.columns(trace)["middle"]
    assert set(used["weight"]) == {1}
    for _, rows in used.groupby("position"):
        assert sorted(rows["x"]) == sorted({middle[-1], middle[0]} if both else {middle[-1]})


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
        "strips": frames.strips(sentiment),
    }
    assert_fits(chart, sent)


def test_the_step_is_data(sentiment):
    """So that a new step leaves the picture standing; beyond the end of a shorter text it is the last one."""
    assert frames.now(sentiment, "encoder", 2)["position"].tolist() == [2]
    last = len(sentiment.tokens["time"]) - 1
    assert frames.now(sentiment, "encoder", 99)["position"].tolist() == [last]
    assert frames.now(sentiment, "encoder", 1)["read"].tolist() == [1]
    assert frames.now(sentiment, "encoder", 1, walked=False)["read"].tolist() == [last]  # nothing is faded
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
        "strips": frames.strips(translation),
    }
    assert_fits(chart, sent)


def assert_fits(chart, sent):
    spec = spec_of(chart)
    assert datasets_of(spec) == set(sent)
    for name, wanted in columns_of(spec).items():
        assert wanted <= set(sent[name]), name


def test_same_options_give_the_same_template():
    options = ((charts.Row("encoder.0.hidden", "State", "hidden", 64),), ("bad", "good"))
    assert charts.sentiment(*options, attention=False) is charts.sentiment(*options, attention=False)


@pytest.mark.parametrize(("count", "colours"), [(1, 1), (2, 2), (3, 3), (5, 5), (7, 7), (20, 20)])
def test_class_colours_go_from_worst_to_best(count, colours):
    scale = theme.class_scale(tuple(f"c{number}" for number in range(count))).to_dict()
    assert len(set(scale["range"])) == colours
    assert scale["range"][0] == theme.CLASS_COLOURS[0]
    if count > 1:
        assert scale["range"][-1] == theme.CLASS_COLOURS[-1]


@pytest.mark.parametrize("colour", [*theme.class_colours(20), *theme.CLASS_COLOURS, *theme.NAME_COLOURS])
def test_class_colours_stand_out_on_both_backgrounds(colour):
    for background in ("#FFFFFF", "#14171C"):
        assert contrast(colour, background) >= 3


def test_many_classes_stand_in_several_lines():
    """Twenty in one line would leave each 50 px: five to a line, and the picture grows by the others."""
    row = (charts.Row("encoder.0.hidden", "State", "hidden", 64),)
    few, many = (
        spec_of(charts.sentiment(row, tuple(f"c{n}" for n in range(count)), attention=False))
        for count in (5, 20)
    )
    assert many["height"] - few["height"] == 3 * (charts.LEGEND - charts.GAP)


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


def test_a_number_has_the_colour_of_its_own_page():
    """Embeddings and states: the same scale of the recorded number in the picture and on their pages."""

    def colours(chart, column):
        encodings = [view.get("encoding", {}) for _, view in views(spec_of(chart))]
        found = [encoding["color"] for encoding in encodings if "color" in encoding]
        return [colour["scale"] for colour in found if colour.get("field") == column]

    sites = (("encoder.embedding", "embedding"), ("encoder.0.hidden", "hidden"))
    rows = tuple(charts.Row(site, "Row", kind, 4) for site, kind in sites)
    picture = colours(charts.sentiment(rows, ("bad", "good"), attention=False), "value")
    pages = [
        *colours(embedding_charts.embedding_heatmap(4), "value"),
        *colours(state_charts.state_maps(("hidden",), 4), "hidden"),
    ]
    assert picture == pages
    assert len(picture) == 2


def test_the_picture_is_drawn_on_a_canvas():
    """Thousands of stripes; Streamlit counts them only where rows are not filtered."""
    spec = spec_of(charts.sentiment((), ("bad", "good"), attention=False))
    assert spec["usermeta"] == {"embedOptions": {"renderer": "canvas"}}
