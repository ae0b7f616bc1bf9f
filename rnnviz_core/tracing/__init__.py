"""From a network and an input to a verified trace, its files, and what can be changed on the way."""
