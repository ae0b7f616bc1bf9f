"""RNN, GRU and LSTM on “recall the first symbol”, at growing T: the table of docs/training.md.

    python -m scripts.toy [--out runs/toy.json] [--most N]

Three seeds per cell and T: 32 units, batches of 32, Adam at a constant 0.003, clipped at norm 1; the LSTM
with a forget bias of 1 and of 5; at most 3,000 updates, fewer where the accuracy on validation was 99.5 %
twice in a row. What counts is the accuracy on 1,000 new sequences of the same T. Runs that are done stand in
the JSON file and are not repeated; `--most` ends after so many
new ones. Prints the table.
"""

import argparse
import json
import time
from pathlib import Path

import torch

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.models.toy_spec import Problem, ToySpec
from rnnviz_core.tasks.toy import lesson, scoring
from rnnviz_core.training.watched import Watched

STEPS, SEEDS = (5, 10, 20, 30, 50), (0, 1, 2)
EPOCHS = 60  # of 50 updates
CELLS = {  # name -> how the table calls it, the cell, its forget bias
    "rnn": ("RNN", "rnn", 1.0),
    "gru": ("GRU", "gru", 1.0),
    "lstm": ("LSTM, forget bias 1", "lstm", 1.0),
    "lstm5": ("LSTM, forget bias 5", "lstm", 5.0),
}


def measure(name: str, steps: int, seed: int) -> dict[str, float]:
    _, cell, bias = CELLS[name]
    watched, began = Watched(done=lesson.Solved()), time.perf_counter()
    spec = ToySpec(Cell(cell), problem=Problem.RECALL, steps=steps, forget_bias=bias)
    network, _ = lesson.train(lesson.run_of(spec, epochs=EPOCHS, seed=seed), watched)
    return {
        "accuracy": scoring.evaluate(network, None, None)["accuracy"],
        "updates": watched.seen().checks[-1][0],
        "seconds": round(time.perf_counter() - began, 1),
    }


def table(found: dict[str, dict[str, float]]) -> str:
    """Mean over the seeds, and the single runs where they differ."""
    lines = [
        "| T | " + " | ".join(title for title, *_ in CELLS.values()) + " |",
        "|--:|" + "--:|" * len(CELLS),
    ]
    for steps in STEPS:
        cells = []
        for cell in CELLS:
            runs = [found[key]["accuracy"] for s in SEEDS if (key := f"{cell} {steps} {s}") in found]
            mean = f"{sum(runs) / len(runs):.1f}" if runs else "-"
            each = ", ".join(f"{one:.1f}" for one in runs)
            cells.append(mean if len({f"{one:.1f}" for one in runs}) < 2 else f"{mean} ({each})")
        lines.append(f"| {steps} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/toy.json"))
    parser.add_argument("--most", type=int, default=1_000)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = json.loads(asked.out.read_text()) if asked.out.exists() else {}
    todo = [(cell, steps, seed) for steps in STEPS for seed in SEEDS for cell in CELLS]
    todo = [one for one in todo if " ".join(map(str, one)) not in found]
    for one in todo[: asked.most]:
        found[" ".join(map(str, one))] = measure(*one)
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps(found, indent=1) + "\n")
    print(table(found))


if __name__ == "__main__":
    main()
