"""Decks from elsewhere become banks: an .apkg, Anki's text export, a CrowdAnki folder.

Three stages, each a type: a file is read into a :class:`~ankibuild.importer.foreign.Foreign`
collection, that is planned into banks, and the plan is laid down in a deck repository.
"""
