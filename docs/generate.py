"""Writes docs/kit.md, the kit's manual: the template's prose, the sources' docstrings, the examples and their YAML;
docs/coverage.md, from the table of what is proven on a cluster; and docs/checks.md, the catalogue of checks.

Run it as ``make docs``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pilothouse.yamlio
import pilothouse_kit
from docs import checks_page, kit_reference
from docs.examples_built import Example
from docs.kit_reference import Argument, Entry
from tests.cluster import coverage

MANUAL = Path(__file__).parent / "kit.md"
TEMPLATE = Path(__file__).parent / "kit.template.md"

_SECTIONS: dict[str, str] = {
    "workloads": "Workloads",
    "pods": "Workloads",
    "jobs": "Workloads",
    "configuration": "Settings and secrets",
    "services": "Services",
    "routing": "Requests from outside",
    "scaling": "Scaling",
    "storage": "Storage",
    "namespaces": "Namespaces",
    "policies": "Network policies",
    "networks": "Networks",
    "access": "Access",
    "classes": "Classes and devices",
}
"""Module to the section of the manual that its constructs stand in, in the manual's order."""


def example_of(construct: str) -> str:
    """The name of the example of a construct: ``HTTPRoute`` -> ``kit/http_route``."""
    return "kit/" + re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", construct).lower()


def manual() -> str:
    """The whole page."""
    text = re.sub(r"^\{\{(\w+) ?(.*)\}\}$", _filled, TEMPLATE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return "<!-- Made by `make docs` from the kit's docstrings, docs/kit.template.md and docs/examples. -->\n\n" + text


def _filled(match: re.Match[str]) -> str:
    words = match[2].split()
    if match[1] == "code":
        return _fenced("python", Example(words[0]).text)
    if match[1] == "yaml":
        return _fenced("yaml", _part(words[0], words[1], words[2] if len(words) > 2 else ""))
    return reference()


def _part(example: str, kind: str, path: str) -> str:
    """The first object of a kind in an example; or what stands at a path in it, alone."""
    body: Any = next(each.body for each in Example(example).manifests() if each.kind == kind)
    steps = [step for step in path.split(".") if step]
    for step in steps:
        body = body[step]
    for step in reversed(steps):
        body = {step: body}
    return pilothouse.yamlio.dump(body)


def reference() -> str:
    """The part of the page that comes from the sources alone."""
    entries = {name: kit_reference.entry(name) for name in [*kit_reference.constructs(), *kit_reference.helpers()]}
    parts = ["## Constructs", _contents()]
    for section, names in _by_section().items():
        parts.append(f"### {section}")
        parts += [_construct(entries[name]) for name in names]
    parts.append("## Arguments that are classes")
    parts += [_entry(entries[name]) for name in kit_reference.helpers()]
    parts.append("## Values")
    parts.append(_values())
    parts.append("## What several constructs can be told")
    written = [argument.type for each in entries.values() for argument in _arguments(each)]
    for dictionary in kit_reference.OPTIONS:
        fields = kit_reference.options(dictionary)
        written += [argument.type for argument in fields]
        parts.append(_option_dict(dictionary, fields))
    parts.append("### KubernetesObject")
    parts.append(_body(kit_reference.entry("KubernetesObject")))
    parts.append("## Types")
    parts.append(_types(kit_reference.types(written)))
    return "\n\n".join(parts)


def _arguments(entry: Entry) -> list[Argument]:
    return [*entry.arguments, *(argument for method in entry.methods for argument in method.arguments)]


def _by_section() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {section: [] for section in dict.fromkeys(_SECTIONS.values())}
    for name in kit_reference.constructs():
        module = getattr(pilothouse_kit, name).__module__.rpartition(".")[2]
        found.setdefault(_SECTIONS.get(module, module.capitalize()), []).append(name)
    return found


def _contents() -> str:
    rows = ["| | |", "|---|---|"]
    for section, names in _by_section().items():
        rows.append(f"| {section} | {', '.join(f'[{name}](#{name.lower()})' for name in names)} |")
    return "\n".join(rows)


def _construct(entry: Entry) -> str:
    example = Example(example_of(entry.name))
    kind = getattr(pilothouse_kit, entry.name).kind
    return "\n\n".join(
        [
            _entry(entry),
            _fenced("python", example.text),
            f"makes, of this kind,\n\n{_fenced('yaml', example.yaml(kind))}",
        ]
    )


def _entry(entry: Entry) -> str:
    return f"#### {entry.name}\n\n{_body(entry)}"


def _body(entry: Entry) -> str:
    parts = [entry.summary]
    if entry.arguments:
        parts.append(_table(entry.arguments))
    if entry.options:
        parts.append(f"And what [{entry.options}](#{entry.options.lower()}) names.")
    if entry.raises:
        parts.append("Raises " + "; ".join(entry.raises))
    parts += [_method(entry.name, method) for method in entry.methods]
    if entry.source:
        parts.append(f"Source: {entry.source}")
    return "\n\n".join(parts)


def _method(owner: str, method: Entry) -> str:
    parts = [f"`{owner}.{method.name}`: {method.summary}"]
    if method.arguments:
        parts.append(_table(method.arguments))
    return "\n\n".join(parts)


def _table(arguments: list[Argument]) -> str:
    rows = ["| argument | type | default | meaning |", "|---|---|---|---|"]
    for argument in arguments:
        default = "must be given" if argument.default is None else _code(argument.default) if argument.default else ""
        rows.append(f"| `{argument.name}` | {_code(argument.type)} | {default} | {_cell(argument.meaning)} |")
    return "\n".join(rows)


def _option_dict(dictionary: Any, fields: list[Argument]) -> str:
    summary = " ".join((dictionary.__doc__ or "").split())
    above = kit_reference.above(dictionary)
    parts = [f"### {dictionary.__name__}", summary]
    if above:
        parts.append(
            "All of " + " and ".join(f"[{name}](#{name.lower()})" for name in above) + (", and:" if fields else ".")
        )
    if fields:
        parts.append(_table(fields))
    return "\n\n".join(parts)


def _values() -> str:
    rows = ["| name | value | meaning |", "|---|---|---|"]
    for name in kit_reference.values():
        written, meaning = kit_reference.value(name)
        rows.append(f"| `{name}` | {_code(written)} | {_cell(meaning)} |")
    return "\n".join(rows)


def _types(types: list[Argument]) -> str:
    rows = ["| name | is | meaning |", "|---|---|---|"]
    rows += [f"| `{each.name}` | {_code(each.type) if each.type else ''} | {_cell(each.meaning)} |" for each in types]
    return "\n".join(rows)


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.strip()}\n```"


if __name__ == "__main__":
    MANUAL.write_text(manual(), encoding="utf-8")
    (MANUAL.parent / "coverage.md").write_text(coverage.document(), encoding="utf-8")
    (MANUAL.parent / "checks.md").write_text(checks_page.page(), encoding="utf-8")
