"""The value of an expression on the traces of a lesson.

Every step is counted: how deep, how many operations, how many numbers they touch. Nothing here can write,
loop, or reach anything but the arrays of a trace and the functions of `offered.FUNCTIONS`.
"""

from dataclasses import dataclass, field

import numpy as np

from rnnviz_core import limits
from rnnviz_core.errors import LessonError, RnnvizError, unknown_choice
from rnnviz_core.tracing.trace import AXES, Trace

from .answer_functions import FUNCTIONS
from .function_table import AxisName, Called, Scope, array_of, finite, numbers, same
from .syntax import COMPARISONS, Call, Expression, Name, Node, Number, Pair, Sign, Site, Text
from .values import Value, Values, aligned, check_size, single


def evaluate(expression: Expression, scope: Scope, trace: str) -> Value:
    """The value of an expression.

    Parameters
    ----------
    expression
        What `syntax.parse` returned.
    scope
        The traces it may ask for.
    trace
        The name of the trace that sites without a name belong to.

    Returns
    -------
    Value
        A text, or numbers along named axes (none: a single number).

    Raises
    ------
    LessonError
        Quotes the expression, and says what is missing, does not fit or is not a number.
    """
    try:
        return _Run(scope).value(expression.tree, trace, 0)
    except LessonError as error:
        raise LessonError(f"“{expression.text}”: {error}") from None
    except RnnvizError as error:  # a text that a network cannot read, a checkpoint that is missing
        raise LessonError(f"“{expression.text}” cannot be computed: {error}") from error


@dataclass
class _Run:
    """One evaluation, and what it has cost so far."""

    scope: Scope
    operations: int = 0
    inside: list[str] = field(default_factory=list)  # named expressions that are being evaluated

    def value(self, node: Node, trace: str, depth: int) -> Value:
        found = self.any(node, trace, depth)
        if isinstance(found, AxisName):
            raise LessonError(f"the axis {found} stands alone; write it inside a function: mean(…, {found})")
        return found

    def any(self, node: Node, trace: str, depth: int) -> Value | AxisName:
        """The value of a node, or the axis that it names."""
        self.operations += 1
        if self.operations > limits.EXPRESSION_OPERATIONS or depth > limits.EXPRESSION_OPERATIONS // 4:
            raise LessonError(f"it takes more than {limits.EXPRESSION_OPERATIONS} operations; split it up")
        match node:
            case Number(value):
                return single(value)
            case Text(value):
                return value
            case Site(other, name) if "." not in name:  # a named expression on another trace
                self.scope.trace(other)
                return self.named(name, other, depth)
            case Site(other, name):
                return self.site(self.scope.trace(other or trace), name)
            case Name(name):
                return self.named(name, trace, depth)
            case Sign(sign, of):
                return self.signed(sign, self.value(of, trace, depth + 1))
            case Pair(sign, left, right):
                if sign in ("and", "or"):
                    return self.joined(sign, left, right, trace, depth + 1)
                sides = self.value(left, trace, depth + 1), self.value(right, trace, depth + 1)
                return compared(sign, *sides) if sign in COMPARISONS else computed(sign, *sides)
            case Call():
                return self.call(node, trace, depth)

    def site(self, trace: Trace, name: str) -> Values:
        array = array_of(trace, name)
        check_size(array.size)
        return Values(trace.axes[name], array.astype(np.float64))

    def named(self, name: str, trace: str, depth: int) -> Value | AxisName:
        if name in AXES:
            return AxisName(name)
        known = self.scope.names
        if name not in known:
            raise LessonError(
                f"unknown name {name!r}; it is none of the axes {', '.join(AXES)}"
                + (f" and none of this lesson's names {', '.join(known)}" if known else "")
                + '; a text stands in quotes: "'
                + name
                + '"'
            )
        if name in self.inside:
            raise LessonError(f"the name {name!r} is explained by itself")
        self.inside.append(name)
        found = self.value(known[name].tree, trace, depth + 1)
        self.inside.pop()
        return found

    def signed(self, sign: str, of: Value) -> Values:
        found = numbers(of, sign)
        if sign == "not":
            return Values(found.axes, ~_truths(found, "not"))
        return finite(Values(found.axes, -found.array.astype(np.float64)))

    def joined(self, sign: str, left: Node, right: Node, trace: str, depth: int) -> Values:
        """``and`` and ``or`` over all places; a single answer on the left may settle it."""
        first = numbers(self.value(left, trace, depth), sign)
        truth = _truths(first, sign)
        if first.single and bool(truth) is (sign == "or"):
            return single(bool(truth))
        second = numbers(self.value(right, trace, depth), sign)
        _truths(second, sign)
        axes, one, other = aligned(first, second)
        return Values(axes, one & other if sign == "and" else one | other)

    def call(self, node: Call, trace: str, depth: int) -> Value:
        where = node.trace or trace
        function = FUNCTIONS.get(node.name)
        if function is None:
            raise LessonError(unknown_choice("function", node.name, FUNCTIONS))
        arguments = [self.any(one, where, depth + 1) for one in node.arguments]
        named = {name: self.any(one, where, depth + 1) for name, one in node.named}
        called = Called(self.scope, where, node)
        if not function.takes(arguments, named):
            raise LessonError(f"write {function.usage}")
        found = function.compute(called, *arguments, **named)
        return finite(found) if isinstance(found, Values) else found


def _truths(one: Values, sign: str) -> np.ndarray:
    if one.array.dtype != bool:
        raise LessonError(f"{sign!r} joins comparisons, such as a < b; here is a number")
    return one.array


_COMPUTED = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
_COMPARED = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def computed(sign: str, left: Value, right: Value) -> Values:
    """Two sides with ``+ - * /`` between them."""
    axes, one, other = aligned(numbers(left, sign), numbers(right, sign))
    with np.errstate(all="ignore"):
        result = _COMPUTED[sign](one.astype(np.float64), other.astype(np.float64))
    return finite(Values(axes, result))


def compared(sign: str, left: Value, right: Value) -> Values:
    """Two sides with a comparison between them; a text may stand for a place: ``argmax(…) == "good"``."""
    if isinstance(left, str) or isinstance(right, str):
        if sign not in ("==", "!="):
            raise LessonError(f"texts are compared with == and !=, not with {sign}")
        return single(same(left, right) is (sign == "=="))
    axes, one, other = aligned(left, right)
    return Values(axes, _COMPARED[sign](one, other))
