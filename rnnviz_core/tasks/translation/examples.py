"""The sentences to try, by the languages that are read and written."""

from .english import ENGLISH
from .french import FRENCH
from .german import GERMAN
from .spanish import SPANISH

EXAMPLES = {("es", "en"): SPANISH, ("de", "en"): GERMAN, ("fr", "en"): FRENCH, ("en", "es"): ENGLISH}
