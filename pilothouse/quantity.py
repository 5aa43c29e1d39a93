"""Quantity: an amount of a resource as Kubernetes writes it, such as ``500m``, ``1Gi`` or ``1e3``."""

from __future__ import annotations

import re
from decimal import Decimal

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]?))")

_SUFFIXES: dict[str, Decimal] = {
    "": Decimal(1),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("num", start=-3)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}
"""Suffix to factor. Source: Kubernetes API reference, Quantity."""


def parse(quantity: str | int | float) -> Decimal:
    """The number that a quantity stands for, in the resource's own unit: cores, bytes, pieces.

    :param quantity: as it stands in an object; a number without quotes is one too.
    :raises ValueError: where it is none.
    """
    found = _FORM.fullmatch(str(quantity)) if not isinstance(quantity, bool) else None
    if found is None:
        raise ValueError(f"expected a quantity such as 500m or 128Mi, got {quantity!r}")
    number, exponent, suffix = found.groups()
    return Decimal(number + (exponent or "")) * _SUFFIXES[suffix or ""]
