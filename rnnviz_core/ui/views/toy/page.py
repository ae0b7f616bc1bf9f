"""The page from top to bottom."""

from . import live, settings, trained


def draw() -> None:
    """Choose, press, watch, stop, open."""
    chosen = settings.choose()
    live.draw(chosen)
    trained.draw(chosen.spec.problem)
