"""Recording against the fused forward and against a Python loop over the steps.

    python bench/record.py [--rounds N] [--onednn]

One process, one thread, batch 1, processor time; the ways take turns in every round, so that a busy
machine slows all of them alike. Printed: medians in milliseconds and the ratios of the medians. The bars:
recording at most 2.2 times the fused forward, and at least 2 times faster than the loop.

All ways run under the settings under which the app records (`rnnviz_core.tracing.kernels`: one thread,
torch's own kernels); `--onednn` leaves torch as it comes, with oneDNN for the LSTM.

- fused: the module alone, nothing recorded.
- recording: `record_module`, verified, with its `Trace`.
- least: the module, and the two matrix products that all the gates come from: what no recorder that runs
  the module and verifies it can do without.
- loop: the same equations step by step (`cells.step`), collecting the same arrays; not verified.
- lean loop: plain torch by hand, a handful of calls per step, collecting gates and states only.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the project is not installed

from rnnviz_core.cells import equations as cells
from rnnviz_core.models.stacks import definition_of, stack_of
from rnnviz_core.tracing import kernels
from rnnviz_core.tracing.module import record_module

CELLS = {"rnn": (nn.RNN, nn.RNNCell), "gru": (nn.GRU, nn.GRUCell), "lstm": (nn.LSTM, nn.LSTMCell)}
AT_MOST_FUSED = 2.2
AT_LEAST_LOOP = 2.0
BATCH_AT_MOST_FUSED = 3.0


def loop(module: nn.RNNBase, x: Tensor) -> dict[str, Tensor]:
    """Every site of a layer by a loop over the steps."""
    definition, weights = definition_of(module), stack_of(module).weights(0)
    states = {name: torch.zeros(module.hidden_size) for name in definition.states}
    rows = []
    for x_t in x:
        rows.append(cells.step(definition, weights, x_t, states))
        states = {name: rows[-1][name] for name in states}
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


def lean_loop(cell: nn.RNNCellBase, x: Tensor, width: int) -> dict[str, Tensor]:
    """Gates and states by a loop over the steps, with as few calls as possible."""
    kept: dict[str, list[Tensor]] = {}
    h, c = torch.zeros(width), torch.zeros(width)
    for x_t in x:
        a = nn.functional.linear(x_t, cell.weight_ih, cell.bias_ih)
        b = nn.functional.linear(h, cell.weight_hh, cell.bias_hh)
        if isinstance(cell, nn.LSTMCell):
            i, f, g, o = (a + b).chunk(4)
            i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
            c = f * c + i * g
            h = o * c.tanh()
            now = {"input": i, "forget": f, "candidate": g, "output": o, "cell": c, "hidden": h}
        elif isinstance(cell, nn.GRUCell):
            (a_r, a_z, a_n), (b_r, b_z, b_n) = a.chunk(3), b.chunk(3)
            r, z = (a_r + b_r).sigmoid(), (a_z + b_z).sigmoid()
            n = (a_n + r * b_n).tanh()
            h = (1 - z) * n + z * h
            now = {"reset": r, "update": z, "candidate": n, "hidden": h}
        else:
            h = (a + b).tanh()
            now = {"hidden": h}
        for name, value in now.items():
            kept.setdefault(name, []).append(value)
    return {name: torch.stack(values) for name, values in kept.items()}


def least(module: nn.RNNBase, x: Tensor) -> None:
    """The module's forward, and the parts of all gates that its input and its states give."""
    hidden, _ = module(x)
    input_weight, state_weight, input_bias, state_bias = module.all_weights[0]
    nn.functional.linear(x, input_weight, input_bias)
    nn.functional.linear(hidden, state_weight, state_bias)


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one call: waiting for others is not part of it."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def measure(name: str, units: int, tokens: int, rounds: int) -> list[float]:
    """Median milliseconds of the fused forward, the least, the recording, the loop and the lean loop."""
    fused_class, cell_class = CELLS[name]
    module, cell = fused_class(units, units).eval(), cell_class(units, units)
    cell.load_state_dict({key.removesuffix("_l0"): value for key, value in module.state_dict().items()})
    x = torch.randn(tokens, units)
    ways = (
        lambda: module(x),
        lambda: least(module, x),
        lambda: record_module(module, x),
        lambda: loop(module, x),
        lambda: lean_loop(cell, x, units),
    )
    with torch.inference_mode():
        times = [[seconds(way) for way in ways] for _ in range(rounds + 3)][3:]  # the first ones warm up
    return [statistics.median(column) * 1e3 for column in zip(*times, strict=True)]


def batch(name: str, rounds: int, rows: int = 256, tokens: int = 64, units: int = 100) -> float:
    """All rows of a batch recorded in one pass over its fused forward: the ratio of the medians."""
    module, x = CELLS[name][0](units, units, batch_first=True).eval(), torch.randn(rows, tokens, units)
    ways = (lambda: module(x), lambda: record_module(module, x, item=None))
    with torch.inference_mode():
        times = [[seconds(way) for way in ways] for _ in range(rounds + 2)][2:]
    fused, recording = (statistics.median(column) for column in zip(*times, strict=True))
    return recording / fused


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30, help="measured rounds per row (default 30)")
    parser.add_argument("--onednn", action="store_true", help="torch as it comes, oneDNN for the LSTM")
    options = parser.parse_args()
    kernels.use_exact_settings()
    torch.backends.mkldnn.set_flags(_enabled=options.onednn)
    torch.manual_seed(0)
    columns = ("cell", "units", "tokens", "fused ms", "least ms", "recording ms", "loop ms", "lean loop ms")
    ratios = ("recording / fused", "loop / recording", "loop / least", "lean loop / recording")
    print(f"| {' | '.join(columns + ratios)} |\n|{'---|' * len(columns + ratios)}")
    worst = [0.0, float("inf")]
    missed, unreachable = 0, 0
    for name in CELLS:
        for units in (64, 256):
            for tokens in (20, 100, 512):
                fused, needed, recording, slow, lean = measured = measure(name, units, tokens, options.rounds)
                found = (recording / fused, slow / recording, slow / needed, lean / recording)
                worst = [max(worst[0], found[0]), min(worst[1], found[1])]
                missed += found[1] < AT_LEAST_LOOP
                unreachable += found[2] < AT_LEAST_LOOP
                numbers = [f"{ms:.3f}" for ms in measured] + [f"{ratio:.2f}" for ratio in found]
                print(f"| {name} | {units} | {tokens} | {' | '.join(numbers)} |", flush=True)
    print(f"\nlargest recording / fused: {worst[0]:.2f} (at most {AT_MOST_FUSED})")
    print(f"smallest loop / recording: {worst[1]:.2f} (at least {AT_LEAST_LOOP})")
    batches = ", ".join(f"{name} {batch(name, max(5, options.rounds // 3)):.2f}" for name in CELLS)
    print(f"256 rows of 64 steps, 100 units, recorded / fused: {batches} (at most {BATCH_AT_MOST_FUSED})")
    print(f"rows below {AT_LEAST_LOOP}: {missed}; with the least alone: {unreachable}")


if __name__ == "__main__":
    main()
