"""What a linear model on words and pairs of words reaches: the floor under the sentiment networks.

Logistic regression on Naive-Bayes-weighted features (after Wang and Manning, ACL 2012, whose classifier is
a support vector machine), one against the rest for five classes::

    python -m scripts.floor --data DATA/sst_train_phrases.tsv.gz --exclude in_eval=1 \\
        --test DATA/sst_sentences.tsv.gz
"""

from typing import Any

import click
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from rnnviz_core.inputs import corpora
from rnnviz_core.inputs.corpora import Labelled


def ratio(counts: csr_matrix, positive: np.ndarray) -> np.ndarray:
    """Log ratio of how often each feature stands in the positive and in the other texts, add-one smoothed."""
    inside = 1 + np.asarray(counts[positive].sum(axis=0)).ravel()
    outside = 1 + np.asarray(counts[~positive].sum(axis=0)).ravel()
    return np.log(inside / inside.sum()) - np.log(outside / outside.sum())


def decide(train: csr_matrix, positive: np.ndarray, test: csr_matrix) -> np.ndarray:
    """How far each test text is on the positive side."""
    weights = ratio(train, positive)
    model = LogisticRegression(max_iter=300).fit(train.multiply(weights).tocsr(), positive)
    return model.decision_function(test.multiply(weights).tocsr())


def floor(train: Labelled, test: Labelled, classes: int, *, ordered: bool = True) -> dict[str, float]:
    """Accuracies in percent, named as `evaluate` names them."""
    vectorizer = CountVectorizer(ngram_range=(1, 2), binary=True, token_pattern=r"\S+")
    fitted: Any = vectorizer.fit_transform(train.texts)
    seen: Any = vectorizer.transform(test.texts)
    labels, truth = np.array(train.labels), np.array(test.labels)
    votes = np.stack([decide(fitted, labels == number, seen) for number in range(classes)])
    scores = {f"accuracy{classes}": 100 * float((votes.argmax(axis=0) == truth).mean())}
    middle = (classes - 1) / 2
    if ordered and classes > 2:
        used, asked = labels != middle, truth != middle
        sides = decide(fitted[used], labels[used] > middle, seen[asked]) > 0
        scores["accuracy2"] = 100 * float((sides == (truth[asked] > middle)).mean())
    return scores


@click.command(help=__doc__)
@click.option("--data", required=True, help="Training texts.")
@click.option("--test", required=True, help="Table that holds the split to score on.")
@click.option("--split", default="test", show_default=True)
@click.option("--exclude", multiple=True, help="COLUMN=VALUE: leave such rows out of training.")
@click.option("--classes", default=5, show_default=True)
@click.option("--ordered/--no-ordered", default=True, help="Whether they run from worst to best.")
def main(data: str, test: str, split: str, exclude: tuple[str, ...], classes: int, ordered: bool) -> None:
    train = corpora.labelled(data, "train", classes, exclude=exclude)
    checked = corpora.labelled(test, split, classes)
    for name, score in floor(train, checked, classes, ordered=ordered).items():
        click.echo(f"{name:<14}{score:.2f}")


if __name__ == "__main__":
    main()
