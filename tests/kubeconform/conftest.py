from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilothouse.kubeconform import find


@pytest.fixture(scope="session")
def binary() -> str:
    """A real kubeconform: of PATH, of the user's cache, or built into it now, which takes half a minute once."""
    return find(print)


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Schemas of three kinds, as a catalogue would export them."""
    folder = tmp_path_factory.mktemp("schemas")
    text = {"type": "string"}
    metadata = {
        "type": "object",
        "properties": {"name": text, "namespace": text, "labels": {"type": "object", "additionalProperties": text}},
        "additionalProperties": False,
    }
    bodies: dict[str, dict[str, object]] = {
        "apps/deployment_v1.json": {
            "spec": {
                "type": "object",
                "required": ["replicas"],
                "additionalProperties": False,
                "properties": {
                    "replicas": {"type": "integer"},
                    "port": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[a-z]+$"}]},
                    "containers": {"type": "array", "items": {"type": "object", "properties": {"image": text}}},
                },
            }
        },
        "v1/secret_v1.json": {
            "data": {"type": "object", "additionalProperties": text | {"pattern": "^[A-Za-z0-9+/=]*$"}}
        },
        "v1/configmap_v1.json": {"data": {"type": "object", "additionalProperties": text}},
    }
    for name, fields in bodies.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        properties = {"apiVersion": text, "kind": text, "metadata": metadata, **fields}
        file.write_text(json.dumps({"type": "object", "properties": properties, "additionalProperties": False}))
    return str(folder)


@pytest.fixture
def path_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with one empty folder, a cache folder of its own, and no Go of a Python package."""
    folder = tmp_path / "bin"
    folder.mkdir()
    hidden = tmp_path / "no-go" / "go"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(hidden.parent))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PILOTHOUSE_CACHE", str(tmp_path / "cache"))
    return folder
