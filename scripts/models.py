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

EVERYDAY = (
    *("vader_ratings", "crowdflower", "cr_mpqa", "senti4sd", "absa_sentences", "cad_imdb_train"),
    *("tweet_phrases", "goemotions", "isear", "amazon_reviews", "amazon_sentences", "yelp_sentences"),
)
PREPARE = (
    "prepare --data DATA/sst_train_phrases.tsv.gz --validation DATA/sst_sentences.tsv.gz --exclude in_eval=1 "
    f"{' '.join(f'--everyday DATA/{name}.tsv.gz' for name in EVERYDAY)} --reviews DATA/imdb_train.tsv.gz "
    "--reading DATA/imdb_test.tsv.gz@test"
)
# The same in the vocabulary of the collection's own models, for those that one of them teaches.
PREPARE_SHIPPED = f"{PREPARE} --vocabulary-of checkpoints/sentiment-bilstm-attention"
SENTIMENT = "train sentiment --data runs/everyday"
DEEP = "--attention pooling --hidden 128 --layers 2 --bidirectional --dropout 0.5"
# What the three networks of two layers have in common.
DEEP_TRAINING = (
    "--pretrain runs/everyday --reviews 22000 --looking 0.3 --batch 512 --rate 0.004 --average 0.996"
)
DISTILLED = (
    "--teacher runs/sentiment-teacher-lstm/sentiment-bilstm-attention "
    "--teacher runs/sentiment-teacher-gru/sentiment-bigru-attention --teacher-share 0.6 --epochs 6"
)
STUDENT = f"{SENTIMENT} {DISTILLED} --embedding 80 --dropout 0.5 --batch 256 --average 0.998"
BAG = f"{SENTIMENT} --cell none --dropout 0.5 --epochs 6 --batch 256 --rate 0.004 --average 0.998"
TINY = (
    f"{SENTIMENT} --embedding 8 --hidden 4 --everyday 50000 --templates 5000 --epochs 8 --batch 128 "
    "--rate 0.01 --average 0.999"
)
TEACHERS = ("sentiment-teacher-lstm", "sentiment-teacher-gru")
# The floor is what `python -m scripts.floor` prints for the same training phrases and test sentences.
SST = (
    "--data DATA/sst_sentences.tsv.gz --probe tests/material/sentences.tsv --everyday tests/material/own "
    "--floor accuracy5=39.73 --floor accuracy2=82.54 --about docs/data/sst.md --about docs/data/everyday.md"
)
SST_PREPARED = f"{SST} --about docs/data/prepared.md"
SST_BAG = f"{SST_PREPARED} --about docs/data/bag.md"
SST_DISTILLED = f"{SST_PREPARED} --about docs/data/distillation.md"
WORDS = "--trees DATA/sst_trees.tsv.gz --opinions DATA/absa_sentences.tsv.gz"
SST_SUPERVISED = f"{SST_DISTILLED} {WORDS} --about docs/data/supervised_attention.md"
SST_FREE = f"{SST} {WORDS} --about docs/data/free_attention.md"
SPANISH = (
    "train translation --data DATA/tatoeba_eng_spa.tsv.gz --bidirectional --dropout 0.2 "
    "--vocabulary 8000 --target-vocabulary 4000 --sampling 0.2 --batch 96 --rate 0.002 --smoothing 0.1 "
    "--average 0.999"
)
# About as many weights in an LSTM of 192 units as in a GRU of 256; all of the checkpoints stay below 80 MB.
SPANISH_GRU = f"{SPANISH} --embedding 128 --hidden 256 --epochs 7 --cell gru"
SPANISH_LSTM = f"{SPANISH} --embedding 128 --hidden 192 --cell lstm"
# Descriptions and everyday sentences together.
GERMAN_MIXED = (
    "train translation --data DATA/multi30k.tsv.gz --beside DATA/tatoeba_eng_deu.tsv.gz --source de "
    "--target en --bidirectional --vocabulary 8000 --target-vocabulary 4000 --hidden 256 --sampling 0.1 "
    "--smoothing 0.1 --average 0.999 --dropout 0.25 --batch 192"
)
MIXED = (
    "--data DATA/multi30k.tsv.gz --split test_2016_flickr --also test_2017_flickr "
    "--also DATA/tatoeba_eng_deu.tsv.gz@test --beam 5 --about docs/data/mixed.md"
)
INTO_SPANISH = (
    "train translation --data DATA/tatoeba_eng_spa.tsv.gz --source en --target es --bidirectional "
    "--vocabulary 4000 --target-vocabulary 8000 --sampling 0.2 --smoothing 0.1 --average 0.999"
)
FRENCH = (
    "train translation --data DATA/tatoeba_eng_fra.tsv.gz --source fr --target en --bidirectional "
    "--vocabulary 8000 --target-vocabulary 4000 --sampling 0.2 --smoothing 0.1 --average 0.999"
)
TATOEBA = "--data DATA/tatoeba_eng_spa.tsv.gz --beam 5 --about docs/data/tatoeba.md"
TATOEBA_FRENCH = "--data DATA/tatoeba_eng_fra.tsv.gz --beam 5 --about docs/data/tatoeba.md"

SPOTS_DATA = (
    "train forecast --data DATA/monthly_sunspots.csv.gz --series sunspots --step month --season 132 "
    "--lags 24 --test 564 --root --batch 64"
)
SPOTS = f"{SPOTS_DATA} --dropout 0.3 --epochs 3 --rate 0.005"
# One layer of it cannot look back on its own; settled on the validation part alone.
SPOTS_MINGRU = f"{SPOTS_DATA} --cell mingru --layers 2 --dropout 0.1 --epochs 8 --rate 0.01"
NIGHTS = (
    "train forecast --data DATA/melbourne_min_temp.csv.gz --series temperature --unit °C --step day "
    "--season 365 --lags 29 --test 730 --hidden 16 --batch 64 --rate 0.005"
)
SPOTS_TEST = "--data DATA/monthly_sunspots.csv.gz --about docs/data/sunspots.md"
NIGHTS_TEST = "--data DATA/melbourne_min_temp.csv.gz --about docs/data/temperature.md"


@dataclass(frozen=True)
class Recipe:
    """How one model is made: the options of `train` (or of `prepare`, for a mixture) and of `publish`."""

    id: str
    train: str
    publish: str | None  # None: only a run, which others learn from
    seeds: tuple[int, ...] = (0,)  # of its runs; the best on validation is published
    teachers: tuple[str, ...] = ()  # ids of the recipes that must be there before
    needs: tuple[str, ...] = ()  # and of the mixtures, which `prepare` writes, or the stage before

    def runs(self, folder: Path) -> list[Path]:
        """The folder of each seed's run."""
        return [folder / self.id, *(folder / f"{self.id}-seed-{seed}" for seed in self.seeds[1:])]


def stages(id: str, *settings: str) -> tuple[Recipe, ...]:
    """A German-English network in three stages: each begins with the weights of the one before."""
    found, before = [], ""
    for name, setting in zip((f"{id}-first", f"{id}-second", id), settings, strict=True):
        start = f"--start runs/{before}/{id} " if before else ""
        publish = f"{MIXED} --about docs/data/stages_{id}.md" if name == id else None
        needs = (before,) if before else ()
        found.append(Recipe(name, f"{GERMAN_MIXED} {start}{setting}", publish, needs=needs))
        before = name
    return tuple(found)


LUONG = "--embedding 128 --cell lstm --attention luong --repeat 2"
BAHDANAU = "--embedding 192 --cell gru --attention bahdanau"
FIXED_CONTEXT = "--embedding 128 --cell gru --repeat 3"

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
        "en-es-gru-bahdanau",
        f"{INTO_SPANISH} --embedding 160 --hidden 256 --dropout 0.25 --cell gru --attention bahdanau "
        "--epochs 5 --batch 128 --rate 0.0025",
        TATOEBA,
    ),
    Recipe(
        "fr-en-gru-bahdanau",
        f"{FRENCH} --embedding 160 --hidden 256 --dropout 0.25 --cell gru --attention bahdanau "
        "--epochs 5 --batch 160 --rate 0.003",
        TATOEBA_FRENCH,
    ),
    *stages(
        "de-en-lstm-luong",
        f"{LUONG} --epochs 5 --rate 0.003",
        f"{LUONG} --epochs 3 --rate 0.0015",
        f"{LUONG} --epochs 2 --rate 0.0015",
    ),
    *stages(
        "de-en-gru-bahdanau",
        f"{BAHDANAU} --repeat 2 --epochs 6 --rate 0.003",
        f"{BAHDANAU} --repeat 2 --epochs 2 --rate 0.001",
        f"{BAHDANAU} --repeat 4 --epochs 1 --rate 0.0007",
    ),
    *stages(
        "de-en-gru",
        f"{FIXED_CONTEXT} --epochs 5 --rate 0.003",
        f"{FIXED_CONTEXT} --epochs 2 --rate 0.0015",
        f"{FIXED_CONTEXT} --epochs 2 --rate 0.0015",
    ),
    Recipe("everyday", PREPARE, None),
    Recipe(
        "sentiment-teacher-lstm",
        f"{SENTIMENT} {DEEP_TRAINING} --pretrain-epochs 2 --epochs 5 --cell lstm --embedding 128 {DEEP}",
        None,
        seeds=(10,),
        needs=("everyday",),
    ),
    Recipe(
        "sentiment-teacher-gru",
        f"{SENTIMENT} {DEEP_TRAINING} --pretrain-epochs 2 --epochs 5 --cell gru --embedding 128 {DEEP}",
        None,
        seeds=(11,),
        needs=("everyday",),
    ),
    *(
        Recipe(
            f"sentiment-tiny-{cell}",
            f"{TINY} --cell {cell} --name sentiment-tiny-{cell}",
            SST_PREPARED,
            seeds=(0, 1, 2),
            needs=("everyday",),
        )
        for cell in ("rnn", "gru", "lstm")
    ),
    Recipe("sentiment-bag", BAG, SST_BAG, seeds=(0, 1, 2), needs=("everyday",)),
    Recipe(
        "sentiment-bilstm-attention",
        f"{SENTIMENT} {DISTILLED} {DEEP_TRAINING} --cell lstm --embedding 96 {DEEP}",
        SST_SUPERVISED,
        seeds=(0, 1, 2),
        teachers=TEACHERS,
        needs=("everyday",),
    ),
    *(
        Recipe(
            f"sentiment-{cell}",
            f"{STUDENT} --cell {cell} --rate {rate}",
            SST_DISTILLED,
            seeds=(0, 1, 2),
            teachers=TEACHERS,
            needs=("everyday",),
        )
        for cell, rate in (("lstm", 0.004), ("gru", 0.004), ("rnn", 0.002))
    ),
    *(
        Recipe(
            f"sentiment-{cell}-attention",
            f"{STUDENT} --cell {cell} --rate 0.004 --attention pooling --looking 0.1",
            SST_SUPERVISED,
            seeds=(0, 1, 2),
            teachers=TEACHERS,
            needs=("everyday",),
        )
        for cell in ("lstm", "gru")
    ),
    Recipe("everyday-shipped", PREPARE_SHIPPED, None),
    Recipe(
        "sentiment-gru-attention-free",
        "train sentiment --data runs/everyday-shipped --teacher checkpoints/sentiment-bilstm-attention "
        "--teacher-share 0.6 --epochs 6 --embedding 80 --dropout 0.5 --batch 256 --average 0.998 --cell gru "
        "--rate 0.004 --attention pooling --name sentiment-gru-attention-free",
        SST_FREE,
        seeds=(0, 1, 2),
        teachers=("sentiment-bilstm-attention",),
        needs=("everyday-shipped",),
    ),
    *(
        Recipe(
            f"sunspots-{cell}", f"{SPOTS} --cell {cell} --name sunspots-{cell}", SPOTS_TEST, seeds=(0, 1, 2)
        )
        for cell in ("lstm", "gru", "rnn", "peephole")
    ),
    Recipe("sunspots-mingru", f"{SPOTS_MINGRU} --name sunspots-mingru", SPOTS_TEST, seeds=(0, 1, 2)),
    *(
        Recipe(
            f"temperature-{cell}",
            f"{NIGHTS} --cell {cell} --epochs {epochs} --name temperature-{cell}",
            NIGHTS_TEST,
            seeds=(0, 1, 2),
        )
        for cell, epochs in (("lstm", 2), ("gru", 1))
    ),
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
    """Train and publish one model, after what it learns from; whether all of it succeeded."""
    if not all(teacher.result() for teacher in teachers):
        click.echo(f"{recipe.id}: what it learns from failed", err=True)
        return False
    program = [sys.executable, "-m", "rnnviz_core"]
    run, *others = runs = recipe.runs(folder)
    train = find(data, shlex.split(recipe.train), folder)
    seeded = recipe.train.startswith("train")  # `prepare` draws nothing
    commands = [
        [*program, *train, *(["--seed", str(seed)] if seeded else []), "--out", str(path)]
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
    """Ids, and those of the runs and mixtures that these learn from and that are not checkpoints."""
    recipes = {recipe.id: recipe for recipe in COLLECTION}
    found = set(ids)
    for recipe in reversed(COLLECTION):  # teachers stand before their pupils
        if recipe.id in found:
            before = (*recipe.teachers, *recipe.needs)
            found |= {other for other in before if recipes[other].publish is None}
    return found


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
            before = [made[other] for other in (*recipe.teachers, *recipe.needs) if other in made]
            made[recipe.id] = pool.submit(make, recipe, data, runs, before)
    sys.exit(0 if all(one.result() for one in made.values()) else 1)


if __name__ == "__main__":
    main()
