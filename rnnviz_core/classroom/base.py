"""What every transaction of a class is made of: who is asking, and where the class stands."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from rnnviz_core import limits
from rnnviz_core.errors import ClassError
from rnnviz_core.languages import N_, _

from . import codes, database, schema
from .schema import classes, steps, students
from .state import AtStep

OVER = N_("This class is over, or there never was one with this code.")
NOT_TEACHER = N_("Only the teacher of this class can do that: open it with the teacher’s link.")
NOT_STUDENT = N_("You are not in this class: enter it with its code.")
MINUTE = 60.0  # seconds


class Base:
    """The classes of one database.

    Parameters
    ----------
    named
        A path for SQLite, or an address of PostgreSQL.
    clock
        Seconds since 1970.
    """

    def __init__(self, named: str, clock: Callable[[], float] = time.time) -> None:
        self._engine = database.connect(named)
        self._clock = clock

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _alive(self, code: str) -> tuple[Any, ...]:
        return classes.c.code == code, classes.c.opened > self._clock() - limits.CLASS_SECONDS

    def _class(self, connection: sa.Connection, code: str, *, lock: bool = False) -> Any:
        asked = sa.select(classes).where(*self._alive(code))
        row = connection.execute(asked.with_for_update(key_share=True) if lock else asked).first()
        if row is None:
            raise ClassError(_(OVER))
        return row

    @contextlib.contextmanager
    def _teaching(self, code: str, key: str) -> Iterator[tuple[sa.Connection, Any]]:
        with database.writing(self._engine) as connection:
            row = self._class(connection, code, lock=True)
            if not codes.same(key, row.key):
                raise ClassError(_(NOT_TEACHER))
            yield connection, row

    @contextlib.contextmanager
    def _acting(self, code: str, token: str) -> Iterator[tuple[sa.Connection, Any, int]]:
        """A student does something: within the rate, and counted."""
        now = self._clock()
        try:
            with database.writing(self._engine) as connection:
                row = self._class(connection, code)
                student = student_of(connection, row.id, token, lock=True)
                if student is None:
                    raise ClassError(_(NOT_STUDENT))
                fresh = now - student.since >= MINUTE
                if not fresh and student.acts >= limits.CLASS_ACTS:
                    raise ClassError(
                        _(
                            "More than {limit} answers within a minute: wait a moment, then go on.",
                            limit=limits.CLASS_ACTS,
                        )
                    )
                connection.execute(
                    students.update()
                    .where(students.c.id == student.id)
                    .values(since=now if fresh else student.since, acts=1 if fresh else student.acts + 1)
                )
                yield connection, row, student.id
        except exc.IntegrityError as error:  # the class was closed, or the vote cast, in this very moment
            raise ClassError(_(OVER)) from error

    @staticmethod
    def _set(connection: sa.Connection, row: Any, **values: object) -> None:
        """Change the class, and let its students know that something changed."""
        changed = classes.update().where(classes.c.id == row.id)
        connection.execute(changed.values(revision=classes.c.revision + 1, **values))

    def _put(self, connection: sa.Connection, row: Any, step: int, **values: object) -> None:
        """Change what is known of a step."""
        if not 0 <= step < row.steps:
            raise ClassError(_("The lesson has no step {step}.", step=step + 1))
        here = (steps.c.class_id == row.id) & (steps.c.step == step)
        if not connection.execute(steps.update().where(here).values(**values)).rowcount:
            usual = {"round": 1, "uncovered": 0, "wall": False}
            connection.execute(steps.insert().values(class_id=row.id, step=step, **usual | values))
        self._set(connection, row)

    @staticmethod
    def _delete(connection: sa.Connection, which: Any) -> None:
        gone: Sequence[int] = connection.execute(sa.select(classes.c.id).where(which)).scalars().all()
        for start in range(0, len(gone), 500):  # SQLite takes so many numbers at once
            some = gone[start : start + 500]
            for table in schema.CHILDREN:
                connection.execute(table.delete().where(table.c.class_id.in_(some)))
            connection.execute(classes.delete().where(classes.c.id.in_(some)))


def count(connection: sa.Connection, table: sa.Table, *where: Any) -> int:
    """How many rows there are."""
    found = connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar()
    return int(found or 0)


def at_step(connection: sa.Connection, class_id: int, step: int) -> AtStep:
    """What the teacher did at a step."""
    asked = sa.select(steps).where(steps.c.class_id == class_id, steps.c.step == step)
    row = connection.execute(asked).first()
    return AtStep(row.round, row.uncovered, row.wall) if row is not None else AtStep()


def student_of(connection: sa.Connection, class_id: int, token: str, *, lock: bool = False) -> Any:
    """The student of a token in a class; None when it is none."""
    asked = sa.select(students).where(
        students.c.class_id == class_id, students.c.token == codes.digest(token)
    )
    return connection.execute(asked.with_for_update(key_share=True) if lock else asked).first()
