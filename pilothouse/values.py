"""Values: what one instance of a chart is told, typed."""

from __future__ import annotations

import msgspec


class Values(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The typed values of a chart: subclass it, one annotated attribute a value.

    The types are the schema of this chart's ``values`` in every environment file. An attribute without a default
    must be given there. Names stand in the file exactly as they stand here.
    """
