"""Frames of the training page: curves of one run or several, and what they say in words."""

from collections.abc import Mapping, Sequence

import numpy as np

from rnnviz_core.cells.meanings import GATES
from rnnviz_core.languages import N_, _
from rnnviz_core.training.history_file import History

from .columns import Columns, Texts
from .gradients import FLOOR, number
from .tokens import shown, tick_texts

TRAINING, VALIDATION = N_("training"), N_("validation")
LOW, HIGH = N_("low end"), N_("high end")
NOT_SCORES = ("epoch", "step", "train_loss", "best_epoch", "seconds")
RISE = 1.02  # of the lowest validation loss: from here on a rise is more than noise
Runs = Mapping[str, History]  # by the name that a person reads


def score(history: History) -> str:
    """The validation figure that stands beside the training loss: the loss, where there is one."""
    names = [name for name in history.epochs[0] if name not in NOT_SCORES] if history.epochs else []
    return "loss" if "loss" in names or not names else names[0]


def accuracy(history: History) -> str | None:
    """The validation figure that counts right answers; None where there is none."""
    return "accuracy" if history.epochs and "accuracy" in history.epochs[0] else None


def losses(runs: Runs) -> Columns:
    """One row per run, kind and epoch: ``run``, ``kind`` (training, validation), ``epoch``, ``value``.

    The training loss is the mean over the epoch, with dropout, while the weights moved; the validation loss
    is that of the weights at its end. Both are in nats per text.
    """
    rows = [
        (name, kind, row["epoch"], float(row.get(field, np.nan)))
        for name, history in runs.items()
        for kind, field in ((TRAINING, "train_loss"), (VALIDATION, score(history)))
        for row in history.epochs
    ]
    return {
        **_named(runs, [run for run, *_ in rows]),
        "kind": [kind for _, kind, *_ in rows],
        "epoch": np.asarray([epoch for *_, epoch, _ in rows], dtype=np.float64),
        "value": np.asarray([value for *_, value in rows], dtype=np.float64),
    }


def _named(runs: Runs, rows: Sequence[str]) -> dict[str, np.ndarray | Texts]:
    """Columns that say which run a row is of: its name, and its place among the others."""
    places = {name: place for place, name in enumerate(runs)}
    codes = np.asarray([places[name] for name in rows], dtype=np.int16)
    return {"run": Texts(codes, list(runs)), "order": codes}


def lowest(history: History) -> Mapping[str, float] | None:
    """The row of the epoch with the lowest validation loss; None without one."""
    rows = [row for row in history.epochs if np.isfinite(row.get(score(history), np.nan))]
    return min(rows, key=lambda row: row[score(history)], default=None)


def bests(runs: Runs) -> Columns:
    """One row per run: where its validation loss is lowest."""
    found = [(name, best) for name, history in runs.items() if (best := lowest(history)) is not None]
    return {
        **_named(runs, [name for name, _ in found]),
        "epoch": np.asarray([best["epoch"] for _, best in found], dtype=np.float64),
        "value": np.asarray([best[score(runs[name])] for name, best in found], dtype=np.float64),
        "words": [_("lowest: epoch {epoch:.0f}", epoch=best["epoch"]) for _name, best in found],
    }


def overfits(history: History) -> bool:
    """Whether the validation loss rises after its lowest epoch while the training loss goes on falling."""
    best = lowest(history)
    if best is None:
        return False
    last = history.epochs[-1]
    rose = last[score(history)] > RISE * best[score(history)]
    return bool(rose and last["train_loss"] < best["train_loss"])


def losses_in_words(name: str, history: History) -> str:
    """What the two curves of a run say."""
    best = lowest(history)
    if best is None:
        return _told_in_words(name, history)
    field, first, last = score(history), history.epochs[0], history.epochs[-1]
    count, at = int(last["epoch"]), int(best["epoch"])
    right = accuracy(history)
    hits = _(" ({share:.1f} % right)", share=best[right]) if right else ""
    values = {"name": name, "lowest": _("{loss:.3f}", loss=best[field]) + hits, "end": last["train_loss"]}
    if overfits(history):
        return _(
            "{name} overfits from epoch {epoch} on: there its validation loss is lowest, {lowest}; by "
            "epoch {count} it has risen to {risen:.3f}, while the training loss went on falling, from "
            "{start:.3f} to {end:.3f}.",
            epoch=at,
            count=count,
            risen=last[field],
            start=best["train_loss"],
            **values,
        )
    if at == count:
        return _(
            "{name}: the validation loss is lowest at the last epoch, {lowest}; it was still falling, the "
            "training loss from {start:.3f} to {end:.3f}.",
            start=first["train_loss"],
            **values,
        )
    return _(
        "{name}: the validation loss is lowest after epoch {epoch}, {lowest}, and ends at {last:.3f}; the "
        "training loss from {start:.3f} to {end:.3f}.",
        epoch=at,
        last=last[field],
        start=first["train_loss"],
        **values,
    )


def told_losses(history: History) -> np.ndarray:
    """The losses of a run's updates, those that are numbers."""
    losses: np.ndarray = history.steps["loss"]
    return losses[np.isfinite(losses)]


def _told_in_words(name: str, history: History) -> str:
    """What the losses say that a loop told `watch`, of a run without epochs."""
    told = told_losses(history)
    if history.epochs or not len(told):
        return _("{name}: no epoch was finished, and no loss was recorded.", name=name)
    return _(
        "{name}: the loss went from {start} to {end} over {updates:,} updates; the lowest was {lowest}.",
        name=name,
        start=number(float(told[0])),
        end=number(float(told[-1])),
        lowest=number(float(told.min())),
        updates=history.updates,
    )


def updates(runs: Runs) -> Columns:
    """One row per run and row of its history: ``run``, ``step``, ``epoch``, ``loss``, ``rate``, ``norm``,
    ``clipped``, ``largest``.

    ``epoch`` counts in fractions, so that runs of other batch sizes lie above each other.
    """
    found = {name: history.steps for name, history in runs.items()}
    codes = np.repeat(np.arange(len(runs), dtype=np.int16), [len(one["step"]) for one in found.values()])
    columns: dict[str, np.ndarray | Texts] = {"run": Texts(codes, list(runs)), "order": codes}
    columns["epoch"] = np.concatenate(
        [found[name]["step"] / _per_epoch(history) for name, history in runs.items()]
    ).astype(np.float64)
    for field in ("step", "loss", "rate", "norm", "clipped", "largest"):
        columns[field] = np.concatenate([one[field] for one in found.values()]).astype(np.float64)
    for field in ("norm", "clipped"):  # a logarithm has no zero
        values = columns[field]
        assert isinstance(values, np.ndarray)
        columns[field] = np.where(values > 0, values, np.nan)
    return columns


def _per_epoch(history: History) -> float:
    """Updates of an epoch."""
    if not history.epochs:
        return float(max(1, history.updates))
    return float(history.epochs[0]["step"]) / float(history.epochs[0]["epoch"])


def clip_of(history: History) -> float | None:
    """What gradients were clipped to, as far as the run says."""
    config = history.about.get("config")
    value = config.get("clip") if isinstance(config, Mapping) else None
    return float(value) if isinstance(value, int | float) else None


def clip_limits(runs: Runs) -> Columns:
    """One row per limit that gradients were clipped to: ``limit``."""
    found = {limit for history in runs.values() if (limit := clip_of(history)) is not None and limit > 0}
    return {"limit": np.asarray(sorted(found), dtype=np.float64)}


def clipping_in_words(name: str, history: History) -> str:
    """How many updates clipping cut, and by how much."""
    steps = history.steps
    total, cut = int(steps["steps"].sum()), int(steps["cut"].sum())
    if not total:
        return _("{name}: no update was done.", name=name)
    largest, limit = float(steps["largest"].max()), clip_of(history)
    clipping = _("clipping") if limit is None else _("clipping at {limit:g}", limit=limit)
    if not cut:
        return _(
            "{name}: {clipping} cut nothing; the longest gradient was {longest}.",
            name=name,
            clipping=clipping,
            longest=number(largest),
        )
    before, after = (float(np.average(steps[field], weights=steps["steps"])) for field in ("norm", "clipped"))
    return _(
        "{name}: {clipping} cut {cut:,} of {total:,} updates ({share:.0%}). The longest gradient was "
        "{longest}; clipping took the mean length from {before} down to {after}.",
        name=name,
        clipping=clipping,
        cut=cut,
        total=total,
        share=cut / total,
        longest=number(largest),
        before=number(before),
        after=number(after),
    )


def epoch_ends(history: History) -> dict[int, int]:
    """The epoch that each update which ends one belongs to."""
    return {int(row["step"]): int(row["epoch"]) for row in history.epochs}


def moment_names(history: History) -> list[str]:
    """Every moment as an axis and a slider name it: updates, and at its end the epoch."""
    ends = epoch_ends(history)
    return [_("epoch {epoch}", epoch=ends[step]) if step in ends else str(step) for step in history.moments]


def moment_in_words(history: History, place: int) -> str:
    """A moment in a sentence: ``before training``, ``after update 64``, ``after epoch 3 (update 324)``."""
    step, ends = history.moments[place], epoch_ends(history)
    if not step:
        return _("before training")
    if step in ends:
        return _("after epoch {epoch} (update {step:,})", epoch=ends[step], step=step)
    return _("after update {step:,}", step=step)


def _along(history: History, repeat: int) -> dict[str, np.ndarray | Texts]:
    """The columns of an axis of moments, for `repeat` rows of each, moment after moment."""
    names = moment_names(history)
    codes = np.repeat(np.arange(len(names), dtype=np.int16), repeat)
    return {"position": codes, "tick": Texts(codes, tick_texts(names)), "token": Texts(codes, names)}


def layers_of(history: History) -> list[str]:
    """The recurrent layers that were looked at: ``encoder.0``."""
    return list(dict.fromkeys(site.rpartition(".")[0] for site in history.gates))


def gates_of(history: History, layer: str) -> dict[str, int]:
    """The gates of a layer by name, and each one's column among the figures."""
    names = (site.rpartition(".") for site in history.gates)
    found = {gate: place for place, (where, _, gate) in enumerate(names) if where == layer}
    return {gate: place for gate, place in found.items() if gate in GATES or gate == "hidden"}


def horizons(runs: Runs, layer: str) -> Columns:
    """One row per run and moment: an axis of moments, ``run``, ``steps``; of gated cells alone.

    The axis is that of the first run: runs of other lengths are left out.
    """
    found = {name: one for name, one in runs.items() if layer in one.layers}
    names = moment_names(next(iter(runs.values())))
    found = {name: one for name, one in found.items() if moment_names(one) == names}
    position = np.tile(np.arange(len(names), dtype=np.int16), len(found))
    steps = [one.probe_figures["horizon"][:, one.layers.index(layer)] for one in found.values()]
    every = np.concatenate([*steps, np.zeros(0)]).astype(np.float64)
    return {
        "position": position,
        "tick": Texts(position, tick_texts(names)),
        "token": Texts(position, names),
        **_named(runs, [name for name in found for _ in names]),
        "steps": np.where(np.isfinite(every), every, np.nan),
    }


def saturation(history: History, layer: str, *beside: History) -> Columns:
    """One row per moment, gate and end: ``gate``, ``end`` (low, high), ``share``.

    ``top`` (the same on every row) is where the axis ends, also for the runs `beside` this one.
    """
    found = gates_of(history, layer)
    gates, places, count = list(found), list(found.values()), len(found)
    share = np.stack(
        [history.probe_figures["low"][:, places], history.probe_figures["high"][:, places]], axis=-1
    )
    every = [one.probe_figures[end] for one in (history, *beside) for end in ("low", "high")]
    largest = max([float(np.nanmax(values, initial=0)) for values in every if values.size], default=0.0)
    codes = np.tile(np.repeat(np.arange(count, dtype=np.int16), 2), len(history.moments))
    ends = np.tile(np.arange(2, dtype=np.int16), len(history.moments) * count)
    return {
        **_along(history, 2 * count),
        "gate": Texts(codes, gates),
        "end": Texts(ends, [LOW, HIGH]),
        "share": share.reshape(-1).astype(np.float64),
        "top": np.full(share.size, max(largest, 0.1)),
    }


def saturation_in_words(name: str, history: History, layer: str) -> str:
    """How saturated each gate was at first, and is at the end."""
    found = []
    for gate, place in gates_of(history, layer).items():
        first, last = (
            float(history.probe_figures["low"][at, place] + history.probe_figures["high"][at, place])
            for at in (0, -1)
        )
        found.append(_("{gate} {first:.0%} → {last:.0%}", gate=_(gate), first=first, last=last))
    if not found:
        return _("{name}: its gates were not looked at.", name=name)
    values = {"name": name, "shares": ", ".join(found)}
    if "hidden" in gates_of(history, layer):
        said = _(
            "{name}: share of values below −0.9 or above 0.9, before → after training: {shares}.", **values
        )
    else:
        said = _(
            "{name}: share of values below 0.1 or above 0.9, before → after training: {shares}.", **values
        )
    if layer in history.layers:
        steps = history.probe_figures["horizon"][:, history.layers.index(layer)]
        if np.isfinite(steps[[0, -1]]).all():
            said += _(" Memory horizon: {first:.1f} → {last:.1f} steps.", first=steps[0], last=steps[-1])
    return said


def reach(history: History, probe: int, layer: str) -> Columns:
    """One row per moment and step: the moment as ``row``, the step as an axis, ``value``, ``shade``."""
    texts, names = probe_texts(history, probe, layer), moment_names(history)
    values = history.reach[probe, layer].astype(np.float64)
    count, steps = values.shape
    rows = np.repeat(np.arange(count, dtype=np.int16), steps)
    columns = np.tile(np.arange(steps, dtype=np.int16), count)
    return {
        "position": columns,
        "tick": Texts(columns, tick_texts(texts)),
        "token": Texts(columns, texts),
        "row": rows,
        "row_tick": Texts(rows, tick_texts(names)),
        "row_token": Texts(rows, names),
        "value": values.reshape(-1),
        "shade": np.log10(np.maximum(values, FLOOR)).reshape(-1).astype(np.float32),
    }


def probe_texts(history: History, probe: int, layer: str) -> list[str]:
    """What stands at each step of a text; numbers where its steps are others (a decoder's)."""
    texts = [shown(token.text) for token in history.probes[probe].tokens]
    steps = history.reach[probe, layer].shape[1] if (probe, layer) in history.reach else len(texts)
    return texts if len(texts) == steps else [str(step) for step in range(steps)]


def shades(runs: Sequence[History], probe: int, layer: str) -> tuple[int, int]:
    """The powers of ten between which colours run: the same for every run and moment."""
    found = [
        run.reach[probe, layer][np.isfinite(run.reach[probe, layer]) & (run.reach[probe, layer] > 0)]
        for run in runs
        if (probe, layer) in run.reach
    ]
    values = np.concatenate([*found, np.ones(0)])
    if not len(values):
        return -4, 0
    low = int(np.clip(np.floor(np.log10(np.quantile(values, 0.02))), -8, 2))
    return low, max(low + 1, int(np.ceil(np.log10(values.max()))))


def reach_in_words(name: str, history: History, probe: int, layer: str) -> str:
    """First step against last, before training and after it."""
    values = history.reach.get((probe, layer))
    if values is None or values.shape[1] < 2:
        return _("{name}: no gradient was looked at.", name=name)
    said = []
    for at, when in (
        (0, N_("before training {first} at its first step and {last} at its last")),
        (len(values) - 1, N_("at the end {first} at its first step and {last} at its last")),
    ):
        first, last = float(values[at, 0]), float(values[at, -1])
        if first > 0 and last > 0:
            said.append(_(when, first=number(first), last=number(last)))
    told = "; ".join(said) or _("no gradient is left")
    return f"{name}: {told}."
