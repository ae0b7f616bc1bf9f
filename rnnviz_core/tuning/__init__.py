"""Searching for good settings: many short runs, of which the next one learns from those before it."""
