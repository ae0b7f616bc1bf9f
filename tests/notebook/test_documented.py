"""The notebook in the docs: it runs from top to bottom, and what it says of its output is there."""

import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "docs" / "own-lstm.ipynb"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the kernel's own packages
def test_the_notebook_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    book = nbformat.read(PATH, as_version=4)
    nbformat.validate(book)
    where = {"metadata": {"path": os.fspath(tmp_path)}}
    nbclient.NotebookClient(book, timeout=60, resources=where).execute()
    shown = [said(cell) for cell in book.cells if cell.cell_type == "code"]
    (found,) = [text for text in shown if "time and batch mixed up (certain)" in text]
    assert "unscaled input (likely)" in found
    assert "Make the module with batch_first=True" in found
    after = shown[next(at for at, text in enumerate(shown) if text.startswith("off by")) + 1]
    assert after == "", "the mended network has no findings"
    pages = [output for cell in book.cells for output in cell.get("outputs", ()) if "data" in output]
    assert sum("srcdoc" in output["data"].get("text/html", "") for output in pages) == 1


def said(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def test_no_output_is_kept() -> None:
    text = PATH.read_text(encoding="utf-8")
    assert '"outputs": []' in text
    assert "output_type" not in text
    assert '"execution_count": null' in text
