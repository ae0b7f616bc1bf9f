"""English sentences for translators into Spanish. Every statement about a network carries its condition."""

from rnnviz_core.contracts.claims import Example, Hint
from rnnviz_core.languages import N_

ENGLISH = (
    Example(
        "The red car is faster than the blue one.",
        N_("word order"),
        N_("In Spanish the adjective follows its noun: does it come second in the translation?"),
        (
            Hint(
                lambda r: (r.order("coche", "rojo") or r.order("auto", "rojo")) and r.says("el azul"),
                N_(
                    "“red car” changed places: the adjective comes second. “the blue one” became “el azul”, "
                    "without a word for “one”."
                ),
            ),
            Hint(
                lambda r: r.says("coche rojo", "auto rojo", "carro rojo"),
                N_("“red car” changed places: the adjective comes second."),
            ),
            Hint(
                lambda r: r.says("coche", "auto", "carro") and not r.says("rojo", "roja"),
                N_("The car arrives, its colour “rojo” does not."),
            ),
        ),
    ),
    Example(
        "The white house is near the river.",
        N_("gender agreement"),
        N_("“casa” is feminine, so white is “blanca”: does the adjective get the right ending?"),
        (
            Hint(
                lambda r: r.order("casa", "blanca"),
                N_("“white” has no gender; “blanca” took that of “casa”, and follows it as in Spanish."),
            ),
            Hint(
                lambda r: r.order("casa", "blanco"),
                N_(
                    "“blanco” follows “casa”, as in Spanish, but the house is feminine: it should end in "
                    "“-a”. The order was learned, the agreement was not."
                ),
            ),
            Hint(
                lambda r: not r.says("blanca", "blanco"),
                N_("A white house is “casa blanca” in Spanish. Its colour is not in the translation."),
            ),
        ),
    ),
    Example(
        "My sisters are very tall.",
        N_("agreement with a distant word"),
        N_("“sisters” decides the last word in Spanish: does it end in “-as”?"),
        (
            Hint(
                lambda r: r.says("altas"),
                N_("“tall” has no gender; “altas” has that of the sisters, three words before."),
            ),
            Hint(
                lambda r: r.says("altos"),
                N_(
                    "Tall sisters are “altas”. The translation has “altos”, as of brothers: the plural is "
                    "right, the gender is not."
                ),
            ),
            Hint(
                lambda r: not r.says("altas", "altos"),
                N_("Tall sisters are “altas”. The translation has another word."),
            ),
        ),
    ),
    Example(
        "I am hungry and cold.",
        N_("“to be” becomes “to have”"),
        N_("In English one is hungry, in Spanish one has hunger: is there a form of “tener”?"),
        (
            Hint(
                lambda r: r.says("tengo") and r.says("hambre"),
                N_("“I am hungry” became “tengo hambre”: I have hunger."),
            ),
            Hint(
                lambda r: not (r.says("tengo") and r.says("hambre")),
                N_("In Spanish one has hunger (“tengo hambre”). The translation puts it otherwise."),
            ),
        ),
    ),
    Example(
        "Do you know where the library is?",
        N_("an auxiliary verb"),
        N_("“do” has no counterpart in Spanish: is the translation a question without it?"),
        (
            Hint(
                lambda r: r.says("dónde") and r.says("biblioteca") and r.answer.endswith("?"),
                N_("Still a question: “where” and “library” arrive, and “do” needs no word in Spanish."),
            ),
            Hint(
                lambda r: not (r.says("dónde") and r.says("biblioteca")),
                N_("“where” would be “dónde”, the library “biblioteca”. At least one of them is missing."),
            ),
        ),
    ),
    Example(
        "Nobody told me anything.",
        N_("double negation"),
        N_("One negative in English, two in Spanish: are “nadie” and “nada” both there?"),
        (
            Hint(
                lambda r: r.says("nadie") and r.says("nada"),
                N_("“anything” became “nada”, nothing: in Spanish both words are negative."),
            ),
            Hint(
                lambda r: not (r.says("nadie") and r.says("nada")),
                N_("Spanish would say “nadie” and “nada”. At least one of them is missing."),
            ),
        ),
    ),
    Example(
        "I want you to come with me.",
        N_("subjunctive"),
        N_("Spanish needs “que” and another form of the verb, “vengas”: does it come?"),
        (
            Hint(
                lambda r: r.says("que") and r.says("vengas", "venga", "vengan", "vengáis"),
                N_("“you to come” became “que” and a subjunctive, a form for which English has no ending."),
            ),
            Hint(
                lambda r: not (r.says("que") and r.says("vengas", "venga", "vengan", "vengáis")),
                N_("After “quiero que” Spanish has the subjunctive “vengas”. It is not in the translation."),
            ),
        ),
    ),
    Example(
        "I like your shoes.",
        N_("an indirect verb"),
        N_("In Spanish the shoes please me, so the verb is plural: “gustan” or “gusta”?"),
        (
            Hint(
                lambda r: r.says("me gustan"),
                N_("“me gustan” is word by word “they please me”: the shoes are the subject."),
            ),
            Hint(
                lambda r: r.says("me gusta"),
                N_(
                    "Turned around, to “me gusta”. But now the shoes are the subject, so the verb should be "
                    "plural, “gustan”."
                ),
            ),
        ),
    ),
    Example(
        "I gave it to her yesterday.",
        N_("two pronouns"),
        N_("Spanish puts both pronouns before the verb, “se lo di”: do both come out?"),
        (
            Hint(
                lambda r: r.says("se lo di", "se la di"),
                N_("“it” and “to her” became “se lo”, both in front of the verb."),
            ),
            Hint(
                lambda r: r.says("le di") and not r.says("lo", "la"),
                N_("“to her” came in front of the verb, as “le”. “it” is lost: it should be “se lo di”."),
            ),
        ),
    ),
    Example(
        "My brother is a doctor and he is tired.",
        N_("two verbs for one"),
        N_("“is” is “es” of a profession and “está” of a state: are both in the translation?"),
        (
            Hint(
                lambda r: r.says("es") and r.says("está"),
                N_("The first “is” became “es”, the second “está”: one English verb, two Spanish ones."),
            ),
            Hint(
                lambda r: not (r.says("es") and r.says("está")),
                N_("Spanish says “es médico” and “está cansado”. One of the two verbs is missing, or both."),
            ),
        ),
    ),
    Example(
        "It's raining cats and dogs.",
        N_("an idiom"),
        N_("Spanish has no animals in it: do cats and dogs appear?"),
        (
            Hint(
                lambda r: r.says("gatos", "perros"),
                N_("It rains animals in the translation; in Spanish it rains “a cántaros”, in jugs."),
            ),
            Hint(
                lambda r: not r.says("gatos", "perros"),
                N_("Neither cats (“gatos”) nor dogs (“perros”) are in the translation."),
            ),
        ),
    ),
    Example(
        "The book that my grandmother gave me when I was ten is still on the table.",
        N_("long dependency"),
        N_("“book” and its verb “is” stand far apart: are both in the translation?"),
        (
            Hint(
                lambda r: r.says("libro") and r.says("mesa") and r.says("está", "sigue"),
                N_("The book and its verb arrive, with two clauses between them."),
            ),
            Hint(
                lambda r: r.says("libro") and r.says("mesa") and not r.says("está", "sigue"),
                N_(
                    "The book and the table arrive. The verb between them, “está” or “sigue”, got lost "
                    "behind two clauses."
                ),
            ),
            Hint(
                lambda r: not (r.says("libro") and r.says("mesa")),
                N_("A book (“libro”) lies on a table (“mesa”). At least one of them is missing."),
            ),
        ),
    ),
    Example(
        "The glimble is sleeping in the garden.",
        N_("a made-up word"),
        N_("A made-up word in small pieces: is it copied, or lost?"),
        (
            Hint(
                lambda r: not r.says("glimble") and r.says("duerme", "durmiendo"),
                N_(
                    "“glimble”, a made-up word in {pieces[glimble]} pieces, is not copied; something else "
                    "sleeps in its place."
                ),
            ),
            Hint(lambda r: r.says("glimble"), N_("“glimble”, in {pieces[glimble]} pieces, is copied.")),
        ),
    ),
    Example(
        "Hello.",
        N_("a single word"),
        N_("The shortest case: does one word come out for the one that goes in?"),
        (
            Hint(lambda r: r.length == 1 and r.says("hola"), N_("One word in, one word out.")),
            Hint(
                lambda r: r.length == 1 and not r.says("hola"),
                N_("One word in, one word out, but the wrong one: hello is “hola”. How likely was that?"),
            ),
        ),
    ),
)
