"""Classes in a database: opened, looked at, taught, taken part in.

Every write is one transaction; every read depends on who is asking. Whoever holds a class's key is its
teacher, whoever holds a token of it one of its students; both are random and kept as digests. Answers and
notes are text, stored and returned as they are, never interpreted.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from rnnviz_core import limits
from rnnviz_core.errors import ClassError
from rnnviz_core.languages import _

from . import codes, database
from .base import OVER as OVER
from .base import count
from .schema import classes, notes, steps, students, votes
from .state import LOBBY, AtStep, Opened, Pulse, State
from .taking_part import TakingPart
from .teaching import Teaching

TRIES = 50  # codes that are drawn until one is free


class Store(Teaching, TakingPart):
    """The classes of one database.

    Parameters
    ----------
    named
        A path for SQLite, or an address of PostgreSQL.
    clock
        Seconds since 1970.
    """

    def open(self, lesson: str, last: int, asks: Collection[int]) -> Opened:
        """A new class for a lesson of `last` steps; `asks` are the numbers of those to predict.

        Raises
        ------
        ClassError
            When the database holds as many classes as it may.
        """
        now, key = self._clock(), codes.new_secret()
        with database.writing(self._engine) as connection:
            self._delete(connection, classes.c.opened <= now - limits.CLASS_SECONDS)
            if count(connection, classes) >= limits.CLASSES:
                entered = sa.exists().where(students.c.class_id == classes.c.id)
                self._delete(connection, (classes.c.opened <= now - limits.CLASS_IDLE_SECONDS) & ~entered)
            if count(connection, classes) >= limits.CLASSES:
                raise ClassError(
                    _(
                        "{limit} classes are open, as many as this server keeps. A class is deleted a "
                        "day after it was opened, or when its teacher ends it.",
                        limit=limits.CLASSES,
                    )
                )
            code = _free_code(connection)
            connection.execute(
                classes.insert().values(
                    code=code,
                    key=codes.digest(key),
                    lesson=lesson,
                    steps=last,
                    asks=",".join(map(str, sorted(asks))),
                    step=LOBBY,
                    free=False,
                    door=True,
                    revision=0,
                    opened=now,
                )
            )
        return Opened(code, key)

    def state(self, code: str) -> State:
        """Where a class stands; nothing in it is secret.

        Raises
        ------
        ClassError
            When there is no such class any more.
        """
        with database.reading(self._engine) as connection:
            row = self._class(connection, code)
            rows = connection.execute(sa.select(steps).where(steps.c.class_id == row.id))
            at = {one.step: AtStep(one.round, one.uncovered, one.wall) for one in rows}
        asks = frozenset(int(one) for one in row.asks.split(",") if one)
        return State(
            row.id, row.code, row.lesson, row.step, row.steps, asks, row.free, row.door, row.revision, at
        )

    def pulse(self, code: str, step: int) -> Pulse:
        """In one query: whether something changed, and how many have voted on a step."""
        of = {table: table.c.class_id == classes.c.id for table in (students, votes, notes, steps)}
        round_ = sa.func.coalesce(_one(steps.c.round, of[steps], steps.c.step == step), 1)
        asked = sa.select(
            classes.c.revision,
            _one(sa.func.count(), of[students], table=students),
            _one(sa.func.count(), of[votes], votes.c.step == step, votes.c.round == round_, table=votes),
            _one(sa.func.count(), of[notes], notes.c.step == step, table=notes),
        )
        with database.reading(self._engine) as connection:
            row = connection.execute(asked.where(*self._alive(code))).first()
        if row is None:
            raise ClassError(_(OVER))
        return Pulse(*row)


def _one(column: Any, *where: Any, table: Any = None) -> Any:
    asked = sa.select(column)
    asked = asked.select_from(table) if table is not None else asked
    return asked.where(*where).correlate(classes).scalar_subquery()


def _free_code(connection: sa.Connection) -> str:
    for _try in range(TRIES):
        code = codes.new_code()
        if not count(connection, classes, classes.c.code == code):
            return code
    raise ClassError(_(database.BUSY))
