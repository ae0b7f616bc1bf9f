"""English sentences for sentiment models. Every statement about a network carries its condition."""

from rnnviz_core.contracts.claims import Example, Hint
from rnnviz_core.languages import N_

SENTIMENT = (
    Example(
        "The plot is thin, but the actors make every scene shine.",
        N_("contrast with “but”"),
        N_("“but” announces a turn: at which word does the verdict take it, if at all?"),
        (
            Hint(
                lambda r: (
                    r.side["thin"] <= 0 < r.answer_side
                    and r.turns_after("but")
                    and r.before["but"] == r.after["but"]
                ),
                N_(
                    "“but” alone turns nothing: the verdict is {after[but]} before it and after it, and "
                    "becomes {answer} only at “{turn}”. Step through the sentence and watch."
                ),
            ),
            Hint(
                lambda r: r.side["thin"] <= 0 < r.answer_side and r.turns_after("but"),
                N_(
                    "“but” moves the verdict from {before[but]} to {after[but]}; it becomes {answer} only at "
                    "“{turn}”. Step through the sentence and watch."
                ),
            ),
            Hint(
                lambda r: r.answer_side < 0,
                N_(
                    "A reader hears praise after “but”; this network’s last verdict is {answer}. Put the two "
                    "halves the other way round and compare."
                ),
            ),
            Hint(
                lambda r: r.answer_side == 0,
                N_(
                    "Blame and praise end in a draw here, {answer}. Put the two halves the other way round: "
                    "does the network notice?"
                ),
            ),
        ),
    ),
    Example(
        "This is not a good film.",
        N_("negation"),
        N_("Does “not” undo “good”, two words later?"),
        (
            Hint(
                lambda r: r.side["good"] < 0 and r.side["not"] >= 0,
                N_(
                    "After “not” the verdict is {after[not]}, after “good” {after[good]}: a word of praise "
                    "makes it worse. Take “not” out and compare."
                ),
            ),
            Hint(
                lambda r: r.side["good"] < 0,
                N_(
                    "After “good”, a word of praise, the verdict is {after[good]}. Take “not” out and "
                    "compare."
                ),
            ),
            Hint(
                lambda r: r.side["good"] > 0,
                N_("After “not a good” the verdict is {after[good]}: the “not” did not turn it."),
            ),
        ),
    ),
    Example(
        "I would not say that the ending is bad.",
        N_("double negation"),
        N_("Two negatives: does the network cancel one with the other?"),
        (
            Hint(
                lambda r: r.answer_side < 0,
                N_(
                    "For a reader the two negatives cancel out; the verdict here is {answer}. Take “not” "
                    "out: does it change at all?"
                ),
            ),
            Hint(
                lambda r: r.side["bad"] < 0 < r.answer_side,
                N_("After “bad” the verdict is {after[bad]}, at the end {answer}."),
            ),
            Hint(
                lambda r: r.answer_side > 0, N_("The two negatives end as {answer}, as a reader takes them.")
            ),
        ),
    ),
    Example(
        "An absolutely, utterly wonderful evening.",
        N_("intensifiers"),
        N_("Compare with “A wonderful evening.”: do “absolutely” and “utterly” add anything?"),
        (
            Hint(
                lambda r: r.side["utterly"] > 0 and r.answer == "very positive",
                N_(
                    "After “utterly” the verdict is {after[utterly]}, before “wonderful” is read. How sure "
                    "is the network of “A wonderful evening.”?"
                ),
            ),
            Hint(
                lambda r: r.answer == "very positive",
                N_("The verdict is {answer}. Is it still, for “A wonderful evening.”?"),
            ),
        ),
    ),
    Example(
        "Somewhat amusing, though rather too long.",
        N_("softeners"),
        N_("“somewhat”, “rather” and “too”: which of them moves the verdict, and which way?"),
        (
            Hint(
                lambda r: r.side["amusing"] > r.answer_side,
                N_(
                    "After “amusing” the verdict is {after[amusing]}; by the end it has come down to "
                    "{answer}."
                ),
            ),
            Hint(
                lambda r: r.side["amusing"] > 0 and r.answer_side > 0,
                N_(
                    "After “amusing” the verdict is {after[amusing]}, and the complaint behind it changes no "
                    "more than the degree: {answer}."
                ),
            ),
        ),
    ),
    Example(
        "The director who made three of the dullest films of the decade has finally made a great one.",
        N_("long dependency"),
        N_("“great” is said of the new film, “dullest” of the old ones: which does the verdict follow?"),
        (
            Hint(
                lambda r: r.answer_side > 0 and r.turns_after("dullest"),
                N_(
                    "The praise is for the new film, “dullest” for the old ones, and the verdict gets it "
                    "right: it becomes {answer} at “{turn}”."
                ),
            ),
            Hint(
                lambda r: r.side["films"] < 0 and r.answer_side < 0,
                N_(
                    "“dullest” is said of the old films. The verdict turns {after[films]} there, and "
                    "“great”, said of the new one, does not win: {answer}."
                ),
            ),
            Hint(
                lambda r: r.answer_side == 0,
                N_("Praise for the new film, “dullest” for the old ones: the two end in a draw, {answer}."),
            ),
        ),
    ),
    Example(
        "The soundtrack was recorded in a church in the north.",
        N_("no opinion at all"),
        N_("A plain fact: which class does the network fall back to?"),
        (
            Hint(
                lambda r: set(r.verdicts) == {"neutral"},
                N_(
                    "A plain fact, and the verdict is neutral after every word. Add “beautifully” and see "
                    "how much one word does."
                ),
            ),
            Hint(
                lambda r: r.answer != "neutral",
                N_("A plain fact without an opinion, yet the verdict is {answer}. Which word is to blame?"),
            ),
        ),
    ),
    Example(
        "Oh great, another sequel that nobody asked for.",
        N_("irony"),
        N_("Kind words, unkind meaning: does the verdict notice?"),
        (
            Hint(
                lambda r: r.answer_side > 0,
                N_(
                    "Kind words, unkind meaning: the verdict, {answer}, takes the words as they are. Irony "
                    "is not in any single word."
                ),
            ),
            Hint(
                lambda r: r.side["great"] > 0 > r.answer_side,
                N_(
                    "“great” makes it {after[great]}; it turns {answer} at “{turn}”. Irony understood, or is "
                    "it that word? Try “Another film that nobody asked for.”"
                ),
            ),
            Hint(
                lambda r: r.answer_side == 0,
                N_("Kind words, unkind meaning: the verdict stays between the two, {answer}."),
            ),
        ),
    ),
    Example(
        "Not only clever but genuinely moving.",
        N_("“not only … but”"),
        N_("“not” without a negation: does the network wait for what follows?"),
        (
            Hint(
                lambda r: r.answer_side > 0 >= r.side["clever"] and r.turns_after("clever"),
                N_(
                    "After “not only clever” the verdict is {after[clever]}; it becomes {answer} at "
                    "“{turn}”. Take “not only” out: what is it after “clever” now?"
                ),
            ),
            Hint(
                lambda r: r.answer_side < 0,
                N_("“not only” is not a negation, yet the verdict is {answer}."),
            ),
        ),
    ),
    Example(
        "Everything about it is brilliant except the story, the cast and the music.",
        N_("exception"),
        N_("“except” takes nearly all of the praise back: does the verdict follow?"),
        (
            Hint(
                lambda r: r.side["brilliant"] > 0 and r.answer_side > 0,
                N_(
                    "For a reader “except” takes nearly all of the praise back. The verdict is "
                    "{after[brilliant]} after “brilliant” and {answer} at the end."
                ),
            ),
            Hint(
                lambda r: r.side["brilliant"] > r.answer_side,
                N_("The list behind “except” brings the verdict from {after[brilliant]} down to {answer}."),
            ),
        ),
    ),
    Example(
        "A zorblaxian masterpiece of quibblefluff.",
        N_("made-up words"),
        N_("Made-up words are cut into small pieces: which word decides the verdict?"),
        (
            Hint(
                lambda r: (
                    r.turn == "masterpiece"
                    and r.pieces["masterpiece"] == 1
                    and min(r.pieces["zorblaxian"], r.pieces["quibblefluff"]) > 1
                ),
                N_(
                    "“zorblaxian” is cut into {pieces[zorblaxian]} pieces, “quibblefluff” into "
                    "{pieces[quibblefluff]}. The verdict turns {after[masterpiece]} at “masterpiece”, which "
                    "is one."
                ),
            ),
        ),
    ),
    Example(
        "The 🍿 was better than the 電影.",
        N_("characters it does not know"),
        N_("What does the network make of characters that it has no piece for?"),
        (
            Hint(
                lambda r: r.unknown == 2,
                N_(
                    "Both pieces with a dotted frame are “unknown” to the network: it reads the same numbers "
                    "for popcorn and for film."
                ),
            ),
            Hint(
                lambda r: r.single_bytes > 2,
                N_(
                    "The network has no piece for popcorn and for film here: it reads their {single_bytes} "
                    "bytes, one by one. Does the verdict change when you leave one of the two out?"
                ),
            ),
        ),
    ),
    Example(
        "Bad bad bad bad good.",
        N_("order and repetition"),
        N_("Turn the order around: is the verdict another one?"),
        (
            Hint(
                lambda r: r.side["good"] < 0,
                N_(
                    "After four times “bad”, “good” leaves the verdict {after[good]}. Is it so with “good” "
                    "first, too?"
                ),
            ),
            Hint(
                lambda r: r.side["good"] > 0, N_("The last word wins: {after[good]}, after four times “bad”.")
            ),
        ),
    ),
    Example(
        "Watchable.",
        N_("a single word"),
        N_("The network in its smallest form: does the full stop change the verdict?"),
        (
            Hint(
                lambda r: r.steps == 2 and r.after["watchable"] == r.answer,
                N_("Two steps, the word and the full stop: {after[watchable]} after either."),
            ),
            Hint(
                lambda r: r.steps == 2,
                N_("Two steps: {after[watchable]} after the word, {answer} after the full stop."),
            ),
        ),
    ),
)
