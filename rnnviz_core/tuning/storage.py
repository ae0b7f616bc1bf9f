"""Where a study is kept: an SQLite file, a journal, or a database that several machines reach."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from rnnviz_core.errors import DataError, SpecError

JOURNAL = "journal:"  # before the path of a journal
# Two processes that begin at once both make the tables of a new database: the second one fails, and finds
# them there when it tries again.
RACES = ("IntegrityError", "OperationalError", "ProgrammingError")
PAUSES = (0.3, 0.6, 1.2)  # seconds before it does
# What a study keeps beside its trials.
_SETTINGS = "settings"  # what they have in common, by name
METRIC = "metric"  # the name of the figure


def optuna() -> ModuleType:
    """Optuna, which only a search needs.

    Raises
    ------
    SpecError
        When it is not installed.
    """
    try:
        import optuna as found
    except ImportError:
        raise SpecError("a search needs Optuna; install it with: pip install 'rnnviz[search]'") from None
    found.logging.set_verbosity(found.logging.WARNING)
    return found


def _opened(where: str) -> Any:
    found = optuna()
    if where.startswith(JOURNAL):
        path = Path(where.removeprefix(JOURNAL))
        path.parent.mkdir(parents=True, exist_ok=True)
        from optuna.storages.journal import JournalFileBackend

        return found.storages.JournalStorage(JournalFileBackend(str(path)))
    for pause in PAUSES:
        try:
            return found.storages.RDBStorage(where)
        except Exception as error:
            if type(error).__name__ not in RACES:
                raise
            time.sleep(pause)
    return found.storages.RDBStorage(where)


def _storage(where: str) -> Any:
    try:
        return _opened(where)
    except SpecError:
        raise
    except Exception as error:  # of whichever driver it asks for
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"the study cannot be kept in {_public(where)}: {reason}; write journal:FILE, sqlite:///FILE or "
            "the URL of a database whose driver is installed"
        ) from None


def _public(where: str) -> str:
    """The address without a password that may stand in it."""
    scheme, mark, rest = where.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def opened(where: str, name: str, settings: Mapping[str, Any], *, larger_is_better: bool, seed: int) -> Any:
    """A study, new or one that was begun before, here or by another process.

    Parameters
    ----------
    where
        ``sqlite:///FILE``, ``journal:FILE``, or the URL of a database (``postgresql://...``).
    name
        Of the study; several may be kept in one place.
    settings
        What all its trials have in common; a study begun with others is refused.
    larger_is_better
        The direction of the figure.
    seed
        Of the sampler where the study is new. A process that joins one draws a seed of its own, so that two
        do not try the same.

    Raises
    ------
    SpecError
        When the study there was begun with other settings, or Optuna is missing.
    DataError
        When the place cannot be used.
    """
    found, storage = optuna(), _storage(where)
    direction = "maximize" if larger_is_better else "minimize"
    try:
        study = found.create_study(
            storage=storage,
            study_name=name,
            direction=direction,
            sampler=found.samplers.TPESampler(seed=seed),
        )
        study.set_user_attr(_SETTINGS, dict(settings))
    except found.exceptions.DuplicatedStudyError:
        study = found.load_study(
            storage=storage, study_name=name, sampler=found.samplers.TPESampler(seed=None)
        )
        kept = study.user_attrs.get(_SETTINGS, dict(settings))
        odd = sorted(one for one in {*kept, *settings} if kept.get(one) != settings.get(one))
        if odd:
            raise SpecError(
                f"the study {name!r} was begun with another {odd[0]} "
                f"({kept.get(odd[0])!r:.60}, not {settings.get(odd[0])!r:.60}); choose another --study"
            ) from None
    study.pruner = found.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=0)
    return study
