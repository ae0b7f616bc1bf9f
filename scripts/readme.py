"""Put the table of models into README.md, between its two marks: `make readme`."""

from pathlib import Path

from rnnviz_core import places
from rnnviz_core.checkpoints import listing
from rnnviz_core.checkpoints import registry as checkpoints

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- models: make readme -->", "<!-- /models -->"


def with_table(text: str) -> str:
    """The text with the table of the shipped models between the marks."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    table = listing.markdown(listing.rows(checkpoints.scan(places.shipped()).entries))
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
