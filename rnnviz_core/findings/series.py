"""What a forecaster expects, where it was furthest off, and what its forecast is the sum of."""

from collections.abc import Iterator

import numpy as np

from rnnviz_core.frames.layer import Layer
from rnnviz_core.frames.series import AGAIN, NETWORK, errors, expected, unit_of
from rnnviz_core.languages import _, ngettext
from rnnviz_core.tracing.trace import Trace

from .record import Finding, Where
from .states import _memory, shares_left
from .wording import apart, median, number, printed, sentence

FAR = 3.0  # times the median error of this series
BEYOND = 3.0  # deviations of the training series: one value in 370 of a normal spread
FAINT = 0.05  # of the largest share: a twentieth
BETTER = 0.1  # of the error: a difference below a tenth is luck in series of this length
DECIDES = 3.0  # times the median unit's term


def findings(trace: Trace) -> Iterator[Finding]:
    """All findings on a forecast."""
    yield from expects(trace)
    yield from off(trace)
    yield from compared(trace)
    yield from beyond(trace)
    yield from reach(trace)
    yield from term(trace)


def _at(page: str, section: str, trace: Trace, step: int) -> Where:
    return Where(page, section, "encoder", step, trace.tokens["time"][step].text)


def expects(trace: Trace) -> Iterator[Finding]:
    """The forecast beside the last value."""
    last, told, unit = float(trace["encoder.values"][-1]), float(trace.meta["forecast"]), unit_of(trace)
    change = number(abs(told - last))
    words = {"forecast": f"{number(told)}{unit}", "last": f"{number(last)}{unit}"}
    if not apart(told, last):
        said = _("it expects {forecast} next, after {last}: the same again", **words)
    elif told > last:
        said = _("it expects {forecast} next, after {last}: up {change}", **words, change=change)
    else:
        said = _("it expects {forecast} next, after {last}: down {change}", **words, change=change)
    where = _at("softmax", "forecast", trace, len(trace["encoder.values"]) - 1)
    numbers = {"forecast": told, "last": last, "change": told - last}
    yield Finding("expects", sentence(said), numbers, where, 0.8, (where.step or 0,))


def off(trace: Trace) -> Iterator[Finding]:
    """The value that was furthest from what had been expected."""
    values, told = trace["encoder.values"].astype(np.float64), expected(trace)
    miss = np.abs(values - told)[1:]
    if len(miss) < 3:
        return
    step = int(miss.argmax()) + 1
    if miss.max() < FAR * median(miss):
        return
    said = _(
        "it was furthest off at step {step}: {value} came, {expected} had been expected (the median miss is "
        "{median})",
        step=step,
        value=number(values[step]),
        expected=number(told[step]),
        median=number(median(miss)),
    )
    numbers: dict[str, float] = {"step": step, "value": values[step], "expected": told[step]}
    numbers["median"] = median(miss)
    where = _at("softmax", "forecast", trace, step)
    yield Finding("furthest_off", sentence(said), numbers, where, 0.7, (step,))


def compared(trace: Trace) -> Iterator[Finding]:
    """Whether it forecast this series better or worse than the same value again."""
    told = errors(trace)
    if NETWORK not in told or AGAIN not in told:
        return
    (own, count), (again, _count) = told[NETWORK], told[AGAIN]
    if count < 2 or abs(own - again) < BETTER * max(own, again) or not apart(own, again):
        return
    words = {"count": count, "own": number(own), "again": number(again)}
    if own < again:
        said = _(
            "over the {count} values it could expect it was better than “the same again”: root mean squared "
            "error {own}, not {again}",
            **words,
        )
    else:
        said = _(
            "over the {count} values it could expect it was worse than “the same again”: root mean squared "
            "error {own}, not {again}",
            **words,
        )
    numbers: dict[str, float] = {"count": count, "network": own, "again": again}
    yield Finding("baseline", sentence(said), numbers, Where("softmax", "forecast"), 0.6)


def beyond(trace: Trace) -> Iterator[Finding]:
    """The number read that lies furthest outside what the network was trained on."""
    scaled = trace["encoder.embedding"][:, 0].astype(np.float64)
    step = int(np.abs(scaled).argmax())
    if abs(scaled[step]) <= BEYOND:
        return
    many = int((np.abs(scaled) > BEYOND).sum())
    said = ngettext(
        "{n} number lies more than {limit:g} deviations from the mean it was trained on, furthest step "
        "{step} with {scaled}",
        "{n} numbers lie more than {limit:g} deviations from the mean it was trained on, furthest step "
        "{step} with {scaled}",
        many,
        limit=BEYOND,
        step=step,
        scaled=printed(scaled[step], "+.2f"),
    )
    numbers: dict[str, float] = {"many": many, "step": step, "scaled": scaled[step]}
    yield Finding("beyond", sentence(said), numbers, _at("embeddings", "numbers", trace, step), 0.75, (step,))


def reach(trace: Trace) -> Iterator[Finding]:
    """How far back the memory that the forecast is read from goes."""
    at = Layer("encoder", trace.layers("encoder") - 1)
    if (memory := _memory(trace, at)) is None:
        return
    state, kept, written = memory
    remains = np.linalg.norm(shares_left(kept, written), axis=1)
    loud = np.flatnonzero(remains >= FAINT * remains.max())
    first, most = int(loud[0]), int(remains.argmax())
    if first < 2:
        return
    words = {"first": first, "most": most, "left": number(remains[most])}
    if state == "cell":
        said = _(
            "the cell state goes back to step {first}: of no earlier step does it hold a twentieth of what "
            "it holds of step {most} ({left})",
            **words,
        )
    else:
        said = _(
            "the hidden state goes back to step {first}: of no earlier step does it hold a twentieth of what "
            "it holds of step {most} ({left})",
            **words,
        )
    numbers: dict[str, float] = {"first": first, "most_of": most, "most": float(remains[most])}
    where = Where("states", "ledger", "encoder", first, trace.tokens["time"][first].text, layer=at.name)
    yield Finding("reach", sentence(said), numbers, where, 0.65, (first, most))


def term(trace: Trace) -> Iterator[Finding]:
    """The unit that adds most to the number that comes out."""
    terms = trace["readout.terms"].astype(np.float64)
    unit = int(np.abs(terms).argmax())
    if len(terms) < 2 or abs(terms[unit]) < DECIDES * median(np.abs(terms)):
        return
    total = float(terms.sum() + trace.meta["bias"])
    said = _(
        "unit {unit} has the largest term, {term}; all terms and the bias sum to {total}",
        unit=unit,
        term=printed(terms[unit], "+.2f"),
        total=printed(total, "+.2f"),
    )
    numbers: dict[str, float] = {"unit": unit, "term": terms[unit], "sum": total}
    yield Finding("largest_term", sentence(said), numbers, Where("softmax", "terms", unit=unit), 0.4)
