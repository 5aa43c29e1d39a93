"""YAML that cannot be misread: written so that every reader understands the same, read as a cluster's tools do."""

from __future__ import annotations

from pilothouse.yamlio.document import Document, expand_lists
from pilothouse.yamlio.errors import YamlReadError, YamlWriteError
from pilothouse.yamlio.reader import load_all
from pilothouse.yamlio.writer import dump, dump_all

__all__ = ["Document", "YamlReadError", "YamlWriteError", "dump", "dump_all", "expand_lists", "load_all"]
