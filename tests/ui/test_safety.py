"""What people type is shown, never interpreted: as HTML, Markdown, LaTeX or a Streamlit directive."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from bench.fuzz import PAGES
from rnnviz_core.ui.shell import script
from rnnviz_core.ui.shell.wording import plain

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = (
    "<script>alert(1)</script> <b onclick=alert(1)>x</b>",
    "[click](javascript:alert(1)) ![x](https://example.org/x.png)",
    r"$\frac{1}{0}$ $$\href{javascript:alert(1)}{x}$$",
    ":red[x] :material/home: :smile: :blue-badge[x]",
    "`code` **bold** _it_ ~~no~~ # head",
    "&lt;script&gt; &#60;i&#62;",
)
# What gives one of the texts away if it arrives as it was typed.
RAW = re.compile(
    r"<script|<b onclick|\]\(javascript|!\[x\]|\\frac|\\href|:red\[|:material/home|:smile:|-badge\["
    r"|`code`|\*\*bold|~~no|&lt;script|&#60;i"
)
# Fields that the browser shows letter by letter, or that are data.
PLAIN = {
    "TextArea.default", "TextArea.value", "Selectbox.options", "Selectbox.raw_value", "Code.code_text",
    "VegaLiteChart.alt", "VegaLiteChart.spec", "NumberInput.label", "TextInput.default", "TextInput.value",
    "PageLink.query_string",
}  # fmt: skip


def strings(message: Message) -> Iterator[tuple[str, str]]:
    """Every text in a message and below, with the name of its field."""
    for field, value in message.ListFields():
        values = value if field.is_repeated else [value]
        for item in values if not hasattr(values, "items") else values.values():
            if isinstance(item, Message):
                yield from strings(item)
            elif isinstance(item, str):
                yield f"{message.DESCRIPTOR.name}.{field.name}", item


def elements(block: Any) -> Iterator[Message]:
    """The messages of every element and container on the page."""
    if isinstance(proto := getattr(block, "proto", None), Message):
        yield proto
    for child in getattr(block, "children", {}).values():
        yield from elements(child)


def open_page(page: str, **query: str) -> AppTest:
    """A page with everything on it opened that is drawn only when it is open."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update(query)
    for name in ("tools-words", "tools-taken", "copy-link", "compare"):
        app.session_state[name] = True
    if page != "overview":
        app.switch_page(f"pages/{page}.py")
    return app.run()


def shown(app: AppTest) -> list[tuple[str, str]]:
    found = [pair for element in elements(app._tree) for pair in strings(element)]
    found.remove(("Html.body", script.text()))  # the app's own, to the letter
    assert {"Markdown.body", "Html.body"} <= {name for name, _ in found}, "the walk finds nothing"
    return found


@pytest.fixture(autouse=True)
def shipped(monkeypatch):
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(ROOT / "checkpoints"))


@pytest.mark.parametrize("text", [" ".join(HOSTILE[:3]), " ".join(HOSTILE[3:])], ids=["html", "markdown"])
@pytest.mark.parametrize("page", PAGES)
def test_typed_text_is_never_interpreted(page, text):
    app = open_page(page, model="sentiment-lstm", text=text)
    assert not app.exception
    assert not [note for note in app.info if "limit" in note.value], "the text is not read"
    arrived = [(name, value) for name, value in shown(app) if RAW.search(value)]
    assert [name for name, _ in arrived if name not in PLAIN] == []
    assert "TextArea" in {name.split(".")[0] for name, _ in arrived}, "it is not even on the page"
    link = next(value for _, value in shown(app) if "data-shown=" in value)
    assert urlencode({"text": text}).replace("~", "%7E") in link, "the copied link does not hold it"


def test_no_script_runs_but_the_apps_own():
    app = open_page("overview", model="sentiment-lstm", text=" ".join(HOSTILE))
    blocks = [element for element in elements(app._tree) if element.DESCRIPTOR.name == "Html"]
    assert len(blocks) > 2
    assert [block.body for block in blocks if block.unsafe_allow_javascript] == [script.text()]


@pytest.mark.parametrize("text", HOSTILE)
def test_parameters_of_a_link_are_never_interpreted(text):
    app = open_page("gates", model=text, task=text, token=text, unit=text, layer=text)
    assert not app.exception
    assert app.info, "nobody says that the link asks for something that is not here"
    assert [name for name, value in shown(app) if RAW.search(value) and name not in PLAIN] == []


@pytest.mark.parametrize("token", range(12))
@pytest.mark.parametrize("page", ["embeddings", "gates"])
def test_a_single_token_is_never_interpreted(page, token):
    app = open_page(page, model="sentiment-lstm", text="$ * _ ` < [ ] : ~ #  \\ |", token=str(token))
    assert not app.exception
    for name, value in shown(app):
        if name not in PLAIN:
            assert not re.search(r"“·*[$*_`<\[\]:~#\\|]”", value), f"{name}: {value}"


def test_a_damaged_checkpoint_cannot_write_markdown(tmp_path, monkeypatch):
    for model in ("sentiment-lstm", "sentiment-rnn"):
        (tmp_path / model).symlink_to(ROOT / "checkpoints" / model)
    (tmp_path / ":red[x] **bold").mkdir()
    (tmp_path / ":red[x] **bold" / "spec.json").write_text('{"task": "<script>alert(1)</script>"}')
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    app = open_page("overview")
    assert not app.exception
    assert app.warning
    assert [name for name, value in shown(app) if RAW.search(value) and name not in PLAIN] == []


@pytest.mark.parametrize("model", ["../sentiment-lstm", "/etc", "..", "sentiment-lstm/../sentiment-rnn", "."])
def test_no_path_can_be_named_in_a_link(model):
    app = open_page("overview", model=model)
    assert not app.exception
    assert "which is not here" in "".join(note.value for note in app.info).replace("&#45;", "-")


@pytest.mark.parametrize("text", HOSTILE)
def test_plain_leaves_nothing_to_interpret(text):
    assert not RAW.search(plain(text))
    assert not set(plain(text)) & set("<>[]`*_~$\\|!")
