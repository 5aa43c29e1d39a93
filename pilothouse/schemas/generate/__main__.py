"""``python -m pilothouse.schemas.generate``: make the catalogue's data files, or with ``--check`` compare them."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path

from pilothouse.schemas.generate import catalogue_files
from pilothouse.schemas.generate.lifecycle_facts import differences
from pilothouse.schemas.generate.modules import Module, ModuleError

DATA = Path(__file__).parent.parent / "data"


def generate() -> dict[str, str]:
    """Make every file of the catalogue from the pinned modules.

    :returns: file name in ``pilothouse/schemas/data/`` to text (of a ``.gz`` file: the text inside).
    :raises ModuleError: where a module is not to be had, or is not what was pinned.
    """
    sources = catalogue_files.read_sources()
    texts: dict[str, str] = {}
    kubernetes, nodes, crds = {}, {}, {}
    of_nodes = {source["minor"]: source for source in sources["nodes"]}
    for source in sources["kubernetes"]:
        minor = source["minor"]
        made = catalogue_files.kubernetes_files(source, of_nodes[minor])
        kubernetes[minor], texts[f"kubernetes-{minor}.json.gz"] = made[:2]
        nodes[minor], texts[f"nodes-{minor}.json.gz"] = made[2:]
    for source in sources["crds"]:
        crds[source["name"]], texts[f"{source['name']}.json.gz"] = catalogue_files.crd_file(source)
    digests = {name: catalogue_files.digest(text) for name, text in sorted(texts.items())}
    texts["index.json"] = catalogue_files.index_text(sources, kubernetes, nodes, crds, digests)
    return texts


def lifecycle_disagreements(index: str) -> list[str]:
    """Where lifecycle.py says something else than k8s.io/api.

    :param index: the text of the index.
    :returns: a sentence for each difference.
    :raises ModuleError: where k8s.io/api is not to be had, or is not what was pinned.
    """
    source = catalogue_files.read_sources()["lifecycle"]
    rows = [dict(zip(catalogue_files.COLUMNS, row, strict=True)) for row in json.loads(index)["kinds"]]
    kinds = {
        (f"{row['group']}/{row['version']}" if row["group"] else row["version"], row["kind"])
        for row in rows
        if row["source"] == "kubernetes"
    }
    return differences(Module(source["module"], source["version"], source["sum"]), kinds)


def committed(folder: Path = DATA) -> dict[str, str]:
    """Read every file of the catalogue as it stands.

    :param folder: where the data files are.
    :returns: as :func:`generate` returns them.
    """
    return {
        path.name: (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
        for path in sorted(folder.iterdir())
    }


def main() -> int:
    """Write what is missing or different, or say what would be written.

    :returns: 0; 1 where lifecycle.py disagrees with k8s.io/api, and with ``--check`` where a file differs; 2 where a
        module is not to be had.
    """
    parser = argparse.ArgumentParser(prog="python -m pilothouse.schemas.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file would change")
    check = parser.parse_args().check
    try:
        made = generate()
        disagreements = lifecycle_disagreements(made["index.json"])
    except ModuleError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for difference in disagreements:
        sys.stderr.write(f"{difference}\n")
    DATA.mkdir(exist_ok=True)
    found = committed()
    changed = sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))
    for name in changed:
        sys.stderr.write(f"{'differs' if check else 'written'}: pilothouse/schemas/data/{name}\n")
        if check:
            continue
        if name not in made:
            (DATA / name).unlink()
            continue
        data = made[name].encode()
        (DATA / name).write_bytes(gzip.compress(data, 9, mtime=0) if name.endswith(".gz") else data)
    return 1 if disagreements or (check and changed) else 0


if __name__ == "__main__":
    sys.exit(main())
