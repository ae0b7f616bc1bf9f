"""Anything at all as text, link or file: a message, never a traceback. `make fuzz` tries far more."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.fuzz import NASTY, PAGES, fuzz, visit
from rnnviz_core.checkpoints import registry as checkpoints

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
MODELS = sorted(entry.id for entry in checkpoints.scan(ROOT / "checkpoints").entries)
# Half a surrogate pair fits neither a URL nor Streamlit's protocol.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300) | st.sampled_from(NASTY)
VALUE = TEXT | st.integers(-(10**20), 10**20).map(str) | st.sampled_from(["encoder.0", *MODELS])


@pytest.fixture(autouse=True, scope="module")
def shipped():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNVIZ_CHECKPOINTS", str(ROOT / "checkpoints"))
        yield


@settings(max_examples=12)
@given(st.sampled_from(PAGES), st.sampled_from(MODELS), TEXT)
def test_any_text(page, model, text):
    assert visit(page, {"model": model, "text": text}) == ""


@settings(max_examples=12)
@given(
    st.sampled_from(PAGES),
    st.dictionaries(st.sampled_from(["task", "model", "text", "layer", "token", "step", "unit"]), VALUE),
)
def test_any_link(page, query):
    assert visit(page, query) == ""


def test_a_few_of_everything():
    tried, broken = fuzz(24, seed=1)
    assert broken == []
    assert set(tried) == {"text", "link", "checkpoint", "trace file"}
