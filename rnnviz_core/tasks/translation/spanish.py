"""Spanish sentences for translators. Every statement about a network carries its condition."""

from rnnviz_core.contracts.claims import Example, Hint
from rnnviz_core.languages import N_

SPANISH = (
    Example(
        "Me encantó la pizza de este lugar",
        N_("an indirect verb"),
        N_("“me encantó” is word by word “to me it enchanted”: who loves whom in the translation?"),
        (
            Hint(
                lambda r: r.order("i", "loved", "pizza"),
                N_(
                    "“me encantó la pizza” is word by word “to me it enchanted, the pizza”. The translation "
                    "turns it around: I loved it."
                ),
            ),
            Hint(
                lambda r: not r.says("loved", "love") and r.written[:1] == ("i",),
                N_(
                    "“me encantó” is “I loved”. The subject became “I”, as it must; the translation says it "
                    "with another verb."
                ),
            ),
        ),
    ),
    Example(
        "La casa blanca está cerca del río.",
        N_("word order"),
        N_("The adjective follows its noun in Spanish: does it come before it in English?"),
        (
            Hint(
                lambda r: r.says("white house") and r.attends and r.looked["white"] == "blanca",
                N_(
                    "The adjective moved in front of its noun. While “white” was written, attention was "
                    "strongest on “blanca”: look for the crossing on the attention page."
                ),
            ),
            Hint(
                lambda r: r.says("white house"),
                N_("The adjective moved in front of its noun: “white house”."),
            ),
            Hint(
                lambda r: r.says("house") and not r.says("white"),
                N_(
                    "“blanca”, white, is missing from the translation. Is it still in the encoder’s last "
                    "state?"
                ),
            ),
        ),
    ),
    Example(
        "Mis hermanas son muy altas.",
        N_("one word for two"),
        N_("“altas” is “tall” of people and “high” of things: which does the network choose?"),
        (
            Hint(
                lambda r: r.says("tall"),
                N_(
                    "“altas” is “tall” of people and “high” of things; the translation has “tall”. Try “Las "
                    "montañas son muy altas.”"
                ),
            ),
            Hint(
                lambda r: r.says("high"),
                N_(
                    "“altas” is “tall” of people and “high” of things; the translation has the word for "
                    "things."
                ),
            ),
        ),
    ),
    Example(
        "El médico está cansada.",
        N_("gender at odds"),
        N_("The article is masculine, the adjective feminine: does English show either?"),
        (
            Hint(
                lambda r: r.says("doctor") and not r.says("he", "she", "man", "woman", "his", "her"),
                N_(
                    "The article is masculine, the adjective feminine. English shows neither, so nothing has "
                    "to be decided."
                ),
            ),
        ),
    ),
    Example(
        "No tengo nada que decir.",
        N_("double negation"),
        N_("Two negatives in Spanish: how many are left in English?"),
        (
            Hint(
                lambda r: r.says("nothing") and not r.says("not", "don't", "no"),
                N_("Two negatives in Spanish, “no” and “nada”; one is left in English, “nothing”."),
            ),
            Hint(
                lambda r: r.says("not", "don't") and r.says("anything"),
                N_("Two negatives in Spanish; English keeps one and says “anything”."),
            ),
        ),
    ),
    Example(
        "Está lloviendo a cántaros.",
        N_("an idiom"),
        N_("Word by word it rains “in jugs”: does the translation know the idiom?"),
        (
            Hint(
                lambda r: r.says("cats and dogs"),
                N_("Word by word it rains in jugs; the translation has the English idiom instead."),
            ),
            Hint(
                lambda r: r.says("raining", "rains") and r.says("cats", "dogs"),
                N_(
                    "The English idiom has cats and dogs: half of it is here. Look under Softmax how likely "
                    "the other half was."
                ),
            ),
            Hint(
                lambda r: r.says("raining", "rains"),
                N_("The rain arrived, the idiom (“in jugs”) did not: nothing says that it pours."),
            ),
        ),
    ),
    Example(
        "Tengo hambre y frío.",
        N_("“to have” for “to be”"),
        N_("Spanish has hunger; does the English sentence have it, or is somebody hungry?"),
        (
            Hint(
                lambda r: r.says("hungry") and r.says("cold") and r.says("i'm", "i am"),
                N_(
                    "“I have hunger and cold”, word by word. The translation says it with “to be”, as "
                    "English does."
                ),
            ),
        ),
    ),
    Example(
        "¿Dónde está la biblioteca?",
        N_("a question"),
        N_("Spanish marks a question at both ends: what becomes of the first mark?"),
        (
            Hint(
                lambda r: r.answer.endswith("?") and "¿" not in r.answer,
                N_(
                    "Spanish marks a question at both ends. Of the two marks the last one is left, as in "
                    "English."
                ),
            ),
        ),
    ),
    Example(
        "Se lo di ayer.",
        N_("dropped subject"),
        N_("No word says “I”, only the form “di”: does the translation have a subject?"),
        (
            Hint(
                lambda r: r.written[:1] == ("i",) and r.says("gave"),
                N_(
                    "No word of the sentence says “I”: only the form of “di” does, and the translation "
                    "begins with it."
                ),
            ),
            Hint(
                lambda r: r.written[:1] == ("i",),
                N_(
                    "No word of the sentence says “I”: the form of “di” (I gave) does. The subject is right, "
                    "the verb is not."
                ),
            ),
        ),
    ),
    Example(
        "El libro que mi abuela me regaló cuando cumplí diez años sigue en la mesa.",
        N_("long dependency"),
        N_("“libro” and its verb “sigue” are far apart: does the book still lie on the table?"),
        (
            Hint(
                lambda r: r.says("book") and r.says("grandmother") and r.says("still"),
                N_("“libro” and its verb “sigue” (is still) stand far apart, and both arrive."),
            ),
            Hint(
                lambda r: r.says("book") and r.says("grandmother"),
                N_(
                    "“sigue” means “is still”, and its subject “libro” is far behind. The book and the "
                    "grandmother arrive, that verb does not."
                ),
            ),
            Hint(
                lambda r: not r.says("grandmother"),
                N_(
                    "“mi abuela” is my grandmother; she is not in the translation. Shorten the sentence "
                    "until she is."
                ),
            ),
        ),
    ),
    Example(
        "Ayer comí, hoy como y mañana comeré.",
        N_("three tenses"),
        N_("One verb in three tenses: are “ate”, “eat” and “will eat” all there?"),
        (
            Hint(
                lambda r: (
                    r.says("ate") and r.says("will eat", "i'll eat") and r.says("today i eat", "i eat today")
                ),
                N_("One verb in three tenses, and all three arrive."),
            ),
            Hint(
                lambda r: r.says("ate") and not r.says("will", "i'll"),
                N_("Yesterday arrives (“ate”), tomorrow does not: there is no “will” in the translation."),
            ),
            Hint(
                lambda r: r.says("ate") and not r.says("yesterday"),
                N_("“ayer” is yesterday; “ate” is there, the word itself is not."),
            ),
        ),
    ),
    Example(
        "El gato de Zarandujo ronronea.",
        N_("an unknown name"),
        N_("A made-up name in many pieces: is it copied, or lost?"),
        (
            Hint(
                lambda r: r.says("zarandujo"),
                N_("“Zarandujo” is cut into {pieces[Zarandujo]} pieces, and copied into English."),
            ),
            Hint(
                lambda r: r.says("cat", "cat's") and r.pieces["Zarandujo"] > 2,
                N_("The cat arrives. “Zarandujo”, a made-up name in {pieces[Zarandujo]} pieces, is lost."),
            ),
        ),
    ),
    Example(
        "Hola.",
        N_("a single word"),
        N_("The shortest case: does one word come out for the one that goes in?"),
        (
            Hint(
                lambda r: r.length == 1 and r.says("hi", "hello", "hey"),
                N_("One word in, one word out, read in {steps} pieces."),
            ),
            Hint(
                lambda r: not r.says("hi", "hello", "hey"),
                N_("The shortest case, and no greeting comes out."),
            ),
        ),
    ),
)
