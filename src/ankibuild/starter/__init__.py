"""A deck repository of one's own: everything it needs, laid down in a new folder.

What it writes passes its own ``make build`` and ``make test`` at once. The files stand in
``files/`` as they will be, but for slots ``<<like-this>>``: those of ``common``, then those of
``example`` or ``bare``, where a second file of one path is the end of the first.
"""

from ankibuild.starter.folder import lay_down
from ankibuild.starter.origin import Origin, origin
from ankibuild.starter.wishes import LICENSES, LONGEST_TITLE, Wishes, propose

__all__ = ["LICENSES", "LONGEST_TITLE", "Origin", "Wishes", "lay_down", "origin", "propose"]
