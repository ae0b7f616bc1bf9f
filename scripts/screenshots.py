"""Photograph every page and section of the running app: `make screenshots`.

Writes docs/screenshots/ (light, dark, and each page on a phone) and docs/gallery.md, which shows them.
"""

import io
import math
import os
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from PIL import Image

from rnnviz_core import scan
from rnnviz_core.classroom import database
from rnnviz_core.classroom.store import Store
from rnnviz_core.lessons import shelf
from rnnviz_core.lessons.lesson import Choice

from . import gallery
from .browser import chromium
from .driver import Visitor
from .gallery import Shot
from .serving import ROOT, folder, serve

FOLDER, GALLERY = ROOT / "docs" / "screenshots", ROOT / "docs" / "gallery.md"
WIDTH, PHONE, HEIGHT, TALLEST, TALLEST_PHONE = 1280, 390, 860, 2000, 1300  # pixels
LESSON, VOTES = "04-the-forget-gate", ((9, 11, 4), (17, 5, 2))  # of the class: by round and answer
COLOURS = 80  # of the palette: a page of text and charts has few
MARGIN = 16  # pixels around a section
BELOW = 100  # empty pixels that Streamlit leaves below a page


def shrink(png: bytes) -> bytes:
    """The same picture with a palette, optimised."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    # k-means keeps the large plain areas in exactly their own colour.
    small = image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    small.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def photograph(visitor: Visitor, shot: Shot, model: str, width: int, tallest: int) -> bytes:
    """The whole page for its first section on a wide screen, else the section alone; at most `tallest`."""
    page = visitor.page
    page.set_viewport_size({"width": width, "height": HEIGHT})
    visitor.open(shot.path, **(held() if shot.page == "class" else shot.query(model)))
    if shot.press:
        visitor.press(shot.press)
    if shot.drops:
        drop(visitor)
    content = int(page.get_by_test_id("stMainBlockContainer").evaluate("e => e.scrollHeight"))
    page.set_viewport_size({"width": width, "height": max(content, HEIGHT)})
    visitor.settle()
    area: dict[str, float] = {"x": 0, "y": 0, "width": width, "height": min(content - BELOW, tallest)}
    tabs = page.get_by_test_id("stTabs")  # none where the network has one section on this page
    if shot.section and (width == PHONE or not shot.first) and tabs.count():
        area = _around(tabs.first.bounding_box(), width, tallest)
    elif not shot.first:  # a page's only section: the page without its sidebar
        block = page.get_by_test_id("stMainBlockContainer").bounding_box()
        area = {**_around(block, width, tallest), "y": 0, "height": min(content - BELOW, tallest)}
    png: bytes = page.screenshot(animations="disabled", clip=area)
    return png


def drop(visitor: Visitor) -> None:
    """Drop a state dict of PyTorch and a table on the page Your own; both are made here."""
    torch.manual_seed(7)
    parts = {"lstm": torch.nn.LSTM(2, 16), "head": torch.nn.Linear(16, 1)}
    weights = io.BytesIO()
    torch.save(torch.nn.ModuleDict(parts).state_dict(), weights)
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(120)]
    rows = [
        f"{day},{12 + 9 * math.sin(n / 19):.2f},{1013 + 8 * math.cos(n / 5):.1f}"
        for n, day in enumerate(days)
    ]
    table = "\n".join(["date,temperature,pressure", *rows]).encode()
    files = [("weather.pt", weights.getvalue()), ("weather.csv", table)]
    visitor.page.set_input_files(
        "input[type=file]",
        [
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
            for name, content in files
        ],
    )
    visitor.page.get_by_role("button", name="Open it").wait_for()
    visitor.settle()


def _around(box: Mapping[str, float], width: int, tallest: int) -> dict[str, float]:
    left = max(box["x"] - MARGIN, 0)
    return {
        "x": left,
        "y": box["y"] - MARGIN,
        "width": min(box["width"] + 2 * MARGIN, width - left),
        "height": min(box["height"] + 2 * MARGIN, tallest),
    }


@cache
def held() -> dict[str, str]:
    """A class that has voted, as its teacher's link opens it."""
    lesson = shelf().find(LESSON)
    step = next(one for one in lesson.steps if isinstance(one, Choice))
    store = Store(database.place())
    opened = store.open(lesson.id, len(lesson.steps), [one.number for one in lesson.steps if one.asks])
    students = [store.enter(opened.code) for _ in range(sum(VOTES[0]))]
    for number, options in enumerate(VOTES, 1):
        given = [str(option) for option, count in enumerate(options) for _ in range(count)]
        store.move(opened.code, opened.key, step.number)
        if number == 2:
            store.vote_again(opened.code, opened.key, step.number)
        for student, answer in zip(students, given, strict=True):
            store.vote(opened.code, student, step.number, answer)
        store.uncover(opened.code, opened.key, step.number)
    store.close()
    return {"class": opened.code, "key": opened.key}


def _take(browser: Any, address: str, shots: Mapping[Shot, str], theme: str, width: int) -> None:
    phone = width == PHONE
    visitor = Visitor(browser, address, color_scheme=theme, has_touch=phone)
    for shot, model in shots.items():
        png = shrink(photograph(visitor, shot, model, width, TALLEST_PHONE if phone else TALLEST))
        target = FOLDER / f"{shot.name}-{'phone' if phone else theme}.png"
        target.write_bytes(png)
        print(f"{target.relative_to(ROOT)}  {model}  {len(png) // 1024} KB", flush=True)
    if problems := visitor.errors():
        raise SystemExit("\n".join(problems))
    visitor.close()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    entries = sorted(scan(folder()).entries, key=lambda entry: not entry.scores)  # measured ones first
    found = {shot: [entry.id for entry in entries if shot.kind.fits(entry.spec)] for shot in gallery.SHOTS}
    shots = {shot: models[0] for shot, models in found.items() if models}
    for shot in found.keys() - shots.keys():
        print(f"left out: {shot.name}, no such model is installed")
    for old in FOLDER.glob("*.png"):
        old.unlink()
    first = {shot: model for shot, model in shots.items() if shot.first}
    with (
        tempfile.TemporaryDirectory() as place,
        mock.patch.dict(os.environ, {database.VARIABLE: str(Path(place) / "classes.sqlite")}),
        chromium() as browser,
        serve() as address,
    ):
        _take(browser, address, shots, "light", WIDTH)
        _take(browser, address, {shot: model for shot, model in shots.items() if shot.dark}, "dark", WIDTH)
        for theme, translates in (("light", False), ("dark", True)):
            some = {shot: model for shot, model in first.items() if shot.translates is translates}
            _take(browser, address, some, theme, PHONE)
    GALLERY.write_text(gallery.page(list(shots)), encoding="utf-8")


if __name__ == "__main__":
    main()
