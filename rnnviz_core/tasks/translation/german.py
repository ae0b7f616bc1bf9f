"""German sentences for translators. Every statement about a network carries its condition.

The German models learned from descriptions of photographs and from everyday sentences; most of these describe
a photograph.
"""

from rnnviz_core.contracts.claims import Example, Hint
from rnnviz_core.languages import N_

GERMAN = (
    Example(
        "Eine alte Frau verkauft auf dem Markt frisches Brot.",
        N_("word order"),
        N_("“Brot” comes last in German: where is the bread in English?"),
        (
            Hint(
                lambda r: r.order("bread", "market"),
                N_(
                    "In German the bread comes last, behind the market. In English it moved to its verb: "
                    "first the bread, then the market."
                ),
            ),
            Hint(
                lambda r: not r.says("bread"),
                N_("“Brot”, the last word, is bread. It is not in the translation."),
            ),
        ),
    ),
    Example(
        "Auf der Wiese spielen zwei Kinder mit einem Hund.",
        N_("subject after the verb"),
        N_("German begins with the place: does the English sentence?"),
        (
            Hint(
                lambda r: any(r.order("children", place) for place in ("grass", "field", "meadow")),
                N_(
                    "German begins with the place; the translation names the children first, as English "
                    "would."
                ),
            ),
            Hint(
                lambda r: not r.says("children", "kids") and r.says("two"),
                N_("“zwei Kinder” are two children. They are not in the translation: what is “two” said of?"),
            ),
        ),
    ),
    Example(
        "Ein Mann hat seinem Sohn einen roten Ball zugeworfen.",
        N_("verb at the end"),
        N_("“zugeworfen”, thrown to, comes last: does anybody throw in English?"),
        (
            Hint(
                lambda r: r.order("son", "throwing"),
                N_("“zugeworfen” arrives as “throwing”, but after the son: now it is he who throws."),
            ),
            Hint(
                lambda r: r.says("threw", "thrown", "throws", "throwing"),
                N_(
                    "“zugeworfen” comes last in German; the translation has its verb early, as English "
                    "needs it."
                ),
            ),
            Hint(
                lambda r: r.order("son", "throw"),
                N_("“zugeworfen” arrives as “throw”, but behind the son: now it is he who throws the ball."),
            ),
            Hint(
                lambda r: r.says("ball") and not r.says("throw"),
                N_(
                    "“zugeworfen” means thrown to, and comes last: in the translation nobody throws. Which "
                    "verb stands there instead?"
                ),
            ),
        ),
    ),
    Example(
        "Der Junge zieht seine Jacke an.",
        N_("a split verb"),
        N_("“zieht … an” is one verb in two places: does the boy put the jacket on?"),
        (
            Hint(
                lambda r: (
                    r.says("putting on", "puts on", "pulling on", "pulls on")
                    or (r.says("puts", "putting", "pulls", "pulling") and r.says("jacket on"))
                ),
                N_("“zieht … an” is one verb in two places, to put on. Both parts were read as one."),
            ),
            Hint(
                lambda r: r.says("pulling", "pulls"),
                N_(
                    "“zieht … an” is one verb in two places, to put on. The translation has “zieht” alone: "
                    "to pull."
                ),
            ),
        ),
    ),
    Example(
        "Das kleine Mädchen sucht seinen Hund.",
        N_("gender agreement"),
        N_("“das Mädchen” is neuter, so the dog is “sein”: his, its or her dog?"),
        (
            Hint(
                lambda r: r.says("girl") and r.says("her dog"),
                N_(
                    "“das Mädchen” is neuter, so German says “seinen”. English needs “her”, and the "
                    "translation has it."
                ),
            ),
            Hint(
                lambda r: r.says("girl") and r.says("his dog"),
                N_(
                    "“das Mädchen” is neuter, so German says “seinen”, which can mean “his”. The translation "
                    "has that: a girl and his dog."
                ),
            ),
        ),
    ),
    Example(
        "Eine Frau, die einen gelben Regenmantel trägt, wartet an der Bushaltestelle.",
        N_("long dependency"),
        N_("“Frau” and its verb “wartet” are far apart: who waits in English?"),
        (
            Hint(
                lambda r: (
                    r.says("raincoat", "rain coat")
                    and r.says("waits", "waiting")
                    and (r.order("woman", "raincoat") or r.order("woman", "coat"))
                ),
                N_("“Frau” and its verb “wartet” are far apart; in the translation the woman waits."),
            ),
            Hint(
                lambda r: (
                    r.says("woman")
                    and r.says("jacket", "coat")
                    and r.says("waits", "waiting")
                    and not r.says("rain", "rainy")
                ),
                N_(
                    "The woman waits, across the clause between “Frau” and “wartet”. “Regenmantel” lost its "
                    "rain."
                ),
            ),
        ),
    ),
    Example(
        "Zwei Feuerwehrmänner stehen neben einem Löschfahrzeug.",
        N_("compound words"),
        N_("Long compounds are cut into pieces: do both of them arrive?"),
        (
            Hint(
                lambda r: (
                    r.says("firefighters", "firemen") and r.says("fire truck", "firetruck", "fire engine")
                ),
                N_(
                    "“Feuerwehrmänner” is cut into {pieces[Feuerwehrmänner]} pieces, “Löschfahrzeug” into "
                    "{pieces[Löschfahrzeug]}. Both arrive."
                ),
            ),
            Hint(
                lambda r: r.says("firefighters", "firemen") and r.says("truck"),
                N_(
                    "The firefighters arrive. “Löschfahrzeug”, a fire engine in {pieces[Löschfahrzeug]} "
                    "pieces, becomes just a truck."
                ),
            ),
            Hint(
                lambda r: r.says("firefighters", "firemen"),
                N_(
                    "The firefighters arrive. “Löschfahrzeug”, a fire engine in {pieces[Löschfahrzeug]} "
                    "pieces, does not."
                ),
            ),
        ),
    ),
    Example(
        "Niemand sitzt auf der Bank.",
        N_("negation"),
        N_("“niemand” means nobody: is the bench empty in English?"),
        (
            Hint(
                lambda r: r.says("nobody", "no one"), N_("“niemand” means nobody, and the bench stays empty.")
            ),
            Hint(
                lambda r: r.says("sitting", "sits") and not r.says("no", "not", "nobody", "none"),
                N_("“niemand” means nobody; in the translation somebody sits there."),
            ),
        ),
    ),
    Example(
        "Drei Männer und eine Frau kochen in einer großen Küche Suppe.",
        N_("counting"),
        N_("Are there still three men and one woman in English, and what do they cook?"),
        (
            Hint(
                lambda r: r.says("three men and a woman", "three men and one woman") and not r.says("soup"),
                N_("The three men and the woman arrive. “Suppe”, the last word, does not."),
            ),
            Hint(
                lambda r: r.says("three men and a woman", "three men and one woman"),
                N_("The three men, the woman and the soup arrive."),
            ),
        ),
    ),
    Example(
        "Was macht der Mann auf dem Dach?",
        N_("a question"),
        N_("Is it still a question in English?"),
        (
            Hint(
                lambda r: not r.answer.endswith("?"),
                N_("A question goes in, a statement comes out. Does “Wo ist der Mann?” fare better?"),
            ),
            Hint(
                lambda r: r.answer.endswith("?") and r.written[:1] == ("what",) and r.says("doing", "do"),
                N_("Still a question, and the right one."),
            ),
            Hint(
                lambda r: (
                    r.answer.endswith("?")
                    and r.says("what's the man", "what is the man")
                    and not r.says("doing", "do")
                ),
                N_("Still a question, but “macht”, does, is lost: it asks what the man is, not does."),
            ),
        ),
    ),
    Example(
        "Ich verstehe nur Bahnhof.",
        N_("an idiom"),
        N_(
            "It means “It is all Greek to me”; word by word it is about a train station: what does the "
            "network read?"
        ),
        (
            Hint(
                lambda r: r.says("station"),
                N_(
                    "It means that I do not understand a thing. Word by word it is about a train station, "
                    "and so is the translation."
                ),
            ),
        ),
    ),
    Example(
        "Der Minister lehnt die neuen Steuern ab.",
        N_("another domain"),
        N_("“Steuern” are taxes: do politics survive?"),
        (
            Hint(
                lambda r: not r.says("minister") and not r.says("taxes", "tax"),
                N_(
                    "Neither the minister nor the taxes (“Steuern”) are in the translation. How many pieces "
                    "is “Minister” cut into? {pieces[Minister]}."
                ),
            ),
            Hint(
                lambda r: r.says("minister") and not r.says("taxes", "tax"),
                N_("The minister arrives, the taxes (“Steuern”) do not."),
            ),
            Hint(
                lambda r: r.says("minister") and r.says("taxes") and r.says("leans", "leaning"),
                N_(
                    "The minister and the taxes arrive. “lehnt … ab” is one verb in two places, to reject. "
                    "The translation has “lehnt” alone: to lean."
                ),
            ),
        ),
    ),
    Example(
        "Ein Knurpsel schläft im Gras.",
        N_("a made-up word"),
        N_("A made-up word in small pieces: is it copied, or lost?"),
        (
            Hint(
                lambda r: not r.says("knurpsel") and r.says("sleeping", "sleeps"),
                N_(
                    "“Knurpsel”, a made-up word in {pieces[Knurpsel]} pieces, is not copied; something else "
                    "sleeps in its place."
                ),
            ),
            Hint(lambda r: r.says("knurpsel"), N_("“Knurpsel”, in {pieces[Knurpsel]} pieces, is copied.")),
        ),
    ),
    Example(
        "Menschen.",
        N_("a single word"),
        N_("The shortest case: does one word come out for the one that goes in?"),
        (
            Hint(lambda r: r.length == 1, N_("One word in, one word out.")),
            Hint(lambda r: r.length > 2, N_("One word in, {length} words out: it writes a description.")),
        ),
    ),
)
