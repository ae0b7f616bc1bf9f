"""The page Your own: what was dropped, what was found in it, and what is open in this session."""
