"""Rows for drills, made from a seed: a library of generators, one subject a file."""

from ankibuild.generate.base import ExhaustedError, Generator, Row, generators, write_row

__all__ = ["ExhaustedError", "Generator", "Row", "generators", "write_row"]
