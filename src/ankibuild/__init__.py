"""Question banks in YAML, compiled into Anki decks that learners can update for years.

The stages are types, and each is a function of the one before::

    text -> Document -> Bank -> Project -> Collection -> files

See ``docs/decisions.md`` for why, and the README for how to use the command line.
"""

__version__ = "0.1.0"
