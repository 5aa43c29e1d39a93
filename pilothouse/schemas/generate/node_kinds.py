"""Make the strict schemas of what kubeadm, the kubelet and kube-proxy read from the Go types that they read it into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilothouse.schemas.generate.go_types import Field, Package, read_package, registered
from pilothouse.schemas.generate.modules import Module, ModuleError, fetch, read_files
from pilothouse.schemas.shapes import (
    BOOTSTRAP_TOKEN_PATTERN,
    DURATION_PATTERN,
    Schema,
    allow_null,
    quantity,
    scalar,
)
from pilothouse.schemas.tree import references

KUBEADM = "k8s.io/kubernetes/cmd/kubeadm/app/apis"
PACKAGES = {
    "k8s.io/kubernetes": (f"{KUBEADM}/kubeadm/v1beta4", f"{KUBEADM}/bootstraptoken/v1"),
    "k8s.io/kubelet": ("k8s.io/kubelet/config/v1", "k8s.io/kubelet/config/v1beta1"),
    "k8s.io/kube-proxy": ("k8s.io/kube-proxy/config/v1alpha1",),
    "k8s.io/component-base": (
        "k8s.io/component-base/config/v1alpha1",
        "k8s.io/component-base/logs/api/v1",
        "k8s.io/component-base/tracing/api/v1",
    ),
}
"""Module -> the packages of it that are read. Every kind that one of them registers is one that a node reads."""

_CORE = "k8s.io/api/core/v1"
_META = "k8s.io/apimachinery/pkg/apis/meta/v1"
_TYPE_META = f"{_META}.TypeMeta"
_SPECIAL: dict[str, Schema] = {
    f"{_CORE}.ResourceList": {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/io.k8s.apimachinery.pkg.api.resource.Quantity"},
    },
    f"{_META}.Duration": {"type": "string", "pattern": DURATION_PATTERN},
    f"{_META}.Time": scalar("string", "date-time"),
    "k8s.io/apimachinery/pkg/api/resource.QuantityValue": quantity(),
    "k8s.io/component-base/logs/api/v1.TimeOrMetaDuration": {
        "type": ["integer", "string"],
        "pattern": DURATION_PATTERN,
    },
    f"{KUBEADM}/bootstraptoken/v1.BootstrapTokenString": {"type": "string", "pattern": BOOTSTRAP_TOKEN_PATTERN},
}
"""Types that read JSON by themselves."""
_OF_THE_API = {
    f"{_CORE}.PullPolicy": ("io.k8s.api.core.v1.Container", "imagePullPolicy"),
    f"{_CORE}.HostPathType": ("io.k8s.api.core.v1.HostPathVolumeSource", "type"),
}
"""Named strings of the API -> a field of that type, whose schema is known."""
_SCALARS = {
    "bool": scalar("boolean", None),
    "string": scalar("string", None),
    "int": scalar("integer", None),
    "int32": scalar("integer", "int32"),
    "int64": scalar("integer", None),
    "uint32": {"type": "integer", "minimum": 0, "maximum": 2**32 - 1},
    "float32": scalar("number", None),
    "float64": scalar("number", None),
}


def node_kinds(
    source: Mapping[str, str], kubernetes: Module, api: Mapping[str, Schema]
) -> tuple[list[dict[str, Any]], dict[str, Schema]]:
    """The kinds of one Kubernetes minor that its nodes read.

    :param source: an entry of ``[[nodes]]``.
    :param kubernetes: the module ``k8s.io/kubernetes`` of the same minor.
    :param api: the strict schemas of the API's own definitions.
    :returns: rows with group, version, kind and definition, and the schemas by definition name; what they use of
        ``api`` is not among them.
    :raises ModuleError: where a module is not to be had, or a package uses a type that is not read.
    """
    types: dict[str, Package] = {}
    rows: list[dict[str, Any]] = []
    for name, packages in PACKAGES.items():
        module = kubernetes if name == kubernetes.path else Module(name, source["version"], source[name[7:]])
        archive = fetch(module)
        for path in packages:
            folder = path.removeprefix(f"{name}/")
            types[path] = read_package(path, read_files(archive, module, f"{folder}/types.go")[f"{folder}/types.go"])
            if "component-base" in path or "bootstraptoken" in path:
                continue
            group, kinds = registered(next(iter(read_files(archive, module, f"{folder}/register.go").values())))
            version = path.rpartition("/")[2]
            rows += [
                {"group": group, "version": version, "kind": kind, "definition": definition_name(f"{path}.{kind}")}
                for kind in kinds
            ]
    return rows, _Schemas(types, api).of([row["definition"] for row in rows])


def definition_name(go: str) -> str:
    """The name of a Go type's definition: ``k8s.io/kubelet/config/v1.X`` becomes ``io.k8s.kubelet.config.v1.X``."""
    return f"io.k8s.{go.removeprefix('k8s.io/').replace('/', '.')}"


class _Schemas:
    """Turns the types of some packages into strict schemas."""

    def __init__(self, packages: Mapping[str, Package], api: Mapping[str, Schema]) -> None:
        self._packages = packages
        self._api = api
        self._structs = {
            definition_name(f"{path}.{name}"): (package, name)
            for path, package in packages.items()
            for name in package.structs
        }

    def of(self, roots: list[str]) -> dict[str, Schema]:
        done: dict[str, Schema] = {}
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if name not in done and name not in self._api:
                done[name] = self._struct(*self._structs[name])
                waiting += references(done[name])
        for name in roots:
            # The two fields of every kind, which tell the kinds apart.
            done[name]["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
            done[name] |= {"required": ["apiVersion", "kind"], "type": "object"}
        return dict(sorted(done.items()))

    def _struct(self, package: Package, name: str) -> Schema:
        fields = package.structs[name]
        if name in package.unread:
            raise ModuleError(f"{package.path}.{name}: has a field that is not read: {package.unread[name]}")
        if len(fields) == 1 and not fields[0].name:
            return self._type(package, fields[0].type)
        properties = {field.name: self._field(package, field) for field in self._flat(package, fields)}
        return allow_null(
            {"type": "object", "properties": dict(sorted(properties.items())), "additionalProperties": False}
        )

    def _flat(self, package: Package, fields: list[Field]) -> list[Field]:
        """The fields, with those of inlined structs in the place of these."""
        flat: list[Field] = []
        for field in fields:
            if field.name:
                flat.append(field)
            elif self._full(package, field.type) != _TYPE_META:
                flat += self._flat(package, package.structs[field.type])
        return flat

    def _field(self, package: Package, field: Field) -> Schema:
        schema = self._type(package, field.type)
        return schema if "$ref" in schema else allow_null(schema)

    def _full(self, package: Package, name: str) -> str:
        alias, dot, short = name.partition(".")
        return f"{package.imports[alias]}.{short}" if dot else f"{package.path}.{name}"

    def _type(self, package: Package, go: str) -> Schema:
        go = go.removeprefix("*")
        if go == "[]byte":
            return scalar("string", "byte")
        if go.startswith("[]"):
            return {"type": "array", "items": self._nullable(package, go[2:])}
        if go.startswith("map["):
            return {"type": "object", "additionalProperties": self._nullable(package, go.partition("]")[2])}
        if go in _SCALARS:
            return dict(_SCALARS[go])
        return self._named(self._full(package, go))

    def _nullable(self, package: Package, go: str) -> Schema:
        schema = self._type(package, go)
        return schema if "$ref" in schema else allow_null(schema)

    def _named(self, full: str) -> Schema:
        if full in _SPECIAL:
            return dict(_SPECIAL[full])
        if full in _OF_THE_API:
            definition, field = _OF_THE_API[full]
            return dict(self._api[definition]["properties"][field])
        path, _, name = full.rpartition(".")
        found = self._packages.get(path)
        if found is not None and name in found.named:
            schema = self._type(found, found.named[name])
            if name in found.constants:
                # The empty string is the same as none: the program fills in its default.
                schema["enum"] = [*sorted({*found.constants[name]} - {""}), ""]
            return schema
        if definition_name(full) in self._structs or definition_name(full) in self._api:
            return {"$ref": f"#/$defs/{definition_name(full)}"}
        raise ModuleError(f"{full}: no package that is read has this type")
