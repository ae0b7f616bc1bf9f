"""The shell: router, URL, sidebar, examples, escaping, drawing."""

import gc
import html
import json
import re
from collections import OrderedDict
from pathlib import Path
from urllib.parse import parse_qsl

import altair as alt
import pyarrow as pa
import pytest
from helpers_app import in_url
from streamlit.testing.v1 import AppTest

from rnnviz_core import languages
from rnnviz_core.cells.kinds import Cell
from rnnviz_core.charts import theme
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import sources
from rnnviz_core.contracts import task as recorder
from rnnviz_core.contracts.examples import default_text, examples
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.tasks.sentiment.opinions import SENTIMENT
from rnnviz_core.tasks.translation.english import ENGLISH
from rnnviz_core.tasks.translation.french import FRENCH
from rnnviz_core.tasks.translation.german import GERMAN
from rnnviz_core.tasks.translation.spanish import SPANISH
from rnnviz_core.ui import streamlit_private
from rnnviz_core.ui.controls import url
from rnnviz_core.ui.drawing import show as drawing
from rnnviz_core.ui.serving import loaders
from rnnviz_core.ui.shell import header, routes, wording

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch, make_sentiment, make_translation) -> Path:
    for model in (make_sentiment("lstm"), make_sentiment("gru"), make_translation("gru", "bahdanau")):
        checkpoints.save(model, tmp_path / model.name, {"scores": SCORES})
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    return tmp_path


SCORES = {"accuracy5": 47.4, "accuracy2": 85.3, "bleu": 28.4}


def start(page: str = "overview", **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(query)
    if page != "overview":
        app.switch_page(f"pages/{page}.py")
    app.run()
    assert not app.exception
    return app


def box(app: AppTest, label: str):
    return next(widget for widget in app.sidebar.selectbox if widget.label == label)


def model_of(app: AppTest) -> str:
    return re.search(r"<strong>(.*?)</strong>", "".join(block.value for block in app.html)).group(1)


# --- router -----------------------------------------------------------------------------------


def test_cold_deep_link_reaches_the_page(folder):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page("pages/gates.py").run()  # before any run: the way of an old-style page
    assert not app.exception
    assert [title.value for title in app.title] == ["Gates"]
    assert app.sidebar.text_area


def test_root_is_the_overview(folder):
    assert [title.value for title in start().title] == ["Overview"]


def test_every_route_has_its_page():
    assert [route.default for route in routes.ROUTES].count(True) == 1
    for route in routes.ROUTES:
        assert (ROOT / route.path).is_file()


# --- URL --------------------------------------------------------------------------------------


def test_link_opens_the_same_view(folder):
    app = start("states", model="sentiment-gru", text="this story is good.", token="2", unit="3")
    assert model_of(app) == "sentiment-gru"
    assert app.sidebar.text_area[0].value == "this story is good."
    assert app.number_input[0].value == 3
    assert {"token": "2", "unit": "3"}.items() <= {**app.query_params}.items()  # the rest of the copied link
    button = next(block.value for block in app.html if "data-shown=" in block.value)
    shown = dict(parse_qsl(html.unescape(re.search(r'data-shown="(.*?)"', button).group(1))))
    assert shown == {"task": "sentiment", "model": "sentiment-gru", "text": "this story is good."}


@pytest.mark.parametrize("before", url.OWNED)
def test_what_the_address_says_holds_when_one_goes_back_to_it(before, monkeypatch):
    """Pages that show other pages' sections let go of these when one leaves: not of those gone back to."""

    def run(page):
        import streamlit as st

        from rnnviz_core.ui.controls import url

        url.begin(page)
        st.text(url.get("section"))

    app = AppTest.from_function(run, args=(before,))
    app.query_params["section"] = "maps"
    assert app.run().text[0].value == "maps"
    app.query_params["section"] = "cell"
    app.args = ("gates",)
    monkeypatch.setattr(streamlit_private, "went_back", lambda: True)
    assert app.run().text[0].value == "cell"
    assert in_url(app, "section") == "cell"


def test_choices_go_into_the_url_and_survive_a_change_of_page(folder):
    app = start("gates")
    assert not app.query_params
    app.sidebar.text_area[0].set_value("her new song works.").run()
    box(app, "Model").set_value("sentiment-gru").run()
    assert app.query_params["text"] == "her new song works."
    assert app.query_params["model"] == "sentiment-gru"
    app.number_input[0].set_value(4).run()
    app.switch_page("pages/softmax.py").run()
    app.switch_page("pages/states.py").run()
    assert app.sidebar.text_area[0].value == "her new song works."
    assert model_of(app) == "sentiment-gru"
    assert app.number_input[0].value == 4


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"model": "nope"}, "model “nope”"),
        ({"task": "poetry"}, "task “poetry”"),
        ({"token": "99"}, "no token 99"),
        ({"token": "-1"}, "token “-1”"),
        ({"unit": "seven"}, "unit “seven”"),
        ({"unit": "9" * 400}, "no unit 999999999"),
        ({"layer": "encoder.7"}, "layer “encoder.7”"),
        ({"text": "x" * 2500}, "The link’s text has 2500 characters"),
        ({"model": "<b>*x*</b>"}, "model “"),
    ],
)
def test_value_that_does_not_fit_leaves_a_note(folder, query, told):
    app = start("gates", **query)
    notes = [words_of(note.value) for note in app.info]
    assert any(told in note for note in notes), notes
    assert app.get("vega_lite_chart")


def words_of(markdown: str) -> str:
    return re.sub(r"&#(\d+);", lambda found: chr(int(found.group(1))), markdown)


def test_model_in_the_link_decides_the_task(folder):
    app = start(model="es-en-gru-bahdanau", task="sentiment")
    assert model_of(app) == "es-en-gru-bahdanau"
    assert app.sidebar.text_area[0].value == SPANISH[0].text


def test_each_task_keeps_its_own_text(folder):
    app = start()
    app.sidebar.text_area[0].set_value("the old house works.").run()
    app.sidebar.segmented_control[0].set_value("translation").run()
    assert app.sidebar.text_area[0].value == SPANISH[0].text
    assert "text" not in app.query_params
    app.sidebar.segmented_control[0].set_value("sentiment").run()
    assert app.sidebar.text_area[0].value == "the old house works."


def test_widget_gets_a_new_key_when_something_else_sets_its_value(folder):
    """Under the old key the browser may still echo what it shows."""
    app = start()
    before = app.sidebar.text_area[0].key
    box(app, "Examples").set_value(1).run()
    assert app.sidebar.text_area[0].value == SENTIMENT[1].text
    assert app.sidebar.text_area[0].key != before
    after = app.sidebar.text_area[0].key
    app.sidebar.text_area[0].set_value("our long trip is good.").run()
    assert app.sidebar.text_area[0].key == after
    assert box(app, "Examples").value is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        *(("0", 0), ("4", 4), ("5", None), ("-1", None), ("x", None), ("²", None), ("", None)),
        *(("9" * 5000, None), ("0" * 5000 + "3", 3), ("0" * 5000, 0)),
    ],
    ids=lambda value: str(value)[:9],
)
def test_whole_reads_numbers_below_the_size(raw, value):
    assert url.whole(5)(raw) == value


@pytest.mark.parametrize("name", ["beam", "unit", "units", "token", "step", "state", "from", "layer"])
@pytest.mark.parametrize("page", ["softmax", "states", "gates", "overview"])
def test_thousands_of_digits_in_a_link_are_a_note_in_our_words(folder, page, name):
    """Python refuses to read them, with a message about its own limit."""
    section = {"softmax": "beam", "states": "units"}.get(page, "")
    app = start(page, model="es-en-gru-bahdanau", section=section, **{name: "9" * 5000})
    notes = [words_of(note.value) for note in (*app.info, *app.error)]
    assert not [note for note in notes if "integer" in note or "4300" in note or len(note) > 200]
    if (page, name) in {("softmax", "beam"), ("states", "unit"), ("gates", "unit"), ("overview", "step")}:
        assert notes


# --- models -----------------------------------------------------------------------------------


def test_no_model_is_a_clear_state(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path / "none"))
    app = start()
    assert "No model" in app.header[0].value
    assert app.code


def test_damaged_checkpoint_is_listed_and_the_rest_works(folder):
    (folder / "broken").mkdir()
    (folder / "broken" / "spec.json").write_text("{", encoding="utf-8")
    app = start()
    assert any("broken" in warning.value for warning in app.sidebar.warning)
    assert app.get("vega_lite_chart")


def test_damaged_weights_are_a_message(folder):
    (folder / "sentiment-gru" / "model.safetensors").write_bytes(b"\0" * 64)
    app = start(model="sentiment-gru")
    assert app.error or app.sidebar.warning
    assert not app.exception


def test_a_replaced_checkpoint_is_read_again(folder, make_sentiment, monkeypatch):
    monkeypatch.setattr(sources, "LOOK_SECONDS", 0)
    before = loaders.models()
    checkpoints.save(make_sentiment("rnn"), folder / "sentiment-rnn")
    after = loaders.models()
    assert len(after.entries) == len(before.entries) + 1


def test_a_network_that_a_visitor_brought_is_theirs_alone(folder, make_sentiment):
    """It stands beside the others, has an address, is drawn, and is gone with the session."""
    network = make_sentiment("rnn")
    network.name = "my-own"
    held = sources.Held()
    held.add(network)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.session_state[loaders.OWN] = held
    app.query_params.update(model="my-own", text="this story is good.")
    app.switch_page("pages/states.py").run()
    assert not app.exception
    assert app.get("vega_lite_chart")
    assert model_of(app) == "my-own"
    assert len(box(app, "Model").options) == 3
    held.remove("my-own")
    app.run()
    assert not app.exception
    assert any("“my-own”, which is not here" in html.unescape(note.value) for note in app.info)
    other = start("states", model="my-own")
    assert len(box(other, "Model").options) == 2
    assert any("“my-own”, which is not here" in html.unescape(note.value) for note in other.info)


def test_model_labels_carry_the_score(folder):
    """That of the verdict between five classes; the one between two sides is not on the screen."""
    options = box(start(), "Model").options
    assert any("47.4\N{NO-BREAK SPACE}%" in option for option in options)
    assert not any("85.3" in option for option in options)


def test_offered_model_is_taken(folder):
    app = start("states", model="sentiment-gru")
    offer = next(button for button in app.button if words_of(button.label).startswith("sentiment-lstm"))
    offer.click().run()
    assert not app.exception
    assert [title.value for title in app.title] == ["States"]
    assert model_of(app) == "sentiment-lstm"
    assert app.get("vega_lite_chart")


def test_warm_up_froze_what_was_imported(folder):
    start()
    assert gc.get_freeze_count() > 0


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["*a*", "_b_", ":smile:", "$x$", "<b>", "[a](b)", ":red[x]", "`c`", "&lt;", "1. x"]
)
def test_plain_leaves_nothing_to_interpret(text):
    assert not re.search(r"[*_:$<>\[\]()`.]", wording.plain(text).replace("&#", ""))
    assert words_of(wording.plain(text)) == text


def test_header_escapes_tokens():
    from rnnviz_core.inputs.steps import Token

    tokens = (Token("▁<img", 5, 0, 5), Token('"onerror', 6, 5, 13), Token("▁x", 1, 13, 15))
    chips = header._chips(tokens, unknown=1)
    assert "<img" not in chips
    assert 'title="token 1: &quot;onerror"' in chips
    assert chips.count("rv-unknown") == 1
    assert chips.count('class="rv-word"') == 2


def test_examples_are_enough_and_distinct():
    for group in (SENTIMENT, SPANISH, GERMAN, FRENCH, ENGLISH):
        assert len(group) >= 12
        assert len({example.text for example in group}) == len(group)
        assert len({example.shows for example in group}) == len(group)
        assert all(hint.says.endswith((".", "?", "”")) for example in group for hint in example.hints)
    shown = " ".join(example.shows for example in SENTIMENT)
    for wanted in ("negation", "but", "intensifier", "double negation", "long dependency", "does not know"):
        assert wanted in shown
    assert SPANISH[0].text == "Me encantó la pizza de este lugar"


def test_examples_suit_the_model():
    spanish = TranslationSpec(Cell.GRU)
    assert examples(spanish) == SPANISH
    assert examples(TranslationSpec(Cell.GRU, source="de")) == GERMAN
    assert examples(TranslationSpec(Cell.GRU, source="fr")) == FRENCH
    assert examples(TranslationSpec(Cell.GRU, source="en", target="es")) == ENGLISH
    assert examples(TranslationSpec(Cell.GRU, source="en", target="de")) == ()  # they speak of Spanish
    assert default_text(TranslationSpec(Cell.GRU, source="it")) == ""
    assert default_text(SentimentSpec(Cell.RNN)) == SENTIMENT[0].text


# --- drawing ----------------------------------------------------------------------------------


def test_spec_is_compiled_once_per_template(monkeypatch):
    chart = alt.Chart(alt.NamedData("rows")).mark_bar().encode(x="a:Q")
    first = drawing.compiled(chart)
    monkeypatch.setattr(alt.Chart, "to_dict", lambda *_: pytest.fail("compiled again"))
    assert drawing.compiled(chart) is first


def test_charts_write_numbers_as_the_language_does() -> None:
    template = alt.Chart(alt.NamedData("rows")).mark_bar()
    assert "locale" not in drawing.compiled(template).get("config", {})
    with languages.speak("es"):
        number = drawing.compiled(template)["config"]["locale"]["number"]
    assert (number["decimal"], number["percent"]) == (",", "\N{NO-BREAK SPACE}%")
    ours = drawing.compiled(template.configure(**theme.config()))["config"]["locale"]["number"]
    assert (ours["decimal"], ours["percent"]) == (".", "\N{NO-BREAK SPACE}%"), "English, as its texts do"


def test_show_sends_frames_and_leaves_the_spec_alone():
    def page():  # its source is run elsewhere, so it imports for itself
        import altair as alt
        import pandas as pd

        from rnnviz_core.ui.drawing.show import compiled, show

        chart = alt.Chart(alt.NamedData("rows")).mark_bar().encode(x="a:Q")
        for _ in range(2):
            show(chart, key=f"k{_}", description="A bar.", height=120, rows=pd.DataFrame({"a": [1, 2]}))
        assert "datasets" not in compiled(chart)
        assert "height" not in compiled(chart)

    app = AppTest.from_function(page).run()
    assert not app.exception
    chart = app.get("vega_lite_chart")[0].proto
    assert [dataset.name for dataset in chart.datasets] == ["rows"]
    assert json.loads(chart.spec)["description"] == "A bar."
    assert chart.alt == ""  # which would stand before the name of each of the chart's buttons, too
    assert "values" not in chart.spec


def test_a_decoders_step_tells_what_it_reads_and_writes(folder):
    app = start("softmax", model="es-en-gru-bahdanau", section="candidates")
    step = next(widget for widget in app.selectbox if widget.label == "Step of the decoder")
    assert step.options[0].startswith("0 · (start) → ")


# --- words and downloads ----------------------------------------------------------------------


@pytest.mark.parametrize("page", ["overview", "gates"])
def test_page_offers_its_words_the_trace_and_a_program(folder, page):
    app = start(page)
    assert not app.code  # nothing is sent before it is opened
    for name in ("tools-words", "tools-taken"):
        app.session_state[name] = True
    app.run()
    assert any("**hidden state**" in block.value for block in app.markdown)
    program = next(code.value for code in app.code if "import torch" in code.value)
    compile(program, "program", "exec")
    assert "load(torch.nn.LSTM(" in program
    keys = {
        button.proto.id.rsplit("-", 2)[-2] + "-" + button.proto.id.rsplit("-", 1)[-1]
        for button in app.get("download_button")
    }
    assert {"trace-npz", "trace-parquet"} <= keys


# --- steps ------------------------------------------------------------------------------------


def step_of(app: AppTest) -> int:
    """The row that the picture highlights."""
    datasets = {dataset.name: dataset for dataset in app.get("vega_lite_chart")[0].proto.datasets}
    table = pa.ipc.open_stream(datasets["now"].data.data).read_all()
    return table.column("position").to_pylist()[0]


def press(app: AppTest, name: str) -> None:
    next(button for button in app.button if button.proto.id.endswith(f"player-{name}")).click().run()
    assert not app.exception


def test_player_walks_and_the_step_goes_along(folder):
    app = start(text="this story is good.")
    assert "token" not in app.query_params
    press(app, "last_page")
    last = step_of(app)
    press(app, "chevron_left")
    assert step_of(app) == last - 1
    press(app, "first_page")
    press(app, "chevron_right")
    assert step_of(app) == 1
    assert app.query_params["token"] == ["1"] or app.query_params["token"] == "1"
    app.switch_page("pages/states.py").run()
    token = next(widget for widget in app.selectbox if widget.label == "Token")
    assert token.value == 1
    token.set_value(2).run()
    app.switch_page("pages/overview.py").run()
    assert step_of(app) == 2
    press(app, "last_page")
    assert step_of(app) == last


def test_link_opens_the_overview_at_a_step(folder):
    assert step_of(start(text="this story is good.", token="2")) == 2
    assert step_of(start(model="es-en-gru-bahdanau", step="1")) == 1


def test_one_token_has_no_steps(folder):
    app = start(text="x")
    assert not [slider for slider in app.select_slider if slider.label == "Step"] or step_of(app) > 0


# --- compare ----------------------------------------------------------------------------------


def test_compare_with_a_model_and_a_sentence(folder):
    app = start("softmax", model="sentiment-lstm", text="this story is good.")
    charts = len(app.get("vega_lite_chart"))
    app.session_state["compare"] = True
    app.run()
    box(app, "Another model").set_value("sentiment-gru").run()
    assert not app.exception
    assert app.query_params["with"] in ("sentiment-gru", ["sentiment-gru"])
    assert len(app.get("vega_lite_chart")) == 2 * charts
    app.sidebar.text_input[0].set_value("this story was never bad.").run()
    html = "".join(block.value for block in app.html)
    assert len(re.findall(r'aria-label="\d+ tokens"', html)) == 3  # of the page, and over each column
    again = start("overview", **{"with": "sentiment-gru", "with_text": "this story was never bad."})
    assert len(again.get("vega_lite_chart")) == 2


def test_only_what_reads_the_same_language_is_compared(folder):
    app = start(model="sentiment-lstm", **{"with": "es-en-gru-bahdanau"})
    assert any("with “es-en-gru-bahdanau”" in words_of(note.value) for note in app.info)
    app.session_state["compare"] = True
    app.run()
    assert box(app, "Another model").options == ["the same model", "GRU · 47.4\N{NO-BREAK SPACE}%"]


def test_the_second_model_does_not_outlive_what_it_was_compared_with(folder):
    app = start(model="sentiment-lstm", **{"with": "sentiment-gru"})
    box(app, "Model").set_value("sentiment-gru").run()
    assert "with" not in app.query_params
    assert not any("link asks" in words_of(note.value) for note in app.info)


def test_second_sentence_that_cannot_be_read_is_a_note(folder):
    app = start(with_text="good " * 390)
    assert not app.exception
    assert any("Nothing to compare with" in words_of(note.value) for note in app.info)
    assert len(app.get("vega_lite_chart")) == 1


# --- translation ------------------------------------------------------------------------------


def test_a_typed_translation_is_fed_to_the_decoder(folder):
    app = start(model="es-en-gru-bahdanau")
    field = next(field for field in app.text_input if field.label.startswith("Feed it"))
    field.set_value("the old house works.").run()
    assert not app.exception
    html = "".join(block.value for block in app.html)
    assert "Fed translation" in html
    assert "the old house works." in html
    app.query_params["section"] = "beam"
    app.switch_page("pages/softmax.py").run()
    assert not app.exception
    assert any("nothing to search for" in block.value for block in app.markdown)


def test_a_beam_in_the_link_draws_a_tree(folder):
    for beam, trees in (("3", 1), ("1", 0), ("99", 1)):
        app = start("softmax", model="es-en-gru-bahdanau", section="beam", beam=beam)
        assert len(app.get("vega_lite_chart")) == len(app.dataframe) == trees


def choose_example(app: AppTest, number: int) -> AppTest:
    return box(app, "Examples").set_value(number).run()


def test_another_example_keeps_nothing_of_the_old_one(folder):
    """A reference is a translation of one sentence, and a step counts its pieces."""
    app = start(model="es-en-gru-bahdanau", reference="this story is good.", step="2", token="3", unit="1")
    assert "Fed translation" in "".join(block.value for block in app.html)
    choose_example(app, 4)
    assert not app.exception
    assert app.sidebar.text_area[0].value == SPANISH[4].text
    assert ">Translation<" in "".join(block.value for block in app.html)
    assert [name in app.query_params for name in ("reference", "step", "token")] == [False] * 3
    assert in_url(app, "unit") == "1"  # as useful in the new sentence
    assert app.text_input[0].value == ""


def test_another_language_keeps_no_text_of_the_old_one(folder, make_translation, spanish, english):
    model = make_translation("gru", "bahdanau", source="de")
    checkpoints.save(model, folder / "de-en-gru-bahdanau")
    app = start(
        model="es-en-gru-bahdanau", text=SPANISH[1].text, reference="the house", with_text="la casa", step="1"
    )
    box(app, "Model").set_value("de-en-gru-bahdanau").run()
    assert not app.exception
    assert app.sidebar.text_area[0].value == GERMAN[0].text
    assert not {"reference", "with_text", "step"} & set(app.query_params)


def test_what_stands_beside_an_example_is_told_once_it_was_read(folder):
    """It depends on the network, so it is not there before its trace is, and not without a trace."""
    app = choose_example(start(model="sentiment-lstm"), 1)
    trace = recorder.record(checkpoints.load(folder / "sentiment-lstm"), SENTIMENT[1].text)
    told = [words_of(caption.value) for caption in app.sidebar.caption]
    assert SENTIMENT[1].watch(trace) in told
    app.sidebar.text_area[0].set_value("no example of ours").run()
    assert not {SENTIMENT[1].asks, SENTIMENT[1].watch(trace)} & {
        words_of(caption.value) for caption in app.sidebar.caption
    }


def test_a_reference_too_long_is_a_note(folder):
    app = start(model="es-en-gru-bahdanau", reference="good " * 300)
    assert not app.exception
    assert any("not fed your translation" in words_of(note.value) for note in app.info)


def test_an_emptied_template_is_drawn_as_before(monkeypatch):
    """In the server, templates are emptied once compiled; other sizes and languages come from the spec."""
    monkeypatch.setattr(drawing, "_specs", OrderedDict())
    monkeypatch.setattr(drawing, "_emptied", {})
    chart, twin = (alt.Chart(alt.NamedData("rows"), title="A").mark_bar().encode(x="a:Q") for _ in range(2))
    monkeypatch.setattr(drawing, "_emptying", True)
    spec = drawing.compiled(chart)
    monkeypatch.setattr(drawing, "_emptying", False)
    assert not chart._kwds
    assert drawing.compiled(chart) is spec
    for code, share in (("en", None), ("de", "\N{NO-BREAK SPACE}%")):
        with languages.speak(code):
            number = drawing.compiled(chart).get("config", {}).get("locale", {}).get("number", {})
            assert number.get("percent") == share
            drawing.enlarge(True)
            try:
                assert drawing.compiled(chart) == drawing.compiled(twin)
            finally:
                drawing.enlarge(False)
            assert drawing.compiled(chart) == drawing.compiled(twin)
