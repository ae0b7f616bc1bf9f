"""The numbers of every kind of finding, computed again from a trace's arrays in plain numpy.

Written without the code under test: gates are known by their names, ledgers are kept in a loop, and no
threshold is read. Each function returns the numbers, and words that the claim must hold.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from rnnviz_core.tracing.trace import Trace

Told = tuple[dict[str, float], list[str]]


def label(text: str) -> str:
    """A token as the app shows it."""
    special = {"</s>": "(end)", "<s>": "(start)"}
    return special.get(text, text.replace("▁", " ").strip() or "␣")


class Place:
    """One layer of a trace, its steps in the order of reading."""

    def __init__(self, trace: Trace, finding: Any) -> None:
        self.trace, self.prefix = trace, f"{finding.where.layer}."
        self.reverse = "reverse" in self.prefix
        tokens = trace.tokens.get(
            {"decoder": "target"}.get(finding.where.part, next(iter(trace.tokens), "")), ()
        )
        self.labels = [label(token.text) for token in tokens]

    def __call__(self, name: str) -> np.ndarray:
        found = self.trace[self.prefix + name].astype(float)
        return found[::-1] if self.reverse and found.ndim == 2 else found

    def place(self, step: int) -> int:
        """The index along the tokens of a step in the order of reading."""
        return len(self("hidden")) - 1 - step if self.reverse else step

    def word(self, step: int) -> str:
        at = self.place(step)
        return self.labels[at] if at < len(self.labels) else str(at)

    def memory(self) -> tuple[str, np.ndarray, np.ndarray]:
        has = lambda name: self.prefix + name in self.trace  # noqa: E731
        if has("forget"):
            return "cell", self("forget"), self("input") * self("candidate")
        if has("reset"):
            return "hidden", self("update"), (1 - self("update")) * self("candidate")
        if has("update"):  # minGRU, the other way round
            return "hidden", 1 - self("update"), self("update") * self("candidate")
        return "", np.empty(0), np.empty(0)

    def old(self, state: str) -> np.ndarray:
        first = self.trace[f"{self.prefix}initial_{state}"].astype(float)
        return np.vstack([first, self(state)[:-1]])

    def ledger(self, of: int) -> list[float]:
        """How long what was written at a step is after it, after the next step, and so on."""
        _, kept, written = self.memory()
        share, lengths = written[of].copy(), []
        for step in range(of, len(kept)):
            if step > of:
                share = share * kept[step]
            lengths.append(float(np.sqrt((share**2).sum())))
        return lengths


def forgetting(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    state, kept, _ = here.memory()
    old = here.old(state)
    counts = [
        sum(1 for k, o in zip(*row, strict=True) if o != 0 and k < 0.5) for row in zip(kept, old, strict=True)
    ]
    # Of equals the first along the text is named.
    ranked = sorted(range(len(counts)), key=lambda step: (-counts[step], here.place(step)))
    numbers = {"units": counts[ranked[0]], "size": kept.shape[1]}
    words = [here.word(ranked[0])]
    if "units_second" in finding.numbers:
        numbers["units_second"] = counts[ranked[1]]
        words.append(here.word(ranked[1]))
    return numbers, words


def keeping(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    state, kept, _ = here.memory()
    counts = ((kept > 0.9) & (here.old(state) != 0)).sum(1)
    assert counts[here.place(finding.where.step)] == counts.max()
    return {"units": int(counts.max()), "size": kept.shape[1]}, [here.word(here.place(finding.where.step))]


def gate(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    values = here(finding.kind.removesuffix("_gate"))
    means = [float(sum(row) / len(row)) for row in values]
    numbers = {"highest": max(means), "lowest": min(means)}
    if values.shape[1] > 1:
        numbers["size"] = values.shape[1]
    return numbers, [here.word(int(np.argmax(means))), here.word(int(np.argmin(means)))]


def saturation(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    counts = (np.abs(trace[here.prefix + "candidate"]) > 0.9).sum(1)  # in the precision of the trace
    return {
        "units": int(counts.max()),
        "size": here("hidden").shape[1],
        "units_fewest": int(counts.min()),
    }, []


def silence(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    counts = (here("hidden") == 0).sum(1)
    return {
        "units": int(counts.max()),
        "size": here("hidden").shape[1],
        "units_fewest": int(counts.min()),
    }, []


def one_unit(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    state, kept, written = here.memory()
    state = state or "hidden"
    step, unit = here.place(finding.where.step), finding.where.unit
    old, new = here.old(state), here(state)
    assert abs(new[step, unit] - old[step, unit]) == np.abs(new - old).max()
    numbers = {"unit": unit, "before": old[step, unit], "after": new[step, unit]}
    if "kept" in finding.numbers:
        numbers |= {"kept": kept[step, unit], "written": written[step, unit]}
        whole = numbers["kept"] * numbers["before"] + numbers["written"]
        assert abs(whole - numbers["after"]) < 1e-4 * max(1, abs(whole))
    return numbers, [here.word(step)]


def trail(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    _, _, written = here.memory()
    lengths = [float(np.sqrt((row**2).sum())) for row in written]
    first = int(np.argmax(lengths[:-1]))
    rest = here.ledger(first)
    numbers, words = {"written": rest[0], "left_at_end": rest[-1]}, [here.word(first)]
    if "left_after" in finding.numbers:
        drops = [one - other for one, other in pairwise(rest)]
        steepest = int(np.argmax(drops)) + 1
        numbers["left_after"] = rest[steepest]
        words.append(here.word(first + steepest))
    return numbers, words


def left(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    steps = len(here("hidden"))
    ends = [here.ledger(step) for step in range(steps - 1)]
    most, least = (int(pick([rest[-1] for rest in ends])) for pick in (np.argmax, np.argmin))
    numbers = {"most": ends[most][-1], "most_written": ends[most][0]}
    numbers |= {"least": ends[least][-1], "least_written": ends[least][0]}
    return numbers, [here.word(most), here.word(least), here.word(steps - 1)]


def _moves(here: Place) -> np.ndarray:
    return np.sqrt(((here("hidden") - here.old("hidden")) ** 2).sum(1))


def change(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    far = _moves(here)
    half = float(np.median(far))
    assert (far <= half).sum() * 2 >= len(far)
    return {"moved": far.max(), "median": half}, [here.word(int(far.argmax()))]


def widest(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    values = here("hidden")
    ranges = values.max(0) - values.min(0)
    unit = int(ranges.argmax())
    numbers = {"unit": unit, "lowest": values[:, unit].min(), "highest": values[:, unit].max()}
    return numbers, [here.word(int(values[:, unit].argmin())), here.word(int(values[:, unit].argmax()))]


def way(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    far, values = _moves(here), here("hidden")
    reached = values[-1] - here.trace[f"{here.prefix}initial_hidden"]
    numbers = {"travelled": far.sum(), "steps": len(far), "reached": np.sqrt((reached**2).sum())}
    return numbers | {"random": np.sqrt((far**2).sum())}, []


def _prefixes(trace: Trace) -> np.ndarray:
    logits = trace["readout.prefix_logits"].astype(float)
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def turn(trace: Trace, finding: Any) -> Told:
    shares, names = _prefixes(trace), trace.labels["class"]
    best = shares.argmax(1)
    turns = [step for step in range(1, len(best)) if best[step] != best[step - 1]]
    step = turns[-1]
    assert finding.where.step == step
    assert set(best[step:]) == {best[-1]}
    numbers = {"before": shares[step - 1].max(), "after": shares[step].max()}
    if len(turns) > 1:
        numbers["turns"] = len(turns)
    return numbers, [label(trace.tokens["time"][step].text), names[best[step - 1]], names[best[step]]]


def steady(trace: Trace, finding: Any) -> Told:
    shares = _prefixes(trace)
    best = set(shares.argmax(1))
    assert len(best) == 1
    return {"lowest": shares.max(1).min()}, [trace.labels["class"][best.pop()]]


def jump(trace: Trace, finding: Any) -> Told:
    shares = _prefixes(trace)
    moved = [np.clip(new - old, 0, None).sum() for old, new in pairwise(shares)]
    step = int(np.argmax(moved)) + 1
    gained = int(np.argmax(shares[step] - shares[step - 1]))
    numbers = {"moved": max(moved), "before": shares[step - 1, gained], "after": shares[step, gained]}
    return numbers, [label(trace.tokens["time"][step].text), trace.labels["class"][gained]]


def choice(trace: Trace, finding: Any) -> Told:
    logits = trace["readout.logits"].astype(float)
    shares = np.exp(logits) / np.exp(logits).sum()
    first, second = sorted(range(len(shares)), key=lambda place: -shares[place])[:2]
    bits = -sum(share * np.log2(share) for share in shares if share > 0)
    numbers = {"first": shares[first], "second": shares[second], "lead": shares[first] - shares[second]}
    numbers |= {"entropy": bits, "most": np.log2(len(shares))}
    return numbers, [trace.labels["class"][first], trace.labels["class"][second]]


def decisive_unit(trace: Trace, finding: Any) -> Told:
    logits, terms = trace["readout.logits"].astype(float), trace["readout.terms"].astype(float)
    first, second = sorted(range(len(logits)), key=lambda place: -logits[place])[:2]
    parts = [terms[first, unit] - terms[second, unit] for unit in range(terms.shape[1])]
    numbers = {"unit": int(np.argmax(parts)), "part": max(parts), "lead": logits[first] - logits[second]}
    if min(parts) < 0:
        numbers |= {"unit_against": int(np.argmin(parts)), "part_against": min(parts)}
    return numbers, [trace.labels["class"][first], trace.labels["class"][second]]


def _looks(trace: Trace) -> np.ndarray:
    scores = trace["attention.scores"].astype(float)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _bits(shares: np.ndarray) -> float:
    return float(-sum(share * np.log2(share) for share in shares if share > 0))


def heaviest(trace: Trace, finding: Any) -> Told:
    weights = _looks(trace)
    words = [label(trace.tokens["time"][int(weights.argmax())].text)]
    return {"weight": weights.max(), "equal": 1 / len(weights)}, words


def spread(trace: Trace, finding: Any) -> Told:
    weights = _looks(trace)
    return {"tokens": 2 ** _bits(weights), "of": len(weights), "entropy": _bits(weights)}, []


def _states(trace: Trace) -> np.ndarray:
    last = trace.meta["layers"] - 1
    sides = ("", "reverse.")[: 1 + trace.meta["bidirectional"]]
    return np.hstack([trace[f"encoder.{last}.{side}hidden"].astype(float) for side in sides])


def added(trace: Trace, finding: Any) -> Told:
    answer = int(trace["readout.logits"].argmax())
    weights = trace["readout.terms"][answer].astype(float) / trace["readout.vector"].astype(float)
    parts = [
        share * float(state @ weights) for share, state in zip(_looks(trace), _states(trace), strict=True)
    ]
    whole = sum(parts) + float(trace["readout.bias"][answer])
    assert abs(whole - trace["readout.logits"][answer]) < 1e-3  # the parts and the bias are the logit
    numbers = {"added": max(parts)} if max(parts) > 0 else {}
    if min(parts) < 0:
        numbers["taken"] = min(parts)
    return numbers, [trace.labels["class"][answer]]


def evenly(trace: Trace, finding: Any) -> Told:
    weights = trace["readout.terms"].astype(float) / trace["readout.vector"].astype(float)
    logits = weights @ _states(trace).mean(0) + trace["readout.bias"]
    shares = np.exp(logits) / np.exp(logits).sum()
    names, own = trace.labels["class"], trace["readout.probabilities"]
    return {"equal_weights": shares.max(), "own_weights": own.max()}, [
        names[shares.argmax()],
        names[own.argmax()],
    ]


def looked(trace: Trace, finding: Any) -> Told:
    row = _looks(trace)[finding.where.step]
    at = int(row.argmax())
    words = [
        label(trace.tokens[axis][step].text)
        for axis, step in (("target", finding.where.step), ("source", at))
    ]
    return {"weight": row[at], "source": at}, words


def crossed(trace: Trace, finding: Any) -> Told:
    one, other = finding.steps
    rows = _looks(trace)
    assert other == one + 1
    assert rows[other].argmax() < rows[one].argmax()
    return {"first": rows[one].max(), "second": rows[other].max()}, [
        label(trace.tokens["target"][step].text) for step in (one, other)
    ]


def unsure(trace: Trace, finding: Any) -> Told:
    bits = [_bits(row) for row in _looks(trace)]
    step = int(np.argmax(bits))
    numbers = {"tokens": 2 ** bits[step], "of": len(trace.tokens["source"]), "entropy": bits[step]}
    return numbers, [label(trace.tokens["target"][step].text)]


def _written(trace: Trace, finding: Any) -> tuple[np.ndarray, int, int]:
    """The shares of the least sure step, the step, and its best other piece."""
    logits = trace["readout.logits"].astype(float)
    e = np.exp(logits - logits.max(1, keepdims=True))
    shares = e / e.sum(1, keepdims=True)
    ids = [token.id for token in trace.tokens["target"]]
    own, step = [row[id_] for row, id_ in zip(shares, ids, strict=True)], finding.where.step
    assert own[step] <= min(own) + 1e-5  # of steps that are alike to five digits any may be named
    ranked = [int(id_) for id_ in np.argsort(-shares[step])[:2]]
    rival = ranked[1] if ranked[0] == ids[step] else ranked[0]
    return shares[step], step, rival


def hesitated(trace: Trace, finding: Any) -> Told:
    shares, step, rival = _written(trace, finding)
    written = trace.tokens["target"][step]
    numbers = {"probability": shares[written.id], "rival": shares[rival]}
    return numbers, [label(written.text), label(trace.labels["vocab"][rival])]


def sure(trace: Trace, finding: Any) -> Told:
    shares, step, _ = _written(trace, finding)
    return {"lowest": shares[trace.tokens["target"][step].id]}, [label(trace.tokens["target"][step].text)]


def rival(trace: Trace, finding: Any) -> Told:
    shares, step, other = _written(trace, finding)
    lead = float(np.log(shares[trace.tokens["target"][step].id]) - np.log(shares[other]))
    assert ("above" in finding.claim) == (lead >= 0)
    return {"step": step, "lead": lead}, [label(trace.labels["vocab"][other])]


def beam(trace: Trace, finding: Any) -> Told:
    scores = [one["score"] for one in trace.meta["beam"]]
    assert scores[0] == max(scores)
    numbers = {"finished": len(scores), "best": scores[0]}
    if "second" in finding.numbers:
        numbers["second"] = scores[1]
    if "rank" in finding.numbers:
        search, ranks = trace.meta["search"], []
        for node in trace.meta["search_path"]:
            rivals = [
                s
                for s, at in zip(search["log_probability"], search["step"], strict=True)
                if at == search["step"][node]
            ]
            ranks.append(sorted(rivals, reverse=True).index(search["log_probability"][node]) + 1)
        numbers["rank"] = max(ranks)
    return numbers, []


def _cosines(trace: Trace, finding: Any) -> tuple[list[str], np.ndarray]:
    part = finding.where.part
    if part == "decoder":
        texts = [label(text) for text in trace.labels["target_input"]]
    else:
        texts = [label(token.text) for token in trace.tokens[finding.where.axis]]
    vectors = trace[f"{part}.embedding"].astype(float)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return texts, unit @ unit.T


def alike(trace: Trace, finding: Any) -> Told:
    texts, cosines = _cosines(trace, finding)
    pairs = [(cosines[i, j], i, j) for i in range(len(texts)) for j in range(i) if texts[i] != texts[j]]
    value, one, other = (max if finding.kind == "alike" else min)(pairs)
    return {"cosine": value}, [texts[one], texts[other]]


def longest(trace: Trace, finding: Any) -> Told:
    texts, _ = _cosines(trace, finding)
    lengths = np.sqrt((trace[f"{finding.where.part}.embedding"].astype(float) ** 2).sum(1))
    return {"length": lengths.max(), "median": np.median(lengths)}, [texts[int(lengths.argmax())]]


def expects(trace: Trace, finding: Any) -> Told:
    told, last = trace["readout.forecasts"][-1], trace.tokens["time"][-1].value
    if "up" in finding.claim.split(": ")[-1]:
        assert told > last
    return {"forecast": told, "last": last, "change": told - last}, []


def furthest_off(trace: Trace, finding: Any) -> Told:
    values = [token.value for token in trace.tokens["time"]]
    told = trace["readout.forecasts"].astype(float)
    misses = [abs(value - before) for value, before in zip(values[1:], told, strict=False)]
    step = int(np.argmax(misses)) + 1
    return {"step": step, "value": values[step], "expected": told[step - 1], "median": np.median(misses)}, []


def baseline(trace: Trace, finding: Any) -> Told:
    values = np.asarray([token.value for token in trace.tokens["time"]])
    own = np.sqrt(np.mean((trace["readout.forecasts"][:-1] - values[1:]) ** 2))
    again = np.sqrt(np.mean(np.diff(values) ** 2))
    assert ("better" in finding.claim) == (own < again)
    return {"count": len(values) - 1, "network": own, "again": again}, []


def beyond(trace: Trace, finding: Any) -> Told:
    scaled = trace["encoder.embedding"][:, 0].astype(float)
    step = int(np.abs(scaled).argmax())
    return {"many": int((np.abs(scaled) > 3).sum()), "step": step, "scaled": scaled[step]}, []


def reach(trace: Trace, finding: Any) -> Told:
    here = Place(trace, finding)
    ends = [here.ledger(step)[-1] for step in range(len(here("hidden")))]
    most = int(np.argmax(ends))
    first = next(step for step, end in enumerate(ends) if end >= 0.05 * ends[most])
    return {"first": first, "most_of": most, "most": ends[most]}, []


def largest_term(trace: Trace, finding: Any) -> Told:
    terms = trace["readout.terms"].astype(float)
    unit = int(np.abs(terms).argmax())
    return {"unit": unit, "term": terms[unit], "sum": terms.sum() + trace.meta["bias"]}, []


def again(trace: Trace, finding: Any) -> Told:
    """The numbers and words of any finding."""
    if finding.kind.endswith("_gate"):
        return gate(trace, finding)
    return globals()["alike" if finding.kind == "away" else finding.kind](trace, finding)
