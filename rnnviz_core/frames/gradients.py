"""Frames of the gradients page: how long each derivative is, and what comes back on which road."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnnviz_core.languages import N_, _, ngettext, numerals
from rnnviz_core.tracing.trace import Trace

from .columns import Columns, Texts
from .layer import Layer
from .numbers import RAISED
from .tokens import called, read_texts, step_texts, tick_texts

NO_BREAK = "\N{NO-BREAK SPACE}"
FLOOR = 1e-30  # what is smaller is coloured as this: a logarithm has no zero
ROUNDING = 1e-13  # of a difference of two numbers in double precision, relative to them
AS_IT_IS, CLIPPED = N_("as it is"), N_("clipped")


def lengths(trace: Trace, part: str) -> np.ndarray:
    """The length of the derivative by what `part` reads, for each step."""
    embedded = f"{part}.embedding_gradient"
    name = embedded if embedded in trace else f"{part}.0.layer_input_gradient"
    found: np.ndarray = np.linalg.norm(trace[name], axis=1)
    return found


def of_state(trace: Trace, place: Layer, state: str = "hidden") -> np.ndarray:
    """The length of the derivative by a state, for each step."""
    found: np.ndarray = np.linalg.norm(trace[place.site(f"{state}_gradient")], axis=1)
    return found


def curves(texts: Sequence[str], found: Mapping[str, np.ndarray], *, relative: bool = False) -> Columns:
    """One row per curve and step: ``kind``, step columns, ``value``, and ``length`` as it is.

    With `relative` each value is a share of its own curve's largest. Zero has no place on a logarithmic axis:
    its ``value`` is missing.
    """
    steps, count = len(texts), len(found)
    position = np.tile(np.arange(steps, dtype=np.int16), count)
    values = np.concatenate([np.asarray(one, dtype=np.float64) for one in found.values()])
    shares = np.concatenate([one / (float(np.max(one)) or 1.0) for one in found.values()])
    return {
        "kind": Texts(np.repeat(np.arange(count, dtype=np.int16), steps), list(found)),
        "position": position,
        "tick": Texts(position, tick_texts(texts)),
        "token": Texts(position, list(texts)),
        "value": np.where(values > 0, shares if relative else values, np.nan),
        "length": values,
    }


def number(value: float) -> str:
    """A length as a person reads it: two digits, powers of ten where it is very small or large."""
    if value == 0:
        return "0"
    mantissa, power = f"{value:.1e}".split("e")
    exponent = int(power)
    if -3 <= exponent < 4:
        return numerals(f"{float(f'{value:.2g}'):,.{max(0, 1 - exponent)}f}")
    return numerals(f"{mantissa}{NO_BREAK}×{NO_BREAK}10{str(exponent).translate(RAISED)}")


def times(ratio: float) -> str:
    """``8.2 times``, ``320,000 times``, ``1.9 × 10¹¹ times``: two digits, as of the lengths themselves."""
    plain = 1e4 <= ratio < 1e7
    return _("{ratio} times", ratio=numerals(f"{float(f'{ratio:.2g}'):,.0f}") if plain else number(ratio))


def reach_in_words(name: str, texts: Sequence[str], found: np.ndarray) -> str:
    """What the curve of one network says: first against last, and the strongest."""
    if len(found) < 2:
        return _("{name}: {length} at its only step.", name=name, length=number(found[0]))
    first, last, best = float(found[0]), float(found[-1]), int(np.argmax(found))
    values = {
        "name": name,
        "first": number(first),
        "first_token": called(texts, 0),
        "last": number(last),
        "last_token": called(texts, len(texts) - 1),
    }
    if min(first, last) <= 0:
        said = _("{name}: {first} at {first_token}, {last} at {last_token}.", **values)
    elif last / first >= 1.05:
        said = _(
            "{name}: {first} at {first_token}, {last} at {last_token}: a small change of the first step "
            "moves it {times} less.",
            times=times(last / first),
            **values,
        )
    elif first / last >= 1.05:
        said = _(
            "{name}: {first} at {first_token}, {last} at {last_token}: a small change of the last step "
            "moves it {times} less.",
            times=times(first / last),
            **values,
        )
    else:
        said = _("{name}: {first} at {first_token}, {last} at {last_token}: both ends count alike.", **values)
    most = _(
        " It depends most on {token} ({length}).",
        token=called(texts, best),
        length=number(float(found[best])),
    )
    return said + most


@dataclass(frozen=True)
class Roads:
    """The gradient by an LSTM's cell after each step, and on which road it came.

    Attributes
    ----------
    whole
        As autograd has it, (steps, unit).
    cell
        What came back through nothing but the cell since it left what reads the states from outside.
    hidden
        What went through the hidden state of a later step at least once. Together they are the whole.
    """

    whole: np.ndarray
    cell: np.ndarray
    hidden: np.ndarray

    @property
    def difference(self) -> float:
        """How far the two roads are from the whole, relative to its largest number."""
        largest = float(np.abs(self.whole).max()) or 1.0
        return float(np.abs(self.cell + self.hidden - self.whole).max()) / largest


def _rest(whole: np.ndarray, part: np.ndarray) -> np.ndarray:
    """What is left of `whole` without `part`; where that is rounding alone it is nothing."""
    rest = whole - part
    tiny = np.abs(rest).max() <= ROUNDING * max(np.abs(whole).max(), np.abs(part).max())
    return np.zeros_like(rest) if tiny else rest


def roads(trace: Trace, gradient: Trace, place: Layer) -> Roads:
    """Follow both roads from the last step back: the cell is multiplied by its forget gate at each.

    `trace` is the recording, `gradient` has the derivatives. For an LSTM without a projection or peepholes.
    """
    order = slice(None, None, -1) if place.reverse else slice(None)
    forget, output, state = (
        trace[place.site(name)].astype(np.float64)[order] for name in ("forget", "output", "cell")
    )
    whole, through, outside = (
        gradient[place.site(name)][order]
        for name in ("cell_gradient", "hidden_gradient", "hidden_direct_gradient")
    )
    shown = output * (1 - np.tanh(state) ** 2)  # d h_t / d c_t
    cell, hidden = np.zeros_like(whole), np.zeros_like(whole)
    last = len(whole) - 1
    for step in range(last, -1, -1):
        cell[step] = shown[step] * outside[step]
        hidden[step] = shown[step] * _rest(through[step], outside[step])
        if step < last:
            cell[step] += forget[step + 1] * cell[step + 1]
            hidden[step] += forget[step + 1] * hidden[step + 1]
    # What reads the last cell itself, a decoder that starts from it, came on the cell's road, too.
    if last >= 0:
        rest = whole[last] - cell[last] - hidden[last]
        kept = np.ones_like(rest)
        for step in range(last, -1, -1):
            cell[step] += rest * kept
            kept = kept * forget[step]
    return Roads(whole[order], cell[order], hidden[order])


def roads_in_words(found: Roads, texts: Sequence[str], reverse: bool) -> str:
    """How much came back to the step that was read first, and by which road."""
    first = len(texts) - 1 if reverse else 0
    whole, cell, hidden = (
        float(np.linalg.norm(part[first])) for part in (found.whole, found.cell, found.hidden)
    )
    values = {
        "token": called(texts, first),
        "length": number(whole),
        "cell": number(cell),
        "hidden": number(hidden),
    }
    if cell >= hidden:
        return _(
            "At {token}, the step that is read first, the gradient by the cell is {length} long: {cell} "
            "came through the cell alone, {hidden} through the hidden state; most came through the cell "
            "state. (The two are added as arrows, so their lengths need not add up.)",
            **values,
        )
    return _(
        "At {token}, the step that is read first, the gradient by the cell is {length} long: {cell} came "
        "through the cell alone, {hidden} through the hidden state; most came through the hidden state. (The "
        "two are added as arrows, so their lengths need not add up.)",
        **values,
    )


def road_lengths(found: Roads) -> dict[str, np.ndarray]:
    """The length of the whole and of each road, for each step."""
    parts = {
        N_("the whole"): found.whole,
        N_("through the cell alone"): found.cell,
        N_("by a hidden state"): found.hidden,
    }
    return {name: np.linalg.norm(part, axis=1) for name, part in parts.items()}


def shortcut(gradient: Trace, place: Layer) -> dict[str, np.ndarray]:
    """The gradient by each hidden state, what of it comes from outside of the layer, and the rest."""
    whole = gradient[place.site("hidden_gradient")]
    direct = gradient[place.site("hidden_direct_gradient")]
    rest = np.stack([_rest(one, part) for one, part in zip(whole, direct, strict=True)])
    parts = {N_("the whole"): whole, N_("straight"): direct, N_("through later states"): rest}
    return {name: np.linalg.norm(part, axis=1) for name, part in parts.items()}


def shortcut_in_words(found: Mapping[str, np.ndarray], texts: Sequence[str], reverse: bool, part: str) -> str:
    """What reaches the step that is read first, on both ways."""
    first = len(texts) - 1 if reverse else 0
    straight, rest = float(found["straight"][first]), float(found["through later states"][first])
    values = {"token": called(texts, first), "straight": number(straight), "rest": number(rest)}
    if part == "encoder":
        said = _(
            "At {token}, the step that is read first, {straight} comes straight through attention and "
            "{rest} through the later states",
            **values,
        )
    else:
        said = _(
            "At {token}, the step that is read first, {straight} comes straight from what reads the "
            "decoder and {rest} through the later states",
            **values,
        )
    if rest and straight:
        more = straight / rest
        said += (
            _(": the short cut carries {times} as much", times=times(more))
            if more >= 1
            else _(": the short cut carries {times} less", times=times(1 / more))
        )
    return said + _(". (Lengths; the two are added as arrows.)")


def clipped(lengths: Mapping[str, float], limit: float | None) -> Columns:
    """One row per factor and kind: ``factor``, ``kind`` (as it is, clipped), ``length``."""
    names = list(lengths)
    kinds = [AS_IT_IS] if limit is None else [AS_IT_IS, CLIPPED]
    rows = [(name, kind, lengths[name]) for kind in kinds for name in names]
    return {
        "factor": [name for name, _, _ in rows],
        "kind": [kind for _, kind, _ in rows],
        "length": np.asarray(
            [
                max(FLOOR, min(length, limit) if kind == CLIPPED and limit is not None else length)
                for _, kind, length in rows
            ]
        ),
    }


def clipped_in_words(length: float, limit: float | None) -> str:
    """What clipping does to one gradient."""
    if limit is None:
        return _(
            "The gradient by the recurrent weights is {length} long; nothing is clipped.",
            length=number(length),
        )
    if length <= limit:
        return _(
            "The gradient by the recurrent weights is {length} long: below the limit of {limit:g}, so it "
            "stays as it is.",
            length=number(length),
            limit=limit,
        )
    return _(
        "The gradient by the recurrent weights is {length} long: clipped at {limit:g} it is divided by "
        "{ratio}, and keeps its direction.",
        length=number(length),
        limit=limit,
        ratio=number(length / limit),
    )


def lowest(gains: np.ndarray) -> int:
    """The power of ten at the dark end of the colours: the smallest gain's, but between -1 and -6."""
    smallest = float(np.nanmin(np.maximum(gains, FLOOR)))
    return int(np.clip(np.floor(np.log10(smallest)), -6, -1))


def grid(texts: Sequence[str], gains: np.ndarray, first: int, *, reverse: bool = False) -> Columns:
    """One row per pair s <= t, `texts` in the order of reading: ``tick``, ``token`` of s, ``row_tick``,
    ``row_token`` of t, ``value``, and ``shade``, its power of ten.
    """
    later, earlier = np.tril_indices(len(gains))
    values = gains[later, earlier]
    order = np.arange(len(texts))[::-1] if reverse else np.arange(len(texts))
    column, row = (order[steps + first].astype(np.int16) for steps in (earlier, later))
    names = list(texts)[::-1] if reverse else list(texts)
    ticks = tick_texts(names)
    return {
        "position": column,
        "row": row,
        "tick": Texts(column, ticks),
        "row_tick": Texts(row, ticks),
        "token": Texts(column, names),
        "row_token": Texts(row, names),
        "value": values.astype(np.float64),
        "shade": np.log10(np.maximum(values, FLOOR)).astype(np.float32),
    }


def grid_in_words(texts: Sequence[str], gains: np.ndarray, first: int) -> str:
    """How a change fades over 1, 5, 10, ... steps: the median over all pairs of that distance."""
    said = []
    for apart in (1, 5, 10, 20, 50, 100):
        if apart < len(gains):
            middle = float(np.median(np.diagonal(gains, -apart)))
            said.append(
                ngettext("{length} after {n} step", "{length} after {n} steps", apart, length=number(middle))
            )
    if not said:
        return _("One step alone: there is no pair to compare.")
    about = _(
        "A change of length 1 in a random direction has the length {lengths} (median).",
        lengths=", ".join(said),
    )
    if first:
        about += _(
            " Only the last {steps} steps are drawn: all pairs of so wide a layer take too long.",
            steps=len(gains),
        )
    return about


def jacobian_in_words(name: str, step: tuple[float, float], product: tuple[float, float], steps: int) -> str:
    """Singular values of the Jacobian of the step called `name`, and of the product from the end to it."""
    said = _(
        "The step that reads {token}: largest singular value {largest}, smallest {smallest}.",
        token=name,
        largest=number(step[0]),
        smallest=number(step[1]),
    )
    if steps > 1:
        said += _(
            " The product of the last {steps} steps: largest {largest}, smallest {smallest}.",
            steps=steps,
            largest=number(product[0]),
            smallest=number(product[1]),
        )
    return said


def matrix(values: np.ndarray, most: int) -> Columns:
    """A Jacobian as rows: ``unit`` (after), ``column`` (before), ``value``, ``shade`` by the largest."""
    shown = values[:most, :most]
    rows, columns = shown.shape
    return {
        "unit": np.repeat(np.arange(rows, dtype=np.int16), columns),
        "column": np.tile(np.arange(columns, dtype=np.int16), rows),
        "value": shown.astype(np.float32).reshape(-1),
        "shade": (shown / (float(np.abs(values).max()) or 1.0)).astype(np.float32).reshape(-1),
    }


def part_texts(trace: Trace, part: str) -> list[str]:
    """What each step reads: the derivative is by that."""
    return read_texts(trace, part)


def state_texts(trace: Trace, place: Layer) -> list[str]:
    """What each step of a layer is called."""
    return step_texts(trace, place.part)
