"""The kit as its sources say it: each public name with its arguments, their types as written, defaults and meaning."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pilothouse_kit
from pilothouse_kit.containers import ContainerFields
from pilothouse_kit.object import KubernetesObject, ObjectFields
from pilothouse_kit.pods import PodFields, WorkloadFields

FOLDER = Path(pilothouse_kit.__file__).parent
OPTIONS = (ObjectFields, ContainerFields, PodFields, WorkloadFields)
_PLUMBING = frozenset({"fields", "volume", "problems", "check", "handler", "asked_port", "term", "holds", "from_all"})
"""Methods that constructs call on each other: no author of a chart needs them."""


@dataclass
class Argument:
    """One argument, or one field of an option dict."""

    name: str
    type: str
    default: str | None
    """As written; None for one that must be given."""
    meaning: str


@dataclass
class Entry:
    """One public name of the kit."""

    name: str
    summary: str
    """What it is: the docstring down to its first field."""
    arguments: list[Argument] = field(default_factory=list)
    options: str | None = None
    """The option dict whose fields it takes too."""
    raises: list[str] = field(default_factory=list)
    source: str | None = None
    methods: list[Entry] = field(default_factory=list)


def constructs() -> list[str]:
    """The public names that are constructs of one Kubernetes object each."""
    return [name for name in pilothouse_kit.__all__ if _is_construct(getattr(pilothouse_kit, name))]


def helpers() -> list[str]:
    """The public names that are arguments of constructs: classes without an object of their own."""
    return [
        name
        for name in pilothouse_kit.__all__
        if isinstance(getattr(pilothouse_kit, name), type) and name not in constructs() and name != "KubernetesObject"
    ]


def values() -> list[str]:
    """The public names that are values, such as ``ZONE``."""
    return [name for name in pilothouse_kit.__all__ if not isinstance(getattr(pilothouse_kit, name), type)]


def _is_construct(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, KubernetesObject) and thing is not KubernetesObject


def entry(name: str) -> Entry:
    """What the sources say of a public class."""
    klass = getattr(pilothouse_kit, name)
    found = _of_docstring(name, _docstrings(klass))
    # Of the class itself, the signature would be that of its metaclass.
    signature = inspect.signature(klass.__init__)
    meanings = {argument.name: argument.meaning for argument in found.arguments}
    found.arguments = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            found.options = _written(parameter.annotation).removeprefix("Unpack[").removesuffix("]")
        elif parameter.name not in ("self", "scope"):
            found.arguments.append(_argument(klass, parameter, meanings))
    found.methods = [_of_method(name, method) for name, method in sorted(_methods(klass).items())]
    return found


def _argument(klass: type, parameter: inspect.Parameter, meanings: dict[str, str]) -> Argument:
    default = None if parameter.default is parameter.empty else repr(parameter.default)
    if dataclasses.is_dataclass(klass):
        made = {each.name: each for each in dataclasses.fields(klass)}.get(parameter.name)
        if made is not None and made.default_factory is not dataclasses.MISSING:
            default = f"{getattr(made.default_factory, '__name__', '')}()"
    return Argument(parameter.name, _written(parameter.annotation), default, meanings.get(parameter.name, ""))


def _written(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _docstrings(klass: type) -> str:
    """The docstring of a class, with the parameters that it inherits."""
    own, *above = [
        inspect.cleandoc(each.__doc__ or "") for each in klass.__mro__ if each.__module__.startswith("pilothouse_kit.")
    ]
    return "\n".join([own, *(line for text in above for line in _parameter_lines(text))])


def _parameter_lines(text: str) -> Iterator[str]:
    inside = False
    for line in text.splitlines():
        inside = line.startswith(":param") or (inside and line.startswith(" "))
        if inside:
            yield line


_FIELD = re.compile(r"^:(param|returns|raises) ?(\w*): ", re.MULTILINE)


def _of_docstring(name: str, text: str) -> Entry:
    parts = re.split(r"^(?=:|Source: )", text, flags=re.MULTILINE)
    found = Entry(name, _prose(parts[0]))
    for part in parts[1:]:
        if part.startswith("Source: "):
            found.source = found.source or _prose(part.removeprefix("Source: "))
        match = _FIELD.match(part)
        if match is None:
            continue
        meaning = _prose(part[match.end() :])
        if match[1] == "param" and match[2] not in {argument.name for argument in found.arguments}:
            found.arguments.append(Argument(match[2], "", None, meaning))
        elif match[1] == "raises":
            found.raises.append(f"`{match[2]}` {meaning}")
    return found


def _of_method(name: str, method: Any) -> Entry:
    found = _of_docstring(name, inspect.cleandoc(method.__doc__ or ""))
    meanings = {argument.name: argument.meaning for argument in found.arguments}
    parameters = list(inspect.signature(method).parameters.values())[1:]
    found.arguments = [_argument(object, parameter, meanings) for parameter in parameters]
    return found


def _methods(klass: type) -> dict[str, Any]:
    return {
        name: method
        for above in reversed(klass.__mro__)
        if above.__module__.startswith("pilothouse_kit.")
        for name, method in vars(above).items()
        if inspect.isfunction(method) and not name.startswith("_") and name not in _PLUMBING and method.__doc__
    }


def _prose(text: str) -> str:
    """A docstring's words as Markdown, each paragraph on one line."""
    text = re.sub(r":(?:class|meth|func):`([^`]*)`", r"`\1`", text.strip())
    return "\n\n".join(" ".join(paragraph.replace("``", "`").split()) for paragraph in re.split(r"\n\s*\n", text))


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8"))


def options(dictionary: Any) -> list[Argument]:
    """The fields that an option dict has itself, as its source says them."""
    return [
        Argument(
            name,
            written.removeprefix("Required[").removesuffix("]") if _must(written) else written,
            None if _must(written) else "",
            _prose(meaning),
        )
        for name, written, meaning in _documented(_class(dictionary).body)
    ]


def above(dictionary: Any) -> list[str]:
    """The option dicts whose fields an option dict has too. Before Python 3.12 it does not know them itself."""
    return [ast.unparse(base) for base in _class(dictionary).bases if ast.unparse(base) != "TypedDict"]


def _class(klass: Any) -> ast.ClassDef:
    nodes = ast.walk(_tree(klass.__module__))
    return next(node for node in nodes if isinstance(node, ast.ClassDef) and node.name == klass.__name__)


def _must(written: str) -> bool:
    return written.startswith("Required[")


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str, str]]:
    """Each name that is assigned or annotated, with its type or value, and the text below it."""
    for node, below in zip(body, [*body[1:], ast.Pass()], strict=True):
        text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else ""
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, ast.unparse(node.annotation), str(text)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, ast.unparse(node.value), str(text)


def types(written: list[str]) -> list[Argument]:
    """The types of the kit that arguments name and that are no public names themselves, with what they stand for.

    :param written: the types of arguments, as written.
    """
    known = dict(_all_types())
    found: dict[str, Argument] = {}
    waiting = list(written)
    while waiting:
        for name in re.findall(r"\b[A-Z]\w+", waiting.pop()):
            if name in known and name not in found and name not in pilothouse_kit.__all__:
                found[name] = known[name]
                waiting.append(known[name].type)
    return [found[name] for name in sorted(found)]


def _all_types() -> Iterator[tuple[str, Argument]]:
    for file in sorted(FOLDER.glob("*.py")):
        module = f"pilothouse_kit.{file.stem}"
        if module not in sys.modules:
            continue
        for node in _tree(module).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, Argument(node.name, "", None, _of_docstring("", ast.get_docstring(node) or "").summary)
        for name, written, meaning in _documented(_tree(module).body):
            if name[0].isupper() and not name.isupper():
                yield name, Argument(name, written, None, _prose(meaning))


def value(name: str) -> tuple[str, str]:
    """What a public value is, as written, and what it means."""
    for file in sorted(FOLDER.glob("*.py")):
        if f"pilothouse_kit.{file.stem}" in sys.modules:
            for each, written, meaning in _documented(_tree(f"pilothouse_kit.{file.stem}").body):
                if each == name and meaning:
                    return written, _prose(meaning)
    raise KeyError(name)
