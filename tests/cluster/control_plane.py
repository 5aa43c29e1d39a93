"""A Kubernetes control plane without containers: etcd, an API server, and where asked controllers and a scheduler.

Everything listens on 127.0.0.1 or on a Unix socket, writes to one temporary folder, and is gone with the ``with``
block, or with the process, however that ends (``keeper.py``).
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.cluster import programs
from tests.cluster.api import Api
from tests.processes import alive

SERVICE_ADDRESSES = "10.98.0.0/24"
"""The addresses of Services: those of the lab cluster."""
PATIENCE = 90.0
"""Seconds that a component may take until it is ready; a few are usual."""
NOT_WITHOUT_CONTROLLERS = ("ServiceAccount", "ResourceQuota")
"""Admission plugins that wait for what only a controller makes: each namespace's account, each quota's status."""

SAID_ALWAYS = re.compile(r"^.*Sorting order is set both in 'kustomization\.yaml' .* and in a CLI flag.*\n", re.M)
"""What ``kubectl apply -k`` says of every kustomization that keeps the order of its resources: kubectl itself asks for
another order, with a flag that it does not have. Source: kubectl's KustomizeVisitor."""

_KEEPER = Path(__file__).with_name("keeper.py")
_STAGES = Path(__file__).with_name("stages.yaml")


class StartError(Exception):
    """A component did not start. The message holds the end of its log."""


@dataclass(frozen=True)
class Done:
    """What a kubectl came to."""

    code: int
    out: str
    err: str
    """Less what it says always."""


class ControlPlane:
    """A control plane, running for as long as its ``with`` block.

    :param minor: of the API server, such as ``1.32``.
    :param whole: with the controllers, the scheduler and KWOK, which plays the kubelets; those are of the newest minor.
        Without them the server is bare: objects stay what they were when they were accepted.
    """

    def __init__(self, minor: str = programs.NEWEST, *, whole: bool = False) -> None:
        self.minor = minor
        self.whole = whole
        self.pids: dict[str, int] = {}
        """Component to the id of its process."""
        self.folder: Path
        """Where everything of it stands: data, certificates, logs."""
        self.api: Api
        """Its API, as a user who may do everything."""
        self._token = secrets.token_hex(16)
        self._reserved: list[socket.socket] = []
        self._keeper: subprocess.Popen[str] | None = None

    def __enter__(self) -> ControlPlane:
        self.folder = Path(tempfile.mkdtemp(prefix="ph-"))
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C at a terminal is for the tests, and the end of the pipe for the keeper
        )
        port = self._port()
        self._files(port)
        # etcd takes a path as the port of a Unix socket's URL: one that nobody else can take.
        self._run(
            programs.ETCD,
            "--data-dir=etcd",
            "--name=etcd",
            "--listen-client-urls=unix://etcd:1",
            "--advertise-client-urls=unix://etcd:1",
            "--listen-peer-urls=unix://etcd:2",
            "--initial-advertise-peer-urls=unix://etcd:2",
            "--initial-cluster=etcd=unix://etcd:2",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )
        self._run(
            programs.api_server(self.minor),
            "--etcd-servers=unix://etcd:1",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            "--permit-port-sharing",
            "--cert-dir=certificates",
            "--token-auth-file=tokens.csv",
            "--authorization-mode=RBAC",
            "--anonymous-auth=false",
            f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=accounts.key",
            "--service-account-signing-key-file=accounts.key",
            "--endpoint-reconciler-type=none",
            "--allow-privileged=true",
            *([] if self.whole else ["--disable-admission-plugins=" + ",".join(NOT_WITHOUT_CONTROLLERS)]),
        )
        self.api = self._connected(port)
        self.wait("kube-apiserver", lambda: self.api.ask("GET", "/readyz").status == 200)
        if self.whole:
            self._run_controllers()

    def _run_controllers(self) -> None:
        self._run(
            programs.CONTROLLERS,
            "--kubeconfig=kubeconfig",
            "--secure-port=0",
            "--leader-elect=false",
            "--service-account-private-key-file=accounts.key",
            "--root-ca-file=certificates/apiserver.crt",
            "--controllers=*",
            "--horizontal-pod-autoscaler-sync-period=2s",
            "--pvclaimbinder-sync-period=2s",
            "--resource-quota-sync-period=10s",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        )
        self._run(
            programs.SCHEDULER,
            "--kubeconfig=kubeconfig",
            "--secure-port=0",
            "--leader-elect=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        )
        self._run(
            programs.KWOK,
            "--kubeconfig=kubeconfig",
            f"--config={_STAGES}",
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=40",
            "--cidr=10.244.0.0/21",
            "--node-ip=172.22.0.1",
        )
        self.wait(
            "kube-controller-manager",
            lambda: self.api.ask("GET", "/api/v1/namespaces/default/serviceaccounts/default").status == 200,
        )

    def _port(self) -> int:
        """A free port that stays ours: held by a socket that never listens, and shared with the API server alone."""
        reserved = socket.socket()
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        self._reserved.append(reserved)
        port: int = reserved.getsockname()[1]
        return port

    def _files(self, port: int) -> None:
        (self.folder / "home").mkdir()
        self._write("tokens.csv", f'{self._token},admin,admin,"system:masters"\n')
        self._write("accounts.key", _signing_key())
        self._write(
            "kubeconfig",
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "test",
                    "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
                    "clusters": [
                        {
                            "name": "test",
                            "cluster": {
                                "server": f"https://127.0.0.1:{port}",
                                "certificate-authority": str(self.folder / "certificates" / "apiserver.crt"),
                            },
                        }
                    ],
                    "users": [{"name": "admin", "user": {"token": self._token}}],
                }
            ),
        )

    def _write(self, name: str, text: str) -> None:
        with open(self.folder / name, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(text)

    def _run(self, program: programs.Program, *words: str) -> None:
        """Start a component.

        :raises StartError: it does not run at all.
        """
        assert self._keeper is not None and self._keeper.stdin is not None and self._keeper.stdout is not None
        order = {"argv": [str(program.path()), *words], "log": str(self._log(program.name))}
        self._keeper.stdin.write(json.dumps(order) + "\n")
        self._keeper.stdin.flush()
        answer = json.loads(self._keeper.stdout.readline() or '{"error": "the keeper is gone"}')
        if "pid" not in answer:
            raise StartError(f"{program.name} could not be started: {answer['error']}")
        self.pids[program.name] = answer["pid"]

    def _connected(self, port: int) -> Api:
        """Its API, once the certificate that it shows is there."""
        certificate = self.folder / "certificates" / "apiserver.crt"

        def whole() -> bool:
            try:
                ssl.create_default_context(cafile=str(certificate))
            except (OSError, ssl.SSLError):
                return False
            return True

        self.wait("kube-apiserver", whole)
        return Api(port, self._token, str(certificate))

    def wait(self, component: str, ready: Callable[[], bool]) -> None:
        """Wait for what a component does when it is ready.

        :raises StartError: it has ended, or took too long.
        """
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if ready():
                    return
            except OSError:
                pass
            for name, pid in self.pids.items():
                if not alive(pid):
                    raise StartError(f"{name} has ended\n{self.tail(name)}")
            if time.monotonic() > end:
                raise StartError(f"{component} was not ready after {PATIENCE:g} s\n{self.tail(component)}")
            time.sleep(0.05)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def tail(self, name: str, lines: int = 20) -> str:
        """The end of a component's log."""
        try:
            text = self._log(name).read_text(errors="replace")
        except OSError:
            text = ""
        return f"--- the end of the log of {name}\n" + "\n".join(text.splitlines()[-lines:])

    def logs(self) -> str:
        """The ends of all logs, for a test that failed."""
        return "\n".join(self.tail(name) for name in self.pids)

    def kubectl(self, *words: str, input: str | None = None) -> Done:
        """Run kubectl against it."""
        done = subprocess.run(
            [str(programs.KUBECTL.path()), f"--kubeconfig={self.folder / 'kubeconfig'}", *words],
            input=input,
            capture_output=True,
            text=True,
            timeout=300,
            env={"HOME": str(self.folder / "home"), "PATH": os.environ.get("PATH", "")},
            check=False,
        )
        return Done(done.returncode, done.stdout, SAID_ALWAYS.sub("", done.stderr))

    def _stop(self) -> None:
        for reserved in self._reserved:
            reserved.close()
        if self._keeper is None:
            self.folder.rmdir()
            return
        assert self._keeper.stdin is not None and self._keeper.stdout is not None
        self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper.stdout.close()


def _signing_key() -> str:
    """A fresh private key for the tokens of service accounts: any number below the order of the curve P-256 is one.

    Written as an EC PRIVATE KEY without the public half, which its reader works out. Source: RFC 5915.
    """
    number = (secrets.randbits(255) | 1).to_bytes(32, "big")
    key = b"\x30\x31\x02\x01\x01\x04\x20" + number + b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
    return f"-----BEGIN EC PRIVATE KEY-----\n{base64.encodebytes(key).decode()}-----END EC PRIVATE KEY-----\n"
