"""The sizes past which yamlio refuses to read or write, so that hostile input costs bounded time and memory."""

from __future__ import annotations

MAX_DEPTH = 200
"""How many maps and lists may stand inside each other. The deepest schemas of known CRDs stay below 60; Python's own
recursion limit is 1,000 frames, and whoever walks a value needs some of them at each level."""

MAX_STREAM = 32 * 1024 * 1024
"""Characters (or bytes) of one file. An API server takes no request above 3 MiB, and etcd no object above 1.5 MiB:
this leaves room for some 20,000 objects in one file, which take some six seconds to read."""

MAX_ALIAS_NODES = 400_000
"""How many maps, lists and scalars the aliases of one file may stand for: go-yaml's own bound for a small document."""

MAX_ALIAS_TEXT = 16 * 1024 * 1024
"""How many characters of text the aliases of one file may stand for."""

MAX_PROBLEMS = 50
"""How many problems of one file are reported; the rest of the file is not looked at after that."""
