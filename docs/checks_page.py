"""The page of the catalogue, ``docs/checks.md``: every check, and which check of another tool it equals."""

from __future__ import annotations

from itertools import groupby

from pilothouse.checks import Check, catalogue
from pilothouse.checks.catalogue import FAMILIES
from pilothouse.report.page import rendered
from tests.checks.peer_checks import Peer, ours, peers

TITLES = {
    "istioctl": "istioctl analyze",
    "kiali": "Kiali",
    "pluto": "Pluto",
    "polaris": "Polaris",
    "pss": "Pod Security Standards",
}
"""What a tool is called in prose, where that is not its name in ``equals``."""

_HEAD = """\
<!-- Made by `make docs` from the checks' docstrings and tests/checks/peers. -->

# Checks

Pilothouse looks for {count} things. *Errors* are what the API server refuses or what cannot work, *warnings* break
under load, failure or upgrade, *advice* is the rest. `pilothouse checks CODE` shows one page in a terminal. A
[waiver](#waivers) silences a check where it is wrong. [The last part](#other-tools) goes through other tools' checks.
"""

_WAIVERS = """\
## Waivers

A waiver names the check and says why. One without a reason is WAIVE001, one that silences nothing WAIVE002.

- In a chart: `web.waive("SVC001", reason="the operator makes these pods")`, for the construct and all below it.
- In an environment file, for an instance or the whole environment: `waivers: [{code: SVC001, object: Service shop/web,
  reason: ...}]`.
- In YAML that people write: the annotation `waive.pilothouse.dev/SVC001: the operator makes these pods`, for that
  object. From what a chart makes it is taken out again: `dist/` never holds it.
"""


def page() -> str:
    """The whole page."""
    checks = sorted(catalogue().values(), key=lambda check: FAMILIES.index(check.family))
    families = [(family, list(of)) for family, of in groupby(checks, key=lambda check: check.family)]
    parts = [_HEAD.format(count=len(checks)), _WAIVERS, "## The catalogue"]
    parts += [_table(family, of) for family, of in families]
    parts.append("## The pages")
    parts += [_page(check) for check in checks]
    parts.append("## Other tools\n\nEach tool's checks by its own names, and ours that look for the same.")
    parts += [_peer(peer) for peer in peers()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(family: str, checks: list[Check]) -> str:
    rows = [f"### {family.replace('_', ' ').capitalize()}", "", "| | | |", "|---|---|---|"]
    rows += [f"| [{check.code}](#{check.code.lower()}) | {check.severity} | {_cell(check.title)} |" for check in checks]
    return "\n".join(rows)


def _page(check: Check) -> str:
    parts = [f"### {check.code}", f"*{check.severity}*: {check.title}", rendered(check.page)]
    if check.equals:
        parts.append("Equals " + ", ".join(check.equals) + ".")
    return "\n\n".join(parts)


def _peer(peer: Peer) -> str:
    equalled = ours()
    rows = [f"### {TITLES.get(peer.tool, peer.tool)} {peer.release}", "", "| its check | ours |", "|---|---|"]
    for name, reason in peer.checks.items():
        codes = ", ".join(f"[{code}](#{code.lower()})" for code in equalled.get(peer.called(name), ()))
        rows.append(f"| {_cell(name) or 'its only one'} | {codes or _cell(reason and f'left out: {reason}')} |")
    return "\n".join(rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
