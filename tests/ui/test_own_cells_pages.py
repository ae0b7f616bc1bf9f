"""A network of a cell that torch has no kernel for: trained, published, loaded, and drawn on every page."""

import math
import re
from html import unescape
from pathlib import Path

import pytest
from helpers_app import words
from streamlit.testing.v1 import AppTest

from rnnviz_core.checkpoints import registry
from rnnviz_core.contracts.task import record
from rnnviz_core.frames import cell_drawing
from rnnviz_core.models.forecaster_spec import ForecastSpec
from rnnviz_core.scoring import publishing
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.training.runs import Run, execute
from rnnviz_core.training.settings import TrainingConfig
from rnnviz_core.ui.shell import routes
from rnnviz_core.ui.views.sections import sections_of

ROOT = Path(__file__).resolve().parents[2]
TEXT = "3, 5, 2, 8, 4, 1"


@pytest.fixture(scope="module", params=["peephole", "mingru"])
def published(request, tmp_path_factory) -> Path:
    """The folder of checkpoints with the one that was trained for an epoch on 150 made numbers."""
    place = tmp_path_factory.mktemp(request.param)
    series = [10 + 5 * math.sin(step / 3) for step in range(150)]
    (place / "waves.csv").write_text("value\n" + "\n".join(f"{value:.3f}" for value in series))
    spec = ForecastSpec(request.param, hidden=3, series="waves", step="day", lags=2, test=30)
    config = TrainingConfig(epochs=1, batch=1600, rate=0.01)
    execute(Run(spec, str(place / "waves.csv"), config=config), place / "run", quiet=True)
    models = place / "models"
    publishing.publish(place / "run", models, publishing.Test(str(place / "waves.csv")))
    return models


def test_it_is_published_loaded_and_verified(published):
    """The recording compares what the module returned with a loop over its equations in double precision."""
    (entry,) = registry.scan(published).entries
    assert entry.spec.cell.words in ("peephole LSTM", "minGRU")
    assert f"Cell: {entry.spec.cell}." in entry.card
    model = registry.load(entry.path)
    trace = record(model, TEXT)
    assert trace.max_difference < 1e-6
    assert trace.meta["oracle"] == "loop"
    again = Trace.load(trace.save(published.parent / "trace.npz"))
    assert again.definition() is trace.definition() is model.stacks()["encoder"].definition()


@pytest.mark.slow
def test_every_section_of_every_page_draws_it(published, monkeypatch):
    (entry,) = registry.scan(published).entries
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(published))
    trace = record(registry.load(entry.path), TEXT)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    seen = 0
    for route in routes.TRACED:
        for section in sections_of(route.name, trace):
            app.query_params.update(model=entry.id, text=TEXT, section=section.name)
            app.switch_page(route.path)
            app.run()
            where = f"{route.name}, {section.name}"
            assert not app.exception, where
            assert not app.error, where
            header = unescape(" ".join(block.value for block in app.html))
            assert entry.spec.cell.words in header, where
            assert "step by step in double precision, and the largest difference is" in header, where
            drawn = app.get("vega_lite_chart")
            whole = "The sum behind" in header  # a drawing of our own, with its sum under it
            assert drawn or section.otherwise or app.info or whole, where
            seen += bool(drawn)
            shown = unescape(words(app))
            assert not re.findall(r".{20}\b(?:[Tt]oken|[Ss]entence|[Ww]ord)s?\b.{20}", shown), (
                "it reads a series"
            )
            if (route.name, section.name) == ("gates", "cell"):
                said = words(app)
                assert ("through its peephole" in said) == (entry.spec.cell == "peephole")
                assert ("the gates of this cell do not read the old state" in said) == (
                    entry.spec.cell == "mingru"
                )
    assert seen >= 12
    monkeypatch.delitem(cell_drawing.DRAWINGS, str(entry.spec.cell))  # one that nobody has laid out yet
    app.query_params.update(section="cell")
    app.switch_page("pages/gates.py")
    app.run()
    assert not app.exception
    assert app.latex
