"""Access: who a pod is to the API server, and what that lets it do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Unpack

import constructs
from pilothouse.chart import chart_of
from pilothouse_kit.object import Fields, KubernetesObject, ObjectFields, present, refuse, single_texts


class ServiceAccount(KubernetesObject):
    """Who a pod is to the API server: a ``v1 ServiceAccount``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param token: whether its pods get its token mounted (``automountServiceAccountToken``); False, since few need it.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, "Configure Service Accounts for Pods".
    """

    api_version = "v1"
    kind = "ServiceAccount"

    def __init__(
        self, scope: constructs.Construct, name: str, *, token: bool = False, **options: Unpack[ObjectFields]
    ) -> None:
        self.token = token
        """Whether its pods get its token mounted."""
        super().__init__(scope, name, {"automountServiceAccountToken": token}, **options)


@dataclass(frozen=True)
class Rule:
    """What a role allows.

    :param verbs: such as ``get``, ``list``, ``watch``; ``*`` for all.
    :param resources: in the plural, such as ``pods`` or ``pods/log``.
    :param groups: API groups; the core group, ``""``, where none is given.
    :param names: only the objects of these names; all where none is given.
    :param urls: paths of the API server that are no resources, such as ``/healthz``; for a ClusterRole alone.

    Source: Kubernetes documentation, "Using RBAC Authorization".
    """

    verbs: Sequence[str]
    resources: Sequence[str] = ()
    groups: Sequence[str] = ("",)
    names: Sequence[str] = ()
    urls: Sequence[str] = ()

    def fields(self) -> Fields:
        """The rule as it stands in a role."""
        if self.urls:
            return {"nonResourceURLs": list(self.urls), "verbs": list(self.verbs)}
        return {
            "apiGroups": list(self.groups),
            "resources": list(self.resources),
            **present(resourceNames=list(self.names) or None),
            "verbs": list(self.verbs),
        }

    def problems(self, number: int, *, in_cluster: bool) -> list[str]:
        """What is wrong with it as the rule of that number."""
        texts = single_texts(
            verbs=self.verbs, resources=self.resources, groups=self.groups, names=self.names, urls=self.urls
        )
        found = [f"rules: rule {number}: {problem}" for problem in texts]
        if not self.verbs:
            found.append(f"rules: rule {number} has no verbs")
        if bool(self.resources) == bool(self.urls):
            found.append(f"rules: rule {number} names {'both' if self.urls else 'neither'}: resources, or urls")
        if self.urls and not in_cluster:
            found.append(f"rules: rule {number} names urls, which only a ClusterRole can allow")
        return found


class _Role(KubernetesObject):
    in_cluster: ClassVar[bool]

    def __init__(
        self, scope: constructs.Construct, name: str, *, rules: Sequence[Rule], **options: Unpack[ObjectFields]
    ) -> None:
        problems = [
            problem
            for number, rule in enumerate(rules, start=1)
            for problem in rule.problems(number, in_cluster=self.in_cluster)
        ]
        refuse(self.kind, name, problems)
        super().__init__(scope, name, {"rules": [rule.fields() for rule in rules]}, **options)


class Role(_Role):
    """What may be done in one namespace: a ``rbac.authorization.k8s.io/v1 Role``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param rules: what it allows, together.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, "Using RBAC Authorization".
    """

    api_version = "rbac.authorization.k8s.io/v1"
    kind = "Role"
    in_cluster = False


class ClusterRole(_Role):
    """What may be done in every namespace, and to what has none: a ``rbac.authorization.k8s.io/v1 ClusterRole``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param rules: what it allows, together.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, "Using RBAC Authorization".
    """

    api_version = "rbac.authorization.k8s.io/v1"
    kind = "ClusterRole"
    in_cluster = True


Subject = ServiceAccount | str
"""Who is allowed: a ServiceAccount of the chart, ``namespace/name`` of another's, the name alone for one of the
binding's own namespace, ``User:name`` or ``Group:name``."""


class _Binding(KubernetesObject):
    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        role: Role | ClusterRole | str,
        subjects: Sequence[Subject],
        **options: Unpack[ObjectFields],
    ) -> None:
        problems = single_texts(subjects=subjects)
        if not subjects:
            problems.append("subjects: expected one or more, otherwise it allows nobody anything")
        if self.kind == "ClusterRoleBinding" and isinstance(role, Role):
            problems.append(f"role: {role.name} is a Role, and only a ClusterRole holds in every namespace")
        refuse(self.kind, name, problems)
        own = options.get("namespace", chart_of(scope).namespace)
        kind = role.kind if isinstance(role, Role | ClusterRole) else "ClusterRole"
        fields: Fields = {
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": kind,
                "name": role if isinstance(role, str) else role.name,
            },
            "subjects": [_subject(subject, own) for subject in subjects],
        }
        super().__init__(scope, name, fields, **options)


def _subject(subject: Subject, namespace: str) -> Fields:
    if isinstance(subject, ServiceAccount):
        return {"kind": "ServiceAccount", "name": subject.name, "namespace": subject.namespace}
    for kind in ("User", "Group"):
        if subject.startswith(f"{kind}:"):
            return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": subject.partition(":")[2]}
    above, slash, name = subject.rpartition("/")
    return {"kind": "ServiceAccount", "name": name, "namespace": above if slash else namespace}


class RoleBinding(_Binding):
    """Who may do in one namespace what a role says: a ``rbac.authorization.k8s.io/v1 RoleBinding``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param role: the role; a name stands for a ClusterRole that the cluster has, such as ``view``.
    :param subjects: who: ServiceAccounts, ``namespace/name``, ``User:name``, ``Group:name``.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, "Using RBAC Authorization".
    """

    api_version = "rbac.authorization.k8s.io/v1"
    kind = "RoleBinding"


class ClusterRoleBinding(_Binding):
    """Who may do in every namespace what a role says: a ``rbac.authorization.k8s.io/v1 ClusterRoleBinding``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``.
    :param role: the ClusterRole, or the name of one that the cluster has.
    :param subjects: who: ServiceAccounts, ``namespace/name``, ``User:name``, ``Group:name``.
    :param options: see :class:`ObjectFields`.

    Source: Kubernetes documentation, "Using RBAC Authorization".
    """

    api_version = "rbac.authorization.k8s.io/v1"
    kind = "ClusterRoleBinding"
