"""What a person sees in dist/: the files' names."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pilothouse.dist.marker import header, is_ours
from pilothouse.dist.names import object_path


@pytest.mark.parametrize(
    ("identity", "path"),
    [
        (
            ("kubia", "custom-namespace", "apps/v1", "Deployment", "kubia-dp"),
            "kubia/custom-namespace/deployment-kubia-dp",
        ),
        (("kubia", "default", "v1", "Service", "kubia"), "kubia/default/service-kubia"),
        (("kubia", "default", "networking.k8s.io/v1", "Ingress", "kubia"), "kubia/default/ingress-kubia"),
        (("kubia", "default", "extensions/v1beta1", "Ingress", "kubia"), "kubia/default/ingress-kubia"),
        (("namespaces", None, "v1", "Namespace", "web"), "namespaces/_cluster/namespace-web"),
        (
            ("mesh", "web", "networking.istio.io/v1", "Gateway", "kubia"),
            "mesh/web/gateway.networking.istio.io-kubia",
        ),
        (
            ("mesh", "web", "gateway.networking.k8s.io/v1", "Gateway", "kubia"),
            "mesh/web/gateway.gateway.networking.k8s.io-kubia",
        ),
        (
            ("db", "db", "snapshot.storage.k8s.io/v1", "VolumeSnapshot", "a"),
            "db/db/volumesnapshot.snapshot.storage.k8s.io-a",
        ),
        (
            ("net", "a", "k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition", "b"),
            "net/a/networkattachmentdefinition.k8s.cni.cncf.io-b",
        ),
        (
            ("tls", "web", "cert-manager.io/v1", "Certificate", "www.my-shop.example"),
            "tls/web/certificate.cert-manager.io-www.my-shop.example",
        ),
        (
            ("fleet", "a", "cluster.x-k8s.io/v1beta1", "Cluster", "b"),
            "fleet/a/cluster.cluster.x-k8s.io-b",
        ),
        (
            ("rbac", None, "rbac.authorization.k8s.io/v1", "ClusterRole", "system:node"),
            "rbac/_cluster/clusterrole-system%3anode",
        ),
        (
            ("rbac", None, "rbac.authorization.k8s.io/v1", "ClusterRole", "MyAdmin"),
            "rbac/_cluster/clusterrole-+my+admin",
        ),
        (("../..", "..", "v1", "ConfigMap", "../../x"), "%2e.%2f.%2e/%2e%2e/configmap-..%2f..%2fx"),
        (("a", "b", "example.io/v1", "Con", "x"), "a/b/%63on.example.io-x"),
        (("con", "nul.x", "v1", "Pod", "con"), "%63on/%6eul.x/pod-con"),
        (("kustomization.yaml", "_cluster", "v1", "Pod", "a"), "%6bustomization.yaml/%5fcluster/pod-a"),
    ],
)
def test_an_object_has_a_readable_file_name(identity: tuple[str, str | None, str, str, str], path: str) -> None:
    assert object_path(*identity) == f"{path}.yaml"


def test_a_group_is_never_taken_for_the_beginning_of_a_name() -> None:
    one = object_path("a", "b", "acme.cert-manager.io/v1", "Order", "x")
    other = object_path("a", "b", "acme.cert/v1", "Order", "manager.io-x")
    assert one == "a/b/order.acme.cert%2dmanager.io-x.yaml"
    assert other == "a/b/order.acme.cert-manager.io-x.yaml"


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    paths = {object_path("a", "b", "v1", "ConfigMap", "n" * 249 + last) for last in "0123"}
    assert len(paths) == 4
    assert all(re.fullmatch(r"a/b/configmap-n{80,}%_[0-9a-f]{32}\.yaml", path) for path in paths)
    assert all(len(path.split("/")[-1]) == 140 for path in paths)


def decode(path: str) -> tuple[str, str | None, str, str, str]:
    """Read a file name back, by the words of the module's docstring alone: instance, namespace, group, kind, name."""

    def plain(text: str) -> str:
        if text == "%0":
            return ""
        raw = b""
        for escape, upper, kept in re.findall(r"%([0-9a-f]{2})|\+([a-z])|([a-z0-9._-])", text):
            raw += bytes.fromhex(escape) or upper.upper().encode() or kept.encode()
        return raw.decode("utf-8", "surrogatepass")

    instance, place, file = path.split("/")
    file = file.removesuffix(".yaml")
    kind, sign, rest = re.fullmatch(r"([^.-]*)([.-])(.*)", file).groups()  # type: ignore[union-attr]
    group, name = "", rest
    if sign == ".":
        if "%-" in rest:
            group, name = rest.split("%-", 1)
        else:
            ends = [i for i, c in enumerate(rest) if c == "-"]
            end = next(i for i in ends if re.fullmatch(r".+\.[^.]{2,}", rest[:i]))
            group, name = rest[:end], rest[end + 1 :]
    namespace = None if place == "_cluster" else plain(place)
    return plain(instance), namespace, plain(group) if sign == "." else "", plain(kind), plain(name)


short = (
    st.text(max_size=12)
    | st.text("ab.-_:%+/ABé\u0301~", max_size=9)
    | st.sampled_from(
        ["..", ".", "con", "NUL", "kustomization.yaml", "_cluster", "system:node", "é", "e\u0301", "ß", "SS", "K"]
    )
)
groups = short | st.from_regex(r"[a-c]{1,2}([.-][a-c]{1,2}){0,3}", fullmatch=True)
identities = st.tuples(short, st.none() | short, groups, st.text(max_size=6), short)


@given(identities)
@example(("", "", "", "", ""))
@example(("a", None, "x", "", ""))
@example(("a", None, "a-b", "Con", "-"))
def test_every_object_can_be_read_back_from_its_file_name(identity: tuple[str, str | None, str, str, str]) -> None:
    instance, namespace, group, kind, name = identity
    path = object_path(instance, namespace, f"{group}/v1", kind, name)
    if "%_" in path:  # cut: the digest stands for it
        return
    lower = "".join(c.lower() if c.isascii() else c for c in kind)
    builtin = group in ("", "apps", "batch", "policy", "autoscaling", "extensions") or group.endswith(".k8s.io")
    if builtin:
        assert (instance, namespace, lower, name) == tuple(decode(path)[i] for i in (0, 1, 3, 4))
    else:
        assert (instance, namespace, group, lower, name) == decode(path)


@given(identities)
def test_every_file_system_takes_the_file_name(identity: tuple[str, str | None, str, str, str]) -> None:
    instance, namespace, group, kind, name = identity
    path = object_path(instance, namespace, f"{group}/v1", kind, name * 40)
    assert path == path.casefold() == unicodedata.normalize("NFD", path) == unicodedata.normalize("NFC", path)
    names = path.split("/")
    assert len(names) == 3
    for part in names:
        assert re.fullmatch(r"[a-z0-9_%+][a-z0-9._%+-]*", part)
        assert not part.endswith(".")
        assert len(part) <= 255
        assert part.partition(".")[0] not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert names[0] not in {"kustomization", "kustomization.yaml", "kustomization.yml"}


@given(st.lists(identities.filter(lambda i: i[2] not in ("apps", "batch")), min_size=2, max_size=8, unique=True))
def test_two_objects_never_share_a_file(objects: list[tuple[str, str | None, str, str, str]]) -> None:
    found: dict[str, tuple[str, str | None, str, str, str]] = {}
    for instance, namespace, group, kind, name in objects:
        lower = "".join(c.lower() if c.isascii() else c for c in kind)
        identity = (instance, namespace, group, lower, name)
        path = unicodedata.normalize("NFD", object_path(instance, namespace, f"{group}/v1", kind, name).casefold())
        assert found.setdefault(path, identity) == identity


@given(st.text())
def test_a_header_is_one_line_that_is_known_again(source: str) -> None:
    line = header(source)
    assert is_ours(line.encode())
    assert is_ours(line.encode() + b"\nkind: Pod\n")
    assert is_ours(line.encode() + b"\r\nkind: Pod\r\n")
    assert len(line.splitlines()) == 1
    assert not is_ours(b"\n" + line.encode())


def test_what_is_no_header_is_somebody_elses() -> None:
    assert header("charts/kubia.py") == "# pilothouse: charts/kubia.py. Change it there."
    for line in (b"", b"kind: Pod", b"# pilothouse: charts/kubia.py", b" # pilothouse: a. Change it there."):
        assert not is_ours(line)
