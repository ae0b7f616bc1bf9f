"""Photograph every page of the running app, light and dark, into docs/screenshots/: `make screenshots`."""

import io
from pathlib import Path

from PIL import Image

from .browser import chromium
from .driver import Visitor
from .serving import ROOT, serve

FOLDER = ROOT / "docs" / "screenshots"
WIDTH, HEIGHT, TALLEST = 1280, 860, 2000  # pixels
COLOURS = 256  # of the palette: a page of text and charts has few
SENTIMENT = {"model": "sentiment-lstm", "text": "The songs are lovely, but the story never finds its feet."}
TRANSLATION = {"model": "es-en-gru-bahdanau", "text": "Me encantó la pizza de este lugar"}
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "overview": ("/", SENTIMENT),
    "embeddings": ("/embeddings", SENTIMENT),
    "gates": ("/gates", SENTIMENT),
    "states": ("/states", SENTIMENT),
    "attention": ("/attention", TRANSLATION),
    "softmax": ("/softmax", SENTIMENT),
    "overview-translation": ("/", TRANSLATION),
    "softmax-translation": ("/softmax", TRANSLATION),
}


def shrink(png: bytes) -> bytes:
    """The same picture with a palette, optimised."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    # k-means keeps the large plain areas in exactly their own colour.
    small = image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    small.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def photograph(visitor: Visitor, path: str, parameters: dict[str, str]) -> bytes:
    """One page from the top to its end, or to `TALLEST`."""
    visitor.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    visitor.open(path, **parameters)
    content = visitor.page.get_by_test_id("stMainBlockContainer").evaluate("e => e.scrollHeight")
    visitor.page.set_viewport_size({"width": WIDTH, "height": min(max(int(content), HEIGHT), TALLEST)})
    visitor.settle()
    png: bytes = visitor.page.screenshot(animations="disabled")
    return png


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, serve() as address:
        for theme in ("light", "dark"):
            visitor = Visitor(browser, address, color_scheme=theme)
            for name, (path, parameters) in PAGES.items():
                target: Path = FOLDER / f"{name}-{theme}.png"
                target.write_bytes(shrink(photograph(visitor, path, parameters)))
                print(f"{target.relative_to(ROOT)}  {target.stat().st_size // 1024} KB")
            if problems := visitor.errors():
                raise SystemExit("\n".join(problems))
            visitor.close()


if __name__ == "__main__":
    main()
