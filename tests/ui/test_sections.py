"""The sections of overview, embeddings and gates: what is drawn, chosen, kept in the URL, compared."""

import html
import re
from pathlib import Path

import numpy as np
import pytest
from helpers_app import datasets_of, described, in_url, rows_of, words
from numpy.testing import assert_allclose
from streamlit.testing.v1 import AppTest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.contracts import task as recorder
from rnnviz_core.frames import gates, inspector, word_map
from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.numbers import printed

ROOT = Path(__file__).resolve().parents[2]
TEXT = "this story was never bad."
KINDS = ("sentiment-rnn", "sentiment-gru", "sentiment-lstm", "sentiment-bilstm-attention", "es-en-gru-luong")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_sentiment, make_translation) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    for model in (
        make_sentiment("rnn"),
        make_sentiment("gru"),
        make_sentiment("lstm"),
        make_sentiment("lstm", "pooling", bidirectional=True, layers=2),
        make_translation("gru", "luong", layers=2),
    ):
        checkpoints.save(model, folder / model.name)
    assert {path.name for path in folder.iterdir()} == set(KINDS)
    return folder


@pytest.fixture
def start(folder, monkeypatch):
    def run(page: str, **query: str) -> AppTest:
        monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(folder))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params.update({"model": "sentiment-lstm", **query})
        if "es-en" not in query.get("model", ""):
            app.query_params.setdefault("text", TEXT)
        if page != "overview":
            app.switch_page(f"pages/{page}.py")
        app.run()
        assert not app.exception
        return app

    return run


@pytest.fixture
def trace(folder):
    return lambda model, text=TEXT: recorder.record(checkpoints.load(folder / model), text)


def charts(app: AppTest) -> int:
    found = app.get("vega_lite_chart")
    assert all(described(chart) for chart in found)
    return len(found)


def click(app: AppTest, key: str, **cell: object) -> None:
    """What a click in the chart `key` sends."""
    app.session_state[key] = {"selection": {"cell": [cell]}}
    app.run()
    assert not app.exception


def title(app: AppTest) -> str:
    return app.title[0].value


def widget(app: AppTest, kind: str, label: str):
    return next(found for found in app.get(kind) if found.label == label)


# --- every section of every kind of network ---------------------------------------------------

SECTIONS = {
    "gates": {"maps": 1, "summary": 2, "cell": 3, "textbooks": 1},
    "embeddings": {"vectors": 1, "alike": 2, "map": 1, "axis": 1},
}
WORDS = {"from": "wor", "to": "…or"}  # pieces of the small vocabularies


@pytest.mark.parametrize(
    "page, section", [(page, name) for page, found in SECTIONS.items() for name in found]
)
@pytest.mark.parametrize(
    "model, deep",
    [
        *((model, {}) for model in KINDS),
        ("sentiment-bilstm-attention", {"layer": "encoder.1.reverse"}),
        ("es-en-gru-luong", {"layer": "decoder.1", "side": "decoder"}),
    ],
)
def test_every_section_of_every_kind_of_network(start, model, page, section, deep):
    query = {"section": section, **deep}
    if section == "axis":
        query |= {"from": "ca", "to": "…la"} if "es-en" in model and not deep else WORDS
    needed = {"textbooks": "gru" in model, "summary": not model.endswith("rnn")}
    missing = not needed.get(section, True)  # a section of other networks: the first one opens
    app = start(page, model=model, **query)
    assert not any("link" in note.value for note in app.info)
    assert charts(app) == SECTIONS[page]["maps" if page == "gates" and missing else section]
    assert "Try this" in words(app)


@pytest.mark.parametrize("section", SECTIONS["gates"])
@pytest.mark.parametrize("other", ["sentiment-lstm", "sentiment-rnn", "sentiment-bilstm-attention"])
def test_gates_are_compared_in_every_section(start, section, other):
    """A network that has no such gate gets a word instead of a chart."""
    app = start("gates", model="sentiment-gru", section=section, **{"with": other})
    alone = SECTIONS["gates"][section]
    reasons = [note.value for note in app.info if note.value.startswith("This network")]
    drawn = {"maps": 2, "summary": 2 if other.endswith("rnn") else 4, "cell": 5, "textbooks": 1}[section]
    assert charts(app) == drawn
    assert (
        len(reasons) == {"maps": 0, "summary": int(other.endswith("rnn")), "cell": 1, "textbooks": 1}[section]
    )
    assert drawn > alone or reasons


@pytest.mark.parametrize("section", SECTIONS["embeddings"])
def test_embeddings_are_compared_in_every_section(start, section):
    app = start("embeddings", section=section, **WORDS, **{"with": "sentiment-gru"})
    assert charts(app) == 2 * SECTIONS["embeddings"][section]
    if section == "axis":
        one, other = rows_of(app, "tokens", 0), rows_of(app, "tokens", 1)
        assert set(one["least"]) == set(other["least"])
        assert set(one["most"]) == set(other["most"])
        assert one["most"][0] >= max(one["value"].max(), other["value"].max())


# --- gates ------------------------------------------------------------------------------------


def test_the_heatmaps_hold_the_recorded_gates_and_nothing_else_is_drawn(start, trace):
    app, recorded = start("gates"), trace("sentiment-lstm")
    assert datasets_of(app) == {"cells", "chosen"}
    rows = rows_of(app, "cells")
    for gate in ("input", "forget", "candidate", "output"):
        for name in (gate, f"{gate}_preactivation"):
            grid = rows.pivot(index="position", columns="unit", values=name).to_numpy()
            assert_allclose(grid, recorded[f"encoder.0.{name}"])
    ring = rows_of(app, "chosen").iloc[0]
    moved = np.abs(np.diff(recorded["readout.prefix_probabilities"], axis=0)).sum(1)
    at = int(ring["position"])
    assert moved[at - 1] == max(
        change for change, token in zip(moved, recorded.tokens["time"][1:], strict=True) if token.text != "."
    )
    change = np.abs(recorded["encoder.0.hidden"][at] - recorded["encoder.0.hidden"][at - 1])
    assert ring["unit"] == change.argmax()


def test_a_click_shows_the_arithmetic_and_goes_into_the_url(start, trace):
    app, recorded = start("gates"), trace("sentiment-lstm")
    assert in_url(app, "unit") is None
    assert [button for button in app.button if button.label == "Take this cell apart"]  # of the preset cell
    click(app, "gates-maps", position=2, unit=3)
    assert (in_url(app, "token"), in_url(app, "unit")) == ("2", "3")
    ring = rows_of(app, "chosen").iloc[0]
    assert (ring["position"], ring["unit"], ring["row"]) == (2, 3, 3)
    html = "".join(block.value for block in app.html).replace("−", "-")
    for name in ("input", "forget", "candidate", "output", "cell", "hidden"):
        assert f"<strong>{recorded[f'encoder.0.{name}'][2, 3]:.3f}</strong>" in html, name
    next(button for button in app.button if button.label == "Take this cell apart").click().run()
    assert not app.exception
    assert in_url(app, "section") == "cell"
    assert len(app.latex) == 6
    assert printed(recorded["encoder.0.hidden"][2, 3], ".3f") in words(app)


@pytest.mark.parametrize("kind", ["mean", "similar"])
def test_the_order_of_the_units_is_kept_and_shared(start, trace, kind):
    app = start("gates", order=kind, unit="2", with_text="the film was dull.")
    orders = [
        rows_of(app, "cells", number).drop_duplicates("unit").set_index("row")["unit"].sort_index().tolist()
        for number in (0, 1)
    ]
    assert orders[0] == orders[1]  # the same network: a unit keeps its row
    if kind == "mean":
        keeps = trace("sentiment-lstm")["encoder.0.forget"].mean(0)
        assert (np.diff(keeps[orders[0]]) <= 0).all()
    ring = rows_of(app, "chosen").iloc[0]
    assert orders[0][int(ring["row"])] == ring["unit"] == 2
    widget(app, "button_group", "Order of the units").set_value("index").run()
    assert in_url(app, "order") == "index"
    rows = rows_of(app, "cells")
    assert (rows["row"] == rows["unit"]).all()


def test_the_inspector_keeps_its_gate_and_draws_matrices_only_when_asked(start, folder, trace):
    app = start("gates", section="cell", gate="forget", token="1", unit="4")
    terms = rows_of(app, "terms", 2)
    assert terms["value"].iloc[-1] == pytest.approx(
        float(trace("sentiment-lstm")["encoder.0.forget_preactivation"][1, 4])
    )
    app.session_state["gates-matrices"] = True
    app.run()
    assert not app.exception
    assert charts(app) == 5
    weights = inspector.weights(checkpoints.load(folder / "sentiment-lstm"), Layer())
    for chart, name in ((3, "W_i"), (4, "W_h")):
        drawn = rows_of(app, "weights", chart)
        grid = drawn.pivot(index="unit", columns="column", values="value").to_numpy()
        assert_allclose(grid, weights[name][5:10])  # PyTorch's second block of five rows
        assert rows_of(app, "chosen", chart)["unit"].tolist() == [4]
    told = " ".join(block.value for block in app.caption)
    assert "5 × 6" in told
    assert f"bias of unit 4: {printed(weights['b_i'][9], '.3f')}" in told


def test_a_layer_that_the_next_model_lacks_is_given_up_without_a_word(start):
    app = start("gates", model="sentiment-bilstm-attention", layer="encoder.1.reverse")
    model = next(box for box in app.sidebar.selectbox if box.label == "Model")
    model.set_value("sentiment-gru").run()
    assert not app.exception
    assert not any("link" in note.value for note in app.info)
    assert "layer" not in app.query_params
    app = start("gates", model="sentiment-bilstm-attention", layer="encoder.0")
    next(box for box in app.sidebar.selectbox if box.label == "Model").set_value("sentiment-gru").run()
    assert in_url(app, "layer") == "encoder.0"


def test_a_gate_that_another_model_has_is_given_up_without_a_word(start):
    app = start("gates", model="sentiment-gru", section="cell", gate="forget")
    assert not any("link" in note.value for note in app.info)
    assert widget(app, "button_group", "The sum behind").value == "reset"
    widget(app, "button_group", "The sum behind").set_value("candidate").run()
    assert in_url(app, "gate") == "candidate"


def test_the_convention_is_kept(start):
    app = start("gates", model="sentiment-gru", section="textbooks", convention="before")
    assert "r · (U h)" in words(app)
    widget(app, "button_group", "Convention").set_value("flipped").run()
    assert in_url(app, "convention") == "flipped"
    assert rows_of(app, "conventions")["flipped"].max() < 1e-6


# --- embeddings -------------------------------------------------------------------------------


def test_the_vectors_are_recorded_and_a_click_names_neighbours(start, trace):
    app, recorded = start("embeddings"), trace("sentiment-lstm")
    grid = rows_of(app, "cells").pivot(index="position", columns="dim", values="value").to_numpy()
    assert_allclose(grid, recorded["encoder.embedding"])
    chosen = recorded.tokens["time"][rows_of(app, "chosen")["position"][0]].text.removeprefix("▁")
    assert f"Nearest to **“{chosen}”**" in html.unescape(words(app))
    click(app, "embeddings-cells", position=1)
    assert in_url(app, "token") == "1"
    assert rows_of(app, "chosen")["position"].tolist() == [1]
    token = recorded.tokens["time"][1].text.removeprefix("▁")
    assert f"Nearest to **“{token}”**" in words(app)


def test_the_side_the_method_and_the_searched_word_are_kept(start):
    app = start("embeddings", model="es-en-gru-luong", section="map", side="decoder", map="tsne", word="wor")
    assert widget(app, "text_input", "Search the vocabulary").value == "wor"
    assert rows_of(app, "pieces")["piece"][0] == "wor"
    assert "t-SNE" in app.get("vega_lite_chart")[0].proto.spec
    widget(app, "button_group", "Method").set_value("pca").run()
    widget(app, "text_input", "Search the vocabulary").set_value("ne").run()
    assert not app.exception
    assert (in_url(app, "map"), in_url(app, "word"), in_url(app, "side")) == ("pca", "ne", "decoder")
    assert rows_of(app, "pieces")["piece"][0] == "ne"
    widget(app, "button_group", "Side").set_value("encoder").run()
    assert any("not a token" in note.value for note in app.info)  # of the Spanish vocabulary


def test_a_clicked_dot_is_searched(start):
    app = start("embeddings", section="map", word="wor")
    click(app, "embeddings-map-pca", piece="…or")
    assert in_url(app, "word") == "…or"
    assert rows_of(app, "pieces")["piece"][0] == "…or"


def test_the_axis_is_kept_and_computed_from_the_shipped_embeddings(start, folder, trace):
    app = start("embeddings", section="axis", **WORDS)
    model = checkpoints.load(folder / "sentiment-lstm")
    pieces, matrix = model.tokenizer.pieces, model.embedding.weight.detach().numpy()
    low, high = (word_map.find(pieces, WORDS[name]) for name in ("from", "to"))
    middle = matrix[word_map.SPECIAL :].mean(0)
    rows = [matrix[low], matrix[high], *trace("sentiment-lstm")["encoder.embedding"]]
    first, second, *tokens = ((row - middle) / np.linalg.norm(row - middle) for row in rows)
    line = second - first
    expected = (np.asarray(tokens) - first) @ line / (line @ line)
    assert_allclose(rows_of(app, "tokens")["value"], expected, atol=1e-5)
    widget(app, "text_input", "From").set_value("ne").run()
    assert in_url(app, "from") == "ne"
    widget(app, "text_input", "From").set_value("…or").run()
    assert any("two different words" in note.value for note in app.info)
    assert not charts(app)


@pytest.mark.parametrize(
    "page, section, query",
    [
        ("gates", "maps", {"order": "colour"}),
        ("gates", "cell", {"gate": "nonsense"}),
        ("gates", "cell", {"unit": "9" * 5000}),
        ("embeddings", "map", {"map": "<b>x</b>"}),
        ("embeddings", "map", {"word": "x" * 500}),
        ("embeddings", "axis", {"from": ":red[x]" * 20}),
    ],
)
def test_nonsense_in_the_link_is_a_note(start, page, section, query):
    app = start(page, section=section, **query)
    name = next(iter(query))
    assert any("The link" in note.value or f"no {name}" in note.value for note in app.info)
    assert name not in app.query_params or name == "unit"


def test_words_that_are_no_pieces_are_shown_as_they_are(start):
    app = start("embeddings", section="map", word="<b>:red[x]</b>")
    assert not any("<b>" in note.value or ":red[" in note.value for note in app.info)
    assert any("not a token" in note.value for note in app.info)
    assert charts(app) == 1  # around the chosen token instead


# --- overview ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "site, unit, page, query",
    [
        ("encoder.embedding", 2, "Embeddings", {"token": "1"}),
        ("encoder.0.hidden", 3, "Gates", {"token": "1", "layer": "encoder.0", "unit": "3"}),
        ("encoder.0.forget", None, "Gates", {"token": "1", "layer": "encoder.0"}),
        ("encoder.1.reverse.cell", 3, "Gates", {"token": "1", "layer": "encoder.1.reverse", "unit": "3"}),
        ("attention", None, "Attention", {"token": "1"}),
        ("readout", None, "Softmax", {"token": "1"}),
    ],
)
def test_a_part_of_the_picture_is_taken_apart_below(start, trace, site, unit, page, query):
    model = "sentiment-bilstm-attention"
    app, recorded = start("overview", model=model), trace(model)
    click(app, "network", site=site, position=1, unit=unit)
    assert title(app) == "Overview"
    assert {name: in_url(app, name) for name in (*query, "part")} == {**query, "part": site}
    assert f"All of it: {page}" in [link.label for link in links(app)]
    assert not any("link" in note.value for note in app.info)
    said = html.unescape(words(app) + "".join(block.value for block in app.html))
    token = recorded.tokens["time"][1].text.removeprefix("▁")
    if site.endswith((".hidden", ".cell")):
        layer = Layer("encoder", int(site.split(".")[1]), "reverse" in site)
        for _, formula, result in gates.in_brief(recorded, layer, 1, unit):
            assert formula in said
            assert result in said
    elif site == "encoder.embedding":
        assert f"**“{token}”** is" in said
    elif site == "attention":
        assert (
            f"{100 * float(recorded['attention.weights'][1]):.1f}\N{NO-BREAK SPACE}% of the attention" in said
        )
    elif site == "readout":
        assert f"after “{token}”" in said


@pytest.mark.parametrize(
    "site, page, query",
    [
        ("encoder.embedding", "Embeddings", {"token": "1", "side": "encoder"}),
        ("decoder.embedding", "Embeddings", {"step": "1", "side": "decoder"}),
        ("decoder.1.hidden", "Gates", {"step": "1", "layer": "decoder.1"}),
        ("attention", "Attention", {"step": "1"}),
    ],
)
def test_a_part_of_a_translator_is_taken_apart_below(start, site, page, query):
    app = start("overview", model="es-en-gru-luong")
    click(app, "network", site=site, position=1, unit=2)
    assert title(app) == "Overview"
    assert {name: in_url(app, name) for name in query} == query
    assert f"All of it: {page}" in [link.label for link in links(app)]


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("sentiment-lstm", {}),
        ("sentiment-rnn", {"with": "sentiment-gru"}),
        ("sentiment-bilstm-attention", {"layer": "encoder.1.reverse", "unit": "3"}),
        ("es-en-gru-luong", {"layer": "decoder.1", "step": "1", "gate": "reset"}),
    ],
)
def test_a_layer_seen_whole_tells_the_sum_behind_a_gate(start, trace, model, more):
    app = start("overview", model=model, section="whole", **more)
    assert not any("link" in note.value for note in app.info)
    said = html.unescape("".join(block.value for block in app.html))
    unit, total, value = re.search(
        r"The sum behind \w of unit (\d+) at .*? terms add up to (\S+), and \w is (\S+)\.", said
    ).groups()
    if model == "sentiment-bilstm-attention":
        recorded, at = trace(model), rows_of_step(app)
        site = "encoder.1.reverse.forget"
        assert unit == "3"
        assert value == printed(float(recorded[site][at, 3]))
        assert total == printed(float(recorded[f"{site}_preactivation"][at, 3]))
    assert "Try this" in words(app)


def rows_of_step(app) -> int:
    return next(slider for slider in app.select_slider if slider.label == "Step").value


def links(app):
    return [link.proto for link in app.get("page_link")]


def test_a_click_beside_the_parts_opens_nothing(start):
    app = start("overview")
    click(app, "network", site=None, position=1, unit=None)
    assert title(app) == "Overview"
    assert "token" not in app.query_params


@pytest.mark.parametrize(
    "page, section, chart",
    [
        ("gates", "maps", "gates-maps"),
        ("gates", "summary", "gates-means"),
        ("gates", "textbooks", "gates-convention-flipped"),
        ("embeddings", "vectors", "embeddings-cells"),
        ("embeddings", "alike", "embeddings-pairs"),
        ("embeddings", "axis", "embeddings-axis"),
    ],
)
def test_the_step_is_marked_in_every_view_of_tokens_and_a_click_moves_it(start, trace, page, section, chart):
    app = start(page, model="sentiment-gru", section=section, token="2", **WORDS)
    assert rows_of(app, "chosen")["position"].tolist() == [2]
    click(app, chart, position=1, unit=0)
    assert rows_of(app, "chosen")["position"].tolist() == [1]
    assert in_url(app, "token") == "1"
    app = start(page, model="sentiment-gru", section=section, with_text="good", token="5", **WORDS)
    marked = [number for number in range(charts(app)) if "chosen" in datasets_of(app, number)]
    positions = [rows_of(app, "chosen", number)["position"].tolist() for number in marked]
    assert positions == [[5], [len(trace("sentiment-gru", "good").tokens["time"]) - 1]]
    assert not any("no token" in note.value for note in app.info)


def test_the_axis_starts_with_words_that_the_vocabulary_holds(start, folder, monkeypatch):
    from rnnviz_core.ui.views.embeddings import vocabulary as sections_words

    monkeypatch.setitem(sections_words.ENDS, "en", (("good", "bad"), ("wor", "ne")))
    app = start("embeddings", section="axis")
    assert [widget(app, "text_input", label).value for label in ("From", "To")] == ["wor", "ne"]
    assert charts(app) == 1
    assert not app.info
    monkeypatch.setitem(sections_words.ENDS, "en", (("good", "bad"),))
    app = start("embeddings", section="axis")
    assert not charts(app)
    assert sum("not a token" in note.value for note in app.info) == 2


@pytest.mark.slow
def test_a_translator_without_attention_is_told_apart(start, tmp_path, monkeypatch, make_translation):
    assert "strongest line" in words(start("overview", model="es-en-gru-luong"))
    model = make_translation("gru", "none", bidirectional=True)
    checkpoints.save(model, tmp_path / model.name)
    monkeypatch.setattr("rnnviz_core.ui.serving.loaders.folder", lambda: tmp_path)
    told = words(start("overview", model=model.name))
    assert "has no attention" in told
    assert "stands at the first token" in told
    assert "strongest line" not in told
