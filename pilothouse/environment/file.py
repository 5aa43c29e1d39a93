"""An environment file as it is written: its keys, their types, and the text that editors show for each.

Every key may be missing here, because a layer may give it: what must be there in the end, ``load`` asks once the
layers are merged. The names follow Kubernetes' own rules (RFC 1123 labels and subdomains; qualified names of labels).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""A DNS label: the name of a namespace."""
LAYER = "_[A-Za-z0-9][-A-Za-z0-9_]*"
"""The name of a layer."""
_PART = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = f"(?=.{{1,253}}$){_PART}(\\.{_PART})*"
_WORD = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_LABEL_WORDS = "a DNS label (at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit)"
_SUBDOMAIN_WORDS = "a DNS name (a-z, 0-9, '-' and '.', beginning and ending with a letter or digit)"


def _text(pattern: str, message: str, examples: list[Any] | None = None) -> Meta:
    # patternErrorMessage is what editors show in place of the pattern.
    # Python's $ also matches before a last line break; ECMAScript's, which editors use, does not.
    return Meta(pattern=f"^{pattern}$(?!\\n)", extra_json_schema={"patternErrorMessage": message}, examples=examples)


LabelName = Annotated[str, _text(LABEL, _LABEL_WORDS)]
SubdomainName = Annotated[str, _text(_SUBDOMAIN, _SUBDOMAIN_WORDS)]
ObjectName = Annotated[
    str,
    _text(f"({LABEL}/)?{_SUBDOMAIN}", f"a name or namespace/name, each {_SUBDOMAIN_WORDS}"),
]
QualifiedName = Annotated[
    str,
    _text(
        f"((?=[^/]{{1,253}}/){_PART}(\\.{_PART})*/)?{_WORD}",
        "a qualified name (at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, "
        "after an optional DNS name and '/')",
    ),
]
LabelValue = Annotated[
    str,
    _text(
        f"({_WORD})?",
        "a label value (at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit)",
    ),
]
ChartName = Annotated[str, _text("[A-Za-z][-A-Za-z0-9_]*", "the name of a chart, as its file in charts/ has it")]
LayerName = Annotated[str, _text(LAYER, "the name of a layer, which begins with '_' and has no '.yaml'")]
KubernetesVersion = Annotated[str, _text(r"1\.[0-9]{2}", "a version such as '1.32'", ["1.32"])]
_QUANTITY = r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4}|[KMGTPE]i|[numkMGTPE])?"
Amount = Annotated[str, _text(_QUANTITY, "a quantity such as 500m, 4 or 16Gi", ["16Gi"])] | Annotated[int, Meta(ge=0)]
"""A quantity, as :func:`pilothouse.quantity.parse` reads it."""
Registry = Annotated[
    str,
    _text(
        "[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*",
        "a registry such as 'registry.example.com/team', without 'https://'",
    ),
]
Code = Annotated[str, _text("[A-Z]{2,8}[0-9]{3}", "a check's code such as 'SVC001'")]
ObjectWords = Annotated[str, _text(r"[A-Z][A-Za-z0-9]* [^\s/]+(/[^\s/]+)?", "'Kind namespace/name' or 'Kind name'")]
Text = Annotated[str, _text(r"(?=[\s\S]*\S)[\s\S]*", "a str that is not empty")]


class WaiverFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding that somebody decided to live with."""

    code: Annotated[Code, Meta(description="The check's code, such as SVC001.")]
    reason: Annotated[Text, Meta(description="Why. It stands beside the waived finding in every report.")]


class EnvironmentWaiverFile(WaiverFile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding about one object that somebody decided to live with."""

    object: Annotated[ObjectWords, Meta(description="The object: Kind namespace/name, or Kind name.")]


class InstanceWaiverFile(WaiverFile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding about this instance that somebody decided to live with."""

    object: Annotated[
        ObjectWords, Meta(description="The object: Kind namespace/name, or Kind name. Without it: all of them.")
    ] = ""


class ClusterFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cluster that this environment is deployed to."""

    name: Annotated[Text | UnsetType, Meta(description="What the cluster is called.")] = UNSET
    domain: Annotated[
        SubdomainName | UnsetType,
        Meta(description="Its DNS domain: a Service is <service>.<namespace>.svc.<domain>. Default: cluster.local."),
    ] = UNSET


class GivenFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What the cluster has that this stack does not define."""

    namespaces: Annotated[list[LabelName] | UnsetType, Meta(description="Namespaces, by name.")] = UNSET
    storage_classes: Annotated[list[SubdomainName] | UnsetType, Meta(description="StorageClasses, by name.")] = UNSET
    ingress_classes: Annotated[list[SubdomainName] | UnsetType, Meta(description="IngressClasses, by name.")] = UNSET
    priority_classes: Annotated[list[SubdomainName] | UnsetType, Meta(description="PriorityClasses, by name.")] = UNSET
    service_accounts: Annotated[
        list[ObjectName] | UnsetType,
        Meta(description="ServiceAccounts: namespace/name, or name for one in every namespace."),
    ] = UNSET
    secrets: Annotated[
        list[ObjectName] | UnsetType, Meta(description="Secrets: namespace/name, or name for one in every namespace.")
    ] = UNSET
    config_maps: Annotated[
        list[ObjectName] | UnsetType,
        Meta(description="ConfigMaps: namespace/name, or name for one in every namespace."),
    ] = UNSET
    objects: Annotated[
        list[ObjectWords] | UnsetType,
        Meta(description="Objects of any other kind: Kind namespace/name, or Kind name, such as ClusterIssuer ca."),
    ] = UNSET


class TaintFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A taint of nodes: pods without a toleration for it stay away."""

    key: Annotated[QualifiedName, Meta(description="The taint's key.")]
    value: Annotated[LabelValue | UnsetType, Meta(description="The taint's value. Default: none.")] = UNSET
    effect: Annotated[Literal["NoSchedule", "PreferNoSchedule", "NoExecute"], Meta(description="What it does to pods.")]


class NodePoolFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Some nodes of the cluster that are alike."""

    name: Annotated[Text, Meta(description="What the pool is called.")]
    count: Annotated[int, Meta(ge=1, description="How many nodes; where an autoscaler adds some, the most.")]
    cpu: Annotated[Amount, Meta(description="The CPU that pods may have of each node (its allocatable): 3920m.")]
    memory: Annotated[Amount, Meta(description="The memory that pods may have of each node (its allocatable): 14Gi.")]
    resources: Annotated[
        dict[QualifiedName, Amount] | UnsetType,
        Meta(description="What else pods may have of each node, such as nvidia.com/gpu: 2 or ephemeral-storage: 80Gi."),
    ] = UNSET
    labels: Annotated[dict[QualifiedName, LabelValue] | UnsetType, Meta(description="The labels of each node.")] = UNSET
    taints: Annotated[list[TaintFile] | UnsetType, Meta(description="The taints of each node.")] = UNSET
    max_pods: Annotated[
        Annotated[int, Meta(ge=1)] | UnsetType, Meta(description="How many pods a node runs at most. Default: 110.")
    ] = UNSET


class InstanceFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One chart, deployed once."""

    chart: Annotated[ChartName | UnsetType, Meta(description="The chart. Default: the instance's own name.")] = UNSET
    namespace: Annotated[
        LabelName | UnsetType,
        Meta(description="Where its namespaced objects live. Default: the instance's own name."),
    ] = UNSET
    values: Annotated[dict[str, Any] | UnsetType, Meta(description="What this environment tells the chart.")] = UNSET
    waivers: Annotated[
        list[InstanceWaiverFile] | UnsetType, Meta(description="Findings about this instance to live with.")
    ] = UNSET


class EnvironmentFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """An environment of Pilothouse: what differs between clusters, and nothing else."""

    extends: Annotated[
        LayerName | UnsetType,
        Meta(
            description="The layer that this file is laid over, such as _base. Maps merge, lists and scalars replace, "
            "null removes what was inherited."
        ),
    ] = UNSET
    kubernetes_version: Annotated[
        KubernetesVersion | UnsetType,
        Meta(description="Decides which schemas and which deprecations count. In quotes."),
    ] = UNSET
    profile: Annotated[
        Literal["lab", "production"] | UnsetType,
        Meta(description="Which findings stop the write. Default: lab."),
    ] = UNSET
    cluster: Annotated[
        ClusterFile | UnsetType, Meta(description="The cluster that this environment is deployed to.")
    ] = UNSET
    domain: Annotated[SubdomainName | UnsetType, Meta(description="The domain of public names.")] = UNSET
    labels: Annotated[dict[QualifiedName, LabelValue] | UnsetType, Meta(description="Labels on every object.")] = UNSET
    annotations: Annotated[dict[QualifiedName, str] | UnsetType, Meta(description="Annotations on every object.")] = (
        UNSET
    )
    image_registry: Annotated[
        Registry | UnsetType,
        Meta(description="The registry that images come from."),
    ] = UNSET
    image_pull_secrets: Annotated[
        list[SubdomainName] | UnsetType, Meta(description="The Secrets that pods pull images with, by name.")
    ] = UNSET
    given: Annotated[
        GivenFile | UnsetType, Meta(description="What the cluster has that this stack does not define.")
    ] = UNSET
    nodes: Annotated[
        list[NodePoolFile] | UnsetType,
        Meta(description="The nodes that pods run on, by pool: the checks then tell what no node can hold."),
    ] = UNSET
    waivers: Annotated[
        list[EnvironmentWaiverFile] | UnsetType, Meta(description="Findings that this environment lives with.")
    ] = UNSET
    charts: Annotated[
        dict[LabelName, InstanceFile] | UnsetType,
        Meta(description="What stands here is deployed here: each key is an instance of a chart."),
    ] = UNSET
