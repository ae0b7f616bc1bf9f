"""Files that are dropped on the page Your own: every page works on them, for this visitor alone."""

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from helpers_keras import drawn, write_h5
from helpers_twelve import X, twelve

from rnnviz_core.importing.opening import open_network
from rnnviz_core.importing.sheet import read_sheet
from rnnviz_core.inputs.memory import InMemory
from rnnviz_core.inputs.steps import printed_number
from scripts.driver import Visitor

DROP = """files => {
    const carried = new DataTransfer()
    for (const [name, content] of Object.entries(files)) {
        const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0))
        carried.items.add(new File([bytes], name))
    }
    return carried
}"""


def drop(visitor: Visitor, files: Mapping[str, bytes]) -> None:
    """Drag files onto the page, and let go."""
    plain = {name: base64.b64encode(content).decode() for name, content in files.items()}
    carried = visitor.page.evaluate_handle(DROP, plain)
    place = visitor.page.get_by_test_id("stFileUploaderDropzone")
    for event in ("dragenter", "dragover", "drop"):
        place.dispatch_event(event, {"dataTransfer": carried})
    visitor.page.get_by_role("button", name="Open it").or_(visitor.page.locator("textarea").first).wait_for()
    visitor.settle()


def open_it(visitor: Visitor) -> str:
    """Open what was dropped; what the header of the overview then says."""
    visitor.page.get_by_role("button", name="Open it").click()
    visitor.page.locator(".rv-facts").wait_for()
    visitor.settle()
    return str(visitor.page.locator(".rv-facts").inner_text())


def go_to(visitor: Visitor, page: str) -> None:
    visitor.page.get_by_test_id("stSidebarNav").get_by_role("link", name=page, exact=True).click()
    visitor.settle()


def remove(visitor: Visitor, name: str) -> None:
    """Go back to the page, without waiting for anything else, and remove this network.

    Others may be open in this tab, such as what `test_every_section.py` trained on the page Train one here.
    """
    page = visitor.page
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Your own", exact=True).click()
    held(visitor, name).get_by_role("button", name="Remove").click()
    page.get_by_text(f"{name} is removed").wait_for()


def held(visitor: Visitor, name: str) -> Any:
    """The line of an open network."""
    return visitor.page.locator("[class*=st-key-own-held-]").filter(has_text=name)


def test_a_keras_file_and_a_table(desk: Visitor, visit: Callable[..., Visitor], tmp_path: Path) -> None:
    layers = [
        ("LSTM", {"name": "lstm", "units": 4}, drawn((2, 16), (4, 16), (16,))),
        ("Dense", {"name": "dense", "units": 1, "activation": "linear"}, drawn((4, 1), (1,))),
    ]
    write_h5(tmp_path / "prices.h5", layers, "2.15.0")
    rows = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d},{np.sin(n):.3f},{n % 5}" for n in range(50)]
    table = "\n".join(["date,close,volume", *rows]).encode()
    desk.go("/own")
    drop(desk, {"prices.h5": (tmp_path / "prices.h5").read_bytes(), "prices.csv": table})
    series = read_sheet(InMemory("prices.csv", table)).series(("close", "volume"), "date")
    expected = open_network(tmp_path / "prices.h5").predict(series.scaled())
    assert expected is not None
    assert printed_number(float(expected[0])) in open_it(desk)
    go_to(desk, "Gates")
    assert desk.page.get_by_test_id("stVegaLiteChart").count() >= 2, "the series, and the heatmaps"
    address = desk.page.url
    stranger = visit()
    stranger.page.goto(address)
    stranger.settle()
    assert "not open here" in stranger.page.get_by_test_id("stAlert").first.inner_text()
    remove(desk, "prices.h5")
    desk.settle()
    assert held(desk, "prices.h5").count() == 0


def test_a_state_dict_and_typed_numbers(desk: Visitor) -> None:
    torch.manual_seed(4)
    network = torch.nn.ModuleDict({"gru": torch.nn.GRU(1, 3), "head": torch.nn.Linear(3, 1)})
    kept = io.BytesIO()
    torch.save(network.state_dict(), kept)
    desk.go("/own")
    drop(desk, {"weights.pt": kept.getvalue()})
    box = desk.page.locator(".st-key-own-typed textarea")
    box.fill("0.1 0.4 -0.2 0.3")
    box.press("Control+Enter")
    with torch.no_grad():
        states, _ = network["gru"](torch.tensor([[0.1], [0.4], [-0.2], [0.3]]))
        expected = float(network["head"](states[-1]))
    assert printed_number(expected) in open_it(desk)
    remove(desk, "weights.pt")


def test_twelve_files_of_every_format_and_generation(desk: Visitor, tmp_path: Path) -> None:
    """In one tab, each with a table: it predicts what torch, onnxruntime or numpy's Keras predict."""
    table = tmp_path / "table.csv"
    table.write_text("a,b,c\n" + "\n".join(",".join(map(str, row)) for row in X), encoding="utf-8")
    page, facts = desk.page, desk.page.locator(".rv-facts")
    made = twelve(tmp_path)
    assert len({one.path for one in made}) == 12
    desk.go("/own")
    for path, options, expected in made:
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([path, *options[1:], table])
        page.get_by_role("button", name="Open it").click()
        assert path.name in facts.inner_text()
        said = facts.locator(".rv-answer").inner_text()
        shown = np.array([float(number.replace("\N{MINUS SIGN}", "-")) for number in said.split()])
        digit = 10 ** (np.floor(np.log10(abs(expected))) - 3)  # the last of the four that are printed
        assert shown.shape == expected.shape, path.name
        assert (abs(shown - expected) < digit / 2 + 1e-6).all(), (path.name, said, expected)
        remove(desk, path.name)  # while the charts are being drawn
    desk.settle()
