"""A trace as a page of its own: in a notebook, or as a file that opens without network and app."""
