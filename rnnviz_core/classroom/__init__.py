"""A class on one server: codes and secrets, votes and what was seen, kept in a database.

`store` keeps it (SQLite or PostgreSQL, through SQLAlchemy, which only this room imports and only when a class
is opened or entered); `tally` counts votes against a lesson's answers; `codes` makes what is hard to guess.
"""
