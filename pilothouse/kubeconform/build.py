"""Build: kubeconform from its pinned Go module, and from nothing else."""

from __future__ import annotations

import os
import shutil
import tempfile

from pilothouse.kubeconform import process
from pilothouse.kubeconform.errors import BuildFailed, explained
from pilothouse.kubeconform.toolchain import Go

VERSION = "v0.8.0"
"""The release that is built; ``module/go.mod`` names the same one, and ``module/go.sum`` its hash."""

PACKAGE = "github.com/yannh/kubeconform/cmd/kubeconform"
PINS = ("go.mod", "go.sum")
TIMEOUT = 900.0

_MODULE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "module")
_LDFLAGS = f"-s -w -X main.version={VERSION}"


def pins() -> dict[str, bytes]:
    """The two files that say what kubeconform is built from, by name."""
    texts = {}
    for name in PINS:
        with open(os.path.join(_MODULE, name), "rb") as file:
            texts[name] = file.read()
    return texts


def _environment(go: Go, folder: str) -> dict[str, str]:
    """Go's environment, in which no setting of the user's can change what is built."""
    from pathlib import Path

    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GO", "CGO_")) or key == "GOAUTH"}
    # What the user has downloaded before serves without a network; go.sum decides whether it is what was pinned.
    first = [Path(go.downloads).as_uri()] if os.path.isabs(go.downloads) and os.path.isdir(go.downloads) else []
    return kept | {
        "GOENV": "off",
        "GOFLAGS": "-mod=readonly -modcacherw -trimpath -buildvcs=false",
        "GO111MODULE": "on",
        "GOWORK": "off",
        "GOTOOLCHAIN": "local",
        "GOSUMDB": "off",  # every hash stands in go.sum, and what does not stand there is refused
        "GOPROXY": ",".join([*first, *([go.proxy] if go.proxy else [])]) or "off",
        "GOOS": go.host[0],
        "GOARCH": go.host[1],
        "CGO_ENABLED": "0",
        "GOPATH": os.path.join(folder, "path"),
        "GOMODCACHE": os.path.join(folder, "modules"),
        "GOCACHE": os.path.join(folder, "objects"),
        "GOTMPDIR": folder,
    }


def build(go: Go, folder: str) -> str:
    """Build kubeconform in an empty folder, with caches of its own that are gone with the folder.

    :param go: the toolchain.
    :param folder: an empty folder on the file system where the binary will stay; about 300 MB are needed.
    :returns: the path of the binary inside ``folder``.
    :raises BuildFailed: with Go's own last lines.
    """
    for name, text in pins().items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(text)
    binary = os.path.join(folder, "kubeconform")
    try:
        result = process.run(
            [go.path, "build", "-ldflags", _LDFLAGS, "-o", binary, PACKAGE],
            timeout=TIMEOUT,
            cwd=folder,
            environment=_environment(go, folder),
        )
    except process.TimedOut as late:
        raise BuildFailed(_failed(go, f"was still at it after {TIMEOUT:g} s", late.stderr)) from None
    except OSError as error:
        raise BuildFailed(_failed(go, f"could not be started: {error}", "")) from None
    if result.status != 0 or not os.path.isfile(binary):
        raise BuildFailed(_failed(go, f"ended with status {result.status}", result.stderr))
    with open(binary, "rb") as file:
        os.fsync(file.fileno())
    return binary


def _failed(go: Go, how: str, output: str) -> str:
    advice = [
        "The build downloads a few Go modules, once: it needs the network, or a GOPROXY that has them.",
        f"Or install kubeconform {VERSION} on PATH yourself.",
    ]
    return explained(f"building kubeconform {VERSION} failed: {go.path} ({go.version}) {how}", output, advice)


class Workplace:
    """A folder to build in, which is removed afterwards, and with it what a run that was killed has left behind."""

    def __init__(self, beside: str) -> None:
        self._beside = beside
        self._folder = ""

    def __enter__(self) -> str:
        for name in os.listdir(self._beside):
            if name.startswith("build-"):
                shutil.rmtree(os.path.join(self._beside, name), ignore_errors=True)
        self._folder = tempfile.mkdtemp(prefix="build-", dir=self._beside)
        return self._folder

    def __exit__(self, *exception: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
