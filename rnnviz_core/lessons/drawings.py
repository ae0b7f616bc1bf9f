"""A prediction as a picture: what was answered, and what is right, where they are known."""

from rnnviz_core.charts import predictions
from rnnviz_core.errors import RnnvizError
from rnnviz_core.languages import _

from . import answers
from .lesson import Curve, Point, Scale, Step
from .world import World


def picture(
    world: World,
    step: Step,
    given: str | None = None,
    *,
    uncovered: bool = False,
    dark: bool | None = None,
    width: int = predictions.WIDTH,
) -> str:
    """The drawing of a prediction as SVG; empty for a choice, and where nothing can be drawn.

    Parameters
    ----------
    world
        The lesson at work.
    step
        One that predicts.
    given
        The answer, as `answers.check` takes it; None: none yet.
    uncovered
        Whether the right answer is drawn, too.
    dark
        The background; None: that of the page on which it stands.
    width
        Pixels.
    """
    try:
        return _drawn(world, step, given, uncovered, dark, width)
    except RnnvizError:  # what is wrong is said where the answers are compared
        return ""


def _drawn(
    world: World, step: Step, given: str | None, uncovered: bool, dark: bool | None, width: int
) -> str:
    found = answers.check(world, step, given) if given is not None else None
    words = step.title
    if found:
        if uncovered:
            words = _(
                "{title}: you {given}, network {true}", title=step.title, given=found.given, true=found.true
            )
        else:
            words = _("{title}: you {given}", title=step.title, given=found.given)
    match step:
        case Scale():
            return predictions.scale(
                step.low,
                step.high,
                (step.left, step.right, words),
                None if given is None else float(given),
                answers.number(world, step) if uncovered else None,
                step.tolerance,
                dark,
                width,
            )
        case Point():
            return predictions.strip(
                answers.tokens(world, step),
                words,
                None if given is None else int(given),
                answers.place(world, step) if uncovered else None,
                dark,
                width,
            )
        case Curve():
            return predictions.curves(
                answers.tokens(world, step),
                step.low,
                step.high,
                (step.label, words),
                () if given is None else list(answers.points(world, step, given)),
                list(answers.curve(world, step)) if uncovered else (),
                dark,
                width,
            )
    return ""
