"""A chart that was saved as a page opens in a browser without network."""

from pathlib import Path
from typing import Any

from rnnviz_core.cli.main import main


def test_an_exported_page_is_drawn_offline(browser: Any, tmp_path: Path) -> None:
    out = tmp_path / "gates.html"
    assert main(["chart", "sentiment-gru", "not a good film", "gates", "--out", str(out)]) == 0
    context = browser.new_context(offline=True)
    try:
        page, asked, errors = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(out.as_uri())
        page.locator("svg.marks, canvas.marks").first.wait_for(timeout=60_000)
        assert "Reset gate" in page.content()
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        assert errors == []
    finally:
        context.close()
