"""The study that the app shows: hyperparameters of a small sentiment GRU, on a sample of the treebank.

    python -m scripts.study --data FOLDER [--trials 46] [--out runs/study]

Draws 4,000 of the 8,544 training sentences (seed 0), all 1,101 validation sentences, and lets `rnnviz search`
try settings in runs of three epochs: about twenty minutes on one core. It goes on where it was stopped; the
report goes to ``rnnviz_core/tuning/studies/sentiment-gru.json``. No sentence is in it.
"""

import argparse
import csv
import gzip
import random
from dataclasses import replace
from pathlib import Path

from rnnviz_core.cli.main import main as rnnviz
from rnnviz_core.tuning.report import Report

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "rnnviz_core" / "tuning" / "studies" / "sentiment-gru.json"
ROWS, EPOCHS = 4_000, 3
ABOUT = f"{ROWS:,} training sentences of the Stanford Sentiment Treebank, drawn at random"


def sample(source: Path, target: Path, rows: int = ROWS) -> None:
    """Write `rows` training sentences, drawn at random, and all validation sentences as a table."""
    with gzip.open(source, "rt", encoding="utf-8", newline="\n") as file:
        table = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    kept = random.Random(0).sample([row for row in table if row["split"] == "train"], rows)
    lines = ["split\tlabel5\ttext"]
    for name, part in (("train", kept), ("validation", [row for row in table if row["split"] == "dev"])):
        lines += [f"{name}\t{row['label5']}\t{row['text']}" for row in part]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--trials", type=int, default=46)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "study")
    asked = parser.parse_args(arguments)
    table = asked.out / "sst-sample.tsv"
    if not table.exists():
        sample(asked.data / "sentiment" / "sst_sentences.tsv.gz", table)
    search = ["search", "sentiment", "--cell", "gru", "--data", str(table), "--out", str(asked.out)]
    search += ["--treebank", "--vocabulary", "2000", "--epochs", str(EPOCHS), "--trials", str(asked.trials)]
    code = rnnviz(search)
    if code == 0:
        SHIPPED.parent.mkdir(parents=True, exist_ok=True)
        found = Report.from_json((asked.out / "report.json").read_text(encoding="utf-8"))
        found = replace(found, settings={**found.settings, "about": ABOUT})
        SHIPPED.write_text(found.to_json(), encoding="utf-8")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
