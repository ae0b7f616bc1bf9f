"""How sure a decoder was of what it wrote: hesitation, rivals, and what the beam made of them."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.tokens import shown
from rnnviz_core.languages import _, in_quotes
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where
from .wording import number, percent, quoted, sentence

EVEN = 0.5  # probability of the piece written: below it the others together are more probable
SURE = 0.9  # the same at every step: sure throughout
NEAR = 2.0  # a rival at half the probability, or more, might have been written


def findings(trace: Trace) -> Iterator[Finding]:
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
    named = _named(trace)
    rest = shares[step].astype(np.float64)
    rest[trace.tokens["target"][step].id] = -1
    rival = int(rest.argmax())
    rival_named = in_quotes(shown(trace.labels["vocab"][rival]))
    if own[step] >= SURE:
        said = _(
            "it was sure of every token, least of {token} with {share}",
            token=named[step],
            share=percent(own[step]),
        )
        where = _at(trace, step, "confidence")
        yield Finding("sure", sentence(said), {"lowest": own[step]}, where, 0.4, (step,))
        return
    numbers: dict[str, float] = {"probability": own[step], "rival": float(rest[rival])}
    if own[step] < EVEN:
        words = {
            "token": named[step],
            "share": percent(own[step], 1),
            "rival": rival_named,
            "rival_share": percent(rest[rival], 1),
        }
        if forced:
            said = _("it doubted most at {token}: {share}, and {rival} {rival_share}", **words)
        elif rest[rival] > own[step]:  # its beam went on with a token that was not the likeliest there
            said = _(
                "it hesitated most at {token}: there {rival} was likelier, {rival_share} against {share}, "
                "but the beam went on with {token}",
                **words,
            )
        else:
            said = _("it hesitated most at {token}: {share}, and {rival} {rival_share}", **words)
        yield Finding("hesitated", sentence(said), numbers, _at(trace, step, "confidence"), 0.65, (step,))
    if rest[rival] * NEAR >= own[step]:
        lead = float(trace["readout.logits"][step, trace.tokens["target"][step].id]) - float(
            trace["readout.logits"][step, rival]
        )
        said = _beside(forced, lead, step, named[step], rival_named)
        where = _at(trace, step, "pieces")
        yield Finding("rival", sentence(said), {"step": step, "lead": lead}, where, 0.5, (step,))


def _beside(forced: bool, lead: float, step: int, token: str, rival: str) -> str:
    """What stands at a step, and how far its logit is from that of the next best."""
    words = {"step": step, "token": token, "distance": number(abs(lead)), "rival": rival}
    if forced and lead >= 0:
        return _("at step {step} it was fed {token}, {distance} logits above {rival}", **words)
    if forced:
        return _("at step {step} it was fed {token}, {distance} logits below {rival}", **words)
    if lead >= 0:
        return _("at step {step} it wrote {token}, {distance} logits above {rival}", **words)
    return _("at step {step} it wrote {token}, {distance} logits below {rival}", **words)


def beam(trace: Trace) -> Iterator[Finding]:
    """How far the best hypothesis is ahead, and whether it ever stood behind."""
    hypotheses = trace.meta.get("beam", ())
    if trace.meta.get("forced") or len(hypotheses) < 2 or "search" not in trace.meta:
        return
    best, second = (float(one["score"]) for one in hypotheses[:2])
    words = {"count": len(hypotheses), "best": number(best)}
    numbers: dict[str, float] = {"finished": len(hypotheses), "best": best}
    if format(best, ".2f") != format(second, ".2f"):
        said = _(
            "of {count} translations it finished, the best scores {best} per token, the next {next}",
            next=number(second),
            **words,
        )
        numbers["second"] = second
    else:
        said = _("of {count} translations it finished, the best scores {best} per token", **words)
    behind, step = _behind(trace)
    if behind > 1:
        named = quoted([shown(text) for text in hypotheses[0]["pieces"]])
        # Translators: the beginning of the best translation, before: “…, the best scores −0.31 per token”.
        said = _(
            "{claim}; its beginning up to {token} was only number {rank}",
            claim=said,
            token=named[step],
            rank=behind,
        )
        numbers["rank"] = behind
    yield Finding("beam", sentence(said), numbers, Where("softmax", "beam", "decoder", axis="target"), 0.4)


def _behind(trace: Trace) -> tuple[int, int]:
    """The lowest rank of the best hypothesis' beginnings among all of their length, and at which step."""
    search, path = trace.meta["search"], trace.meta["search_path"]
    steps, scores = np.asarray(search["step"]), np.asarray(search["log_probability"], dtype=np.float64)
    ranks = [1 + int((scores[steps == steps[node]] > scores[node]).sum()) for node in path]
    worst = int(np.argmax(ranks))
    return ranks[worst], worst
