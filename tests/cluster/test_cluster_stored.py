"""What the server stored is what dist/ says: field for field, of every object, in every environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from pilothouse.schemas import Catalogue
from tests.cluster.api import Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.stack_objects import DIST, PAIRS, bodies, file_of, prepare
from tests.cluster.stored import amount, differences

OBJECTS = [(pair, body) for pair in PAIRS for body in bodies(pair[0])]


class OneAtATime:
    """Bare clusters to which an environment was applied; the next one takes the place of the one before."""

    def __init__(self, running: ExitStack) -> None:
        self._running = running
        self._pair: tuple[str, str] | None = None
        self._plane: ControlPlane

    def of(self, environment: str, minor: str) -> ControlPlane:
        """The cluster of an environment and a minor: started unless it is the last one asked for."""
        if (environment, minor) != self._pair:
            self._running.close()
            self._plane = self._running.enter_context(ControlPlane(minor))
            prepare(self._plane.api, environment, minor)
            done = self._plane.kubectl("apply", "--server-side", "-k", str(DIST / environment))
            assert done.code == 0, done.err
            self._pair = environment, minor
        return self._plane


@pytest.fixture(scope="module")
def clusters() -> Iterator[OneAtATime]:
    """Not a fixture with parameters: pytest would start one for each object."""
    with ExitStack() as running:
        yield OneAtATime(running)


@pytest.mark.parametrize(
    ("pair", "body"),
    OBJECTS,
    ids=[f"{minor}-{file_of(name, body).relative_to(DIST)}" for (name, minor), body in OBJECTS],
)
def test_all_that_dist_says_is_stored(clusters: OneAtATime, pair: tuple[str, str], body: Body) -> None:
    stored = clusters.of(*pair).api.stored(body)
    assert differences(body, stored, Catalogue(pair[1])) == []


def service(**spec: object) -> Body:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": spec}


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        (service(ports=[{"port": 80}]), service(ports=[{"port": 80, "protocol": "TCP"}], clusterIP="10.98.0.1")),
        (service(ports=[{"port": 80}, {"port": 81}]), service(ports=[{"port": 81}, {"port": 80}])),
        (service(publishNotReadyAddresses=False, ports=[], selector=None), service()),
    ],
)
def test_what_the_server_may_do(said: Body, stored: Body) -> None:
    assert differences(said, stored, Catalogue("1.32")) == []


@pytest.mark.parametrize(
    ("said", "stored", "told"),
    [
        (service(type="NodePort"), service(), "spec.type: 'NodePort' is not stored"),
        (service(type="NodePort"), service(type="ClusterIP"), "spec.type: 'NodePort' is stored as 'ClusterIP'"),
        (service(ports=[{"port": 80}]), service(ports=[{"port": 8}]), "spec.ports.0: no element of the same"),
        (service(ports=[{"port": 80}]), service(ports=[]), "spec.ports: 1 elements are stored as 0"),
        (service(ports=[{"port": 80, "targetPort": 8}]), service(ports=[{"port": 80, "targetPort": "8"}]), "'8'"),
        (service(externalIPs=["1.1.1.1"]), service(externalIPs=["1.1.1.2"]), "1.1.1.1"),
        (service(selector={"a": "1"}), service(selector={}), "spec.selector.a: '1' is not stored"),
        (service(sessionAffinityConfig={"clientIP": {"timeoutSeconds": 1}}), service(), "is not stored"),
    ],
)
def test_what_it_may_not_do(said: Body, stored: Body, told: str) -> None:
    (sentence,) = differences(said, stored, Catalogue("1.32"))
    assert told in sentence


def test_quantities_are_compared_as_quantities() -> None:
    def quota(**hard: object) -> Body:
        return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "a"}, "spec": {"hard": hard}}

    catalogue = Catalogue("1.32")
    assert (
        differences(quota(cpu="0.5", memory="1024Mi", pods=3), quota(cpu="500m", memory="1Gi", pods="3"), catalogue)
        == []
    )
    assert len(differences(quota(cpu="0.5"), quota(cpu="501m"), catalogue)) == 1
    assert amount("1e3") == amount("1k") == amount(1000)
    assert amount(".5Gi") == amount("512Mi")
