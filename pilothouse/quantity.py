"""Quantity: an amount of a resource as Kubernetes writes it, such as ``500m``, ``1Gi`` or ``1e3``."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from decimal import ROUND_UP, Context, Decimal
from typing import Any

from pilothouse.lenient import mapping

_FORM = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]{1,4})|([KMGTPE]i|[numkMGTPE]?))")

_SUFFIXES: dict[str, Decimal] = {
    "": Decimal(1),
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("num", start=-3)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}
"""Suffix to factor. Source: Kubernetes API reference, Quantity."""

_NANO = Decimal("1e-9")
_MOST_BINARY = Decimal(2**63 - 1)
_EXACT = Context(prec=30_000)
"""Digits for every number and exponent that are taken: nothing is rounded but what the API server rounds."""


def parse(quantity: str | int | float) -> Decimal:
    """The number that a quantity stands for, in the resource's own unit: cores, bytes, pieces.

    As in the API server, blanks around it do not count, what is finer than a billionth is rounded up (away from zero),
    and one with a binary suffix is 2⁶³ - 1 at most. Two things that the API server takes are refused: a text without a
    digit (``Gi``, which it reads as 0), and an exponent of more than four digits (which it wraps around at 32 bits).

    :param quantity: as it stands in an object; a number without quotes is one too.
    :raises ValueError: where it is none.

    Source: ``resource.ParseQuantity`` of k8s.io/apimachinery.
    """
    if isinstance(quantity, str) and len(quantity) <= 32:
        return _parsed(quantity)
    return _worked_out(quantity)


def _worked_out(quantity: str | int | float) -> Decimal:
    found = _FORM.fullmatch(str(quantity).strip()) if not isinstance(quantity, bool) else None
    if found is None or len(found[1]) > 10_000:
        raise ValueError(f"expected a quantity such as 500m or 128Mi, got {quantity!r}")
    number, exponent, suffix = found.groups()
    value = _EXACT.multiply(Decimal(number + (exponent or "")), _SUFFIXES[suffix or ""])
    if value.as_tuple().exponent < -9:  # type: ignore[operator]  # it is a number: neither infinite nor NaN is matched
        value = value.quantize(_NANO, rounding=ROUND_UP, context=_EXACT)
    if suffix and suffix.endswith("i"):
        value = max(min(value, _MOST_BINARY), -_MOST_BINARY)
    return value


_parsed = functools.lru_cache(maxsize=4096)(_worked_out)
"""The same few quantities stand in thousands of objects."""


def problems(argument: str, quantities: Mapping[str, str | int | float]) -> list[str]:
    """What is wrong with the quantities of several resources.

    :param argument: the argument that they were given as, for messages.
    :param quantities: resource to quantity.
    """
    found = []
    for resource, quantity in quantities.items():
        try:
            parse(quantity)
        except ValueError as error:
            found.append(f"{argument}: {resource}: {error}")
    return found


def amounts(named: object) -> dict[str, Decimal]:
    """Resource to amount, of what anyone may have written; what is no quantity is left out, for the schema to tell.

    :param named: resource to quantity, such as a container's ``requests``.
    """
    read = {resource: amount(quantity) for resource, quantity in mapping(named).items()}
    return {resource: value for resource, value in read.items() if value is not None}


def amount(quantity: Any) -> Decimal | None:
    """The number that anything stands for; None where it is no quantity, as in :func:`amounts`."""
    try:
        return parse(quantity)
    except ValueError:
        return None
