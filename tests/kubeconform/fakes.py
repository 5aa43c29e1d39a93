"""Programs that pretend to be Go or kubeconform, for a PATH of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path


def script(file: Path, text: str) -> Path:
    """An executable shell script."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n")
    file.chmod(0o755)
    return file


def kubeconform(folder: Path, version: str) -> Path:
    """A kubeconform that only says its version."""
    return script(folder / "kubeconform", f"echo {version}")


def go(folder: Path, version: str = "go1.26.8", build: str = "", prints: str = "v0.8.0") -> Path:
    """A Go that answers ``go env`` and pretends to build: it notes what it was given in ``go.log`` beside it.

    :param build: shell commands to run before the binary is made.
    :param prints: the version that the binary will say.
    """
    answer = {"GOVERSION": version, "GOHOSTOS": "linux", "GOHOSTARCH": "amd64", "GOPROXY": "off", "GOMODCACHE": ""}
    return script(
        folder / "go",
        f"""
        case $1 in
        env) echo '{json.dumps(answer)}'; exit 0 ;;
        build) ;;
        *) exit 9 ;;
        esac
        echo "built in $PWD with $*" >> {folder}/go.log
        env > {folder}/go.env
        cp go.sum {folder}/go.sum
        {build}
        while [ "$1" != -o ]; do shift; done
        printf '#!/bin/sh\\necho {prints}\\n' > "$2"
        chmod +x "$2"
        """,
    )


def builds(folder: Path) -> int:
    """How often the Go of this folder has built."""
    log = folder / "go.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def alive(pid: int) -> bool:
    """Whether a process runs: not gone, and no zombie that nobody has waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")
