"""What a chart says of one file for machines, whatever it says."""

from __future__ import annotations

from typing import NamedTuple

from pilothouse.finding import Position


class Source(NamedTuple):
    """What a chart said of one file: nothing of it is judged yet."""

    path: object
    content: object
    position: Position
    """The author's line."""
    construct: str
    """The path of its construct, as cdk8s writes it."""
