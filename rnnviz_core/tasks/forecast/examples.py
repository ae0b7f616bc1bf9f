"""Series to try: those of `generated`, by the step of the network that reads them."""

from rnnviz_core.contracts.claims import Example
from rnnviz_core.models.forecaster_spec import ForecastSpec

from . import generated


def _examples(known: dict[str, generated.GeneratedSeries]) -> tuple[Example, ...]:
    return tuple(Example(name, one.shows, one.asks) for name, one in known.items())


MONTHLY, DAILY = _examples(generated.MONTHLY), _examples(generated.DAILY)


def examples(spec: ForecastSpec) -> tuple[Example, ...]:
    """The series that suit a network; the first is the default."""
    return DAILY if spec.step == "day" else MONTHLY
