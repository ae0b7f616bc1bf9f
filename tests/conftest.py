"""Small material every test may use: own sentences, tokenizers and untrained models, made in a second."""

import functools
import os
import sys
from collections.abc import Iterator
from itertools import product

import pytest
import torch
from helpers_turns import turn

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.seq2seq import TranslationModel
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.models.specs import Attention

os.environ.setdefault("RNNVIZ_DEBUG", "1")  # errors on a page come through, see rnnviz_core/logs.py
SUBJECTS = ("the film", "this story", "a slow ending", "her new song", "our long trip", "the old house")
VERDICTS = ("was dull", "was never bad", "is good", "seems quite brilliant", "could not be worse", "works")
ENGLISH = [f"{subject} {verdict}." for subject, verdict in product(SUBJECTS, VERDICTS)]
SUJETOS = ("la película", "esta historia", "un final lento", "su canción nueva", "nuestro viaje", "la casa")
JUICIOS = ("era aburrida", "nunca fue mala", "es buena", "parece brillante", "no pudo ser peor", "funciona")
SPANISH = [f"{subject} {verdict}." for subject, verdict in product(SUJETOS, JUICIOS)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What opens a browser is marked so; what else stands in ``e2e`` starts a server, and is slow.

    Tests that want to be alone come first, before anything else has begun. Then those of ``e2e``: one process
    waits for its browser while another computes, and no long one begins when all others have ended.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        elif "e2e" in item.path.parts:
            item.add_marker("slow")
    items.sort(key=lambda item: (not is_alone(item), "e2e" not in item.path.parts))


def is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around the time limit: waiting does not count
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return (yield)
    with turn(is_alone(item)):
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Several test processes share a small machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def one_look_at_what_is_installed() -> None:
    """Every new AppTest looks through all installed distributions for components: once is enough.

    It takes ten times as long as drawing a page whose charts are compiled.
    """
    if "streamlit.testing.v1" in sys.modules:  # no need to load it for the others
        from streamlit.components.v2 import manifest_scanner

        manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session")
def english() -> Tokenizer:
    return Tokenizer.train(ENGLISH, 120, lowercase=True)


@pytest.fixture(scope="session")
def spanish() -> Tokenizer:
    return Tokenizer.train(SPANISH, 120)


@pytest.fixture(scope="session")
def make_sentiment(english):
    """A function from settings to an untrained sentiment model in evaluation mode."""

    def make(cell: str = "lstm", attention: str = "none", **settings) -> SentimentModel:
        torch.manual_seed(1)
        spec = SentimentSpec(Cell(cell), Attention(attention), **{"embedding": 6, "hidden": 5, **settings})
        return SentimentModel(spec, english).requires_grad_(False).eval()

    return make


@pytest.fixture(scope="session")
def make_translation(spanish, english):
    """A function from settings to an untrained translation model in evaluation mode."""

    def make(cell: str = "gru", attention: str = "bahdanau", **settings) -> TranslationModel:
        torch.manual_seed(2)
        spec = TranslationSpec(Cell(cell), Attention(attention), **{"embedding": 6, "hidden": 4, **settings})
        return TranslationModel(spec, spanish, english).requires_grad_(False).eval()

    return make
