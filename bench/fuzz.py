"""Throw anything at the app: no traceback on screen, no hang, and it goes on afterwards.

    python -m bench.fuzz [--inputs 500] [--seed 0]

Texts, URL parameters and damaged checkpoint and trace files are made from a seed and tried one after the
other. Printed: how many of each were tried, and every input that broke something. `tests/test_fuzz.py`
tries a few. Half a surrogate pair is not tried: neither a URL nor Streamlit's protocol can carry one.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import vocabularies
from rnnviz_core.errors import RnnvizError
from rnnviz_core.tracing.trace import Trace
from rnnviz_core.ui.shell.routes import TRACED
from rnnviz_core.ui.streamlit_private import rehearsing
from scripts.serving import ROOT, folder

HANG = 60  # seconds that no input may take
NASTY = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "$\\frac{1}{0}$",
    "$$\\href{javascript:alert(1)}{x}$$",
    ":red[x] :material/home: :smile:",
    "`code` **bold** _it_ ~~no~~ # head",
    "| a | b |\n|---|---|",
    "&lt;b&gt; &#60;i&#62; &amp;",
    "\x00\x01\x1b[31m\x7f",
    "\u202eright to left\u202c \u200b\u200d\ufeff",
    "Z\u0351\u036b\u0343a\u0329\u0323l\u0348\u0353g\u0356o\u0349",
    "👩‍👩‍👧‍👦🏳️‍🌈 電影 фильм فيلم",
    "{{7*7}} ${x} %s %n {0}",
    "../../etc/passwd",
    "▁▁ <s> </s> <unk> <pad>",
    "NaN", "-1", "999999999999999999999", "1e309", "0x10", "٣", "²", "",
    " \t\n\r\u00a0\u2003",
    "a" * 1_999, "word " * 399, "é" * 2_001, "x" * 20_000, "😀" * 500,
)  # fmt: skip
PARAMETERS = ("task", "model", "text", "layer", "token", "step", "unit", "beam", "page", "__proto__")
PAGES = tuple(route.name for route in TRACED)


def texts(choose: random.Random) -> Iterator[str]:
    """First every nasty text, then mixtures of them with letters of all of Unicode."""
    yield from NASTY
    while True:
        parts = [choose.choice(NASTY)[:200] if choose.random() < 0.3 else _letters(choose)]
        parts += [_letters(choose) for _ in range(choose.randrange(5))]
        yield " ".join(parts)


def _letters(choose: random.Random) -> str:
    top = choose.choice((0x80, 0x500, 0x3000, 0xFFFF, 0x10FFFF))
    letters = (chr(choose.randrange(top)) for _ in range(choose.randrange(1, 30)))
    return "".join(letter for letter in letters if not "\ud800" <= letter <= "\udfff")


def queries(choose: random.Random, models: list[str]) -> Iterator[dict[str, str]]:
    """Parameters with values that fit, that nearly fit, and that are anything."""
    wild = texts(choose)
    while True:
        query = {"model": choose.choice(models)} if choose.random() < 0.7 else {}
        for name in choose.sample(PARAMETERS, choose.randrange(1, 5)):
            query[name] = choose.choice(("0", "3", "999", "-1", "encoder.0", "translation", next(wild)))
        yield query


def visit(page: str, query: dict[str, str]) -> str:
    """Open a page by a link, then type a plain sentence; what went wrong, or nothing."""
    try:
        return _visit(page, query)
    except Exception as error:  # also what AppTest raises after a hang
        return f"{type(error).__name__}: {error}"[:200]


def _visit(page: str, query: dict[str, str]) -> str:
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=HANG)
    app.query_params.update(query)
    if page != "overview":
        app.switch_page(f"pages/{page}.py")
    app.run()
    if app.exception:
        return f"traceback: {app.exception[0].message}"
    if not (app.get("vega_lite_chart") or app.error or app.info):
        return "neither a chart nor a message"
    app.text_area[0].set_value("a plain sentence").run()  # the app goes on
    if app.exception or app.error:
        return "the next sentence fails, too"
    return ""


def damaged(data: bytes, choose: random.Random) -> bytes:
    """The bytes of a file after an accident."""
    match choose.randrange(6):
        case 0:
            return data[: choose.randrange(len(data))]
        case 1:
            return choose.randbytes(choose.randrange(2_000))
        case 2:
            return data + choose.randbytes(64)
        case 3:
            return b""
        case _:
            broken = bytearray(data)
            for _ in range(choose.randrange(1, 40)):
                broken[choose.randrange(min(len(broken), 3_000))] = choose.randrange(256)
            return bytes(broken)


def twisted(spec: dict[str, object], choose: random.Random) -> bytes:
    """A spec.json that is JSON, with one value that is something else."""
    values = (None, -1, 0, 10**12, 1.5, "x" * 999, [], {}, True, "lstm", float("nan"), "../..")
    return json.dumps({**spec, choose.choice(list(spec)): choose.choice(values)}).encode()


def read_checkpoint(source: Path, place: Path, choose: random.Random) -> str:
    """Damage one file of a checkpoint, list it and load it; what went wrong, or nothing."""
    copy = Path(shutil.copytree(source, place / source.name, dirs_exist_ok=True))
    shelf = place / vocabularies.SHELF
    shelf.mkdir(exist_ok=True)
    shared = [Path(shutil.copy(file, shelf)) for file in vocabularies.files(source) if file.parent != source]
    own = [path for path in copy.iterdir() if path.name != "card.md"]
    target = choose.choice(sorted([*own, *shared]))
    data = target.read_bytes()
    if target.name == "spec.json" and choose.random() < 0.5:
        target.write_bytes(twisted(json.loads(data), choose))
    else:
        target.write_bytes(damaged(data, choose))
    try:
        checkpoints.scan(place)
        checkpoints.load(copy)
    except RnnvizError as error:
        return "" if str(error) else "an error without a message"
    except Exception as error:
        return f"{target.name}: {type(error).__name__}: {error}"[:200]
    finally:
        shutil.rmtree(copy)
    return ""


def read_trace(data: bytes, suffix: str, place: Path, choose: random.Random) -> str:
    """Load a damaged trace file; what went wrong, or nothing."""
    file = place / f"damaged{suffix}"
    file.write_bytes(damaged(data, choose))
    try:
        Trace.load(file)
    except RnnvizError as error:
        return "" if str(error) else "an error without a message"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    return ""


def timed(what: str, input_: object, result: str, start: float) -> str:
    """A line for the report where something went wrong."""
    took = time.monotonic() - start
    result = result or (f"took {took:.0f} s" if took > HANG else "")
    return f"{what} {input_!r:.200}: {result}" if result else ""


def fuzz(inputs: int, seed: int = 0, pages: tuple[str, ...] = PAGES) -> tuple[Counter[str], list[str]]:
    """Try about `inputs` inputs; how many of each kind, and what broke."""
    from rnnviz_core import load, record

    choose, tried, broken = random.Random(seed), Counter[str](), []
    models = [entry.id for entry in checkpoints.scan(folder()).entries]
    wild, links = texts(choose), queries(choose, models)

    def note(what: str, input_: object, result: str, start: float) -> None:
        tried[what] += 1
        if line := timed(what, input_, result, start):
            broken.append(line)
            print(line, flush=True)

    for number in range(inputs // 4):
        start, page = time.monotonic(), pages[number % len(pages)]
        text = next(wild)
        note("text", text, visit(page, {"model": choose.choice(models), "text": text}), start)
        start, query = time.monotonic(), next(links)
        note("link", (page, query), visit(page, query), start)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        trace = record(load(folder() / models[0]), "a small trace")
        saved = {suffix: place / f"whole{suffix}" for suffix in (".npz", ".parquet")}
        for file in saved.values():
            trace.save(file)
        for _ in range(inputs // 4):
            start, state = time.monotonic(), choose.getstate()
            source = folder() / choose.choice(models)
            note("checkpoint", hash(state), read_checkpoint(source, place / "models", choose), start)
            start, suffix = time.monotonic(), choose.choice(list(saved))
            note("trace file", suffix, read_trace(saved[suffix].read_bytes(), suffix, place, choose), start)
    return tried, broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--inputs", type=int, default=500, help="how many, of all kinds together (default 500)"
    )
    parser.add_argument("--seed", type=int, default=0, help="another seed tries others (default 0)")
    options = parser.parse_args()
    os.environ["RNNVIZ_DEBUG"] = "1"  # errors on a page come through
    with rehearsing():
        tried, broken = fuzz(options.inputs, options.seed)
    print(", ".join(f"{count} {what}s" for what, count in tried.items()))
    print(f"tried {tried.total()} inputs; {len(broken)} broke something")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
