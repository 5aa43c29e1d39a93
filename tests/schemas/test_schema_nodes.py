"""The kinds that nodes read: every minor has them, and what kubeadm, the kubelet and kube-proxy refuse is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.schemas import known_minors
from pilothouse.schemas.generate.go_types import read_package, registered
from pilothouse.schemas.node_kinds import NodeKinds, judges, of_minor

KUBEADM = "kubeadm.k8s.io/v1beta4"
KUBELET = "kubelet.config.k8s.io/v1beta1"
PROXY = "kubeproxy.config.k8s.io/v1alpha1"


def found(api_version: str, kind: str, minor: str = "1.32", **fields: Any) -> list[str]:
    body = {"apiVersion": api_version, "kind": kind, **fields}
    assert judges(body)
    kinds = of_minor(minor)
    unknown = kinds.unknown(body)
    return [problem.message for problem in ([unknown] if unknown else []) + kinds.validate(body)]


@pytest.mark.parametrize("minor", known_minors())
def test_every_minor_has_them(minor: str) -> None:
    kinds = {(kind.api_version, kind.kind) for kind in NodeKinds(minor).kinds()}
    assert kinds >= {
        (KUBEADM, "InitConfiguration"),
        (KUBEADM, "ClusterConfiguration"),
        (KUBEADM, "JoinConfiguration"),
        (KUBEADM, "ResetConfiguration"),
        (KUBEADM, "UpgradeConfiguration"),
        (KUBELET, "KubeletConfiguration"),
        (PROXY, "KubeProxyConfiguration"),
    }
    for kind in NodeKinds(minor).kinds():
        assert found(kind.api_version, kind.kind, minor) == [], kind


def test_what_they_take() -> None:
    assert not found(
        KUBEADM,
        "ClusterConfiguration",
        apiServer={"certSANs": ["a"], "extraArgs": [{"name": "v", "value": "4"}], "extraEnvs": [{"name": "A"}]},
        etcd={"local": {"dataDir": "/var/lib/etcd", "imageTag": "3.5"}},
        certificateValidityPeriod="8760h0m0s",
        encryptionAlgorithm="RSA-3072",
        featureGates={"PublicKeysECDSA": True},
    )
    assert not found(
        KUBEADM,
        "InitConfiguration",
        bootstrapTokens=[{"token": "abcdef.0123456789abcdef", "ttl": "24h", "expires": "2030-01-01T00:00:00Z"}],
        nodeRegistration={"taints": [{"key": "a", "effect": "NoSchedule"}], "imagePullPolicy": "Never"},
        timeouts={"kubeletHealthCheck": "4m0s"},
    )
    assert not found(
        KUBELET,
        "KubeletConfiguration",
        maxPods=80,
        evictionHard={"memory.available": "100Mi"},
        syncFrequency="1m30.5s",
        logging={"flushFrequency": "5s", "options": {"json": {"infoBufferSize": "0"}}},
        memorySwap={"swapBehavior": "NoSwap"},
        reservedMemory=[{"numaNode": 0, "limits": {"memory": "1Gi"}}],
        systemReserved=None,
    )
    assert not found(KUBELET, "KubeletConfiguration", logging={"flushFrequency": 5000000000})
    assert not found(PROXY, "KubeProxyConfiguration", mode="nftables", conntrack={"min": 1, "udpTimeout": "30s"})


@pytest.mark.parametrize(
    ("api_version", "kind", "fields", "words"),
    [
        (KUBEADM, "InitConfiguration", {"localAPIEndpoint": {"bindport": 6443}}, "did you mean bindPort?"),
        (KUBEADM, "InitConfiguration", {"localAPIEndpoint": {"bindPort": "6443"}}, "expected an integer"),
        (KUBEADM, "InitConfiguration", {"bootstrapTokens": [{"token": "short"}]}, "a bootstrap token"),
        (KUBEADM, "ClusterConfiguration", {"encryptionAlgorithm": "RSA-1024"}, "expected one of ECDSA-P256"),
        (KUBEADM, "ClusterConfiguration", {"apiServer": {"extraArgs": {"v": "4"}}}, "expected a list"),
        (KUBEADM, "ClusterConfiguration", {"certificateValidityPeriod": "1 year"}, "a duration such as"),
        (KUBEADM, "InitConfiguration", {"nodeRegistration": {"taints": [{"key": "a"}]}}, "effect"),
        (KUBELET, "KubeletConfiguration", {"maxPods": 2**31}, "2147483647"),
        (KUBELET, "KubeletConfiguration", {"evictionHard": {"memory.available": 100}}, "expected a string"),
        (PROXY, "KubeProxyConfiguration", {"nftable": {}}, "did you mean nftables?"),
    ],
)
def test_what_they_refuse(api_version: str, kind: str, fields: dict[str, Any], words: str) -> None:
    (message,) = found(api_version, kind, **fields)
    assert words in message


def test_a_field_belongs_to_the_minors_that_have_it() -> None:
    fields = {"crashLoopBackOff": {"maxContainerRestartPeriod": "10s"}}
    assert not found(KUBELET, "KubeletConfiguration", "1.32", **fields)
    assert "crashLoopBackOff" in found(KUBELET, "KubeletConfiguration", "1.31", **fields)[0]


def test_a_kind_that_nobody_reads() -> None:
    assert found(KUBEADM, "ClusterConfig") == [
        f"kubeadm of Kubernetes 1.32 reads no ClusterConfig of {KUBEADM}, did you mean {KUBEADM} ClusterConfiguration?"
    ]
    assert (
        "did you mean kubeproxy.config.k8s.io/v1alpha1"
        in found("kubeproxy.config.k8s.io/v1", "KubeProxyConfiguration")[0]
    )
    assert not judges({"apiVersion": "v1", "kind": "Pod"})
    assert not judges([])


GO = """
package v1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Mode says how, such as `a`.
type Mode string

const (
	ModeA Mode = "a" // the first
	ModeB Mode = "b"
)

/* Thing is struct {
 */
type Thing struct {
	metav1.TypeMeta `json:",inline"`

	// Size of it, in `bytes`: /* all */
	Size *int32 `json:"size,omitempty" datapolicy:"x"`
	Mode  Mode  `json:"mode"`
	Names map[string][]string `json:"names,omitempty"`
	Own   string              `json:"-"`
}

type Odd struct {
	Untagged string
}
"""


def test_go_types_are_read() -> None:
    package = read_package("example.com/v1", GO)
    assert package.imports == {"time": "time", "metav1": "k8s.io/apimachinery/pkg/apis/meta/v1"}
    assert [tuple(field) for field in package.structs["Thing"]] == [
        ("", "metav1.TypeMeta"),
        ("size", "*int32"),
        ("mode", "Mode"),
        ("names", "map[string][]string"),
    ]
    assert package.constants == {"Mode": ["a", "b"]}
    assert package.unread == {"Odd": "Untagged string"}


def test_registered_kinds_are_read() -> None:
    source = 'const GroupName = "example.com"\n\tscheme.AddKnownTypes(SchemeGroupVersion,\n\t\t&A{},\n\t\t&B{},\n\t)\n'
    assert registered(source) == ("example.com", ["A", "B"])
