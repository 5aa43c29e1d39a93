"""Compare the table of lifecycles with what Kubernetes' Go types say of themselves."""

from __future__ import annotations

import re

from pilothouse.schemas.generate.modules import Module, fetch, read_files
from pilothouse.schemas.lifecycle import lives

_GROUP = re.compile(r'GroupName\s*=\s*"(.*?)"')
_VERSION = re.compile(r'Version: "(.*?)"')
_METHOD = re.compile(r"func \(in \*(\w+)\) APILifecycle(\w+)\(\) \(major, minor int\) \{\n\treturn (\d+), (\d+)")


def read_facts(module: Module) -> dict[tuple[str, str], dict[str, str]]:
    """What k8s.io/api says of its kinds.

    :param module: k8s.io/api at one version.
    :returns: (API version, kind) to ``introduced``, ``deprecated`` and ``removed``, as far as it says so.
    """
    archive = fetch(module)
    files = read_files(archive, module, "*/*/register.go", "*/*/*lifecycle.go")
    facts: dict[tuple[str, str], dict[str, str]] = {}
    for path, text in files.items():
        register = files[f"{path.rpartition('/')[0]}/register.go"]
        group, version = _GROUP.search(register), _VERSION.search(register)
        if group is None or version is None:
            continue
        api_version = f"{group[1]}/{version[1]}" if group[1] else version[1]
        for kind, what, major, minor in _METHOD.findall(text):
            facts.setdefault((api_version, kind), {})[what.lower()] = f"{major}.{minor}"
    return facts


def differences(module: Module, kinds: set[tuple[str, str]]) -> list[str]:
    """Where the table and k8s.io/api disagree.

    :param module: k8s.io/api at one version.
    :param kinds: (API version, kind) of the catalogue's built-in kinds; the table's own are compared as well.
    :returns: a sentence for each difference.
    """
    table = lives()
    found = []
    for key, facts in sorted(read_facts(module).items()):
        if key not in table:
            if key in kinds:
                found.append(f"{' '.join(key)} is not in lifecycle.py: {facts}")
            continue
        for what in ("introduced", "deprecated", "removed"):
            here, there = getattr(table[key], what), facts.get(what)
            if here != there:
                found.append(f"{' '.join(key)}: lifecycle.py has {what} {here}, {module} has {there}")
    return found
