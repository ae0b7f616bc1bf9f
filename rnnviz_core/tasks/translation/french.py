"""French sentences for translators. Every statement about a network carries its condition."""

from rnnviz_core.contracts.claims import Example, Hint
from rnnviz_core.languages import N_

FRENCH = (
    Example(
        "J'ai acheté une voiture rouge et deux chemises blanches.",
        N_("word order"),
        N_("Both adjectives follow their nouns in French: do they come before them in English?"),
        (
            Hint(
                lambda r: (
                    r.says("red car")
                    and r.says("white shirts")
                    and r.attends
                    and (r.looked["red"], r.looked["white"]) == ("rouge", "blanches")
                ),
                N_(
                    "Both adjectives moved in front of their nouns. While each was written, attention was "
                    "strongest on its French word: look for the two crossings on the attention page."
                ),
            ),
            Hint(
                lambda r: (
                    r.says("red car")
                    and r.says("white shirts")
                    and r.attends
                    and (r.looked["red"], r.looked["white"]) == ("rouge", "chemises")
                ),
                N_(
                    "Both adjectives moved in front of their nouns. Attention was strongest on “rouge” while "
                    "“red” was written, but on “chemises” while “white” was: see the attention page."
                ),
            ),
            Hint(
                lambda r: r.says("red car") and r.says("white shirts"),
                N_("Both adjectives moved in front of their nouns: “red car”, “white shirts”."),
            ),
            Hint(
                lambda r: not (r.says("red") and r.says("white")),
                N_("“rouge” is red and “blanches” is white. At least one of them is missing."),
            ),
        ),
    ),
    Example(
        "Je ne mange jamais de viande le soir.",
        N_("a negation in two parts"),
        N_("“ne … jamais” (never) stands around the verb: where is it in English?"),
        (
            Hint(
                lambda r: r.order("never", "eat") and r.says("tonight", "this evening"),
                N_(
                    "“ne … jamais” became one word, “never”. “le soir” is any evening; the translation "
                    "speaks of this one."
                ),
            ),
            Hint(
                lambda r: r.order("never", "eat"),
                N_("“ne … jamais” stands around the verb. In English one word is left, “never”, before it."),
            ),
            Hint(
                lambda r: not r.says("never", "no", "not", "don't", "doesn't", "didn't"),
                N_("“ne … jamais” means never. Nothing is negated in the translation."),
            ),
        ),
    ),
    Example(
        "Qu'est-ce que ton voisin fait dans le jardin ?",
        N_("a question"),
        N_("“Qu'est-ce que” is word by word “what is it that”: how much of it is left in English?"),
        (
            Hint(
                lambda r: (
                    r.answer.endswith("?")
                    and r.written[:1] in (("what",), ("what's",))
                    and r.says("do", "doing", "does")
                    and not r.says("it", "that")
                ),
                N_(
                    "“Qu'est-ce que” is word by word “what is it that”. Of these words “what” is enough in "
                    "English, and it is still a question."
                ),
            ),
            Hint(
                lambda r: not r.answer.endswith("?"),
                N_("A question goes in, a statement comes out."),
            ),
        ),
    ),
    Example(
        "Mon grand-père se lève avant le soleil.",
        N_("a reflexive verb"),
        N_("“se lève” is word by word “raises himself”: is there a “himself” in English?"),
        (
            Hint(
                lambda r: (
                    r.says("gets up", "get up", "got up", "rises", "wakes up") and not r.says("himself")
                ),
                N_(
                    "“se lève” is word by word “raises himself”. The translation has a verb that needs no "
                    "“himself”."
                ),
            ),
            Hint(
                lambda r: r.says("himself"),
                N_("“se lève” is word by word “raises himself”, and the “himself” is in the translation."),
            ),
        ),
    ),
    Example(
        "Ma tante les invite souvent à dîner.",
        N_("a pronoun before the verb"),
        N_("“les” (them) stands before its verb: does it come after it in English?"),
        (
            Hint(
                lambda r: r.says("invites them", "invited them", "invite them", "inviting them"),
                N_("“les” (them) stands before its verb in French. In the translation it comes after it."),
            ),
            Hint(
                lambda r: not r.says("them"),
                N_("“les” means them, and stands before its verb. There is no “them” in the translation."),
            ),
        ),
    ),
    Example(
        "Il faut que nous finissions ce travail avant midi.",
        N_("subjunctive"),
        N_("“Il faut que” is word by word “it is necessary that”: who has to work in English?"),
        (
            Hint(
                lambda r: r.written[:1] == ("we",) and r.says("need to", "have to", "must", "should"),
                N_(
                    "“Il faut que” is word by word “it is necessary that”, and asks for the subjunctive "
                    "“finissions”. The translation begins with “we”, as English would."
                ),
            ),
            Hint(
                lambda r: r.says("it's necessary", "it is necessary"),
                N_("“Il faut que” was translated word by word, “it is necessary”."),
            ),
        ),
    ),
    Example(
        "Il pleut des cordes depuis ce matin.",
        N_("an idiom"),
        N_("Word by word it rains “ropes”: does the translation know the idiom?"),
        (
            Hint(
                lambda r: r.says("cats and dogs"),
                N_("Word by word it rains ropes; the translation has an English idiom instead."),
            ),
            Hint(
                lambda r: r.says("ropes", "rope", "cords", "strings"),
                N_("It means that it rains hard. The translation has the ropes, word by word."),
            ),
            Hint(
                lambda r: r.says("raining hard", "rained hard", "rains hard") and r.says("for since"),
                N_(
                    "Word by word it rains ropes. The translation has what the idiom means, that it rains "
                    "hard; then it stumbles over “depuis” and writes “for since”."
                ),
            ),
            Hint(
                lambda r: r.says("hard", "heavily", "pouring"),
                N_("Word by word it rains ropes. The translation has what the idiom means."),
            ),
        ),
    ),
    Example(
        "Nous sommes arrivés en retard parce que le train était tombé en panne.",
        N_("“to be” for “to have”"),
        N_("“sommes arrivés” is word by word “are arrived”: which form does English get?"),
        (
            Hint(
                lambda r: r.says("we arrived", "we've arrived", "we have arrived", "we had arrived"),
                N_(
                    "French forms this past with “to be”, word by word “are arrived”. The translation has "
                    "the English form."
                ),
            ),
            Hint(
                lambda r: r.says("we're arrived", "we are arrived", "we were arrived"),
                N_("French forms this past with “to be”, and so does the translation: not English."),
            ),
        ),
    ),
    Example(
        "Ma fille a froid et mon fils a soif.",
        N_("“to have” for “to be”"),
        N_("In French one has cold and has thirst: does anybody have them in English?"),
        (
            Hint(
                lambda r: r.says("cold") and r.says("thirsty") and not r.says("has", "have", "got"),
                N_(
                    "In French the daughter “has cold” and the son “has thirst”. The translation says "
                    "neither with “to have”."
                ),
            ),
            Hint(
                lambda r: r.says("cold") and not r.says("thirsty", "thirst"),
                N_("The cold arrives, the thirst (“soif”) does not."),
            ),
        ),
    ),
    Example(
        "Tes photos me manquent.",
        N_("subject and object exchanged"),
        N_("It means “I miss your photos”; in French the photos are the subject: who misses whom?"),
        (
            Hint(
                lambda r: r.says("miss me", "missing me", "misses me", "missed me"),
                N_(
                    "It means “I miss your photos”. The photos are the subject in French, and the "
                    "translation left them there: now it is they who miss me."
                ),
            ),
            Hint(
                lambda r: r.says("i miss", "i'm missing", "i missed"),
                N_("The photos are the subject in French. The translation turns it around: I miss them."),
            ),
            Hint(
                lambda r: not r.says("miss", "missing", "misses", "missed"),
                N_("It means “I miss your photos”. Nobody misses anything in the translation."),
            ),
        ),
    ),
    Example(
        "Notre voisine vient de vendre sa maison.",
        N_("gender agreement"),
        N_("“sa” agrees with the house, not with its owner, and can mean his or her: which one comes?"),
        (
            Hint(
                lambda r: r.says("his house", "his home"),
                N_(
                    "“sa” agrees with the house, so it can mean his or her. Only “voisine” says that the "
                    "neighbor is a woman; the translation has “his”."
                ),
            ),
            Hint(
                lambda r: r.says("her house", "her home"),
                N_(
                    "“sa” agrees with the house, so it can mean his or her. Only “voisine” says that the "
                    "neighbor is a woman, and the translation has “her”."
                ),
            ),
        ),
    ),
    Example(
        "La lettre que ma grand-mère m'a écrite pendant la guerre est dans le tiroir.",
        N_("long dependency"),
        N_("“lettre” and its verb “est” are far apart: is there still a letter in the drawer?"),
        (
            Hint(
                lambda r: r.order("letter", "is", "drawer") and r.says("grandmother", "grandma"),
                N_("“lettre” and its verb “est” are far apart, and both arrive."),
            ),
            Hint(
                lambda r: r.order("letter", "is", "drawer") and r.says("mother"),
                N_(
                    "The letter is in the drawer, across the clause between them. “grand-mère”, inside it, "
                    "is a grandmother: the translation has “mother”."
                ),
            ),
            Hint(
                lambda r: not (r.says("letter") and r.says("drawer")),
                N_("A letter (“lettre”) is in a drawer (“tiroir”). At least one of them is missing."),
            ),
        ),
    ),
    Example(
        "Quatre-vingt-dix-sept personnes attendent dehors.",
        N_("a number"),
        N_("97 is counted as four twenties, ten and seven: how many people wait in English?"),
        (
            Hint(
                lambda r: r.says("ninety seven", "97"),
                N_("97 is counted as four twenties, ten and seven in French, and arrives as one number."),
            ),
            Hint(
                lambda r: r.says("people", "persons") and not r.says("ninety", "nineties", "seven"),
                N_(
                    "97 is counted as four twenties, ten and seven in French. The people arrive, neither "
                    "the ninety nor the seven does."
                ),
            ),
        ),
    ),
    Example(
        "Le pomilou dort sur le canapé.",
        N_("a made-up word"),
        N_("A made-up word in small pieces: is it copied, or lost?"),
        (
            Hint(
                lambda r: not r.says("pomilou") and r.says("sleeping", "sleeps"),
                N_(
                    "“pomilou”, a made-up word in {pieces[pomilou]} pieces, is not copied; something else "
                    "sleeps in its place."
                ),
            ),
            Hint(lambda r: r.says("pomilou"), N_("“pomilou”, in {pieces[pomilou]} pieces, is copied.")),
        ),
    ),
    Example(
        "Fromage.",
        N_("a single word"),
        N_("The shortest case: does one word come out for the one that goes in?"),
        (
            Hint(lambda r: r.length == 1 and r.says("cheese"), N_("One word in, one word out.")),
            Hint(
                lambda r: not r.says("cheese"),
                N_("“fromage” is cheese, and no cheese comes out. Does “Je mange du fromage.” fare better?"),
            ),
        ),
    ),
)
