"""The methods of attribution by name: what each asks, and what tables and charts call it."""

WORDS = 10  # of an exact Shapley value: a thousand and more texts are read
METHODS = {  # name -> the question it answers
    "delete": "how the number falls when the word is taken out",
    "unknown": "how it falls when the network reads “unknown” in its place",
    "shapley": "what the word adds, on average over all orders in which the words could come in",
    "integrated": "the gradient times the embedding, summed up on the way from nothing to the text",
    "sensitivity": "the gradient times the embedding, here: what a small change would do",
    "relevance": "what the answer is made of, handed back layer by layer to what put it in",
}
TITLES = {
    "delete": "word left out",
    "unknown": "read as unknown",
    "shapley": "Shapley value",
    "integrated": "integrated gradients",
    "sensitivity": "gradient × input",
    "relevance": "relevance (LRP)",
    "attention": "attention",
    "random": "random words",
}
