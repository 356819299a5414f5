"""Formulas through the MathJax that Anki ships: are they sound, and what do they look like.

Everything is remembered by content, below the project's folder; an unchanged deck starts no
engine. Where MathJax or an engine for it is missing, nothing is typeset, and that is no error.
"""
