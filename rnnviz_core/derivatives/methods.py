"""The methods of attribution by name: what each asks, and what tables and charts call it."""

from rnnviz_core.languages import N_

WORDS = 10  # of an exact Shapley value: a thousand and more texts are read
METHODS = {  # name -> the question it answers
    "delete": N_("how far the number falls when the word is removed"),
    "unknown": N_("how far it falls when the network reads “unknown” in its place"),
    "shapley": N_("what the word adds, on average over all orders in which the words could come in"),
    "integrated": N_(
        "the gradient times the embedding, summed along the path from zero embeddings to the text"
    ),
    "sensitivity": N_("the gradient times the embedding, here: what a small change would do"),
    "relevance": N_("the answer’s score, passed back layer by layer to the inputs that it came from"),
}
TITLES = {
    "delete": N_("word left out"),
    "unknown": N_("read as unknown"),
    "shapley": N_("Shapley value"),
    "integrated": N_("integrated gradients"),
    "sensitivity": N_("gradient × input"),
    "relevance": N_("relevance (LRP)"),
    "attention": N_("attention"),
    "random": N_("random words"),
}
