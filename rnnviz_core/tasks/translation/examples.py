"""The sentences to try, by the languages that are read and written."""

from .english import ENGLISH
from .german import GERMAN
from .spanish import SPANISH

EXAMPLES = {("es", "en"): SPANISH, ("de", "en"): GERMAN, ("en", "es"): ENGLISH}
