"""How much of somebody else's file is read: more than real decks hold, less than harms a machine.

Sizes are in bytes unless something else is said. Who meets a limit is told to export a deck at a
time, which is what Anki offers.
"""

from __future__ import annotations

NOTES = 200_000
CARDS = 500_000
NOTETYPES = 2_000
TEMPLATES = 5_000
DECKS = 10_000

#: Fields of all notetypes together.
FIELDS = 20_000
#: Characters of one field of a note.
FIELD = 1_000_000
#: All that is read as text: notes, tags, names, templates, styles, descriptions.
TEXT = 50_000_000
#: One JSON document: the notetypes or the decks of an older package, or a list of media.
JSON = 8_000_000

#: The database of a package, unpacked into a temporary folder.
COLLECTION = 512_000_000

MEDIA_FILES = 100_000
MEDIA_FILE = 100_000_000
#: All media files of a package together.
MEDIA = 1_000_000_000
