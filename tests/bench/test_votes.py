"""A short soak of votes: the processes that keep them die, and PostgreSQL's server with them."""

import pytest

from bench import votes
from scripts import postgres


@pytest.mark.slow
@pytest.mark.parametrize("real", [False, True], ids=["sqlite", "postgresql"])
def test_every_vote_is_kept(real: bool) -> None:
    if real and (reason := postgres.missing()):
        pytest.skip(reason)
    with votes.database(real) as (address, crash):
        found = votes.soak(address, votes=400, kills=1, workers=2, crash=crash)
    assert (found.kept, found.lost, found.wrong) == (400, 0, 0)
    assert found.again > 0, "nothing was under way when they died: this proves nothing"
