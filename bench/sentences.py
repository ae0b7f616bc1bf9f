"""Sentences that nobody typed before: one small grammar of our own for each language."""

import random
from collections.abc import Iterator

from rnnviz_core.models.forecaster_spec import ForecastSpec
from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.models.specs import ModelSpec

GRAMMARS: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        ("The", "This", "My neighbour's", "Her third", "An otherwise careful", "Our", "That rather long"),
        ("film", "novel", "concert", "bakery", "hotel", "speech", "ferry ride", "garden", "radio play"),
        ("in the old harbour", "with two endings", "about bees", "from last winter", ""),
        ("was", "is", "seemed", "turned out to be", "never was", "could hardly have been", "had better be"),
        ("dull", "splendid", "a small wonder", "not good", "too slow", "warm and clever", "worse than ever"),
        (", but", ", and", ", although", " because", "; still,", " while", ", so"),
        ("the waiter", "nobody", "my sister", "the orchestra", "one of the dogs", "every second guest"),
        ("loved", "hated", "forgot", "could not stop praising", "slept through", "asked for more of"),
        ("the music", "the last ten minutes", "its colours", "the soup", "a joke about snow", "every word"),
        (".", "!", "...", ", twice.", " again.", ", of course."),
    ),
    "es": (
        ("La", "Esta", "Mi", "Nuestra", "Aquella", "Ninguna", "Otra"),
        ("casa", "canción", "novela", "abuela", "panadería", "película", "estación", "bicicleta", "carta"),
        ("del puerto viejo", "de mi vecino", "sin final", "sobre las abejas", "", "del invierno pasado"),
        ("era", "es", "parece", "nunca fue", "podría ser", "no es", "quería ser"),
        ("aburrida", "preciosa", "muy lenta", "peor que antes", "roja y blanca", "tan tranquila", "larga"),
        (", pero", " y", ", aunque", " porque", ", así que", " mientras", "; además,"),
        ("el camarero", "nadie", "mi hermana", "la orquesta", "un perro pequeño", "el segundo invitado"),
        ("canta", "olvidó", "compró", "no encuentra", "dibuja", "espera", "leyó"),
        ("la música", "los últimos minutos", "sus colores", "la sopa", "una broma", "cada palabra"),
        (".", " otra vez.", " dos veces.", " hoy.", ", por supuesto.", " en casa."),
    ),
    "de": (
        ("Ein alter", "Der kleine", "Ein müder", "Unser", "Kein", "Ein fröhlicher", "Der dritte"),
        ("Mann", "Bäcker", "Hund", "Junge", "Sänger", "Lehrer", "Radfahrer", "Nachbar", "Koch"),
        ("im Hafen", "mit zwei Hüten", "ohne Schuhe", "mit einem Ball", "", "aus dem Dorf"),
        ("steht", "sitzt", "schläft", "singt", "wartet", "arbeitet", "liest"),
        ("am Fluss", "auf der Bank", "im Regen", "vor dem Haus", "unter einem Baum", "im Garten", "heute"),
        (", und", ", aber", ", während", "; dann", ", weil", ", denn", " und"),
        ("eine Frau", "niemand", "meine Schwester", "das Orchester", "ein Kind", "der zweite Gast"),
        ("malt", "vergisst", "kauft", "sucht", "zeichnet", "trägt", "fotografiert"),
        ("die Suppe", "einen roten Schirm", "das letzte Brot", "zwei Katzen", "ein Bild", "jedes Wort"),
        (".", " noch einmal.", " zweimal.", " am Abend.", ", natürlich.", " zu Hause."),
    ),
    "fr": (
        ("Le vieux", "Notre", "Ce petit", "Un autre", "Aucun", "Leur dernier", "Le troisième"),
        ("jardin", "roman", "concert", "boulanger", "hôtel", "discours", "voisin", "chanteur", "chien"),
        ("du port", "avec deux chapeaux", "sans fin", "de mon oncle", "", "de l'hiver dernier"),
        ("était", "est", "semble", "n'est pas", "devient", "ne fut jamais", "pourrait être"),
        ("ennuyeux", "magnifique", "très lent", "pire qu'avant", "rouge et blanc", "tranquille", "trop long"),
        (", mais", " et", " parce que", " pendant que", " ; puis", ", car", ", donc"),
        ("le serveur", "personne", "ma sœur", "l'orchestre", "un enfant", "le deuxième invité"),
        ("chante", "oublie", "achète", "ne trouve pas", "dessine", "attend", "lit"),
        ("la musique", "les dernières minutes", "ses couleurs", "la soupe", "une blague", "chaque mot"),
        (".", " encore une fois.", " deux fois.", " ce soir.", ", bien sûr.", " à la maison."),
    ),
    "numbers": (tuple(f"{value}.{value % 7}" for value in range(3, 120, 9)),) * 12,  # of a series
}


def language(spec: ModelSpec) -> str:
    """The language in which a model wants its sentences."""
    if isinstance(spec, ForecastSpec):
        return "numbers"
    return spec.source if isinstance(spec, TranslationSpec) else "en"


def sentences(language: str, seed: int) -> Iterator[str]:
    """Endless different sentences in a language of `GRAMMARS`; the same seed gives the same ones."""
    choose, seen = random.Random(seed), set()
    while True:
        parts = [choose.choice(words) for words in GRAMMARS[language]]
        for cut in range(choose.choice((0, 0, 0, 1))):  # now and then a short one
            parts[5 + cut : 9] = []
        text = " ".join(part for part in parts if part)
        for mark in (" .", " ,", " ;", " !"):
            text = text.replace(mark, mark.strip())
        text = " ".join(text.split())
        if text not in seen:
            seen.add(text)
            yield text
