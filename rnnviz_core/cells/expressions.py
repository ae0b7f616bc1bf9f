"""Formulas as small trees: one tree is computed, printed as LaTeX and printed as Python code.

``tanh(x + reset * h)`` written with `Symbol` for the names gives the tree; nothing is parsed.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rnnviz_core.languages import N_

Array = Any  # a torch tensor or a numpy array; the formulas work on either, not on a mixture
Values = Mapping[str, Array]


class Expression:
    """A formula that can be computed, printed as LaTeX and printed as Python code.

    `precedence` says how tightly the outermost operation binds, to print only the brackets needed.
    """

    precedence: ClassVar[int] = 3

    def __add__(self, other: "Expression | float") -> "Operation":
        return Operation("+", self, _expression(other))

    def __sub__(self, other: "Expression | float") -> "Operation":
        return Operation("-", self, _expression(other))

    def __rsub__(self, other: float) -> "Operation":
        return Operation("-", _expression(other), self)

    def __mul__(self, other: "Expression | float") -> "Operation":
        return Operation("*", self, _expression(other))

    def evaluate(self, values: Values) -> Array:
        """The value of the formula, of whatever shape `values` have (unit is the last axis)."""
        raise NotImplementedError

    def latex(self, numbers: Mapping[str, float] | None = None, digits: int = 3) -> str:
        """The formula as LaTeX; a symbol found in `numbers` is printed as its number."""
        raise NotImplementedError

    def code(self) -> str:
        """The formula as Python code."""
        raise NotImplementedError

    def symbols(self) -> tuple[str, ...]:
        """The names that `evaluate` reads, in order of appearance."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Symbol(Expression):
    """A named array: `name` in code and in a trace, `letters` in LaTeX."""

    name: str
    letters: str

    def evaluate(self, values: Values) -> Array:
        """The array of this name."""
        return values[self.name]

    def latex(self, numbers: Mapping[str, float] | None = None, digits: int = 3) -> str:
        """Its letters, or its number where `numbers` has one."""
        if numbers is None or self.name not in numbers:
            return self.letters
        return number_latex(numbers[self.name], digits)

    def code(self) -> str:
        """Its name."""
        return self.name

    def symbols(self) -> tuple[str, ...]:
        """Its own name."""
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A constant."""

    value: float

    def evaluate(self, values: Values) -> Array:
        """The constant, a plain Python number."""
        return self.value  # the other side keeps its dtype

    def latex(self, numbers: Mapping[str, float] | None = None, digits: int = 3) -> str:
        """The constant, in as few digits as it needs."""
        return f"{self.value:g}"

    def code(self) -> str:
        """The constant, in as few digits as it needs."""
        return f"{self.value:g}"

    def symbols(self) -> tuple[str, ...]:
        """None: a constant reads nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class Operation(Expression):
    """A sum, a difference or an element-by-element product."""

    sign: str
    left: Expression
    right: Expression

    @property
    def precedence(self) -> int:  # type: ignore[override]
        """How tightly the sign binds: a product before a sum."""
        return 2 if self.sign == "*" else 1

    def evaluate(self, values: Values) -> Array:
        """The sum, difference or product of both sides, element by element."""
        left, right = self.left.evaluate(values), self.right.evaluate(values)
        if self.sign == "*":
            return left * right
        return left + right if self.sign == "+" else left - right

    def latex(self, numbers: Mapping[str, float] | None = None, digits: int = 3) -> str:
        """Both sides around the sign, in brackets where they need them."""
        left, right = (side.latex(numbers, digits) for side in (self.left, self.right))
        sign = self.sign if self.sign != "*" else r"\odot" if numbers is None else r"\cdot"
        return self._joined(sign, left, right, negative=r"\left({}\right)")

    def code(self) -> str:
        """Both sides around the sign, in brackets where they need them."""
        return self._joined(self.sign, self.left.code(), self.right.code(), negative="({})")

    def _joined(self, sign: str, left: str, right: str, negative: str) -> str:
        # A difference on the right needs brackets after a minus; a negative number always does.
        if self.left.precedence < self.precedence:
            left = f"({left})"
        if self.right.precedence < self.precedence + (self.sign == "-"):
            right = f"({right})"
        elif right.startswith("-"):
            right = negative.format(right)
        if left.startswith("-") and self.sign == "*":
            left = negative.format(left)
        return f"{left} {sign} {right}"

    def symbols(self) -> tuple[str, ...]:
        """What both sides read, each name once."""
        return tuple(dict.fromkeys(self.left.symbols() + self.right.symbols()))


def _sigmoid(a: np.ndarray) -> np.ndarray:
    # Far below zero e^-a is infinite and the sigmoid 0, as it should be: callers keep numpy quiet there.
    powers = np.negative(a)
    np.exp(powers, powers)
    powers += 1
    return np.reciprocal(powers, powers)


def _relu(a: np.ndarray) -> np.ndarray:
    return np.maximum(a, 0)


@functools.cache
def _torch() -> Any:
    """Torch, for whoever computes on tensors: to read a trace and print its formulas numpy is enough."""
    import torch

    return torch


_SELU = (1.0507009873554804934193349852946, 1.6732632423543772848170429916717)  # Klambauer et al., 2017

# On so little numpy's functions take a half to a fifth of the time of torch's.
ON_ARRAYS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": _relu,
    "sign": np.sign,
    # What imported cells may use instead; `MEANT` says what the names stand for.
    "hard_sigmoid": lambda a: np.clip(0.2 * a + 0.5, 0, 1),
    "hard_sigmoid_sixth": lambda a: np.clip(a / 6 + 0.5, 0, 1),
    "relu6": lambda a: np.clip(a, 0, 6),
    "softsign": lambda a: a / (1 + np.abs(a)),
    "softplus": lambda a: np.logaddexp(a, 0).astype(a.dtype),
    "elu": lambda a: np.where(a > 0, a, np.expm1(np.minimum(a, 0))),
    "selu": lambda a: _SELU[0] * np.where(a > 0, a, _SELU[1] * np.expm1(np.minimum(a, 0))),
    "silu": lambda a: a * _sigmoid(a),
    "exponential": np.exp,
}
_ON_TENSORS: dict[str, Callable[[Any], Any]] = {
    "hard_sigmoid": lambda a: (0.2 * a + 0.5).clamp(0, 1),
    "hard_sigmoid_sixth": lambda a: (a / 6 + 0.5).clamp(0, 1),
    "relu6": lambda a: a.clamp(0, 6),
    "softsign": lambda a: a / (1 + a.abs()),
    "softplus": lambda a: _torch().nn.functional.softplus(a),
    "elu": lambda a: _torch().nn.functional.elu(a),
    "selu": lambda a: _torch().selu(a),
    "silu": lambda a: _torch().nn.functional.silu(a),
    "exponential": lambda a: a.exp(),
}
MEANT = {
    "hard_sigmoid": N_("0.2 a + 0.5, cut to 0 .. 1"),
    "hard_sigmoid_sixth": N_("a / 6 + 0.5, cut to 0 .. 1"),
    "relu6": N_("a, cut to 0 .. 6"),
    "softsign": "a / (1 + |a|)",
    "softplus": "log(1 + e^a)",
    "elu": N_("a above 0, e^a - 1 below"),
    "selu": N_("1.0507 a above 0, 1.7581 (e^a - 1) below"),
    "silu": N_("a times its sigmoid"),
    "exponential": "e^a",
    "sign": N_("1 above 0, -1 below, 0 at 0"),
}


def on_tensors() -> dict[str, Callable[[Any], Any]]:
    """The functions by name, for tensors."""
    return {name: _ON_TENSORS.get(name) or getattr(_torch(), name) for name in ON_ARRAYS}


_LATEX = {"sigmoid": r"\sigma", "tanh": r"\tanh", "exponential": r"\exp"}
_LATEX |= {name: rf"\operatorname{{{name.replace('_', ' ')}}}" for name in ON_ARRAYS if name not in _LATEX}


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """A function of one argument, taken element by element."""

    function: str
    argument: Expression

    def evaluate(self, values: Values) -> Array:
        """The function of the argument: numpy for arrays, torch for tensors."""
        argument = self.argument.evaluate(values)
        on_arrays = isinstance(argument, np.ndarray)
        if on_arrays:
            return ON_ARRAYS[self.function](argument)
        return (_ON_TENSORS.get(self.function) or getattr(_torch(), self.function))(argument)

    def latex(self, numbers: Mapping[str, float] | None = None, digits: int = 3) -> str:
        """The function with its argument in brackets."""
        return rf"{_LATEX[self.function]}\left({self.argument.latex(numbers, digits)}\right)"

    def code(self) -> str:
        """The function with its argument in brackets."""
        return f"{self.function}({self.argument.code()})"

    def symbols(self) -> tuple[str, ...]:
        """What the argument reads."""
        return self.argument.symbols()


@dataclass(frozen=True, slots=True)
class Clip(Expression):
    """A number cut to ``-limit .. limit``, element by element."""

    argument: Expression
    limit: float

    def evaluate(self, values: Values) -> Array:
        """The argument, cut."""
        return self.argument.evaluate(values).clip(-self.limit, self.limit)

    def latex(self, numbers: Mapping[str, float] | None = None, digits: int = 3) -> str:
        """``clip`` with its argument and both ends."""
        inner = self.argument.latex(numbers, digits)
        return rf"\operatorname{{clip}}\left({inner}, -{self.limit:g}, {self.limit:g}\right)"

    def code(self) -> str:
        """The method of this name, which arrays and tensors have."""
        return f"({self.argument.code()}).clip(-{self.limit:g}, {self.limit:g})"

    def symbols(self) -> tuple[str, ...]:
        """What the argument reads."""
        return self.argument.symbols()


@dataclass(frozen=True, slots=True)
class Square(Expression):
    """An expression times itself, element by element: derivatives are full of them."""

    base: Expression

    def evaluate(self, values: Values) -> Array:
        """The square of the base."""
        base = self.base.evaluate(values)
        return base * base

    def latex(self, numbers: Mapping[str, float] | None = None, digits: int = 3) -> str:
        """The base with its exponent; a number or a sum in brackets."""
        base = self.base.latex(numbers, digits)
        plain = self.base.precedence == 3 and not (numbers and set(self.base.symbols()) & set(numbers))
        return f"{base}^2" if plain else rf"\left({base}\right)^2"

    def code(self) -> str:
        """The base with its exponent."""
        return f"{self.base.code()} ** 2" if self.base.precedence == 3 else f"({self.base.code()}) ** 2"

    def symbols(self) -> tuple[str, ...]:
        """What the base reads."""
        return self.base.symbols()


@dataclass(frozen=True, slots=True)
class Linear(Expression):
    """``weight @ vector + bias``: one number per row of the matrix."""

    weight: Symbol
    vector: Symbol
    bias: Symbol | None
    precedence: ClassVar[int] = 1

    def evaluate(self, values: Values) -> Array:
        """The product and its bias: (..., row) from a weight (row, dim) and a vector (..., dim)."""
        vector, weight = values[self.vector.name], values[self.weight.name]
        bias = None if self.bias is None else values[self.bias.name]
        if not isinstance(vector, np.ndarray):
            return _torch().nn.functional.linear(vector, weight, bias)
        return vector @ weight.T if bias is None else vector @ weight.T + bias

    def latex(self, numbers: Mapping[str, float] | None = None, digits: int = 3) -> str:
        """The product and its bias; the product's number stands under its code in `numbers`."""
        # One unit's number is the product of a whole row with the vector: look that product up.
        product = f"{self.weight.letters} {self.vector.letters}"
        name = f"{self.weight.name} @ {self.vector.name}"
        if numbers is not None and name in numbers:
            product = number_latex(numbers[name], digits)
        if self.bias is None:
            return product
        bias = self.bias.latex(numbers, digits)
        return f"{product} + " + (rf"\left({bias}\right)" if bias.startswith("-") else bias)

    def code(self) -> str:
        """The product and its bias."""
        product = f"{self.weight.name} @ {self.vector.name}"
        return product if self.bias is None else f"{product} + {self.bias.name}"

    def symbols(self) -> tuple[str, ...]:
        """The weight, the vector and, where there is one, the bias."""
        bias = () if self.bias is None else (self.bias.name,)
        return (self.weight.name, self.vector.name, *bias)


def _expression(value: Expression | float) -> Expression:
    return value if isinstance(value, Expression) else Number(value)


def sigmoid(argument: Expression) -> Call:
    """1 / (1 + e^-a): from 0 (closed) to 1 (open)."""
    return Call("sigmoid", argument)


def tanh(argument: Expression) -> Call:
    """Squeezes any number into -1 .. 1."""
    return Call("tanh", argument)


def relu(argument: Expression) -> Call:
    """Keeps what is positive, turns the rest to 0."""
    return Call("relu", argument)


def sign(argument: Expression) -> Call:
    """1 above zero, 0 at zero: the slope of a relu, given its value."""
    return Call("sign", argument)


def number_latex(number: float, digits: int = 3) -> str:
    """A number for a formula: `digits` decimals, or powers of ten where those would hide it."""
    number = float(number)
    if number == 0 or 10.0**-digits <= abs(number) < 1e6:
        return f"{number:.{digits}f}"
    mantissa, exponent = f"{number:.{max(digits - 2, 1)}e}".split("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}"
