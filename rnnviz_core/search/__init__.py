"""How a translation is found: greedy and beam search, and the single decoder steps they take."""
