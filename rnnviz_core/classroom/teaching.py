"""What only a class's teacher can do; every act asks for the key."""

from . import codes, database
from .base import Base, at_step
from .schema import classes, notes
from .state import LOBBY, ROUNDS


class Teaching(Base):
    """The acts of a teacher."""

    def is_teacher(self, code: str, key: str) -> bool:
        """Whether a key is the one of this class."""
        with database.reading(self._engine) as connection:
            return codes.same(key, self._class(connection, code).key)

    def move(self, code: str, key: str, step: int) -> None:
        """Go to a step, with everybody."""
        with self._teaching(code, key) as (connection, row):
            self._set(connection, row, step=min(max(step, LOBBY), row.steps))

    def let_go(self, code: str, key: str, free: bool) -> None:
        """Let everybody go on as they like, or gather them where the teacher is."""
        with self._teaching(code, key) as (connection, row):
            self._set(connection, row, free=free)

    def door(self, code: str, key: str, is_open: bool) -> None:
        """Whether more may enter."""
        with self._teaching(code, key) as (connection, row):
            self._set(connection, row, door=is_open)

    def uncover(self, code: str, key: str, step: int) -> None:
        """End the round on a step: no further answers, and everybody may see those that were given."""
        with self._teaching(code, key) as (connection, row):
            at = at_step(connection, row.id, step)
            self._put(connection, row, step, uncovered=at.round)

    def vote_again(self, code: str, key: str, step: int) -> None:
        """Begin the second round on a step whose first is uncovered."""
        with self._teaching(code, key) as (connection, row):
            if not at_step(connection, row.id, step).voting:
                self._put(connection, row, step, round=ROUNDS[-1])

    def show_wall(self, code: str, key: str, step: int, shown: bool) -> None:
        """Whether everybody sees what was written on a step."""
        with self._teaching(code, key) as (connection, row):
            self._put(connection, row, step, wall=shown)

    def hide(self, code: str, key: str, note: int, hidden: bool) -> None:
        """Take a note off the wall, or put it back."""
        with self._teaching(code, key) as (connection, row):
            mine = (notes.c.id == note) & (notes.c.class_id == row.id)
            connection.execute(notes.update().where(mine).values(hidden=hidden))
            self._set(connection, row)

    def end(self, code: str, key: str) -> None:
        """Delete the class, with all that is in it."""
        with self._teaching(code, key) as (connection, row):
            self._delete(connection, classes.c.id == row.id)
