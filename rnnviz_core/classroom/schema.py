"""The tables of a class, and how a database comes to have them.

==================== =======================================================================
``rnnviz_class``     a class: its code, its lesson, where it stands, who may act as its teacher
``rnnviz_student``   somebody who entered; no name
``rnnviz_step``      of a step to predict: the round, what is uncovered; of others: the wall
``rnnviz_vote``      an answer; one per class, step, student and round
``rnnviz_note``      what somebody saw; hidden or not
==================== =======================================================================
"""

from collections.abc import Callable

import sqlalchemy as sa

from rnnviz_core import limits
from rnnviz_core.errors import ClassError
from rnnviz_core.languages import _

from .codes import LENGTH

VERSION = 1  # of the tables; a later one appends to `MIGRATIONS`
_LOCK = 7_266_849  # of PostgreSQL: one process at a time makes tables

metadata = sa.MetaData()

versions = sa.Table("rnnviz_schema", metadata, sa.Column("version", sa.Integer, primary_key=True))

classes = sa.Table(
    "rnnviz_class",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("code", sa.String(LENGTH), nullable=False, unique=True),
    sa.Column("key", sa.String(64), nullable=False),  # digest
    sa.Column("lesson", sa.String(60), nullable=False),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("asks", sa.String(200), nullable=False),  # numbers of the steps to predict: 1,4
    sa.Column("step", sa.Integer, nullable=False),  # where the teacher is; -1: not begun
    sa.Column("free", sa.Boolean, nullable=False),  # everybody goes on as they like
    sa.Column("door", sa.Boolean, nullable=False),  # open: more may enter
    sa.Column("revision", sa.Integer, nullable=False),  # one more whenever students see something new
    sa.Column("opened", sa.Float(53), nullable=False, index=True),  # seconds since 1970
)

students = sa.Table(
    "rnnviz_student",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("class_id", sa.ForeignKey("rnnviz_class.id"), nullable=False),
    sa.Column("token", sa.String(64), nullable=False),  # digest
    sa.Column("since", sa.Float(53), nullable=False),  # when the minute began in which `acts` counts
    sa.Column("acts", sa.Integer, nullable=False),
    sa.UniqueConstraint("class_id", "token"),
)

steps = sa.Table(
    "rnnviz_step",
    metadata,
    sa.Column("class_id", sa.ForeignKey("rnnviz_class.id"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("round", sa.Integer, nullable=False),  # that is voted in: 1 or 2
    sa.Column("uncovered", sa.Integer, nullable=False),  # rounds that everybody may see: 0, 1, 2
    sa.Column("wall", sa.Boolean, nullable=False),  # whether everybody sees the notes
)

votes = sa.Table(
    "rnnviz_vote",
    metadata,
    sa.Column("class_id", sa.ForeignKey("rnnviz_class.id"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("student_id", sa.ForeignKey("rnnviz_student.id"), primary_key=True),
    sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("answer", sa.String(limits.VOTE_CHARACTERS), nullable=False),
    sa.Column("at", sa.Float(53), nullable=False),
)

notes = sa.Table(
    "rnnviz_note",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("class_id", sa.ForeignKey("rnnviz_class.id"), nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("student_id", sa.ForeignKey("rnnviz_student.id"), nullable=False),
    sa.Column("words", sa.String(limits.NOTE_CHARACTERS), nullable=False),
    sa.Column("hidden", sa.Boolean, nullable=False),
    sa.Column("at", sa.Float(53), nullable=False),
    sa.Index("rnnviz_note_step", "class_id", "step"),
)

CHILDREN = (votes, notes, steps, students)  # of a class, in the order in which they can be deleted


def _first(connection: sa.Connection) -> None:
    metadata.create_all(connection)


# From no table to version 1, from 1 to 2, ...
MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_first,)


def prepare(connection: sa.Connection) -> None:
    """Make the tables, or bring them up to date, in the transaction of `connection`.

    Raises
    ------
    ClassError
        When a later version of RNNViz made them.
    """
    if connection.dialect.name == "postgresql":  # SQLite's transaction has the file to itself already
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = 0
    if sa.inspect(connection).has_table(versions.name):
        found = connection.execute(sa.select(sa.func.max(versions.c.version))).scalar() or 0
    if found > VERSION:
        raise ClassError(
            _(
                "the database of classes was made by a later RNNViz (version {found}, here {version}): "
                "update this server, or name another database in RNNVIZ_CLASSES",
                found=found,
                version=VERSION,
            )
        )
    for version in range(found, VERSION):
        MIGRATIONS[version](connection)
        connection.execute(versions.insert().values(version=version + 1))
