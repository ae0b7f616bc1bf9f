"""Every page and section of every shipped model: it is drawn, and what the texts speak of is on the screen.

A rule is a pattern and what the screen must have where a text matches it. Texts are those around the charts:
how to read them, what to try, captions and notes.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers_app import assert_drawn, datasets_of
from streamlit.testing.v1 import AppTest

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.inputs import likeness
from rnnviz_core.ui.shell.routes import TRACED
from rnnviz_core.ui.views import sections

ROOT = Path(__file__).resolve().parents[2]
STEPS = ("Token", "Step", "Step of the decoder")  # labels of the widget that chooses one
ENTRIES = checkpoints.scan(ROOT / "checkpoints").entries
PAGES = tuple(route.name for route in TRACED)


@dataclass
class Screen:
    """One section as it is drawn."""

    app: AppTest
    entry: checkpoints.Entry
    section: str

    @property
    def read(self) -> str:
        """The texts of the page itself, as a person reads them."""
        said = [
            block.value for block in (*self.app.main.markdown, *self.app.main.caption, *self.app.main.info)
        ]
        return html.unescape(" ".join(said))

    @property
    def tried(self) -> str:
        """What it asks to try."""
        return " ".join(re.findall(r"\*\*Try this\.\*\* (.*?)(?=:material|$)", self.read))

    @property
    def specs(self) -> list[str]:
        return [chart.proto.spec for chart in self.app.get("vega_lite_chart")]

    def drawn(self, dataset: str) -> bool:
        charts = len(self.app.get("vega_lite_chart"))
        return any(dataset in datasets_of(self.app, chart) for chart in range(charts))

    def has(self, words: str) -> bool:
        return any(words in spec for spec in self.specs)

    def box(self, *labels: str):
        return next((one for one in self.app.main.selectbox if one.label in labels), None)

    @property
    def at_the_end(self) -> bool:
        """Whether the chosen token was read last."""
        chosen = self.box(*STEPS)
        layer = self.box("Layer")
        first = bool(layer and "backwards" in layer.value) or "reverse" in str(layer and layer.value)
        return chosen.index == (0 if first else len(chosen.options) - 1)


def translates(screen: Screen) -> bool:
    return screen.entry.spec.task == "translation"


RULES: dict[str, Callable[[Screen], bool]] = {
    r"filled (part|bar)|outlined bar": lambda screen: screen.drawn("lengths"),
    r"\b(Top|Bottom):": lambda screen: screen.has('"vconcat"'),
    r"Middle:": lambda screen: screen.drawn("left"),
    r"dashed line": lambda screen: screen.has("strokeDash"),
    r"temperature": lambda screen: screen.has("temperature"),
    r"keys ← and →": lambda screen: bool(screen.app.main.select_slider),
    r"Click (a|the) ": lambda screen: (
        any(c.proto.selection_mode for c in screen.app.get("vega_lite_chart")) or screen.section == "whole"
    ),
    r"Choose a (token|step|noun)": lambda screen: (
        screen.box("Token", "Step", "Step of the decoder") is not None
    ),
    r"is read later": lambda screen: not screen.at_the_end,
    r"was read earlier": lambda screen: screen.at_the_end,
    r"Yellow gates": lambda screen: screen.entry.spec.cell != "rnn",
    r"Gates are found": lambda screen: screen.entry.spec.cell == "rnn",
    r"There is no cell state": lambda screen: screen.entry.spec.cell != "lstm",
    r"decoder|translation\b": translates,
    r"source token": translates,
    r"\bverdict": lambda screen: not translates(screen),
    r"Luong’s": lambda screen: translates(screen) and screen.section in ("kinds", "alignment"),
    r"Shuffle|shuffled": lambda screen: any(one.label == "Shuffle again" for one in screen.app.button),
    r"Under “Compare with”": lambda screen: any(
        "Compare" in one.label for one in screen.app.sidebar.expander
    ),
    r"has no attention": lambda screen: screen.entry.spec.attention == "none",
    r"Choose the opposite class|Choose the other piece": lambda screen: screen.has('"select"'),
    r"appears? here": lambda screen: False,  # what is chosen shows its numbers at once
}


def strange_words(screen: Screen) -> list[str]:
    """Words in another language than the one read: those the vocabulary cuts as it cuts no usual text."""
    if "usual" not in screen.entry.metrics:  # numbers are read
        return []
    tokenizer = vocabularies.load(screen.entry.path, "source")
    usual = {**screen.entry.metrics["usual"], "lone": 30, "short": 100}  # a single word has few letters
    quoted = re.findall(r"“([^”]+)”", screen.tried.replace("“Compare with”", ""))
    return [
        text for text in quoted if likeness.beyond(likeness.of_tokens(tokenizer.encode(text).tokens), usual)
    ]


def assert_its_figure_stands_beside_the_verdict(app: AppTest, entry: checkpoints.Entry) -> None:
    """A verdict between five classes: the accuracy on five classes, and no other figure."""
    box = next(one for one in app.sidebar.selectbox if one.label == "Model")
    header = " ".join(one.value for one in app.html)
    assert entry.spec.task != "sentiment" or "Unlike 99" not in header, "an example is doubted"
    asked_for = r'<details class="rv-fold rv-known">.*?</details>'
    header = re.sub(asked_for, "", header, flags=re.S)
    captions = html.unescape(" ".join(one.value for one in app.sidebar.caption))
    scores = entry.scores
    if entry.spec.task == "sentiment":
        right, others = (
            f"{scores['accuracy5']:.1f}\N{NO-BREAK SPACE}%",
            [scores["accuracy2"], scores["accuracy3"]],
        )
        assert f"accuracy over 5 classes, on {entry.metrics['rows']:,} test sentences" in captions
    elif entry.spec.task == "forecast":
        right, others = f"RMSE {scores['rmse']:.2f}", [scores["rmse_persistence"]]
        assert f"on {entry.metrics['rows']:,} test values" in captions
    else:
        right, others = f"{scores['bleu']:.1f}", [scores["bleu_lower"], scores["chrf"]]
    label = box.options[box.index]
    assert label.count(right) == 1
    assert re.search(rf'<span class="rv-score">[^<]*{re.escape(right)}', header)  # with the sidebar closed
    for other in others:
        assert f"{other:.1f}" not in label + captions + re.sub(r"<style.*?</style>", "", header, flags=re.S)
    assert right not in captions


@pytest.fixture
def open_page(monkeypatch):
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(ROOT / "checkpoints"))

    def run(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params.update(query)
        if page != "overview":
            app.switch_page(f"pages/{page}.py")
        app.run()
        assert not app.exception
        return app

    return run


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_page_and_section(open_page, entry, page):
    """One visit, and all that is asked of it: a run costs more than any question."""
    app = open_page(page, model=entry.id)
    assert_drawn(app, page, entry.id)
    if page == "overview":
        assert_its_figure_stands_beside_the_verdict(app, entry)
    names = sections.drawn
    for number, name in enumerate(names):
        if number:
            app.query_params["section"] = name
            app.run()
        screen = Screen(app, entry, name)
        assert "How to read this" in screen.read or app.info
        for pattern, holds in RULES.items():
            for found in re.finditer(pattern, screen.read):
                around = screen.read[max(0, found.start() - 60) : found.end() + 60]
                assert holds(screen), f"{entry.id}, {page}, {name}: {around!r}"
        assert not strange_words(screen), f"{entry.id}, {page}, {name}"


@pytest.mark.parametrize("section", ["maps", "cell"])
@pytest.mark.parametrize("page", ["states", "gates"])
def test_a_chosen_token_and_unit_show_their_numbers_at_once(open_page, page, section):
    """Both widgets come with a value: it need not be changed first."""
    if (page, section) == ("states", "cell"):
        pytest.skip("no such section")
    app = open_page(page, model="sentiment-lstm", section=section)
    unit = app.number_input[0].value
    numbers = html.unescape(" ".join([*(one.value for one in app.latex), *(one.value for one in app.html)]))
    assert re.search(r"tanh|σ|\\sigma", numbers)
    if section == "maps":
        assert f"**Unit {unit} " in html.unescape(" ".join(one.value for one in app.markdown))


def test_a_preset_token_names_its_neighbours_and_a_preset_step_its_candidates(open_page):
    said = html.unescape(" ".join(one.value for one in open_page("embeddings", model="es-en-gru").markdown))
    assert "Nearest to **“" in said
    said = html.unescape(" ".join(one.value for one in open_page("softmax", model="es-en-gru").markdown))
    assert re.search(r"Step \d+: the decoder outputs", said)


def test_the_ledger_asks_for_what_can_be_done(open_page):
    def tried(**query: str) -> str:
        app = open_page("states", section="ledger", model="sentiment-lstm", **query)
        return html.unescape(" ".join(one.value for one in app.markdown))

    assert "was read earlier" in tried(token="12")
    assert "is read later" in tried()  # it opens where most happened, which is not the end
    assert "is read later" in tried(token="1")
    assert "Write a longer sentence" in tried(text="good")
    both = {"model": "sentiment-bilstm-attention", "layer": "encoder.0.reverse"}
    app = open_page("states", section="ledger", token="0", **both)
    assert "was read earlier" in html.unescape(" ".join(one.value for one in app.markdown))


def test_a_single_token_has_no_steps_to_walk_through(open_page):
    app = open_page("overview", model="sentiment-lstm", text="good")
    assert not app.main.select_slider
    assert "keys ← and →" not in " ".join(one.value for one in app.markdown)


def test_a_decoder_that_is_fed_is_said_to_be_fed(open_page):
    said = " ".join(
        one.value for one in open_page("overview", model="es-en-gru", reference="I loved the pizza.").markdown
    )
    assert "is fed your translation" in said
    assert "fed with the token it output before" not in said
    assert "fed with the token it output before" in " ".join(
        one.value for one in open_page("overview", model="es-en-gru").markdown
    )


# --- texts unlike those a model knows -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Me encantó la pizza de este lugar, volveré mañana.", "% of its letters are in short tokens"),
        ("Der Film war leider furchtbar langweilig.", "% of its letters are in short tokens"),
        ("電影很好看。", "% of its tokens are unknown"),
        ("The film was dull and the seats were hard. " * 9, "tokens (there at most"),
    ],
)
def test_a_verdict_on_an_unlikely_text_is_doubted(open_page, text, reason):
    for page in ("overview", "attention"):
        header = " ".join(
            one.value for one in open_page(page, model="sentiment-lstm-attention", text=text).html
        )
        assert "Unlike 99 of 100 sentences it was tested on" in header
        assert reason in header


def test_the_doubt_stands_over_the_column_that_it_is_about(open_page):
    app = open_page("overview", model="sentiment-lstm", with_text="Der Film war leider furchtbar langweilig.")
    first, *others = [one.value for one in app.html if "Prediction" in one.value]
    assert "Unlike 99" not in first
    assert [("Unlike 99" in one) for one in others] == [False, True]


def test_networks_that_disagree_are_named(open_page):
    """The kinds side by side: what each says, and that they cannot all be right."""
    texts = ("The 🍿 was better than the 電影.", "This is not a good film.")
    said = [
        html.unescape(
            " ".join(one.value for one in open_page("attention", section="kinds", text=text).markdown)
        )
        for text in texts
    ]
    assert (
        "**They disagree:** sentiment-lstm predicts **positive**, sentiment-lstm-attention predicts"
        in said[0]
    )
    assert "They agree: sentiment-lstm predicts **negative**" in said[1]
