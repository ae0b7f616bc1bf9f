"""What a constant added to the neutral logit would do: more plain facts called neutral, at what cost.

    python -m scripts.neutral --data FOLDER --mixture runs/everyday ID ...

A constant does not change the binary accuracy. It would be chosen by the validation figures: five-class
accuracy on the validation sentences, and mean recall of three classes over the `dev` rows of the mixture's
sources that have neutral texts. The test accuracy and the plain facts are printed, too.
"""

from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.inputs import corpora, tables
from rnnviz_core.models.classifier import SentimentModel
from rnnviz_core.tasks.sentiment import prepared
from rnnviz_core.tasks.sentiment.mixing import DEV_ROWS
from rnnviz_core.tasks.sentiment.objective import flat_logits, sentiment_logits
from rnnviz_core.tasks.sentiment.scoring import known_ids, thirds

from .models import find
from .verify import EVERYDAY

CONSTANTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.3)  # added to the logit of the middle class
NEUTRAL = 2  # of five classes
FEW = 20  # neutral rows that a source must have


def raised(logits: Tensor, constant: float) -> Tensor:
    """The logits with the constant on the middle class."""
    return logits + constant * torch.eye(5)[NEUTRAL]


def recalls(logits: Tensor, truth: Tensor) -> list[float]:
    """Of texts below, at and above the middle, how many are called so, in percent."""
    called = thirds(logits)
    return [100 * (called[truth == third] == third).double().mean().item() for third in range(3)]


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Over five classes, in percent."""
    return 100 * (logits.argmax(-1) == labels).double().mean().item()


def _sources(model: SentimentModel, mixture: prepared.Prepared) -> list[tuple[Tensor, Tensor]]:
    """Logits and thirds of every source with neutral texts."""
    found = []
    for name in mixture.names("dev"):
        flat = mixture.groups[name]
        flat = flat.take(np.linspace(0, len(flat) - 1, min(len(flat), DEV_ROWS)).astype(int))
        if (flat.targets == NEUTRAL).sum() >= FEW:
            truth = np.select([flat.targets == 5, flat.targets == NEUTRAL], [0, 1], 2)
            found.append((flat_logits(model, flat), torch.from_numpy(truth)))
    return found


@click.command(help=__doc__)
@click.argument("models", nargs=-1, required=True)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--mixture", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
def main(models: tuple[str, ...], data: Path, mixture: Path) -> None:
    texts = prepared.read(str(mixture))
    (path,) = find(data, ["DATA/sst_sentences.tsv.gz"])
    test, check = corpora.labelled(path, "test", 5), texts.groups["validation"]
    facts = tables.read(EVERYDAY / "facts.tsv")["text"]
    click.echo("model  constant  validation, 5  dev, mean of 3  dev, neutral  test, 5  facts")
    for name in models:
        model = checkpoints.load(places.shipped() / name)
        assert isinstance(model, SentimentModel)
        validation, sources = flat_logits(model, check), _sources(model, texts)
        tested, stated = (
            sentiment_logits(model, [known_ids(model, text) for text in some]) for some in (test.texts, facts)
        )
        for constant in CONSTANTS:
            found = np.array([recalls(raised(logits, constant), truth) for logits, truth in sources])
            figures = (
                accuracy(raised(validation, constant), torch.from_numpy(check.targets)),
                found.mean(),
                found[:, 1].mean(),
                accuracy(raised(tested, constant), torch.tensor(test.labels)),
                100 * (thirds(raised(stated, constant)) == 1).double().mean().item(),
            )
            click.echo("  ".join([name, f"{constant:.1f}", *(f"{figure:.1f}" for figure in figures)]))


if __name__ == "__main__":
    main()
