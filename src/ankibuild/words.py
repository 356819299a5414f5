"""Words for people that any room may need."""


def count(number: int, noun: str) -> str:
    """Return ``1 error`` or ``2 errors``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
