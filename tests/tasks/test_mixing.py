"""Templates, prepared mixtures and the losses that go with them."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.cli.main import main
from rnnviz_core.errors import SpecError
from rnnviz_core.models.classifier_spec import SentimentSpec
from rnnviz_core.tasks.sentiment import prepared
from rnnviz_core.tasks.sentiment.mixing import cells, drawn, passages, shares
from rnnviz_core.tasks.sentiment.objective import looking_loss, polarity_losses
from rnnviz_core.tasks.sentiment.templates import families, templated
from rnnviz_core.training.flat import UNKNOWN, Flat, joined
from rnnviz_core.training.runs import Run, execute
from rnnviz_core.training.settings import TrainingConfig

GOOD = ("lovely", "brilliant", "warm", "great", "funny", "clever")
BAD = ("dull", "awful", "cold", "bad", "slow", "empty")
THINGS = ("film", "story", "plot", "room", "song", "ending", "cast", "scene")


def test_templates_are_the_same_every_time_and_balanced():
    made = templated(6000, seed=3)
    assert made == templated(6000, seed=3)
    assert made[:50] != templated(6000, seed=4)[:50]
    counts = np.bincount([one.label for one in made])
    assert abs(counts[0] - counts[2]) <= 1
    assert counts[1] / len(made) == pytest.approx(0.25, abs=0.03)
    assert len(families()) >= 25


def test_both_members_of_a_pair_stand_together_and_differ():
    pairs = {}
    for one in templated(4000):
        if one.family != "facts":
            pairs.setdefault(one.pair, []).append(one)
    whole = [pair for pair in pairs.values() if len(pair) == 2]
    assert len(whole) > 1000
    for positive, negative in whole:
        assert (positive.label, negative.label) == (2, 0)
        assert positive.text != negative.text
        assert positive.family == negative.family
    assert not [one.text for pair in whole for one in pair if "{" in one.text or "  " in one.text]


def test_negation_says_nothing_about_the_side_in_templates():
    negators = {"not", "never", "no", "nothing", "isn't", "wasn't", "don't", "didn't", "couldn't"}
    sides = [one.label for one in templated(20_000) if negators & set(one.text.lower().strip(".!").split())]
    assert len(sides) > 2000
    assert np.mean([side == 2 for side in sides]) == pytest.approx(0.5, abs=0.1)


def test_a_family_can_be_left_out():
    left = list(families())[:3]
    assert not {one.family for one in templated(3000, leave_out=left)} & set(left)
    with pytest.raises(SpecError, match="unknown family 'nonsense'"):
        templated(10, leave_out=["nonsense"])


@pytest.mark.slow
def test_no_sentence_of_our_own_tests_is_a_template(request):
    folder = request.config.rootpath / "tests" / "material" / "own"
    own = {
        line.split("\t")[-1].lower()
        for file in folder.glob("*.tsv")
        for line in file.read_text("utf-8").splitlines()
    }
    assert len(own) > 500
    assert not own & {one.text.lower() for seed in range(3) for one in templated(20_000, seed)}


def test_losses_of_a_side_are_those_of_its_classes_together():
    logits = torch.tensor([[0.1, 2.0, -1.0, 0.5, 0.3]] * 4, dtype=torch.float64)
    found = polarity_losses(logits, torch.tensor([1, 5, 6, 2]))
    p = logits[0].softmax(-1)
    wanted = torch.stack((p[1], p[0] + p[1], p[3] + p[4], p[2])).log().neg()
    assert torch.allclose(found, wanted)
    smooth = polarity_losses(logits, torch.tensor([1, 5, 6, 2]), 0.2)
    oracle = functional.cross_entropy(logits[:1], torch.tensor([1]), label_smoothing=0.2)
    assert torch.allclose(smooth[0], oracle)
    assert torch.equal(smooth[1:3], found[1:3])  # there is no telling how a side's classes share


def test_attention_is_compared_among_words_of_known_worth():
    scores = torch.tensor([[0.0, 1.0, 2.0, 9.0], [1.0, 1.0, 1.0, 1.0]])
    worth = torch.tensor([[0, 2, 1, UNKNOWN], [0, 0, UNKNOWN, UNKNOWN]], dtype=torch.uint8)
    logs = scores[0, :3].log_softmax(-1)
    wanted = -(2 / 3 * logs[1] + 1 / 3 * logs[2])  # the second row has nothing to look at
    assert looking_loss(scores, worth, UNKNOWN).item() == pytest.approx(wanted.item(), abs=1e-6)


def test_flat_batches_hold_every_text_once():
    rows = [[4, 5], [6], [7, 8, 9], [4]]
    flat = Flat.of(rows, [0, 1, 2, 3])
    seen = {}
    for batch in flat.batches(2, np.random.default_rng(0)):
        for ids, length, target in zip(batch.ids, batch.lengths, batch.targets, strict=True):
            seen[int(target)] = ids[:length].tolist()
            assert not ids[length:].any()
    assert [seen[index] for index in range(4)] == rows
    both = joined([flat.take(np.array([2])), Flat.of([[1, 2]], [5]), flat.take(np.array([0]))])
    assert [both.ids[s : s + n].tolist() for s, n in zip(both.starts, both.lengths, strict=True)] == [
        [7, 8, 9],
        [1, 2],
        [4, 5],
    ]


def test_everyday_texts_are_drawn_evenly_among_the_negated_and_among_the_others():
    negators = np.zeros(12, bool)
    negators[9] = True
    rows = [[9, 4]] * 80 + [[9, 5]] * 20 + [[4]] * 30 + [[5]] * 70
    flat = Flat.of(rows, [5] * 80 + [6] * 20 + [6] * 30 + [5] * 70)
    found = flat.take(drawn(cells(flat, negators), 80, np.random.default_rng(0)))
    negated = np.array([found.ids[start] == 9 for start in found.starts])
    for kind in (True, False):
        assert np.bincount(found.targets[negated == kind], minlength=7)[5:].tolist() == [20, 20]


def test_sources_share_by_the_roots_of_their_sizes():
    sizes = {"a": Flat.of([[4]] * 400, [5] * 400), "b": Flat.of([[4]] * 100, [5] * 100)}
    assert shares(sizes, 300) == {"a": 200, "b": 100}


def test_a_passage_lies_within_its_text():
    flat = Flat.of([list(range(4, 54)), [4, 5]], [0, 1])
    for seed in range(20):
        cut = passages(flat, 10, np.random.default_rng(seed))
        assert cut.lengths.tolist() == [10, 2]
        assert 0 <= cut.starts[0] <= 40
        assert cut.starts[1] == 50


def _table(path, head, rows):
    text = "\n".join(["\t".join(head), *("\t".join(map(str, row)) for row in rows)]) + "\n"
    path.write_bytes(gzip.compress(text.encode()))
    return str(path)


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixture")
    words = [(word, 4) for word in GOOD] + [(word, 0) for word in BAD]
    phrases = [(label, f"a {word} {thing}") for word, label in words for thing in THINGS]
    phrases += [(label, word) for word, label in words] + [(2, f"the {thing}") for thing in THINGS]
    phrases.append((2, "never"))
    sentences = [
        (split, label, f"the {thing} is {word} .")
        for split in ("train", "dev")
        for word, label in words
        for thing in THINGS[:3]
    ]
    everyday = [
        (split, label, drop, f"the {thing} was{no} {word}")
        for split in ("train", "dev")
        for thing in THINGS
        for word, label, no, drop in (
            ("lovely", 2, "", ""),
            ("lovely", 0, "n't", ""),
            ("awful", 0, "", ""),
            ("here", 1, "", ""),
            ("secret", 2, "", "conflict"),
        )
    ]
    options = {
        "data": _table(folder / "phrases.tsv.gz", ["label5", "text"], phrases),
        "validation": _table(folder / "sentences.tsv.gz", ["split", "label5", "text"], sentences),
        "everyday": _table(folder / "rooms.tsv.gz", ["split", "label3", "drop", "text"], everyday),
        "reviews": _table(folder / "reviews.tsv.gz", ["label", "text"],
                          [(k % 2, f"{'great' if k % 2 else 'bad'} film " * 20) for k in range(60)]),
    }  # fmt: skip
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    (folder / "flags").write_text("\n".join(flags))
    out = folder / "runs" / "everyday"
    assert main(["prepare", *flags, "--vocabulary", "500", "--templates", "500", "--out", str(out)]) == 0
    return out


def test_what_prepare_writes_is_read_back(mixture):
    found = prepared.read(str(mixture))
    assert set(found.groups) == {
        *("phrases", "typed", "validation", "everyday/rooms", "dev/rooms", "reviews/reviews")
    }
    rooms = found.groups["everyday/rooms"]
    assert np.bincount(rooms.targets, minlength=7).tolist() == [
        0,
        0,
        8,
        0,
        0,
        16,
        8,
    ]  # the conflict is dropped
    text = found.tokenizer.ids("wasn't lovely")
    pieces = [found.tokenizer.pieces[id_] for id_ in text]
    worth = dict(zip(pieces, found.worth_of(text), strict=True))
    assert worth["n't"] == 2  # a negator matters
    assert found.worth_of(found.tokenizer.ids("lovely film")) == [2, UNKNOWN]
    assert len(found.tokenizer.ids("電")) >= 3  # bytes
    assert 1 not in found.tokenizer.ids("電")  # nothing is unknown


@pytest.fixture(scope="module")
def taught(mixture, tmp_path_factory):
    """A teacher, and a pupil with attention that was told where to look."""
    runs = tmp_path_factory.mktemp("runs")
    config = TrainingConfig(epochs=2, batch=32, rate=0.01)
    spec = SentimentSpec("gru", "pooling", embedding=8, hidden=6)
    plain = Run(spec, str(mixture), everyday=60, templates=100, reviews=20, name="teacher", config=config)
    teacher, _ = execute(plain, runs / "teacher", quiet=True)
    pupil = replace(plain, name="pupil", looking=0.5, teacher=(str(teacher),), teacher_share=0.6)
    return runs, pupil, execute(pupil, runs / "pupil", quiet=True)


def test_a_mixture_trains_teachers_and_pupils(taught, mixture):
    runs, pupil, (path, progress) = taught
    assert path.name == checkpoints.load(path).name == "pupil"
    assert set(progress.figures) == {"accuracy", "accuracy5", "accuracy2", "everyday2", "loss"}
    assert len(list(mixture.glob("answers-*.npz"))) == 1  # asked once, kept beside the mixture
    command = pupil.command("runs/pupil")
    assert "--data runs/everyday" in command
    assert "--looking 0.5" in command
    again, _ = execute(pupil, runs / "again", quiet=True)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (path, again)]
    assert weights[0] == weights[1]


def test_a_mixture_in_a_checkpoints_vocabulary_has_it_for_a_teacher(taught, mixture, tmp_path, capsys):
    runs, pupil, (path, _) = taught
    flags = (mixture.parents[1] / "flags").read_text().splitlines()
    rows = [("train", 2, "", "gorgeous views"), ("train", 0, "", "no views"), ("dev", 2, "", "views")]
    others = _table(tmp_path / "rooms.tsv.gz", ["split", "label3", "drop", "text"], rows)
    flags += ["--everyday", others]
    for name, options in (("own", ["--vocabulary", "400"]), ("shared", ["--vocabulary-of", str(path)])):
        assert main(["prepare", *flags, "--templates", "500", *options, "--out", str(tmp_path / name)]) == 0
    first, own, shared = (prepared.read(str(at)) for at in (mixture, tmp_path / "own", tmp_path / "shared"))
    assert own.tokenizer.serialized != first.tokenizer.serialized == shared.tokenizer.serialized
    again = replace(pupil, data=str(tmp_path / "shared"), teacher=(str(path),))
    execute(again, runs / "of-the-pupil", quiet=True)
    with pytest.raises(SpecError, match="cannot teach: it was not trained on"):
        execute(replace(again, data=str(tmp_path / "own")), runs / "of-nobody", quiet=True)
    capsys.readouterr()
    flags += ["--vocabulary-of", str(tmp_path / "nothing"), "--out", str(tmp_path / "none")]
    assert main(["prepare", *flags]) != 0
    assert "nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"validation": "x.tsv"}, "its own validation"),
        ({"pretrain": ("x.tsv",)}, "the same folder"),
        ({"leave_out": ("nonsense",)}, "unknown family"),
        ({"spec": SentimentSpec("gru", embedding=8, hidden=6, classes=("bad", "good"))}, "five classes"),
    ],
)
def test_what_does_not_go_with_a_mixture_is_refused(mixture, tmp_path, change, message):
    run = Run(
        SentimentSpec("gru", embedding=8, hidden=6),
        str(mixture),
        templates=10,
        config=TrainingConfig(epochs=1),
    )
    with pytest.raises(SpecError, match=message):
        execute(replace(run, **change), tmp_path / "run", quiet=True)


def test_looking_needs_attention(mixture):
    with pytest.raises(SpecError, match="choose an --attention"):
        Run(SentimentSpec("gru"), str(mixture), looking=0.1)
