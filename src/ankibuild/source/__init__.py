"""Text with places: YAML read into plain values that know where they stand. The only YAML room.

``read`` never raises for what is in a file. What cannot be read becomes a diagnostic and a
:class:`Broken` value in its place; the rest of the file is still there for the rooms above.
"""

from ankibuild.source.nodes import Broken, Document, Items, Mapping, Node, Text, find, plain_value
from ankibuild.source.read import LARGEST, LONGEST, STRANGE, read, text_of

__all__ = [
    "LARGEST",
    "LONGEST",
    "STRANGE",
    "Broken",
    "Document",
    "Items",
    "Mapping",
    "Node",
    "Text",
    "find",
    "plain_value",
    "read",
    "text_of",
]
