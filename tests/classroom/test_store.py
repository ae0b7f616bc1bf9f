"""Classes in SQLite and in PostgreSQL: what is kept, what is refused, and what nobody gets to see."""

import inspect
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from helpers_classes import Class, Clock

from bench.votes import Vote, Workers
from rnnviz_core import limits
from rnnviz_core.classroom import codes, database, schema
from rnnviz_core.classroom.store import Store
from rnnviz_core.errors import ClassError
from scripts import postgres

WITHOUT = postgres.missing()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a real PostgreSQL server."""
    if WITHOUT:
        pytest.skip(WITHOUT)
    with postgres.running() as found:
        yield found.address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where classes are kept; PostgreSQL's is emptied first."""
    if request.param == "sqlite":
        return str(tmp_path / "folder" / "classes.sqlite")
    named: str = request.getfixturevalue("server")
    engine = sa.create_engine(named.replace("postgresql:", "postgresql+psycopg:"))
    schema.metadata.drop_all(engine)
    engine.dispose()
    return named


@pytest.fixture
def room(address: str) -> Iterator[Class]:
    clock = Clock()
    store = Store(address, clock)
    yield Class(store, clock)
    store.close()


def test_a_vote_from_the_question_to_the_second_round(room: Class) -> None:
    store, code, key = room.store, room.code, room.key
    anna, ben = room.students(2)
    store.move(code, key, 1)
    store.vote(code, anna, 1, "0")
    store.vote(code, ben, 1, "2")
    pulse = store.pulse(code, 1)
    assert (pulse.students, pulse.votes) == (2, 2)
    assert store.answers(code, 1) == {}
    store.uncover(code, key, 1)
    assert store.answers(code, 1) == {1: ["0", "2"]}
    assert not store.state(code).votes_on(1)
    store.vote_again(code, key, 1)
    assert store.pulse(code, 1).votes == 0
    store.vote(code, ben, 1, "0")
    assert store.answers(code, 1) == {1: ["0", "2"]}, "the second round is voted in"
    store.uncover(code, key, 1)
    assert store.answers(code, 1) == {1: ["0", "2"], 2: ["0"]}
    assert store.mine(code, ben) == {1: {1: "2", 2: "0"}}
    assert store.mine(code, anna) == {1: {1: "0"}}


def test_a_vote_counts_once_and_only_while_it_is_open(room: Class) -> None:
    store, code, key = room.store, room.code, room.key
    (anna,) = room.students(1)
    with pytest.raises(ClassError, match="closed"):
        store.vote(code, anna, 1, "0")  # the teacher is not there yet
    store.move(code, key, 1)
    store.vote(code, anna, 1, "0")
    store.vote(code, anna, 1, "0")  # sent again after a lost connection
    with pytest.raises(ClassError, match="first answer counts"):
        store.vote(code, anna, 1, "1")
    assert store.pulse(code, 1).votes == 1
    store.move(code, key, 2)
    with pytest.raises(ClassError, match="closed"):
        store.vote(code, anna, 2, "0")  # nothing to predict there
    store.let_go(code, key, True)
    store.vote(code, anna, 3, "7")
    store.uncover(code, key, 3)
    assert store.answers(code, 3) == {1: ["7"]}


def test_everything_is_there_after_a_restart(room: Class, address: str) -> None:
    (anna,) = room.students(1)
    room.store.move(room.code, room.key, 1)
    room.store.vote(room.code, anna, 1, "0")
    room.store.close()
    again = Store(address, room.clock)
    assert again.is_teacher(room.code, room.key)
    assert again.is_student(room.code, anna)
    assert again.mine(room.code, anna) == {1: {1: "0"}}
    assert again.state(room.code).step == 1
    again.close()


def test_nobody_else_acts_as_the_teacher(room: Class) -> None:
    store, code = room.store, room.code
    (anna,) = room.students(1)
    other = store.open("two", 3, ())
    acts = {
        "move": lambda key: store.move(code, key, 1),
        "let_go": lambda key: store.let_go(code, key, True),
        "door": lambda key: store.door(code, key, False),
        "uncover": lambda key: store.uncover(code, key, 1),
        "vote_again": lambda key: store.vote_again(code, key, 1),
        "show_wall": lambda key: store.show_wall(code, key, 1, True),
        "hide": lambda key: store.hide(code, key, 1, True),
        "end": lambda key: store.end(code, key),
    }
    taken = {
        name
        for name, found in inspect.getmembers(Store, inspect.isfunction)
        if list(inspect.signature(found).parameters)[1:3] == ["code", "key"]
    }
    assert taken - {"is_teacher", "_teaching"} == set(acts), "every act of a teacher is tried"
    before = store.state(code)
    for key in ("", anna, other.key, codes.digest(room.key), room.key[:-1], room.key + "x"):
        assert not store.is_teacher(code, key)
        for name, act in acts.items():
            with pytest.raises(ClassError, match="Only the teacher"):
                act(key)
            assert store.state(code) == before, name


def test_nobody_votes_without_having_entered(room: Class) -> None:
    other = room.store.open("two", 3, (1,))
    elsewhere = room.store.enter(other.code)
    room.store.move(room.code, room.key, 1)
    for token in ("", "x" * 24, room.key, elsewhere):
        assert not room.store.is_student(room.code, token)
        for act in (
            lambda token=token: room.store.vote(room.code, token, 1, "0"),
            lambda token=token: room.store.write(room.code, token, 1, "I saw it"),
            lambda token=token: room.store.mine(room.code, token),
        ):
            with pytest.raises(ClassError, match="not in this class"):
                act()
    assert room.store.pulse(room.code, 1).votes == 0


def test_the_wall(room: Class) -> None:
    store, code, key = room.store, room.code, room.key
    anna, ben = room.students(2)
    store.move(code, key, 2)
    rude = "<script>alert(1)</script> '; DROP TABLE rnnviz_vote; -- {{ 1 + 1 }}"
    store.write(code, anna, 2, f"  {rude}\n ")
    store.write(code, ben, 2, "it lets go at “but”")
    assert [note.words for note in store.wall(code, 2, token=ben)] == ["it lets go at “but”"]
    assert store.wall(code, 2) == []
    assert [note.words for note in store.wall(code, 2, key=key)] == ["it lets go at “but”", rude]
    store.show_wall(code, key, 2, True)
    assert [(note.words, note.own) for note in store.wall(code, 2, token=ben)] == [
        ("it lets go at “but”", True),
        (rude, False),
    ]
    hidden = store.wall(code, 2)[-1].id
    store.hide(code, key, hidden, True)
    assert [note.words for note in store.wall(code, 2)] == ["it lets go at “but”"]
    assert [note.hidden for note in store.wall(code, 2, key=key)] == [False, True]
    assert [note.words for note in store.wall(code, 2, token=anna)][-1] == rude, "who wrote it sees it"
    assert store.wall(code, 2, key="wrong") == store.wall(code, 2)


def test_a_note_of_another_class_is_not_hidden(room: Class) -> None:
    other = room.store.open("two", 3, ())
    (anna,) = room.students(1)
    with pytest.raises(ClassError, match="not at this step"):
        room.store.write(room.code, anna, 0, "mine")
    room.store.move(room.code, room.key, 0)
    room.store.write(room.code, anna, 0, "mine")
    note = room.store.wall(room.code, 0, key=room.key)[0].id
    room.store.hide(other.code, other.key, note, True)
    assert not room.store.wall(room.code, 0, key=room.key)[0].hidden


def test_limits(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    store, code, key, clock = room.store, room.code, room.key, room.clock
    (anna,) = room.students(1)
    store.let_go(code, key, True)
    for words in ("", "  \n", "x" * (limits.NOTE_CHARACTERS + 1)):
        with pytest.raises(ClassError, match=f"1 to {limits.NOTE_CHARACTERS}"):
            store.write(code, anna, 0, words)
    for answer in ("", "9" * (limits.VOTE_CHARACTERS + 1)):
        with pytest.raises(ClassError, match="An answer has 1 to"):
            store.vote(code, anna, 1, answer)
    for _ in range(limits.NOTES):
        store.write(code, anna, 0, "again")
    with pytest.raises(ClassError, match="as often as one may"):
        store.write(code, anna, 0, "again")
    monkeypatch.setattr(limits, "CLASS_ACTS", limits.NOTES + 1)
    store.vote(code, anna, 1, "0")
    with pytest.raises(ClassError, match="within a minute"):
        store.vote(code, anna, 3, "0")
    clock.now += 60
    store.vote(code, anna, 3, "0")
    monkeypatch.setattr(limits, "CLASS_STUDENTS", 2)
    store.enter(code)
    with pytest.raises(ClassError, match="full"):
        store.enter(code)
    store.door(code, key, False)
    with pytest.raises(ClassError, match="closed the door"):
        store.enter(code)


def test_classes_go_after_a_day_and_make_room(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    store, clock = room.store, room.clock
    monkeypatch.setattr(limits, "CLASSES", 2)
    (anna,) = room.students(1)
    empty = store.open("two", 3, ())
    with pytest.raises(ClassError, match="2 classes are open"):
        store.open("three", 3, ())
    clock.now += limits.CLASS_IDLE_SECONDS
    third = store.open("three", 3, ())  # in the place of the one that nobody entered
    assert store.is_student(room.code, anna)
    with pytest.raises(ClassError, match="over"):
        store.state(empty.code)
    clock.now += limits.CLASS_SECONDS - limits.CLASS_IDLE_SECONDS
    with pytest.raises(ClassError, match="over"):
        store.vote(room.code, anna, 1, "0")
    assert store.state(third.code).lesson == "three"
    store.open("four", 3, ())
    with database.reading(store._engine) as connection:  # its rows are gone, not only out of sight
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.students)).scalar() == 0
    store.end(third.code, third.key)
    with pytest.raises(ClassError, match="over"):
        store.pulse(third.code, 0)


def test_what_students_see_has_a_revision(room: Class) -> None:
    store, code, key = room.store, room.code, room.key

    def revision() -> int:
        return store.pulse(code, 1).revision

    (anna,) = room.students(1)
    assert revision() == 0
    store.move(code, key, 1)
    store.vote(code, anna, 1, "0")
    assert revision() == 1, "a vote makes nobody else's page run again"
    store.uncover(code, key, 1)
    store.vote_again(code, key, 1)
    assert revision() == 3


@pytest.mark.slow
def test_processes_write_at_once(address: str) -> None:
    """Half of the students vote in both processes: twice the same, at once."""
    store = Store(address)
    opened = store.open("one", 6, (1,))
    store.move(opened.code, opened.key, 1)
    votes = {number: Vote(store.enter(opened.code), 1, str(number)) for number in range(60)}
    shares = [{number: vote for number, vote in votes.items() if at <= number < at + 45} for at in (0, 15)]
    crews = [Workers(address, opened.code, 1) for _ in shares]
    for crew, share in zip(crews, shares, strict=True):
        crew.send(share)
    for crew, share in zip(crews, shares, strict=True):
        assert crew.end() == set(share)
    store.uncover(opened.code, opened.key, 1)
    assert store.answers(opened.code, 1) == {1: sorted(map(str, range(60)))}
    store.close()


def test_the_database_holds_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "classes.sqlite"
    store = Store(str(file))
    opened = store.open("one", 6, (1,))
    token = store.enter(opened.code)
    store.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert opened.code.encode() in kept
    assert opened.key.encode() not in kept
    assert token.encode() not in kept


def test_tables_of_a_later_version_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "classes.sqlite"
    Store(str(file)).close()
    Store(str(file)).close()  # a second time: nothing to do
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO rnnviz_schema VALUES (?)", (schema.VERSION + 1,))
    connection.close()
    with pytest.raises(ClassError, match="later RNNViz"):
        Store(str(file))


@pytest.mark.parametrize(
    "named", ["mysql://root:geheim@localhost/x", "postgresql://u:geheim@127.0.0.1:1/x", "not://"]
)
def test_a_database_that_cannot_be_used_keeps_its_password(
    named: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ClassError, match="RNNVIZ_CLASSES") as raised:
        Store(named)
    assert "geheim" not in str(raised.value) + caplog.text


def test_a_file_where_no_folder_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ClassError, match="deployment"):
        Store(str(tmp_path / "file" / "classes.sqlite"))


def test_codes() -> None:
    code = codes.new_code()
    assert codes.read_code(f" {code[:2].lower()} {code[2:]}") == code
    for typed in ("", "BCD", "BCDFG", "AEIO", "B1DF", "ßßßß", "x" * 10_000):
        assert codes.read_code(typed) is None
    assert len(codes.new_secret()) == codes.SECRET_CHARACTERS
    assert codes.same("secret", codes.digest("secret"))
    assert not codes.same("", codes.digest("secret"))
