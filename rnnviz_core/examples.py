"""Sentences of our own to try, each with the one thing it shows. The first of a list is the default."""

from dataclasses import dataclass

from .specs import ModelSpec, Task, TranslationSpec


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

GERMAN = (
    Example(
        "Ich habe gestern einen alten Freund getroffen.",
        "verb at the end",
        "“getroffen” comes last and moves.",
    ),
    Example(
        "Das kleine Mädchen sucht seinen Hund.",
        "gender agreement",
        "“das Mädchen” is neuter: his, its or her dog?",
    ),
    Example("Morgen fahre ich mit dem Zug nach Hause.", "word order", "The verb stands before its subject."),
    Example(
        "Ich weiß nicht, ob er heute kommt.", "subordinate clause", "In the second clause the verb goes last."
    ),
    Example("Kein Mensch hat nichts gesagt.", "double negation", "Two negatives that cancel."),
    Example("Ich verstehe nur Bahnhof.", "an idiom", "Word by word it would be about a train station."),
    Example("Mach bitte das Fenster auf!", "a split verb", "“mach … auf” is one verb in two places."),
    Example("Wo ist mein Schlüssel?", "a question", "English and German agree here: a straight diagonal."),
    Example(
        "Die Bushaltestelle ist gleich um die Ecke.",
        "a compound word",
        "One German word, two or three in English.",
    ),
    Example(
        "Das Buch, das mir meine Großmutter zum Geburtstag geschenkt hat, liegt auf dem Tisch.",
        "long dependency",
        "“Buch” and its verb are far apart; follow the attention across the gap.",
    ),
    Example("Mir ist kalt, aber ich bin nicht müde.", "“to me is cold”", "The person stands in the dative."),
    Example("Der Knurpsel schläft.", "a made-up word", "Cut into small pieces: is it copied, or lost?"),
    Example("Danke.", "a single word", "The shortest case: one word in, one or two out."),
)

TRANSLATION = {"es": SPANISH, "de": GERMAN}


def examples(spec: ModelSpec) -> tuple[Example, ...]:
    """The sentences that suit a model: by task, and for translation by the language it reads."""
    if spec.task is Task.SENTIMENT:
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
