"""Read the types of a Go package: what its structs are in JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_COMMENT = re.compile(r"^[ \t]*//.*$|[ \t]//[^`\n]*$", re.MULTILINE)
_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)
_IMPORTS = re.compile(r"^import \((.*?)^\)", re.MULTILINE | re.DOTALL)
_IMPORT = re.compile(r"^\s*(?:(\w+)\s+)?\"([^\"]+)\"", re.MULTILINE)
_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\t(?:(\w+)\s+)?([\w.*\[\]]+)\s+`([^`]*)`$", re.MULTILINE)
_JSON = re.compile(r'json:"([^"]*)"')
_NAMED = re.compile(r"^type (\w+) ((?:\[\])?\w+)$", re.MULTILINE)
_CONSTANT = re.compile(r"^\t?(?:const )?\w+\s+(\w+)\s*=\s*\"([^\"]*)\"$", re.MULTILINE)
_GROUP = re.compile(r"^const GroupName = \"([^\"]+)\"$", re.MULTILINE)
_KINDS = re.compile(r"AddKnownTypes\(SchemeGroupVersion,(.*?)\n\t\)", re.DOTALL)
_KIND = re.compile(r"&(\w+)\{\}")


class Field(NamedTuple):
    """One field of a struct."""

    name: str
    """As it stands in JSON; empty where the type's own fields stand in its place."""
    type: str
    """As Go writes it: ``*metav1.Duration``, ``[]string``."""


@dataclass
class Package:
    """The types of one package."""

    path: str
    """As in an import line."""
    imports: dict[str, str] = field(default_factory=dict)
    """The name of each package that it imports -> that package's path."""
    structs: dict[str, list[Field]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    """The structs with fields of a shape that is not read, such as one without a tag, and these fields."""
    named: dict[str, str] = field(default_factory=dict)
    """Other types, and what each is: ``VerbosityLevel`` -> ``uint32``."""
    constants: dict[str, list[str]] = field(default_factory=dict)
    """The values of a named string type, where constants of that type give them."""


def read_package(path: str, source: str) -> Package:
    """Read the types of a package.

    :param path: its path.
    :param source: the text of its ``types.go``, formatted by gofmt.
    """
    text = _BLOCK.sub("", _COMMENT.sub("", source))
    package = Package(path)
    for block in _IMPORTS.findall(text):
        package.imports |= {name or imported.rpartition("/")[2]: imported for name, imported in _IMPORT.findall(block)}
    for name, body in _STRUCT.findall(text):
        if rest := _FIELD.sub("", body).strip():
            package.unread[name] = rest
        package.structs[name] = [
            Field("" if ",inline" in tag[1] else tag[1].partition(",")[0] or go_name, go_type)
            for go_name, go_type, tags in _FIELD.findall(body)
            if (tag := _JSON.search(tags)) and tag[1] != "-"
        ]
    package.named = dict(_NAMED.findall(text))
    for kind, value in _CONSTANT.findall(text):
        if package.named.get(kind) == "string":
            package.constants.setdefault(kind, []).append(value)
    return package


def registered(source: str) -> tuple[str, list[str]]:
    """Which kinds a package registers.

    :param source: the text of its ``register.go``.
    :returns: the API group, and the kinds.
    """
    group = _GROUP.search(source)
    kinds = _KINDS.search(source)
    return (group[1] if group else "", _KIND.findall(kinds[1]) if kinds else [])
