"""What all sessions share: the bounded cache, heavy work one at a time, the garbage collector."""

import contextlib
import gc
import importlib
import sys
import threading
import time

import numpy as np
import pytest

from rnnviz_core import limits, record
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints import sources
from rnnviz_core.frames import embeddings
from rnnviz_core.ui.drawing import show as drawing
from rnnviz_core.ui.serving import caches, loaders, nearest
from rnnviz_core.ui.serving.caches import Cache


def never():
    raise AssertionError("made again")


def test_what_is_kept_is_not_made_again():
    cache = Cache(2)
    assert cache.get("a", lambda: 1) == 1
    assert cache.get("a", never) == 1


def test_what_was_used_last_stays():
    cache = Cache(2)
    cache.get("a", lambda: "a")
    cache.get("b", lambda: "b")
    cache.get("a", never)
    cache.get("c", lambda: "c")
    assert len(cache) == 2
    cache.get("a", never)
    assert cache.get("b", lambda: "anew") == "anew"


def test_bytes_are_bounded():
    cache = Cache(100, size=len, at_most=10)
    for number in range(20):
        cache.get(number, lambda: b"1234")
        assert cache.bytes <= 10
    assert len(cache) == 2
    cache.get("large", lambda: b"1" * 50)  # larger than all: kept alone, until the next
    assert len(cache) == 1
    cache.get("small", lambda: b"1")
    assert cache.bytes == 1
    cache.clear()
    assert cache.bytes == len(cache) == 0


def test_what_nobody_used_for_long_is_made_anew():
    cache = Cache(5, seconds=0.05)
    cache.get("a", lambda: 1)
    cache.get("b", lambda: 1)
    time.sleep(0.1)
    assert cache.get("a", lambda: 2) == 2
    assert len(cache) == 1  # b was as old


def test_an_error_is_not_kept():
    cache = Cache(5)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 // 0)
    assert cache.get("a", lambda: 1) == 1


def test_what_two_ask_for_at_once_is_made_once():
    cache, made, found = Cache(5), [], []

    def make():
        time.sleep(0.05)
        made.append(1)
        return object()

    threads = [threading.Thread(target=lambda: found.append(cache.get("a", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_after_an_error_a_value_is_still_computed_once_at_a_time():
    """The first fails while a second waits; a third that asks while the second computes must wait, too."""
    cache, at_once, most = Cache(5), [0], [0]
    begun, fail, go = threading.Event(), threading.Event(), threading.Event()

    def failing():
        begun.set()
        assert fail.wait(10)
        raise ZeroDivisionError

    def make():
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        assert go.wait(10)
        at_once[0] -= 1
        return object()

    found = []

    def ask(how):
        with contextlib.suppress(ZeroDivisionError):
            found.append(cache.get("a", how))

    threads = [threading.Thread(target=ask, args=(how,)) for how in (failing, make, make)]
    threads[0].start()
    assert begun.wait(10)
    threads[1].start()
    until(lambda: cache._making["a"].wanted == 2)
    fail.set()
    until(lambda: at_once[0] == 1)
    threads[2].start()
    time.sleep(0.1)  # time enough to begin, if nothing held it back
    go.set()
    for thread in threads:
        thread.join(10)
    assert most == [1]
    assert len(found) == 2
    assert found[0] is found[1]
    assert not cache._making


# --- traces -----------------------------------------------------------------------------------


@pytest.fixture
def entries(tmp_path, monkeypatch, make_sentiment, make_translation):
    for model in (make_sentiment("lstm"), make_translation("gru", "bahdanau")):
        checkpoints.save(model, tmp_path / model.name)
    monkeypatch.setenv("RNNVIZ_CHECKPOINTS", str(tmp_path))
    return {str(entry.spec.task): entry for entry in loaders.models().entries}


def test_a_trace_is_shared_and_counted(entries):
    before = loaders._traces.bytes
    trace = loaders.trace(entries["sentiment"], "this story is good.")
    assert loaders.trace(entries["sentiment"], "this story is good.") is trace
    assert trace.nbytes == sum(array.nbytes for array in trace.arrays.values())
    assert loaders._traces.bytes - before == trace.nbytes
    assert loaders._traces.bytes <= limits.CACHED_TRACE_BYTES


def test_a_kept_translation_computes_its_probabilities(entries):
    text = "la película era buena."
    trace = loaders.trace(entries["translation"], text, beam=3)
    whole = record(loaders.model(entries["translation"]), text, beam=3)
    assert list(trace) == list(whole)
    for name in whole:
        np.testing.assert_array_equal(trace[name], whole[name])
    assert trace.nbytes == whole.nbytes - whole["readout.probabilities"].nbytes


def test_a_search_waits_until_heavy_work_is_done_and_a_sentence_does_not(entries):
    done = threading.Event()

    def search():
        loaders.trace(entries["translation"], "la película era buena. " * 10, beam=limits.BEAM)
        done.set()

    with caches.heavy():
        thread = threading.Thread(target=search)
        thread.start()
        loaders.trace(entries["sentiment"], "her new song works.")
        loaders.trace(entries["translation"], "la película era buena.", beam=3)
        assert not done.wait(0.3)
    assert done.wait(10)
    thread.join(10)


def queue(turns, names, log):
    """Threads that want a turn, one after the other; each writes its name when it has it."""

    def wait(name):
        with turns:
            log.append(name)

    threads = []
    for name in names:
        threads.append(threading.Thread(target=wait, args=(name,)))
        threads[-1].start()
        until(lambda: len(turns._waiting) >= len(threads))
    return threads


def until(happened):
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_turns_come_in_the_order_of_asking():
    turns, log = caches.Turns(), []
    with turns:
        threads = queue(turns, "abcdefgh", log)
        assert log == []
    for thread in threads:
        thread.join(10)
    assert "".join(log) == "abcdefgh"


def test_who_steps_aside_lets_the_others_run_and_queues_again():
    turns, log = caches.Turns(), []
    with turns:
        threads = queue(turns, "ab", log)
        with turns.aside():
            for thread in threads:
                thread.join(10)
            log.append("aside")
        threads = queue(turns, "c", log)
        log.append("back")
    threads[0].join(10)
    assert log == ["a", "b", "aside", "back", "c"]


def test_stepping_aside_without_a_turn_changes_nothing():
    turns = caches.Turns()
    with turns.aside():
        assert not turns._taken
    assert not turns._taken


def fail():
    raise ZeroDivisionError


def fail_aside(turns):
    with turns.aside():
        fail()


def test_an_error_gives_the_turn_on():
    turns, log = caches.Turns(), []
    with pytest.raises(ZeroDivisionError), turns:
        fail()
    assert not turns._taken
    with pytest.raises(ZeroDivisionError), turns:
        fail_aside(turns)
    assert not turns._taken
    with turns:
        log.append("next")
    assert log == ["next"]


def test_a_turn_that_does_not_come_is_not_waited_for():
    turns, log = caches.Turns(patience=0.05), []

    def hurry():
        with turns:
            log.append("done")

    with turns:
        threads = [threading.Thread(target=hurry) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert log == ["done"] * 2
        assert turns._taken  # they did not give away what they never had
        assert not turns._waiting
    assert not turns._taken


def test_many_threads_each_have_the_turn_alone():
    turns, inside, most, done = caches.Turns(), [0], [0], []

    def run():
        for number in range(50):
            with turns:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                if number % 5 == 0:
                    inside[0] -= 1
                    with turns.aside():
                        time.sleep(0.0001)
                    inside[0] += 1
                inside[0] -= 1
        done.append(True)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 8
    assert most == [1]
    assert not turns._taken


def test_who_waits_for_what_another_makes_steps_aside():
    """Else the maker, which stepped aside for heavy work, would never get its turn back."""
    cache, made, begun, go = caches.Cache(4), [], threading.Event(), threading.Event()

    def make():
        made.append(True)
        with caches.heavy():
            begun.set()
            assert go.wait(10)
        return "trace"

    found = []

    def run():
        with caches.turns:
            found.append(cache.get("key", make))

    threads = [threading.Thread(target=run) for _ in range(3)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    time.sleep(0.1)
    until(lambda: not caches.turns._taken)
    go.set()
    for thread in threads:
        thread.join(5)
    assert found == ["trace"] * 3
    assert made == [True]
    assert not caches.turns._taken


def test_heavy_work_that_fails_lets_the_next_one_in(entries):
    with pytest.raises(Exception, match="beam"):
        loaders.trace(entries["translation"], "la película era buena.", beam=limits.BEAM + 1)
    assert loaders.trace(entries["translation"], "la película era buena.", beam=1)
    with pytest.raises(ZeroDivisionError), caches.turns, caches.heavy():
        raise ZeroDivisionError
    with caches.turns, caches.heavy():
        assert not caches.turns._taken


def test_a_folder_is_looked_at_once_in_a_while(entries, monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "LOOK_SECONDS", 3600)
    before = loaders.models()
    (tmp_path / "sentiment-lstm" / "card.md").write_text("changed")
    assert loaders.models() is before
    monkeypatch.setattr(sources, "LOOK_SECONDS", 0)
    assert loaders.models() is not before


def test_what_is_imported_late_is_frozen_too(entries, monkeypatch):
    loaders.warm_up()
    frozen = gc.get_freeze_count()
    assert frozen > 100_000
    for number in range(loaders.MANY + 1):
        monkeypatch.setitem(sys.modules, f"late_{number}", importlib)
    later = [[number] for number in range(1000)]  # objects that the collector would walk over
    loaders.warm_up()
    assert gc.get_freeze_count() > frozen + len(later)
    frozen = gc.get_freeze_count()
    monkeypatch.setattr(drawing, "_compiled", drawing.compilations() + loaders.MANY)
    loaders.warm_up()
    assert gc.get_freeze_count() <= frozen + 1000  # not yet
    monkeypatch.setattr(drawing, "_compiled", drawing.compilations() + 1)
    more = [[number] for number in range(5000)]
    loaders.warm_up()
    assert gc.get_freeze_count() > frozen + len(more) - 1000


def test_neighbours_are_searched_for_once_and_are_those_of_the_whole_table(monkeypatch):
    entry = loaders.models().entries[0]
    table = loaders.model(entry).table("encoder")
    expected = embeddings.neighbours(table.weight, tuple(table.pieces), chosen=40)
    asked: list[int] = []

    def count(*args, **kwargs):
        asked.append(kwargs["chosen"])
        return expected

    monkeypatch.setattr(nearest.embeddings, "neighbours", count)
    nearest._nearest.clear()
    for _ in range(2):
        assert nearest.nearest(entry, "encoder", 40) is expected
    assert asked == [40]
    nearest.nearest(entry, "encoder", 41)
    assert asked == [40, 41]
    nearest._nearest.clear()


def test_numbers_have_no_neighbours():
    entry = next(entry for entry in loaders.models().entries if entry.spec.task == "forecast")
    assert nearest.nearest(entry, "encoder", 4) is None
