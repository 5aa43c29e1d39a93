"""Valid objects, and catalogues that are read once: what the catalogue's tests share."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pilothouse import yamlio
from pilothouse.schemas import Catalogue

VALID = Path(__file__).with_name("valid.yaml")


@cache
def catalogue_of(minor: str) -> Catalogue:
    """One catalogue a minor for all tests: they only read it."""
    return Catalogue(minor)


@cache
def valid_objects() -> tuple[dict[str, Any], ...]:
    """The objects of ``valid.yaml``."""
    documents = yamlio.load_all(VALID.read_text(), file=VALID.name)
    return tuple(document.value for document in documents if isinstance(document.value, dict))
