"""Write the cards of the collection anew, from the figures in their ``metrics.json``; nothing is measured.

    python -m scripts.cards [--write]

For a change of wording in `rnnviz_core.checkpoints.cards` or ``docs/data``. The settings of the run, which
only its own folder holds, are taken from the recipe in the card as it is. Without ``--write``: exit code 1
when a card is not what the code and the documents say.
"""

import re
import shlex
import sys
from typing import Any

import click

from rnnviz_core import places
from rnnviz_core.checkpoints import registry as checkpoints
from rnnviz_core.checkpoints.cards import RECIPE, write_card

from .models import COLLECTION

KEPT = re.compile(r"The epoch that was best on the validation split \(\d+ of (\d+)\) is kept\.")


def settings_in(card: str) -> tuple[dict[str, Any], int]:
    """The settings of a run, as ``run.json`` names them, and how many epochs it lasted, from its card.

    Raises
    ------
    ValueError
        When the card has no recipe.
    """
    recipe = card.partition("\n## Recipe\n")[2]
    epochs = KEPT.search(recipe)
    stated = dict(re.findall(r"^\| ([a-z ]+) \| ([^|]+) \|$", recipe, re.MULTILINE))
    config = {name: stated[shown] for name in RECIPE if (shown := name.replace("_", " ")) in stated}
    if epochs is None or len(config) != len(RECIPE):
        raise ValueError("the card holds no recipe")
    return {"config": config}, int(epochs[1])


def about(publish: str) -> str:
    """What the documents named in the options of `publish` say of the data."""
    words = shlex.split(publish)
    files = [words[place + 1] for place, word in enumerate(words) if word == "--about"]
    texts = [(places.app_folder() / file).read_text(encoding="utf-8").strip() for file in files]
    return "\n\n".join(texts)


def rewritten(entry: checkpoints.Entry) -> str:
    """A card as the code would write it today, with the same figures."""
    recipe = next(one for one in COLLECTION if one.id == entry.id)
    run, epochs = settings_in(entry.card)
    return write_card(entry, run, dict(entry.metrics), epochs, about(recipe.publish or ""))


@click.command(help=__doc__)
@click.option("--write", "writes", is_flag=True, help="Write the cards that differ.")
def main(writes: bool) -> None:
    wrong = 0
    for entry in checkpoints.scan(places.shipped()).entries:
        card = rewritten(entry)
        if card == entry.card:
            continue
        wrong += 1
        click.echo(f"{entry.id}: {'written' if writes else 'differs'}")
        if writes:
            (entry.folder / checkpoints.CARD).write_text(card, encoding="utf-8")
    sys.exit(1 if wrong and not writes else 0)


if __name__ == "__main__":
    main()
