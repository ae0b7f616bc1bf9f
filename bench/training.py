"""How fast training reads text, against a plain loop: shuffled batches padded to their longest text.

Both loops train the same model on the same examples with the same optimizer, in turn, in one process. Without
``--data`` the texts are random pieces whose lengths are spread as those of phrases of reviews are: many short
ones, few long ones.

    python -m bench.training [--data FILE.tsv.gz] [--cell lstm]

With ``--history`` instead: what writing a history adds to a run of three epochs of 20,000 such texts, at its
default of three texts and 24 moments at most.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import torch
from torch.nn import functional

from rnnviz_core.cells.kinds import Cell
from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.tokenizer import Tokenizer
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.training.batches import Batch, Example, bucketed, collate
from rnnviz_core.training.history import HistoryWriter
from rnnviz_core.training.loop import Trainer
from rnnviz_core.training.settings import TrainingConfig

ROWS, STEPS, ROUNDS = 64, 60, 7
BAR = 2.0  # tokens per second, ours over plain


def examples_of(data: str | None, generator: random.Random) -> tuple[Tokenizer, list[Example]]:
    """A tokenizer and enough examples for every step of a round."""
    words = [f"{a}{b}" for a in ("ba", "ko", "li", "mu", "re") for b in ("na", "ti", "so", "ve")]
    if data is not None:
        texts = corpora.labelled(data, "train", 5).texts
    else:
        lengths = (min(50, max(1, round(generator.lognormvariate(1.8, 0.9)))) for _ in range(40_000))
        texts = [" ".join(generator.choices(words, k=length)) for length in lengths]
    generator.shuffle(texts)
    tokenizer = Tokenizer.train(texts[:20_000], 4_000 if data else 60)
    return tokenizer, [Example(tokenizer.ids(text), generator.randrange(5)) for text in texts[:40_000]]


def plain(examples: list[Example], generator: random.Random) -> Iterator[Batch]:
    """Batches as they come, whatever their lengths."""
    order = generator.sample(examples, len(examples))
    for start in range(0, len(order), ROWS):
        yield collate(order[start : start + ROWS])


class Padded(SentimentModel):
    """The same model without packing: the recurrent layer runs over the padding too."""

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        states, _ = self.encoder(self.dropout(self.embedding(ids)))
        return self.output(self.dropout(states[torch.arange(len(ids)), lengths - 1]))


def tokens_per_second(model: SentimentModel, batches: Iterator[Batch]) -> float:
    """Real tokens (padding not counted) per second over `STEPS` training steps."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    model.train()
    tokens, began = 0, time.perf_counter()
    for _, batch in zip(range(STEPS), batches, strict=False):
        loss = functional.cross_entropy(model(batch.ids, batch.lengths), batch.targets)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
        optimizer.step()
        tokens += int(batch.lengths.sum())
    return tokens / (time.perf_counter() - began)


class Work:
    """What a run needs to know: the examples, their loss, and a validation that costs nothing."""

    metric, larger_is_better = "loss", False

    def __init__(self, examples: list[Example]) -> None:
        self.examples = examples

    def training(self, generator: random.Random) -> list[Example]:
        return self.examples

    def loss(self, model: SentimentModel, batch: Batch, *rest: float) -> torch.Tensor:
        return functional.cross_entropy(model(batch.ids, batch.lengths), batch.targets)

    def validate(self, model: SentimentModel) -> dict[str, float]:
        return {"loss": 1.0}


def cost_of_history(
    spec: SentimentSpec, tokenizer: Tokenizer, examples: list[Example]
) -> tuple[float, float]:
    """Seconds of a run without and with a history."""
    config = TrainingConfig(epochs=3, batch=ROWS)
    seconds = []
    for observers in ([], [HistoryWriter()]):
        with tempfile.TemporaryDirectory() as folder:
            objective = Work(examples[:20_000])
            trainer = Trainer(
                SentimentModel(spec, tokenizer), objective, config, Path(folder), observers=observers
            )
            began = time.process_time()
            trainer.run()
            seconds.append(time.process_time() - began)
    return seconds[0], seconds[1]


@click.command(help=__doc__)
@click.option("--data", help="Labelled texts (label5); by default random ones.")
@click.option("--cell", type=click.Choice([str(cell) for cell in Cell]), default="lstm", show_default=True)
@click.option("--history", is_flag=True, help="Measure what a history costs.")
def main(data: str | None, cell: str, history: bool) -> None:
    torch.set_num_threads(1)
    generator = random.Random(0)
    tokenizer, examples = examples_of(data, generator)
    spec = SentimentSpec(Cell(cell), embedding=128, hidden=64, dropout=0.5)
    if history:
        without, with_it = cost_of_history(spec, tokenizer, examples)
        click.echo(
            f"{cell}, {spec.hidden} units: {without:.1f} s of processor time without a history, "
            f"{with_it:.1f} s with one: {with_it / without - 1:+.1%} (to reach: below 10 %)"
        )
        return
    rows = []
    for number in range(ROUNDS + 1):
        ours = tokens_per_second(
            SentimentModel(spec, tokenizer), bucketed(examples, ROWS, random.Random(number))
        )
        other = tokens_per_second(Padded(spec, tokenizer), plain(examples, random.Random(number)))
        if number:  # the first round warms up
            rows.append((ours, other, ours / other))
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    length = statistics.mean(len(example.ids) for example in examples)
    click.echo(f"{cell}, {spec.hidden} units, {ROWS} texts a step, {length:.1f} tokens a text on average")
    click.echo(f"bucketed and packed {medians[0]:10,.0f} tokens/s")
    click.echo(f"shuffled and padded {medians[1]:10,.0f} tokens/s")
    click.echo(f"ratio, median of {ROUNDS} pairs: {medians[2]:.2f} (to reach: {BAR:.1f})")


if __name__ == "__main__":
    main()
