"""What strangers wrote, in our sentences: shown, and without a way to do anything."""

from __future__ import annotations


def visible(text: str) -> str:
    """Show what steers a terminal, or hides text from its reader, as pictures."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in "\t\n\u200d\u00a0\u3000" else _picture(c) for c in text
    )


def _picture(character: str) -> str:
    return chr(0x2400 + ord(character)) if ord(character) < 32 else "�"


def quoted(text: str) -> str:
    """Put a text between backticks, on one line and without any of its own.

    So every second part of a sentence, split at its backticks, is somebody else's text.
    """
    return f"`{' '.join(visible(text).replace('`', 'ˋ').split())}`"
