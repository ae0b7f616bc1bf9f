"""What a student takes home: predictions, answers and their own words as Markdown, with pictures."""

import io
import zipfile
from collections.abc import Callable, Mapping

from rnnviz_core.errors import RnnvizError
from rnnviz_core.languages import _

from . import answers, drawings
from .lesson import Explain, Lesson, Predict, Reveal, Try
from .plain import as_text
from .world import World

AtStep = Callable[[int], World]  # the lesson as it was at a step


def archive(
    lesson: Lesson,
    given: Mapping[int, str],
    typed: Mapping[int, str],
    written: Mapping[int, str],
    world: AtStep,
) -> bytes:
    """The summary as a zip file: ``summary.md``, and a drawing for each prediction that has one.

    Parameters
    ----------
    lesson
        The lesson.
    given, typed, written
        Answers, texts that were tried, and explanations, by the number of their step.
    world
        Gives the lesson as it was at a step.
    """
    pictures: dict[str, str] = {}
    text = markdown(lesson, given, typed, written, world, pictures)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{lesson.id}/summary.md", text)
        for name, picture in pictures.items():
            file.writestr(f"{lesson.id}/{name}", picture)
    return packed.getvalue()


def markdown(
    lesson: Lesson,
    given: Mapping[int, str],
    typed: Mapping[int, str],
    written: Mapping[int, str],
    world: AtStep,
    pictures: dict[str, str],
) -> str:
    """The summary; `pictures` receives the drawings that it shows, by their file names."""
    lines = [f"# {lesson.title}", "", _("Aim: {aim}", aim=lesson.aim), ""]
    for step in lesson.steps:
        match step:
            case Predict():
                if step.number in given:
                    lines += _predicted(world(step.number), step, given[step.number], pictures)
            case Reveal():
                lines += _revealed(world(step.number), step)
            case Explain():
                words = written.get(step.number, "").strip()
                if words:
                    lines += [
                        f"## {step.title}",
                        "",
                        *(f"> {as_text(line)}" for line in words.splitlines()),
                        "",
                    ]
            case Try():
                if step.number in typed:
                    lines += _tried(world(step.number), step)
    networks = {
        _("the training run {run}", run=f"`{one.history}`")
        if one.history
        else _("{network} reads “{text}”", network=f"`{one.model}`", text=as_text(one.text))
        for one in lesson.traces.values()
    }
    return "\n".join([*lines, "---", "", *(f"- {one}" for one in sorted(networks)), ""])


def _predicted(world: World, step: Predict, given: str, pictures: dict[str, str]) -> list[str]:
    lines = [f"## {step.title}", "", world.fill(step.body, step, as_text), ""]
    try:
        found = answers.check(world, step, given)
    except RnnvizError as error:
        return [*lines, as_text(str(error)), ""]
    lines += [
        "- " + _("You: {given}", given=as_text(found.given)),
        "- " + _("The network: {true}", true=as_text(found.true)),
    ]
    lines += [f"- {as_text(found.note)}"] if found.note else []
    if picture := drawings.picture(world, step, given, uncovered=True, dark=False):
        name = f"step-{step.number + 1}.svg"
        pictures[name] = picture
        lines += ["", f"![{as_text(step.title)}]({name})"]
    return [*lines, ""]


def _revealed(world: World, step: Reveal) -> list[str]:
    try:
        said = world.fill(answers.said(world, step), step, as_text)
        body = world.fill(step.body, step, as_text)
    except RnnvizError:
        return []
    return [f"## {step.title}", "", *(part for one in (said, body) if one for part in (one, ""))]


def _tried(world: World, step: Try) -> list[str]:
    found = answers.tried(world, step)
    told = "; ".join(f"{words}: {value}" for words, value in found.told)
    values = {"goal": as_text(step.goal), "text": as_text(world.recorded(step.trace).text), "told": told}
    if found.right:
        came = _("Wanted: {goal}. Tried: “{text}” (found). {told}", **values)
    else:
        came = _("Wanted: {goal}. Tried: “{text}” (not found). {told}", **values)
    return [
        f"## {step.title}",
        "",
        came,
        "",
    ]
