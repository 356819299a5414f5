"""What all models have in common that check what authors write."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from ankibuild.stand_in import stand_in


class Model(BaseModel):
    """A mapping of these fields and no others, which does not change.

    Its validator is built when it is first used: a run needs a few of the models that there are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _no_plugins(**_: str) -> Iterable[object]:
    return ()


# For its first validator, pydantic looks for plugins among all packages that are installed. They
# have no part in what is made here, and the import alone takes a twentieth of a build.
with stand_in("importlib.metadata", entry_points=_no_plugins):
    Model.model_rebuild()
