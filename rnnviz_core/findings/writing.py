"""How sure a decoder was of what it wrote: hesitation, rivals, and what the beam made of them."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.tokens import shown
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where
from .wording import number, percent, quoted, sentence

EVEN = 0.5  # probability of the piece written: below it the others together are more probable
SURE = 0.9  # the same at every step: sure throughout
NEAR = 2.0  # a rival at half the probability, or more, might have been written


def found(trace: Trace) -> Iterator[Finding]:
    """All findings on what was written."""
    if "vocab" not in trace.labels or "readout.logits" not in trace:
        return
    shares, written = trace["readout.probabilities"], [token.id for token in trace.tokens["target"]]
    own = shares[np.arange(len(written)), written].astype(np.float64)
    yield from sureness(trace, own, shares)
    yield from beam(trace)


def _at(trace: Trace, step: int, section: str) -> Where:
    return Where("softmax", section, "decoder", step, shown(trace.tokens["target"][step].text), axis="target")


def _named(trace: Trace) -> tuple[str, ...]:
    return quoted([shown(token.text) for token in trace.tokens["target"]])


def sureness(trace: Trace, own: np.ndarray, shares: np.ndarray) -> Iterator[Finding]:
    """The step at which it was least sure, and what it might have written instead."""
    step, forced = int(own.argmin()), bool(trace.meta.get("forced"))
    named, verb = _named(trace), "was fed" if forced else "wrote"
    rest = shares[step].astype(np.float64)
    rest[trace.tokens["target"][step].id] = -1
    rival = int(rest.argmax())
    rival_named = f"“{shown(trace.labels['vocab'][rival])}”"
    if own[step] >= SURE:
        said = f"it was sure of every token, least of {named[step]} with {percent(own[step])}"
        where = _at(trace, step, "confidence")
        yield Finding("sure", sentence(said), {"lowest": own[step]}, where, 0.4, (step,))
        return
    numbers: dict[str, float] = {"probability": own[step], "rival": float(rest[rival])}
    if own[step] < EVEN:
        said = (
            f"it {'doubted' if forced else 'hesitated'} most at {named[step]}: {percent(own[step], 1)}, and "
            f"{rival_named} {percent(rest[rival], 1)}"
        )
        yield Finding("hesitated", sentence(said), numbers, _at(trace, step, "confidence"), 0.65, (step,))
    if rest[rival] * NEAR >= own[step]:
        lead = float(trace["readout.logits"][step, trace.tokens["target"][step].id]) - float(
            trace["readout.logits"][step, rival]
        )
        how = "above" if lead >= 0 else "below"
        said = f"at step {step} it {verb} {named[step]}, {number(abs(lead))} logits {how} {rival_named}"
        where = _at(trace, step, "pieces")
        yield Finding("rival", sentence(said), {"step": step, "lead": lead}, where, 0.5, (step,))


def beam(trace: Trace) -> Iterator[Finding]:
    """How far the best hypothesis is ahead, and whether it ever stood behind."""
    hypotheses = trace.meta.get("beam", ())
    if trace.meta.get("forced") or len(hypotheses) < 2 or "search" not in trace.meta:
        return
    best, second = (float(one["score"]) for one in hypotheses[:2])
    said = f"of {len(hypotheses)} translations it finished, the best scores {number(best)} per token"
    numbers: dict[str, float] = {"finished": len(hypotheses), "best": best}
    if format(best, ".2f") != format(second, ".2f"):
        said += f", the next {number(second)}"
        numbers["second"] = second
    behind, step = _behind(trace)
    if behind > 1:
        named = quoted([shown(text) for text in hypotheses[0]["pieces"]])
        said += f"; its beginning up to {named[step]} was only number {behind}"
        numbers["rank"] = behind
    yield Finding("beam", sentence(said), numbers, Where("softmax", "beam", "decoder", axis="target"), 0.4)


def _behind(trace: Trace) -> tuple[int, int]:
    """The lowest rank of the best hypothesis' beginnings among all of their length, and at which step."""
    search, path = trace.meta["search"], trace.meta["search_path"]
    steps, scores = np.asarray(search["step"]), np.asarray(search["log_probability"], dtype=np.float64)
    ranks = [1 + int((scores[steps == steps[node]] > scores[node]).sum()) for node in path]
    worst = int(np.argmax(ranks))
    return ranks[worst], worst
