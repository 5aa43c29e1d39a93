"""Hold Pilothouse's findings against other tools' on the same manifests: ``make agreement``.

Every check of the other tool is a row of docs/agreement.md: how often both find something, only the other tool, or
only Pilothouse, in the same object of the same file. Every difference has its reason in the ``.toml`` that bears the
tool's name, or the run fails.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import comparison
import istioctl
import kube_score
from harness import peers

TOOLS = {"kube-score": kube_score.peer, "istioctl": istioctl.peer}
PAGE = comparison.ROOT / "docs" / "agreement.md"
HEAD = """\
<!-- Made by `make agreement`. -->

# Agreement with other tools

What kube-score and `istioctl analyze` find, and what the checks of Pilothouse find that equal theirs. kube-linter, the
other large one, is not here: each tool is built from pinned Go modules, and kube-linter's module, whose name is on a
host of its own (`golang.stackrox.io/kube-linter`), is not to be had from the module proxy that these are built from.
[docs/checks.md](checks.md#other-tools) goes through its checks by name.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "pilothouse" / "benchmarks")
    parser.add_argument("--tool", choices=TOOLS, help="compare with one tool, and do not write the page")
    parser.add_argument("--show", metavar="CHECK", help="name the objects of one check of --tool")
    arguments = parser.parse_args()
    if arguments.show and not arguments.tool:
        parser.error("--show needs --tool")
    try:
        made = [TOOLS[tool](arguments.cache, progress) for tool in TOOLS if arguments.tool in (None, tool)]
    except peers.BuildError as error:
        print(f"agreement: {error}", file=sys.stderr)
        return 1
    compared = [comparison.Comparison(peer) for peer in made]
    if arguments.show:
        for side, objects in vars(compared[0].tallies[arguments.show]).items():
            print(*(f"{side}: {name}: {each}" for name, each in sorted(objects)), sep="\n")
        return 0
    sections = [each.section() for each in compared]
    if arguments.tool:
        print(*sections, sep="\n")
    else:
        PAGE.write_text("\n".join([HEAD, *sections]), encoding="utf-8")
    wrong = [text for each in compared for text in complaints(each)]
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return bool(wrong)


def complaints(compared: comparison.Comparison) -> list[str]:
    """What is wrong with the reasons of one tool: differences without one, and such that explain none."""
    file = f"benchmarks/agreement/{compared.peer.tool.replace('-', '_')}.toml"
    found = [
        f"{file}: no reason for {each.check}, only {each.side}: {each.input}: {each.object}"
        for each in compared.unexplained()
    ]
    return found + [f"{file}: nothing to explain for {each.check}: {each.why}" for each in compared.idle()]


def progress(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
