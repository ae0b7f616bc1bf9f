"""What a class's students do, and what anybody may see of what the others gave."""

from typing import Any

import sqlalchemy as sa

from rnnviz_core import limits
from rnnviz_core.errors import ClassError
from rnnviz_core.languages import _

from . import codes, database
from .base import NOT_STUDENT, Base, at_step, count, student_of
from .schema import notes, students, votes
from .state import ROUNDS, Note


class TakingPart(Base):
    """The acts of students, and what is uncovered."""

    def enter(self, code: str) -> str:
        """Enter a class; what comes back is all that the server knows a student by.

        Raises
        ------
        ClassError
            When the class is over, full, or its door closed.
        """
        token = codes.new_secret()
        with database.writing(self._engine) as connection:
            row = self._class(connection, code, lock=True)
            if not row.door:
                raise ClassError(_("The teacher has closed the door: nobody else can enter this class."))
            if count(connection, students, students.c.class_id == row.id) >= limits.CLASS_STUDENTS:
                raise ClassError(
                    _(
                        "This class is full: it has {limit} students, the most there may be.",
                        limit=limits.CLASS_STUDENTS,
                    )
                )
            connection.execute(
                students.insert().values(
                    class_id=row.id, token=codes.digest(token), since=self._clock(), acts=0
                )
            )
        return token

    def is_student(self, code: str, token: str) -> bool:
        """Whether a token is one of this class."""
        with database.reading(self._engine) as connection:
            return student_of(connection, self._class(connection, code).id, token) is not None

    def vote(self, code: str, token: str, step: int, answer: str) -> None:
        """Keep an answer, in the round that is voted in. It cannot be changed; sent twice it counts once.

        Raises
        ------
        ClassError
            When there is no vote on this step now, or another answer was given before.
        """
        if not answer or len(answer) > limits.VOTE_CHARACTERS:
            raise ClassError(
                _(
                    "An answer has 1 to {limit:,} characters; this one has {count:,}.",
                    limit=limits.VOTE_CHARACTERS,
                    count=len(answer),
                )
            )
        with self._acting(code, token) as (connection, row, student):
            at = at_step(connection, row.id, step)
            given = connection.execute(
                sa.select(votes.c.answer).where(
                    votes.c.class_id == row.id,
                    votes.c.step == step,
                    votes.c.student_id == student,
                    votes.c.round == at.round,
                )
            ).scalar()
            if given == answer:
                return
            if given is not None:
                raise ClassError(_("You have voted already; your first answer counts."))
            if str(step) not in row.asks.split(",") or not (row.free or row.step == step) or not at.voting:
                raise ClassError(_("This vote is closed: the teacher has gone on."))
            connection.execute(
                votes.insert().values(
                    class_id=row.id,
                    step=step,
                    student_id=student,
                    round=at.round,
                    answer=answer,
                    at=self._clock(),
                )
            )

    def mine(self, code: str, token: str) -> dict[int, dict[int, str]]:
        """What a student has answered: step -> round -> answer."""
        found: dict[int, dict[int, str]] = {}
        with database.reading(self._engine) as connection:
            row = self._class(connection, code)
            student = student_of(connection, row.id, token)
            if student is None:
                raise ClassError(_(NOT_STUDENT))
            own = (votes.c.class_id == row.id) & (votes.c.student_id == student.id)
            for vote in connection.execute(sa.select(votes.c.step, votes.c.round, votes.c.answer).where(own)):
                found.setdefault(vote.step, {})[vote.round] = vote.answer
        return found

    def write(self, code: str, token: str, step: int, words: str) -> None:
        """Put what a student saw on the wall of a step.

        Raises
        ------
        ClassError
            When it is empty or too long, or the student wrote as often as one may.
        """
        words = " ".join(words.split())
        if not words or len(words) > limits.NOTE_CHARACTERS:
            raise ClassError(
                _(
                    "Write 1 to {limit} characters; this has {count:,}.",
                    limit=limits.NOTE_CHARACTERS,
                    count=len(words),
                )
            )
        with self._acting(code, token) as (connection, row, student):
            if not 0 <= step < row.steps or not (row.free or step <= row.step):
                raise ClassError(_("The class is not at this step yet."))
            here = (notes.c.class_id == row.id) & (notes.c.step == step) & (notes.c.student_id == student)
            if count(connection, notes, here) >= limits.NOTES:
                raise ClassError(
                    _("You have written {limit} times here, as often as one may.", limit=limits.NOTES)
                )
            connection.execute(
                notes.insert().values(
                    class_id=row.id,
                    step=step,
                    student_id=student,
                    words=words,
                    hidden=False,
                    at=self._clock(),
                )
            )

    # --- what others gave ---------------------------------------------------------------------------

    def answers(self, code: str, step: int) -> dict[int, list[str]]:
        """Round -> the answers of the class, in no order that tells whose they are.

        Of a round that is not uncovered nobody gets any, not even the teacher, whose screen
        is often the one that the class sees. `pulse` tells how many there are.
        """
        with database.reading(self._engine) as connection:
            row = self._class(connection, code)
            uncovered = at_step(connection, row.id, step).uncovered
            asked = sa.select(votes.c.round, votes.c.answer).where(
                votes.c.class_id == row.id, votes.c.step == step, votes.c.round <= uncovered
            )
            found: dict[int, list[str]] = {number: [] for number in ROUNDS if number <= uncovered}
            for vote in connection.execute(asked.order_by(votes.c.answer)):
                found[vote.round].append(vote.answer)
        return found

    def wall(self, code: str, step: int, *, key: str = "", token: str = "") -> list[Note]:
        """What was written on a step, the latest first.

        The teacher (`key`) sees everything, hidden or not; everybody else what is not hidden, once the wall
        is shown, and a student (`token`) always what they wrote themselves.
        """
        with database.reading(self._engine) as connection:
            row = self._class(connection, code)
            teacher = bool(key) and codes.same(key, row.key)
            student = student_of(connection, row.id, token) if token else None
            own = student.id if student is not None else -1
            shown = at_step(connection, row.id, step).wall
            seen: Any = notes.c.student_id == own
            if teacher:
                seen = sa.true()
            elif shown:
                seen = seen | ~notes.c.hidden
            asked = sa.select(notes).where(notes.c.class_id == row.id, notes.c.step == step, seen)
            rows = connection.execute(asked.order_by(notes.c.id.desc()).limit(limits.NOTES_SHOWN)).all()
        return [Note(one.id, one.words, one.hidden, one.student_id == own) for one in rows]
