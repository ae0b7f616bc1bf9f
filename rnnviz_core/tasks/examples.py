"""Sentences of our own to try, each with the one thing it shows. The first of a list is the default."""

from dataclasses import dataclass

from rnnviz_core.models.seq2seq_spec import TranslationSpec
from rnnviz_core.models.specs import ModelSpec


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and what to watch in it."""

    text: str
    shows: str  # a few words, as they stand in the list
    watch: str  # one sentence on what to look at


SENTIMENT = (
    Example(
        "The plot is thin, but the actors make every scene shine.",
        "contrast with “but”",
        "The verdict after every token turns at “but”.",
    ),
    Example("This is not a good film.", "negation", "“not” should undo “good”: does the verdict turn?"),
    Example(
        "I would not say that the ending is bad.",
        "double negation",
        "Two negatives: the network has to cancel one with the other.",
    ),
    Example(
        "An absolutely, utterly wonderful evening.",
        "intensifiers",
        "Compare with “A wonderful evening.”: how much do the extra words add?",
    ),
    Example(
        "Somewhat amusing, though rather too long.",
        "softeners",
        "“somewhat” and “rather” make words weaker; look for a verdict near neutral.",
    ),
    Example(
        "The director who made three of the dullest films of the decade has finally made a great one.",
        "long dependency",
        "The subject and what is said of it are many steps apart. What is left of “director”?",
    ),
    Example(
        "The soundtrack was recorded in a church in the north.",
        "no opinion at all",
        "A plain fact: which class does the network fall back to?",
    ),
    Example(
        "Oh great, another sequel that nobody asked for.",
        "irony",
        "The words are kind, the meaning is not. Small networks rarely notice.",
    ),
    Example(
        "Not only clever but genuinely moving.",
        "“not only … but”",
        "“not” without a negation: does the network wait for what follows?",
    ),
    Example(
        "Everything about it is brilliant except the story, the cast and the music.",
        "exception",
        "“except” takes the praise back, piece by piece.",
    ),
    Example(
        "A zorblaxian masterpiece of quibblefluff.",
        "made-up words",
        "Words it has never seen are cut into small pieces. Which word decides?",
    ),
    Example(
        "The 🍿 was better than the 電影.",
        "characters it does not know",
        "Pieces outside the vocabulary are read as “unknown”.",
    ),
    Example("Bad bad bad bad good.", "order and repetition", "Turn the order around and compare the states."),
    Example("Watchable.", "a single word", "One or two steps only: the network in its smallest form."),
)

SPANISH = (
    Example(
        "Me encantó la pizza de este lugar",
        "an indirect verb",
        "“me encantó” becomes “I loved”: who loves whom?",
    ),
    Example(
        "La casa blanca está cerca del río.",
        "word order",
        "The adjective follows the noun: watch the order swap.",
    ),
    Example(
        "Mis hermanas son muy altas.", "gender agreement", "“altas” is feminine; English shows nothing of it."
    ),
    Example(
        "El médico está cansada.",
        "gender at odds",
        "The article and the adjective disagree. Which one counts?",
    ),
    Example("No tengo nada que decir.", "double negation", "Two negatives in Spanish, one in English."),
    Example("Está lloviendo a cántaros.", "an idiom", "Word by word it would be “to jugs”."),
    Example("Tengo hambre y frío.", "“to have” for “to be”", "Spanish has hunger, English is hungry."),
    Example("¿Dónde está la biblioteca?", "a question", "English needs to move the verb."),
    Example("Se lo di ayer.", "dropped subject", "Nobody says “I”: the verb's ending does."),
    Example(
        "El libro que mi abuela me regaló cuando cumplí diez años sigue en la mesa.",
        "long dependency",
        "“libro” and its verb are far apart; follow the attention across the gap.",
    ),
    Example(
        "Ayer comí, hoy como y mañana comeré.", "three tenses", "One verb in three times: comí, como, comeré."
    ),
    Example(
        "El gato de Zarandujo ronronea.",
        "an unknown name",
        "A rare word in many pieces: is it copied, or lost?",
    ),
    Example("Hola.", "a single word", "The shortest case: one word in, one word out."),
)

# The German models learnt from descriptions of photographs: so most of these describe one.
GERMAN = (
    Example(
        "Eine alte Frau verkauft auf dem Markt frisches Brot.",
        "word order",
        "“verkauft” comes before the place, “Brot” after it: follow the attention.",
    ),
    Example(
        "Auf der Wiese spielen zwei Kinder mit einem Hund.",
        "subject after the verb",
        "German begins with the place. Does the English sentence?",
    ),
    Example(
        "Ein Mann hat seinem Sohn einen roten Ball zugeworfen.",
        "verb at the end",
        "“zugeworfen” comes last in German and early in English.",
    ),
    Example("Der Junge zieht seine Jacke an.", "a split verb", "“zieht … an” is one verb in two places."),
    Example(
        "Das kleine Mädchen sucht seinen Hund.",
        "gender agreement",
        "“das Mädchen” is neuter: his, its or her dog?",
    ),
    Example(
        "Eine Frau, die einen gelben Regenmantel trägt, wartet an der Bushaltestelle.",
        "long dependency",
        "“Frau” and “wartet” are far apart; look for them in one line of the attention.",
    ),
    Example(
        "Zwei Feuerwehrmänner stehen neben einem Löschfahrzeug.",
        "compound words",
        "One German word, two English ones: how many pieces is it cut into?",
    ),
    Example("Niemand sitzt auf der Bank.", "negation", "Photographs seldom show nobody. Does it notice?"),
    Example(
        "Drei Männer und eine Frau kochen in einer großen Küche Suppe.",
        "counting",
        "Are there still three men and one woman in English?",
    ),
    Example("Was macht der Mann auf dem Dach?", "a question", "It has read almost no questions."),
    Example("Ich verstehe nur Bahnhof.", "an idiom", "Word by word it is about a train station."),
    Example(
        "Der Minister lehnt die neuen Steuern ab.",
        "another domain",
        "It knows photographs, not politics. What does it see here?",
    ),
    Example(
        "Ein Knurpsel schläft im Gras.", "a made-up word", "Cut into small pieces: is it copied, or lost?"
    ),
    Example("Menschen.", "a single word", "The shortest case. It would rather write a whole description."),
)

TRANSLATION = {"es": SPANISH, "de": GERMAN}


def examples(spec: ModelSpec) -> tuple[Example, ...]:
    """The sentences that suit a model: by task, and for translation by the language it reads."""
    if spec.task == "sentiment":
        return SENTIMENT
    assert isinstance(spec, TranslationSpec)
    return TRANSLATION.get(spec.source, ())


def default_text(spec: ModelSpec) -> str:
    """What stands in the box before a person types."""
    found = examples(spec)
    return found[0].text if found else ""


def is_example(text: str) -> bool:
    """Whether a person merely picked this text, and loses nothing when it is replaced."""
    return any(text == example.text for group in (SENTIMENT, *TRANSLATION.values()) for example in group)
