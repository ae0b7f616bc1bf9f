"""Train and publish the whole collection from local data: ``make models DATA=FOLDER``.

Two runs stand side by side, one thread each. A run that was stopped goes on where it was, and a finished
one is only scored again. The options below are those of the cards; a test compares them.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

from rnnviz_core.inputs.corpora import SPLIT_MARK, own_split

SENTIMENT = (
    "train sentiment --data DATA/sst_train_phrases.tsv.gz --validation DATA/sst_sentences.tsv.gz "
    "--embedding 128 --dropout 0.5 --exclude in_eval=1 --vocabulary 8000 --treebank --average 0.999"
)
GATED = f"{SENTIMENT} --epochs 4 --rate 0.002"
# 128 units instead of 64, and all of the checkpoints stay below 60 MB.
FEWER_PIECES = GATED.replace("--vocabulary 8000", "--vocabulary 6000")
# The floor is what `python -m scripts.floor` prints for the same training and test texts.
SST = (
    "--data DATA/sst_sentences.tsv.gz --about docs/data/sst.md --probe tests/material/sentences.tsv "
    "--floor accuracy5=39.73 --floor accuracy2=82.54"
)
SPANISH = (
    "train translation --data DATA/tatoeba_eng_spa.tsv.gz --bidirectional --dropout 0.2 "
    "--vocabulary 8000 --target-vocabulary 4000 --sampling 0.2 --batch 96 --rate 0.002 --smoothing 0.1 "
    "--average 0.999"
)
# About as many weights in an LSTM of 192 units as in a GRU of 256; all of the checkpoints stay below 60 MB.
SPANISH_GRU = f"{SPANISH} --embedding 128 --hidden 256 --epochs 7 --cell gru"
SPANISH_LSTM = f"{SPANISH} --embedding 128 --hidden 192 --cell lstm"
REVIEWS = "--polarity DATA/imdb_train.tsv.gz"
BOTH_HALVES = "--pretrain DATA/imdb_train.tsv.gz --pretrain DATA/imdb_test.tsv.gz@test"
DEEP = "--attention pooling --layers 2 --bidirectional"
TAUGHT = f"{GATED} {REVIEWS} --teacher runs/sentiment-teacher/sentiment-bilstm-attention --teacher-share 0.7"
SST_TAUGHT = SST.replace("--probe", "--about docs/data/taught.md --probe")
SST_DEEP = SST.replace("--probe", "--about docs/data/deep.md --probe")
GERMAN = (
    "train translation --data DATA/multi30k.tsv.gz --source de --target en --embedding 128 --bidirectional "
    "--vocabulary 3000 --smoothing 0.1 --average 0.999 --hidden 256 --sampling 0.1 --rate 0.003"
)
GERMAN_GRU = f"{GERMAN} --precision bfloat16 --dropout 0.3 --cell gru --attention bahdanau"
MULTI30K = (
    "--data DATA/multi30k.tsv.gz --split test_2016_flickr --also test_2017_flickr --beam 5 "
    "--about docs/data/multi30k.md"
)
MULTI30K_TAUGHT = f"{MULTI30K} --about docs/data/multi30k-taught.md"
TATOEBA = "--data DATA/tatoeba_eng_spa.tsv.gz --beam 5 --about docs/data/tatoeba.md"


@dataclass(frozen=True)
class Recipe:
    """How one model is made: the options of `train` and of `publish`."""

    id: str
    train: str
    publish: str | None  # None: only a run, which others learn from
    seeds: tuple[int, ...] = (0,)  # of its runs; the best on validation is published
    teachers: tuple[str, ...] = ()  # ids of the recipes that must be there before

    def runs(self, folder: Path) -> list[Path]:
        """The folder of each seed's run."""
        return [folder / self.id, *(folder / f"{self.id}-seed-{seed}" for seed in self.seeds[1:])]


COLLECTION = (
    Recipe(
        "es-en-gru-bahdanau",
        f"{SPANISH} --embedding 192 --hidden 256 --epochs 10 --cell gru --attention bahdanau",
        TATOEBA,
    ),
    Recipe("es-en-gru-luong", f"{SPANISH_GRU} --attention luong", TATOEBA),
    Recipe("es-en-gru", SPANISH_GRU, TATOEBA),
    Recipe("es-en-lstm-luong", f"{SPANISH_LSTM} --epochs 8 --attention luong", TATOEBA),
    Recipe("es-en-lstm", f"{SPANISH_LSTM} --epochs 6", TATOEBA),
    Recipe("es-en-lstm-bahdanau", f"{SPANISH_LSTM} --epochs 8 --attention bahdanau", TATOEBA),
    Recipe(
        "de-en-lstm-luong",
        f"{GERMAN} --precision bfloat16 --dropout 0.35 --epochs 28 --cell lstm --attention luong",
        MULTI30K,
    ),
    Recipe("de-en-teacher", f"{GERMAN_GRU} --epochs 20", None),
    Recipe(
        "de-en-gru-bahdanau",
        f"{GERMAN_GRU} --epochs 32 --pretrain DATA/tatoeba_eng_deu.tsv.gz --pretrain-epochs 2 "
        "--teacher checkpoints/de-en-lstm-luong --teacher runs/de-en-teacher/de-en-gru-bahdanau "
        "--teacher-nearest --teacher-share 0.9",
        MULTI30K_TAUGHT,
        teachers=("de-en-lstm-luong", "de-en-teacher"),
    ),
    Recipe("de-en-gru", f"{GERMAN} --dropout 0.3 --epochs 16 --cell gru", MULTI30K),
    Recipe(
        "sentiment-teacher",
        f"{GATED} {REVIEWS} --pretrain DATA/imdb_train.tsv.gz --cell lstm {DEEP}",
        None,
        seeds=(1,),
    ),
    Recipe(
        "sentiment-teacher-gru",
        f"{GATED} {REVIEWS} --pretrain DATA/imdb_train.tsv.gz --hidden 128 --cell gru {DEEP}",
        None,
    ),
    Recipe(
        "sentiment-teacher-lstm",
        f"{FEWER_PIECES} {REVIEWS} --polarity DATA/imdb_test.tsv.gz@test {BOTH_HALVES} "
        f"--hidden 128 --cell lstm {DEEP} --precision bfloat16",
        None,
    ),
    Recipe(
        "sentiment-bilstm-attention",
        f"{FEWER_PIECES} {REVIEWS} {BOTH_HALVES} --hidden 128 --cell lstm {DEEP} "
        "--precision bfloat16 --teacher runs/sentiment-teacher-gru/sentiment-bigru-attention "
        "--teacher runs/sentiment-teacher-lstm/sentiment-bilstm-attention --teacher-share 0.7",
        SST_DEEP,
        seeds=(0, 1, 2),
        teachers=("sentiment-teacher-gru", "sentiment-teacher-lstm"),
    ),
    Recipe("sentiment-lstm", f"{SENTIMENT} --epochs 8 --rate 0.002 --cell lstm", SST, seeds=(0, 1, 2)),
    Recipe("sentiment-gru", f"{GATED} --cell gru", SST, seeds=(0, 1, 2)),
    *(
        Recipe(
            f"sentiment-{cell}-attention",
            f"{TAUGHT} --cell {cell} --attention pooling",
            SST_TAUGHT,
            seeds=(0, 1, 2),
            teachers=("sentiment-teacher",),
        )
        for cell in ("lstm", "gru")
    ),
    Recipe("sentiment-rnn", f"{SENTIMENT} --cell rnn --epochs 8", SST, seeds=(0, 1, 2)),
)


def find(folder: Path, words: Sequence[str], runs: Path = Path("runs")) -> list[str]:
    """``DATA/name`` becomes that file's path, wherever in the folder it lies; ``runs/`` is where runs are."""
    found = []
    for word in words:
        if word.startswith("DATA/"):
            name, split = own_split(word.removeprefix("DATA/"))
            paths = sorted(folder.rglob(name))
            if not paths:
                raise click.ClickException(f"no {name} in {folder}")
            word = f"{paths[0]}{SPLIT_MARK}{split}" if split else str(paths[0])
        elif word.startswith("runs/"):
            word = str(runs / word.removeprefix("runs/"))
        found.append(word)
    return found


def make(recipe: Recipe, data: Path, folder: Path, teachers: Sequence[Future[bool]] = ()) -> bool:
    """Train and publish one model, after its teachers; whether all of it succeeded."""
    if not all(teacher.result() for teacher in teachers):
        click.echo(f"{recipe.id}: its teacher failed", err=True)
        return False
    program = [sys.executable, "-m", "rnnviz_core"]
    run, *others = runs = recipe.runs(folder)
    train = find(data, shlex.split(recipe.train), folder)
    commands = [
        [*program, *train, "--seed", str(seed), "--out", str(path)]
        for seed, path in zip(recipe.seeds, runs, strict=True)
    ]
    if recipe.publish:
        seeds = [word for path in others for word in ("--seed-run", str(path))]
        commands.append([*program, "publish", str(run), *seeds, *find(data, shlex.split(recipe.publish))])
    run.mkdir(parents=True, exist_ok=True)
    with (run / "output.log").open("a") as log:
        for command in commands:
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            if subprocess.run(command, stdout=log, stderr=log, env=environment, check=False).returncode:
                click.echo(f"{recipe.id}: failed, see {log.name}", err=True)
                return False
    click.echo(f"{recipe.id}: done")
    return True


def with_teachers(ids: Iterable[str]) -> set[str]:
    """Ids, and those of the runs that these learn from and that are no checkpoints."""
    recipes = {recipe.id: recipe for recipe in COLLECTION}
    teachers = {teacher for one in ids for teacher in recipes[one].teachers}
    return {*ids, *(teacher for teacher in teachers if recipes[teacher].publish is None)}


@click.command(help=__doc__)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True)
@click.option("--only", multiple=True, help="Ids to make; by default all.")
def main(data: Path, runs: Path, only: tuple[str, ...]) -> None:
    known = {recipe.id for recipe in COLLECTION}
    if odd := sorted(set(only) - known):
        raise click.UsageError(f"unknown model {odd[0]!r}; choose among {', '.join(sorted(known))}")
    ids = with_teachers(only or known)
    wanted = [recipe for recipe in COLLECTION if recipe.id in ids]
    made: dict[str, Future[bool]] = {}
    with ThreadPoolExecutor(2) as pool:
        for recipe in wanted:  # teachers stand before their pupils, so nobody waits for one that has to wait
            teachers = [made[teacher] for teacher in recipe.teachers if teacher in made]
            made[recipe.id] = pool.submit(make, recipe, data, runs, teachers)
    sys.exit(0 if all(one.result() for one in made.values()) else 1)


if __name__ == "__main__":
    main()
