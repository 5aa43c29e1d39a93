"""One file that an environment shall have, and how it compares with the one that stands there."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pilothouse.dist.state import blake2b

State = Literal["same", "new", "changed"]


class Entry(NamedTuple):
    """What ``Stage.put`` found; small, so that a worker can send ten thousand of them."""

    path: str
    """Relative to the environment's folder, with ``/``."""
    state: State
    """``same``: the file that stands there has this content already. ``changed``: one of Pilothouse's with another
    content stands there. ``new``: nothing of Pilothouse's stands there."""
    found: bytes | None = None
    """The digest of the content that stands there, where the state is ``changed``."""


def digest(content: bytes) -> bytes:
    """Digest a file's content: 16 bytes, as ``Stage`` compares them with ``last_written``."""
    return blake2b(content, digest_size=16).digest()
