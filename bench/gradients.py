"""What a gradient costs against the recording of the same sentence.

    python -m bench.gradients [--rounds N]

Processor time on one thread, the objects of torch frozen as in the app; both ways take turns in every round,
so that a busy machine slows them alike. Printed: medians in milliseconds and their ratio. The bar:
`gradients`, which records, runs the step loop in double precision, differentiates it and checks it twice,
takes at most 6 times as long as `record` at about 20 tokens and 64 units.
"""

import argparse
import gc
import statistics
import sys

import torch

from bench.record import seconds
from rnnviz_core import gradients, load, record
from rnnviz_core.tracing import kernels

AT_MOST = 6.0
MODELS = (
    "sentiment-rnn",
    "sentiment-gru",
    "sentiment-lstm",
    "sentiment-gru-attention",
    "sentiment-lstm-attention",
)
TEXT = "a film so warm and funny that i forgave it all in the end , and yes , i cried"


def measure(name: str, rounds: int) -> tuple[int, float, float]:
    """Tokens, and median milliseconds of the recording and of the gradient."""
    model = load(name)
    tokens = len(record(model, TEXT).tokens["time"])
    ways = (lambda: record(model, TEXT), lambda: gradients(model, TEXT))
    times = [[seconds(way) for way in ways] for _ in range(rounds + 5)][5:]  # the first ones warm up
    recording, gradient = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    return tokens, recording, gradient


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60, help="measured rounds per row (default 60)")
    options = parser.parse_args()
    kernels.use_exact_settings()
    torch.manual_seed(0)
    gc.collect()
    gc.freeze()
    print("| model | tokens | recording ms | gradients ms | ratio |\n|---|---|---|---|---|")
    worst = 0.0
    for name in MODELS:
        tokens, recording, gradient = measure(name, options.rounds)
        worst = max(worst, gradient / recording)
        print(
            f"| {name} | {tokens} | {recording:.2f} | {gradient:.2f} | {gradient / recording:.1f} |",
            flush=True,
        )
    print(f"\nlargest ratio: {worst:.1f} (at most {AT_MOST:g})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
