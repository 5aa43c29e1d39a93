"""Which values of a machine's file are credentials, and what is left where they are masked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.checks.node_credentials import credentials, masked
from pilothouse.checks.secrets import MASK

TABLES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["token", "name", "value", "certificateKey", "a"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"bootstrapTokens": [{"token": "abcdef.0123456789abcdef"}]}, [("bootstrapTokens", 0, "token")]),
        ({"certificateKey": "e6a2eb8581237ab7"}, [("certificateKey",)]),
        ({"discovery": {"tlsBootstrapToken": "x"}}, [("discovery", "tlsBootstrapToken")]),
        ({"plugins": {"cri": {"auth": {"password": "p", "username": "u"}}}}, [("plugins", "cri", "auth", "password")]),
        ({"extraArgs": [{"name": "oidc-client-secret", "value": "x"}]}, [("extraArgs", 0, "value")]),
        ({"ansible_become_pass": 1234, "kube_encrypt_token": "x"}, [("ansible_become_pass",), ("kube_encrypt_token",)]),
        ({"all": ["node1 ansible_host=10.0.0.1 ansible_password=hunter2"]}, [("all", 0)]),
        ({"token": ["one", "two"]}, [("token", 0), ("token", 1)]),
        ({"file": "-----BEGIN RSA PRIVATE KEY-----\nMII"}, [("file",)]),
    ],
)
def test_what_is_a_credential(value: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    assert credentials(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"tlsPrivateKeyFile": "/var/lib/kubelet/pki/kubelet.key", "keyFile": "/etc/etcd/key.pem"},
        {"serverTLSBootstrap": True, "bootstrapTokens": [{"ttl": "1h0m0s", "groups": ["system:bootstrappers"]}]},
        {"ansible_password": "{{ vault_password }}", "token": "", "secret": None},
        {"all": ["node1 ansible_password={{ vault_password }} ip=10.0.0.1"]},
        {"extraArgs": [{"name": "service-account-key-file", "value": "/etc/kubernetes/pki/sa.pub"}]},
        {"discovery": {"file": {"kubeConfigPath": "/etc/kubernetes/discovery.conf"}}},
    ],
)
def test_what_only_says_where_one_is(value: dict[str, Any]) -> None:
    assert credentials(value) == []


@settings(deadline=None)
@given(TABLES)
def test_nothing_readable_is_left_behind_a_mask_and_nothing_else_changes(value: Any) -> None:
    found = credentials(value)
    hidden = masked(value, found)
    assert credentials(hidden) == []
    assert hidden == value or found
    for path in found:
        place = hidden
        for step in path:
            place = place[step]
        assert place == MASK
