"""What strangers wrote, in our sentences: shown, and without a way to do anything."""

from __future__ import annotations

from ankibuild.diagnostics import visible


def quoted(text: str) -> str:
    """Put a text between backticks, on one line and without any of its own.

    So every second part of a sentence, split at its backticks, is somebody else's text.
    """
    return f"`{' '.join(visible(text).replace('`', 'ˋ').split())}`"
