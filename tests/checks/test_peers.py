"""What other tools find, Pilothouse finds, or says why it does not."""

from __future__ import annotations

import pytest

from tests.checks.peer_checks import Peer, ours, peers


@pytest.mark.parametrize("peer", peers(), ids=lambda peer: peer.tool)
def test_every_check_of_a_peer_is_equalled_or_left_out_with_a_reason(peer: Peer) -> None:
    equalled = ours()
    names = [name for name, reason in peer.checks.items() if not reason and peer.called(name) not in equalled]
    assert not names, (
        f"{len(names)} of {len(peer.checks)} checks of {peer.called(peer.release)} are open: "
        + ", ".join(name or "its only one" for name in names)
    )


@pytest.mark.parametrize("peer", peers(), ids=lambda peer: peer.tool)
def test_a_reason_is_for_what_nothing_equals(peer: Peer) -> None:
    equalled = ours()
    both = {
        name: equalled[peer.called(name)]
        for name, reason in peer.checks.items()
        if reason and peer.called(name) in equalled
    }
    assert not both, f"take their reasons out of the list of {peer.tool}: {both}"


def test_what_a_check_equals_exists() -> None:
    known = {peer.called(name) for peer in peers() for name in peer.checks}
    unknown = {name: codes for name, codes in ours().items() if name not in known}
    assert not unknown, f"no list of tests/checks/peers/ has these: {unknown}"


@pytest.mark.parametrize("peer", peers(), ids=lambda peer: peer.tool)
def test_a_list_says_what_it_lists(peer: Peer) -> None:
    assert peer.release
    assert peer.checks
    for name, reason in peer.checks.items():
        assert not reason or len(reason.split()) > 4, name
