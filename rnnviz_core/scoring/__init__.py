"""How good a network is: scores, alignment, and publishing with a card."""
