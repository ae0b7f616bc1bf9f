"""What the gallery shows: every page and section of the app with a caption; and the gallery as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from rnnviz_core.languages import NAMES
from rnnviz_core.models.specs import ModelSpec
from rnnviz_core.ui.shell.routes import route

SENTENCE = "The plot is thin, but the actors make every scene shine."
ORACION = "Me encantó la pizza de este lugar"
HEAD = f"""# Gallery

Every page and section of RNNViz, photographed from the running app by `make screenshots`. The sentences:
“{SENTENCE}” and “{ORACION}”. Type your own and see the same for it.
"""


@dataclass(frozen=True)
class Kind:
    """The networks that a section is about."""

    task: str
    cell: str = ""  # empty: any
    attention: bool | None = None  # None: with or without
    units: int = 0  # at most; 0: any number

    def fits(self, spec: ModelSpec) -> bool:
        """Whether a network is one of them (and reads what is typed: Spanish, or months)."""
        return (
            spec.task == self.task
            and self.cell in ("", spec.cell)
            and self.attention in (None, spec.attention != "none")
            and spec.hidden <= (self.units or spec.hidden)
            and getattr(spec, "source", "es") == "es"
            and getattr(spec, "step", "month") == "month"
        )


@dataclass(frozen=True)
class Shot:
    """One section of one page."""

    page: str
    section: str  # its name in the URL; empty: the page has no sections
    kind: Kind
    caption: str
    more: tuple[tuple[str, str], ...] = ()  # further choices in the URL
    first: bool = False  # the page's first section: shown whole, and on a phone
    plain: bool = False  # of a page that is about no trace, whatever the network
    press: str = ""  # a button to press first; what it begins is waited for
    drops: bool = False  # whether files are dropped on it first: see `screenshots.drop`

    @property
    def name(self) -> str:
        """Of its pictures, without the theme."""
        task = "" if self.kind.task == LSTM.task else self.kind.task
        words = (self.page, self.section, task, dict(self.more).get("language", ""))
        return "-".join(word for word in words if word)

    @property
    def translates(self) -> bool:
        return self.kind.task == WRITES.task

    @property
    def dark(self) -> bool:
        """Whether it is also shown in the dark: the first of every page, and every section once."""
        return self.first or self.kind.task == LSTM.task

    @property
    def path(self) -> str:
        """Of the page in the app's address."""
        return "/" if self.page == "overview" else f"/{self.page}"

    @property
    def text(self) -> str:
        return {WRITES.task: ORACION, EXPECTS.task: "cycles"}.get(self.kind.task, SENTENCE)

    def query(self, model: str) -> dict[str, str]:
        """The choices in the address."""
        if self.plain:
            return dict(self.more)
        section = {"section": self.section} if self.section else {}
        return {"model": model, "text": self.text, **section, **dict(self.more)}


LSTM = Kind("sentiment", "lstm", attention=False)
LOOKS = Kind("sentiment", "lstm", attention=True)
GRU = Kind("sentiment", "gru", attention=False)
WRITES = Kind("translation", "gru", attention=True)
LSTM_WRITES = Kind("translation", "lstm", attention=True)
BLIND = Kind("translation", attention=False)
EXPECTS = Kind("forecast", "lstm")
TINY = Kind("sentiment", "lstm", units=4)
CELL = (("token", "5"), ("unit", "7"))

SHOTS = (
    Shot(
        "overview",
        "",
        LSTM,
        "The network unrolled over the sentence, with its values; the arrow keys step through it.",
        first=True,
    ),
    Shot(
        "overview",
        "",
        WRITES,
        "Encoder above, decoder below; the lines show what the chosen step attends to in the source.",
        first=True,
    ),
    Shot(
        "overview",
        "",
        WRITES,
        "The interface in Spanish, for readers of the translator's source language.",
        (("language", "es"),),
    ),
    Shot("overview", "whole", TINY, "A trained network of four units with every wire and every number."),
    Shot(
        "overview",
        "whole",
        WRITES,
        "One unit of a larger network with its strongest wires; the rest are summed.",
    ),
    *(
        Shot("embeddings", section, kind, caption, (("token", "3"),), first=section == "vectors")
        for section, caption in (
            ("vectors", "The embedding of every token; a click shows the token's neighbours."),
            (
                "alike",
                "The similarity of the tokens to each other, and the nearest neighbours of the chosen one.",
            ),
            ("map", "The neighbourhood of a token in two dimensions; any word can be looked up."),
            ("axis", "The sentence's tokens on the axis between two words of your choice."),
        )
        for kind in (LSTM, WRITES)
    ),
    *(
        Shot("gates", section, kind, caption, CELL, first=section == "maps")
        for section, caption in (
            ("maps", "Every gate as a heatmap; below, the arithmetic of the clicked cell."),
            ("summary", "How open the gates are: per token, and over all their values."),
            (
                "cell",
                "One unit at one token taken apart: wires, formulas in numbers, the inputs behind a sum.",
            ),
        )
        for kind in (LSTM, WRITES)
    ),
    *(
        Shot(
            "gates",
            "textbooks",
            kind,
            "The GRU as other textbooks define it: how much its state differs.",
        )
        for kind in (GRU, WRITES)
    ),
    Shot("gates", "cell", LSTM, "One cell in German.", (*CELL, ("language", "de"))),
    *(
        Shot("states", section, kind, caption, CELL, first=section == "maps")
        for section, caption in (
            ("maps", "The states as heatmaps; below, the arithmetic of the clicked cell."),
            ("units", "Units picked by clicking rows of the heatmap, drawn as lines."),
            ("changes", "How far each token moved the state."),
            ("ledger", "What is left of each earlier token; the sum is checked against the recorded state."),
            ("path", "The trajectory of the state in the plane in which it moves most."),
        )
        for kind in (LSTM, WRITES)
    ),
    *(
        Shot("gradients", section, kind, caption, (("token", "3"),), first=(section, kind) == ("reach", LSTM))
        for section, kinds, caption in (
            (
                "reach",
                (LSTM, LSTM_WRITES, EXPECTS),
                "How strongly the answer depends on each step, for one network per cell; logarithmic.",
            ),
            (
                "pairs",
                (LSTM, LSTM_WRITES, EXPECTS),
                "How much of a change of the state at one step arrives at every later one.",
            ),
            (
                "backwards",
                (LSTM, LSTM_WRITES, EXPECTS),
                "Backpropagation step by step: the Jacobian of the step and the product of all so far.",
            ),
            (
                "roads",
                (LSTM, LSTM_WRITES, EXPECTS),
                "An LSTM's two roads back: through the cell alone, and through the hidden state.",
            ),
            (
                "words",
                (LOOKS,),
                "What each word contributes, by six attribution methods; which one to believe.",
            ),
            (
                "exploding",
                (LSTM, LSTM_WRITES, EXPECTS),
                "The same network with larger recurrent weights, and what clipping does.",
            ),
            (
                "shortcut",
                (LOOKS, LSTM_WRITES),
                "The gradient straight through attention, and the part through the later states.",
            ),
        )
        for kind in kinds
    ),
    Shot(
        "attention", "weights", LOOKS, "Which tokens the verdict is read from, and their scores.", first=True
    ),
    Shot("attention", "words", LOOKS, "Attention beside the attributions of other methods, on one scale."),
    Shot("attention", "verdict", LOOKS, "What each token adds to the logit of a class."),
    Shot(
        "attention",
        "alignment",
        WRITES,
        "What every step of the decoder attends to; one step as bars.",
        first=True,
    ),
    Shot(
        "attention",
        "spread",
        WRITES,
        "The entropy of the attention at every step, compared with equal weights.",
    ),
    *(
        Shot("attention", section, kind, caption)
        for section, caption in (
            ("context", "The context vector, and the sum behind one of its numbers."),
            ("test", "The same network with weights it did not choose: how far does the answer move?"),
            ("kinds", "Networks with and without attention on the same sentence."),
        )
        for kind in (LOOKS, WRITES)
    ),
    Shot("attention", "instead", LSTM, "A network without attention: what is read instead.", first=True),
    Shot(
        "attention",
        "instead",
        BLIND,
        "A translator without attention: the single vector that its decoder gets.",
        first=True,
    ),
    Shot(
        "softmax",
        "classes",
        LSTM,
        "From logits to probabilities, with an adjustable temperature.",
        first=True,
    ),
    Shot("softmax", "terms", LSTM, "Which units push which class: terms that sum to the logit."),
    Shot("softmax", "verdicts", LSTM, "The verdict after every token."),
    Shot("softmax", "order", LSTM, "The same words in other orders, beside a network that ignores order."),
    Shot("softmax", "confidence", WRITES, "How sure the decoder was at every step.", first=True),
    Shot("softmax", "pieces", WRITES, "Why one piece and not another: the terms of two rivals' logits."),
    Shot("softmax", "candidates", WRITES, "The most probable tokens of one step."),
    Shot("softmax", "beam", WRITES, "The beam search as a tree, the chosen path marked."),
    Shot("diagnosis", "", LSTM, "Every detector, and how close it came to a finding.", first=True),
    Shot("diagnosis", "", WRITES, "The same for a translator, over its examples.", (("over", "examples"),)),
    Shot(
        "diagnosis",
        "",
        EXPECTS,
        "A forecaster whose memory is shorter than its series, with the evidence.",
    ),
    *(
        Shot(name, section, EXPECTS, caption, (("token", "170"), ("unit", "7")), first=first)
        for name, section, caption, first in (
            ("overview", "", "The network below the series that it reads, with its forecasts.", True),
            ("overview", "whole", "One unit in one month, with the wires into it.", False),
            (
                "embeddings",
                "numbers",
                "The input: the series, and the scaled numbers that the network reads.",
                False,
            ),
            ("gates", "maps", "Every gate over 264 months.", False),
            ("gates", "summary", "How open the gates are, month by month.", False),
            ("gates", "cell", "One unit in one month taken apart.", False),
            ("states", "maps", "The states over two cycles.", False),
            ("states", "units", "Picked units as lines.", False),
            ("states", "changes", "How far each month moved the state.", False),
            ("states", "ledger", "What is left of each earlier month.", False),
            ("states", "path", "The trajectory of the state: two cycles are two loops.", False),
            ("attention", "instead", "What the forecast is read from: the last state alone.", False),
            ("softmax", "forecast", "The forecasts, and their errors beside those of the baselines.", False),
            ("softmax", "terms", "Which units push the output up or down.", False),
        )
    ),
    Shot(
        "gates",
        "textbooks",
        Kind("forecast", "gru"),
        "The GRU as other textbooks define it, over a series.",
    ),
    Shot(
        "training",
        "",
        LSTM,
        "Training and validation loss of two runs: where they overfit, and what clipping cut.",
        (("beside", "lstm-dropout"),),
        first=True,
        plain=True,
    ),
    Shot(
        "training",
        "inside",
        LSTM,
        "How far the gradient reaches while two networks learn, and how saturated their gates are.",
        (("section", "inside"), ("beside", "rnn")),
        plain=True,
    ),
    Shot(
        "training",
        "machine",
        LSTM,
        "The time machine: the verdict at every snapshot, and the gates of the network at that time.",
        (("section", "machine"), ("read", "1"), ("moment", "9")),
        plain=True,
    ),
    Shot(
        "toy",
        "",
        LSTM,
        "A GRU trained on the page: accuracy by T, loss and gradients, with links to every page.",
        (("cell", "gru"), ("steps", "5"), ("rate", "0.01")),
        first=True,
        plain=True,
        press="Train it",
    ),
    Shot(
        "hyperparameters",
        "",
        LSTM,
        "A hyperparameter search: every trial, which settings mattered, and the best ones.",
        first=True,
        plain=True,
    ),
    Shot(
        "own",
        "",
        LSTM,
        "A visitor's own network and a table for it to read, dropped on the page: what was found, which "
        "columns are read, and how they are scaled. Every page then works on it.",
        first=True,
        plain=True,
        drops=True,
    ),
    Shot(
        "lessons",
        "",
        LSTM,
        "A step of a lesson: a curve is predicted and locked in before the network’s own is shown.",
        (
            ("lesson", "04-the-forget-gate"),
            ("at", "3"),
            ("given", "1:0~2:0.9_0.8_0.8_0.3_0.5_0.9_0.9_0.5_0.5_0.3_0.6"),
        ),
        first=True,
    ),
    Shot(
        "class",
        "",
        LSTM,
        "The teacher's screen after a vote: the histogram, how many are right, and what to do about it.",
        first=True,
    ),
    Shot(
        "teachers",
        "",
        LSTM,
        "Plans for a class, with links to their lessons.",
        (("section", "90 minutes"),),
        first=True,
    ),
)


# What `Route.sections` does not tell: the tabs of a page without a trace, and one of two that share a name.
TITLES = {
    "attention-kinds": "With and without",
    "training-inside": "Gates and gradients",
    "training-machine": "Time machine",
}


def page(shots: Sequence[Shot]) -> str:
    """The gallery as Markdown."""
    lines = [HEAD]
    for name in dict.fromkeys(shot.page for shot in shots):
        lines.append(f"## {route(name).title}\n")
        lines += [_entry(shot) for shot in shots if shot.page == name]
    return "\n".join(lines)


def _entry(shot: Shot) -> str:
    page = route(shot.page)
    named = {one.name: one.title for one in reversed(page.sections)}
    section = TITLES.get(shot.name) or named.get(shot.section, "")
    title = ": ".join(word for word in (page.title, section) if word)
    if page.traces:
        title += f", {shot.kind.task}"
    if spoken := dict(shot.more).get("language"):
        title += f" ({NAMES[spoken]})"
    also = [f"[dark](screenshots/{shot.name}-dark.png)"] * shot.dark
    also += [f"[on a phone](screenshots/{shot.name}-phone.png)"] * shot.first
    more = f" Also {', '.join(also)}." if also else ""
    picture = f"![{title}](screenshots/{shot.name}-light.png)"
    return f"### {title}\n\n{shot.caption}{more}\n\n{picture}\n"
