"""What a network reads: text cut into pieces, and the tables that texts come from."""
