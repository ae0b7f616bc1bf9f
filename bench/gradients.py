"""What a gradient costs against the recording of the same sentence.

    python -m bench.gradients [--rounds N]

Processor time on one thread, the objects of torch frozen as in the app; both ways take turns in every round,
so that a busy machine slows them alike. Printed: medians in milliseconds and their ratio. The bar:
`gradients`, which records, runs the step loop in double precision, differentiates it and checks it twice,
takes at most 6 times as long as `record` at about 20 tokens and 64 units. A long series takes longer: the
recording computes the gates of all steps at once, the loop one after the other.
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
READS = "a film so warm and funny that i forgave it all in the end , and yes , i cried"
WRITES = "Me encantó la pizza de este lugar, y la comida del otro día también"
SHORT = "10 12 15 11 30 12 14 13 60 12"
CASES = (  # network and text of each row
    *((f"sentiment-{name}", READS) for name in ("rnn", "gru", "lstm", "gru-attention", "lstm-attention")),
    ("es-en-gru-bahdanau", WRITES),
    ("es-en-gru-luong", WRITES),
    ("sunspots-lstm", SHORT),
    ("sunspots-lstm", "cycles"),
    ("temperature-gru", SHORT),
)


def measure(name: str, text: str, rounds: int) -> tuple[int, float, float]:
    """Steps that are read and written, and median milliseconds of the recording and of the gradient."""
    model = load(name)
    steps = sum(map(len, record(model, text).tokens.values()))
    ways = (lambda: record(model, text), lambda: gradients(model, text))
    times = [[seconds(way) for way in ways] for _ in range(rounds + 5)][5:]  # the first ones warm up
    recording, gradient = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
    return steps, recording, gradient


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60, help="measured rounds per row (default 60)")
    options = parser.parse_args()
    kernels.use_exact_settings()
    torch.manual_seed(0)
    gc.collect()
    gc.freeze()
    print("| model | steps | recording ms | gradients ms | ratio |\n|---|---|---|---|---|")
    worst = 0.0
    for name, text in CASES:
        steps, recording, gradient = measure(name, text, options.rounds)
        worst = max(worst, gradient / recording)
        print(
            f"| {name} | {steps} | {recording:.2f} | {gradient:.2f} | {gradient / recording:.1f} |",
            flush=True,
        )
    print(f"\nlargest ratio: {worst:.1f} (at most {AT_MOST:g})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
