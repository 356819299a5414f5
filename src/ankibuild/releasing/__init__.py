"""Releasing: what must hold before, what it will do to learners, and the files that record it.

In order: ``resume`` finishes what an interrupted release left, ``obstacles`` gives the reasons not
to release, ``make`` plans everything and writes nothing, ``describe`` puts the plan in words (that
is ``--dry-run``), ``carry_out`` writes it.
"""

from __future__ import annotations

from ankibuild.releasing.files import carry_out, resume
from ankibuild.releasing.forecast import Forecast, Limit, forecast
from ankibuild.releasing.guards import guard_order, obstacles, version_key
from ankibuild.releasing.plan import Plan, describe, make, read_changelog, summary

__all__ = [
    "Forecast",
    "Limit",
    "Plan",
    "carry_out",
    "describe",
    "forecast",
    "guard_order",
    "make",
    "obstacles",
    "read_changelog",
    "resume",
    "summary",
    "version_key",
]
