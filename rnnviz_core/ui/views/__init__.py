"""The sections of the pages, a module per view."""
