"""Classes of any number, with or without an order: trained, scored, published and recorded by their names."""

import json
import shlex

import pytest
import torch

from rnnviz_core.charts import theme
from rnnviz_core.checkpoints import listing
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.cli.main import main
from rnnviz_core.contracts.task import record
from rnnviz_core.errors import SpecError
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.models.specs import join_names, split_names
from rnnviz_core.tasks.sentiment.objective import sentiment_scores
from rnnviz_core.training.runs import Run

NAMES = (
    *("weather", "sport", "music", "food", "travel", "film", "books", "money", "health", "school"),
    *("garden", "law", "art, old and new", "space", "games", "war", "peace", "trains", "ships", "birds"),
)


def table(path, count, column):
    """Every class has a word of its own, which decides."""
    rows = [
        f"{split}\t{number}\tabout {NAMES[number].split(',')[0]} {more}"
        for number in range(count)
        for split, words in (
            ("train", ("today", "again", "here", "now")),
            ("dev", ("later",)),
            ("test", ("soon",)),
        )
        for more in words
    ]
    path.write_text("\n".join([f"split\t{column}\ttext", *rows]) + "\n", encoding="utf-8")
    return str(path)


def command(capsys, *words):
    assert main(list(words)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    ("count", "column"), [(2, "label"), (3, "label"), (4, "label4"), (7, "label"), (20, "label20")]
)
def test_from_a_table_to_the_card(tmp_path, capsys, count, column, ordered):
    data, names = table(tmp_path / "own.tsv", count, column), NAMES[:count]
    order = () if ordered else ("--no-ordered",)
    command(
        capsys,
        *("train", "sentiment", "--cell", "gru", "--hidden", "8", "--embedding", "8", "--vocabulary", "90"),
        *("--data", data, "--classes", join_names(names), *order, "--epochs", "1", "--quiet"),
        *("--out", str(tmp_path / "run")),
    )
    places = ("--data", data, "--checkpoints", str(tmp_path / "models"))
    command(capsys, "publish", str(tmp_path / "run"), *places, "--floor", f"accuracy{count}=12.5")
    wanted = {f"accuracy{count}"}
    if ordered:
        wanted |= {"accuracy2"} | ({"accuracy3"} if count % 2 else set())
    entry = checkpoints.scan(tmp_path / "models").find("sentiment-gru")
    assert (entry.spec.classes, entry.spec.ordered) == (names, ordered)
    assert set(entry.scores) == wanted
    scores = json.loads(command(capsys, "evaluate", "sentiment-gru", *places, "--json"))
    assert set(scores) == {"rows", *wanted}
    assert {name: round(scores[name], 2) for name in wanted} == dict(entry.scores)
    assert f"Classes, {'worst first' if ordered else 'in no order'}: {', '.join(names)}." in entry.card
    assert ("binary accuracy" in entry.card) == ordered
    assert f"| {entry.scores[f'accuracy{count}']:.2f} | 12.50 |" in entry.card
    assert f"% on {count} classes" in listing.scores(dict(entry.scores))
    validation = {name for name in entry.metrics["validation"] if name.startswith("accuracy")}
    assert validation == {"accuracy", f"accuracy{count}"} | ({"accuracy2"} if ordered else set())
    trace = record(checkpoints.load(entry.path), "about ships")
    assert trace.labels["class"] == names
    assert trace.meta["label"] in names
    assert trace.meta["ordered"] is ordered
    train = shlex.split(entry.metrics["command"])
    assert split_names(train[train.index("--classes") + 1]) == names
    assert ("--no-ordered" in train) is not ordered


def test_the_best_epoch_of_names_is_that_of_the_plain_accuracy():
    """Without an order there are no sides, so nothing else has a say."""
    logits = torch.tensor([[9.0, 0, 0, 0], [0, 9.0, 0, 0], [0, 0, 0, 9.0]])
    assert sentiment_scores(logits, [1, 1, 0], ordered=False) == {"accuracy4": pytest.approx(100 / 3)}
    both = sentiment_scores(logits, [1, 1, 0])
    assert both == {"accuracy4": pytest.approx(100 / 3), "accuracy2": pytest.approx(200 / 3)}


def test_accuracy_counts_the_rows_that_have_a_label(tmp_path, capsys, make_sentiment):
    model = make_sentiment("gru", classes=("a", "b", "c", "d"), ordered=False)
    folder = checkpoints.save(model, tmp_path / "own", {})
    texts = ["the film was good", "a slow ending", "never bad", "the old house"]
    ids = [model.tokenizer.ids(text) for text in texts]
    said = [model(torch.tensor([row]), torch.tensor([len(row)])).argmax().item() for row in ids]
    labels = [said[0], (said[1] + 1) % 4, "", said[3]]  # right, wrong, unknown, right
    path = tmp_path / "own.tsv"
    rows = [f"{label}\t{text}" for label, text in zip(labels, texts, strict=True)]
    path.write_text("\n".join(["label\ttext", *rows]) + "\n")
    found = json.loads(command(capsys, "evaluate", str(folder), "--data", str(path), "--json"))
    assert found == {"rows": 4, "accuracy4": pytest.approx(200 / 3)}
    path.write_text("label2\ttext\n1\tnever bad\n")
    assert main(["evaluate", str(folder), "--data", str(path)]) == 2
    assert "no column 'label4'; the columns are label2, text" in capsys.readouterr().err


def test_probes_of_names_are_scored_over_all_classes(tmp_path, capsys):
    data = table(tmp_path / "own.tsv", 4, "label")
    given = ("--hidden", "4", "--embedding", "4", "--vocabulary", "60", "--epochs", "1", "--quiet")
    run = str(tmp_path / "run")
    names = ("--classes", "a,b,c,d", "--no-ordered")
    command(capsys, "train", "sentiment", "--cell", "rnn", "--data", data, *names, *given, "--out", run)
    places = ("--data", data, "--probe", data, "--checkpoints", str(tmp_path / "models"))
    command(capsys, "publish", run, *places)
    entry = checkpoints.scan(tmp_path / "models").entries[0]
    assert [set(probe) for probe in entry.metrics["probes"]] == [
        {"name", "rows", "accuracy4", "evaluate"}
    ] * 3
    assert "Accuracy on small sets of sentences:" in entry.card
    assert "inary accuracy" not in entry.card


def test_labels_may_be_written_as_names_and_need_not_all_occur(tmp_path, capsys, make_sentiment):
    """Two of four names, small numbers in the other table: no other number of classes is meant."""
    model = make_sentiment("gru", classes=("sport", "law", "art, old", "food"), ordered=False)
    folder = str(checkpoints.save(model, tmp_path / "own", {}))
    texts = ["the film was good", "a slow ending", "never bad"]
    found = []
    for name, labels in (("names", ("law", '"art, old"', "Law")), ("numbers", (1, 2, 1))):
        path = tmp_path / f"{name}.csv"
        rows = [f"{label},{text}" for label, text in zip(labels, texts, strict=True)]
        path.write_text("\n".join(["label,text", *rows]) + "\n")
        found.append(json.loads(command(capsys, "evaluate", folder, "--data", str(path), "--json")))
    assert found[0] == found[1]
    assert set(found[0]) == {"rows", "accuracy4"}


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (("one",), "it must list 2 to 20 names"),
        (tuple(map(str, range(21))), "it must list 2 to 20 names"),
        (("a", "b", "a"), "classes names 'a' twice"),
        (("a", " "), "classes holds the name ' '"),
        (("a", "b\nc"), "give each class a name on one line"),
    ],
)
def test_names_that_cannot_stand_for_a_class_are_explained(classes, message):
    with pytest.raises(SpecError, match=message):
        SentimentSpec("gru", classes=classes)


def test_settings_of_earlier_versions_are_read_as_ordered():
    old = SentimentSpec("gru").to_dict()
    del old["ordered"]
    assert SentimentSpec.from_dict(old) == SentimentSpec("gru")
    assert SentimentSpec.from_dict(old).ordered
    with pytest.raises(SpecError, match="ordered is 'yes'; it must be true or false"):
        SentimentSpec.from_dict({**old, "ordered": "yes"})


def test_texts_known_by_their_side_need_an_order():
    with pytest.raises(SpecError, match="polarity needs classes from worst to best"):
        Run(SentimentSpec("gru", classes=("a", "b"), ordered=False), "own.tsv", polarity=("sides.tsv",))


@pytest.mark.parametrize("names", [("a", "b"), ("art, old and new", 'a "quoted" one', "plain"), NAMES])
def test_names_survive_the_command_line(names):
    assert split_names(join_names(names)) == names


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("count", [2, 5, 7, 20])
def test_every_class_has_a_colour_of_its_own(count, ordered):
    colours = theme.class_colours(count, ordered)
    assert len(set(colours)) == count
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours)
