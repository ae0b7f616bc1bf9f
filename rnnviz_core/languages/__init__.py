"""The language in which texts are told: gettext's catalogues, and numbers as a language writes them.

English is the language of the source, and what everybody gets who asks for nothing: Python, the command
line, files. The app asks for another one, run by run (`speak`). Texts are marked where they stand:

- ``_("At {token} {count} units forgot.", token=token, count=3)`` translates, then fills in;
- ``ngettext("{n} unit", "{n} units", n)`` where the number decides the form;
- ``pgettext("of a gate", "open")`` where one English word is two elsewhere;
- ``N_("Forget gate")`` marks a constant that is translated later, with ``_(constant)``;
- ``filled("unit {unit}", unit=3)`` does so with values: for what is kept longer than a run of a page.

Numbers are filled in as the language writes them: ``{share:.1f}`` becomes ``3,5`` in German. ``python -m
scripts.languages`` collects the marked texts.
"""

import gettext as catalogues
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from numbers import Number
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

SOURCE = "en"
NAMES = {"en": "English", "es": "Español", "de": "Deutsch"}  # as its speakers write it
# Decimal sign and sign between thousands, as CLDR has them (a test compares).
_SIGNS = {"en": (".", ","), "es": (",", "."), "de": (",", ".")}
PER_CENT = "\N{NO-BREAK SPACE}%"  # all three languages of the app set a space, at which no line is broken
_SWAPS: dict[str, dict[int, str | int | None]] = {
    name: {**str.maketrans(".,", "".join(signs)), ord("%"): PER_CENT} for name, signs in _SIGNS.items()
}
_FOLDER = Path(__file__).with_name("catalogues")

_chosen: "ContextVar[str | None]" = ContextVar("language", default=None)
_asked: "Callable[[], str] | None" = None


def language() -> str:
    """The code of the language of this run: ``en``, ``es`` or ``de``."""
    found = _chosen.get()
    if found is None:
        found = _asked() if _asked else SOURCE
        _chosen.set(found)
    return found


def ask(whom: Callable[[], str]) -> None:
    """Let `whom` say which language a thread speaks that was not told yet: a part of a page run by itself."""
    global _asked
    _asked = whom


def set_language(code: str) -> None:
    """From here on this thread speaks `code`; what is none of `NAMES` is English."""
    _chosen.set(code if code in NAMES else SOURCE)


@contextmanager
def speak(code: str) -> Iterator[None]:
    """Texts inside are told in the language `code`, one of `NAMES`."""
    if code not in NAMES:
        raise ValueError(f"no language {code!r}: there are {', '.join(NAMES)}")
    token = _chosen.set(code)
    try:
        yield
    finally:
        _chosen.reset(token)


def _(text: str, /, **values: Any) -> str:
    """`text` in the language of this run; with `values`, filled in like `str.format`."""
    if isinstance(text, Filled):
        return text.told()
    code = _chosen.get() or language()
    said = text if code == SOURCE or not text else _catalogue(code).gettext(text)
    return _fill(said, values) if values else said


def ngettext(one: str, several: str, n: float, /, **values: Any) -> str:
    """`one` or `several` by the number `n`, as the language counts; ``{n}`` is the number in both."""
    code = language()
    if code == SOURCE:
        said = one if n == 1 else several
    else:
        said = _catalogue(code).ngettext(one, several, n if isinstance(n, int) else 2)
    return _fill(said, {"n": n, **values})


def pgettext(context: str, text: str, /, **values: Any) -> str:
    """`text` where it means what `context` says."""
    code = language()
    said = text if code == SOURCE else _catalogue(code).pgettext(context, text)
    return _fill(said, values) if values else said


def N_(text: str, /) -> str:  # gettext's own name for it
    """`text` as it is: it is only marked, and translated where it is shown."""
    return text


class Filled(str):
    """A text in English with its values filled in, which ``_`` can still tell in another language.

    For what is kept and shown in runs of any language: notes in a trace, names of quantities. Values that are
    themselves such texts are translated, others stay.
    """

    __slots__ = ("one", "several", "values")
    one: str
    several: str  # where the number ``n`` decides the form; else empty
    values: dict[str, Any]

    def told(self) -> str:
        """The text in the language of this run."""
        values: dict[str, Any] = {
            name: _(one) if isinstance(one, Filled) else one for name, one in self.values.items()
        }
        if self.several:
            return ngettext(self.one, self.several, values.pop("n"), **values)
        return _(self.one, **values)


def filled(text: str, /, **values: Any) -> Filled:
    """`text`, marked as ``_`` marks it, with its values, for later; without any as it is."""
    return _filled(text.format_map(values) if values else text, text, "", values)


def nfilled(one: str, several: str, n: int, /, **values: Any) -> Filled:
    """The same of two forms, as `ngettext` takes them."""
    values = {"n": n, **values}
    return _filled((one if n == 1 else several).format_map(values), one, several, values)


def _filled(said: str, one: str, several: str, values: dict[str, Any]) -> Filled:
    found = Filled(said)
    found.one, found.several, found.values = one, several, values
    return found


def in_quotes(text: str) -> str:
    """`text` in the language's quotation marks."""
    return _("“{text}”", text=text)


def numerals(text: str) -> str:
    """A number that Python printed, as the language writes it: ``1,234.5%`` as ``1.234,5 %``."""
    return text.translate(_SWAPS[language()])


def signs() -> tuple[str, str]:
    """The decimal sign and the sign between thousands."""
    return _SIGNS[language()]


def cached(make: Callable[P, R]) -> Callable[P, R]:
    """`functools.cache` for what holds texts: each language has its own."""

    @cache
    def look(_code: str, *args: Any, **kwargs: Any) -> R:
        return make(*args, **kwargs)

    @wraps(make)
    def ask_for(*args: P.args, **kwargs: P.kwargs) -> R:
        return look(language(), *args, **kwargs)  # type: ignore[arg-type]

    ask_for.cache_clear = look.cache_clear  # type: ignore[attr-defined]
    ask_for.cache_info = look.cache_info  # type: ignore[attr-defined]
    return ask_for


def bound(make: Callable[P, R]) -> Callable[P, R]:
    """`make` in the language of this run, wherever it is called: a thread of the server makes downloads."""
    code = language()

    @wraps(make)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        with speak(code):
            return make(*args, **kwargs)

    return told


class _Filler(string.Formatter):
    """`str.format` that writes numbers as the language does."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        told = super().format_field(value, format_spec)
        return numerals(told) if isinstance(value, Number) else told


_filler = _Filler()


def _fill(text: str, values: dict[str, Any]) -> str:
    if language() != SOURCE:
        return _filler.vformat(text, (), values)
    if "%" not in text:  # the same, several times as fast
        return text.format_map(values)
    return _filler.vformat(text.replace(" %", PER_CENT), (), values)


def load() -> None:
    """Read every catalogue: once for all processes, before a server forks."""
    for code in NAMES:
        if code != SOURCE:
            _catalogue(code)


@cache
def _catalogue(code: str) -> catalogues.NullTranslations:
    """The texts of a language; what is not in them stays English."""
    try:
        with (_FOLDER / f"{code}.mo").open("rb") as file:
            return catalogues.GNUTranslations(file)
    except FileNotFoundError:
        return catalogues.NullTranslations()
