"""The sentences to try, by the language that is read."""

from .german import GERMAN
from .spanish import SPANISH

EXAMPLES = {"es": SPANISH, "de": GERMAN}
