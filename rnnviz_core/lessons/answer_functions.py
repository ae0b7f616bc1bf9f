"""Functions of what a network answered, and of the network itself. ``docs/lessons.md`` lists them."""

from typing import Any

from rnnviz_core.contracts.claims import Reading
from rnnviz_core.contracts.task import task
from rnnviz_core.errors import LessonError, unknown_choice
from rnnviz_core.languages import SOURCE, speak

from . import functions as functions  # they enter themselves into the table
from .function_table import FUNCTIONS as FUNCTIONS
from .function_table import Called, array_of, function, numbers, places_of, text
from .syntax import Site
from .values import ClassName, Value, Values, single

# --- the answer -------------------------------------------------------------------------------


@function("answer()", "what the network answers, as the pages show it: a class, a translation, a forecast")
def _answer(called: Called) -> Value:
    trace = called.trace
    if "task" not in trace.meta:
        raise LessonError(f"answer is for networks; {trace.model} is the history of a training run")
    with speak(SOURCE):  # conditions compare it; `words_of` says a class in the language
        said = task(trace.meta["task"]).answer(trace).text
    return ClassName(said) if said in trace.labels.get("class", ()) else said


def _of_class(site: str, name: str, gives: str) -> None:
    @function(f'{name}("class")', gives)
    def of_class(called: Called, which: Any) -> Value:
        trace = called.trace
        if "class" not in trace.labels:
            raise LessonError(f"{name} is for networks that choose a class; {trace.model} does not")
        return single(float(array_of(trace, site)[places_of(trace, "class", text(which, name))[0]]))


_of_class("readout.probabilities", "probability", "the probability of a class")
_of_class("readout.logits", "logit", "the logit of a class")


@function('says("words")', "whether the translation holds these words, in any case")
def _says(called: Called, words: Any) -> Value:
    trace = called.trace
    if "translation" not in trace.meta:
        raise LessonError(f"says is for networks that translate; {trace.model} does not")
    return single(bool(Reading(trace).says(text(words, "says").casefold())))


@function("unknown()", "how many pieces of the text are not in the vocabulary")
def _unknown(called: Called) -> Value:
    return single(float(Reading(called.trace).unknown))


@function("forecast()", "the number that the network expects next")
def _forecast(called: Called) -> Value:
    if "forecast" not in called.trace.meta:
        raise LessonError(f"forecast is for networks that continue a series; {called.trace.model} does not")
    return single(float(called.trace.meta["forecast"]))


@function("likelihood(rank)", "the log-probability of the translation that the beam ranks so, from 0")
def _likelihood(called: Called, rank: Any) -> Value:
    return single(float(_hypothesis(called, rank)["log_probability"]))


@function("translation(rank)", "the text of that translation")
def _translation(called: Called, rank: Any) -> Value:
    return str(_hypothesis(called, rank)["text"])


def _hypothesis(called: Called, rank: Any) -> Any:
    beam = called.trace.meta.get("beam", ())
    number = numbers(rank, "the rank").number
    if number not in range(len(beam)):
        raise LessonError(f"there are {len(beam)} translations; ranks are counted from 0")
    return beam[int(number)]


# --- what is asked of the network -------------------------------------------------------------


@function(
    'gradient(site, "of")', "the derivative of a quantity, such as logit:positive, by every number of a site"
)
def _gradient(called: Called, x: Any, of: Any) -> Value:
    numbers(x, "gradient")
    argument = called.node.arguments[0]
    if not isinstance(argument, Site):
        raise LessonError('gradient takes a site itself: gradient(encoder.0.hidden, "logit:positive")')
    trace = called.scope.gradient(argument.trace or called.trace_name, text(of, "gradient"))
    name = f"{argument.name}_gradient"
    return Values(trace.axes.get(name, ()), array_of(trace, name))


@function("parameters()", "how many weights the network has")
def _parameters(called: Called) -> Value:
    return single(float(called.scope.parameters(called.trace_name)))


@function('if_even("class")', "the probability of a class if attention weighed all tokens alike")
def _if_even(called: Called, which: Any) -> Value:
    trace = called.trace
    if "attention.weights" not in trace or "class" not in trace.labels:
        raise LessonError(
            f"if_even is for networks that choose a class with attention; {trace.model} does not"
        )
    shares = called.scope.evenly(called.trace_name)
    return single(float(shares[places_of(trace, "class", text(which, "if_even"))[0]]))


@function('score("name")', "a score of the network on its test data, as its card has it: accuracy5, rmse")
def _score(called: Called, name: Any) -> Value:
    scores = called.scope.scores(called.trace_name)
    wanted = text(name, "score")
    if wanted not in scores:
        raise LessonError(unknown_choice("score", wanted, sorted(scores)))
    return single(float(scores[wanted]))
