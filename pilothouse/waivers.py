"""Waivers: findings that an author has decided to live with, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pilothouse.checks import catalogue as checks
from pilothouse.checks import charts, node_credentials, node_files, objects, secrets, waivers
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Edit, Finding
from pilothouse.manifest import Waiver

if TYPE_CHECKING:
    from pilothouse.environment import Environment
    from pilothouse.environment import model as environment_model

_FAILED = frozenset(charts.CODES) - {charts.PRINTED}
NEVER = frozenset(
    {
        *charts.CODES,
        objects.NO_OBJECT,
        objects.NOT_JSON,
        secrets.DATA_IN_SECRET,
        node_credentials.CREDENTIAL,
        *node_files.CODES,
    }
)
"""Codes that no waiver silences: there is no object or file then, or it must not be written."""


def of_environment(environment: Environment) -> list[tuple[str, Waiver]]:
    """The waivers of an environment file, each with the instance it stands in (empty for the whole environment)."""
    found: list[tuple[str, Waiver]] = []
    for index, waiver in enumerate(environment.waivers):
        found.append(("", _of_file(environment, waiver, ("waivers", index))))
    for instance in environment.charts.values():
        for index, waiver in enumerate(instance.waivers):
            found.append((instance.name, _of_file(environment, waiver, ("charts", instance.name, "waivers", index))))
    return found


def _of_file(environment: Environment, waiver: environment_model.Waiver, path: FieldPath) -> Waiver:
    position = environment.position_of(path)
    # In a layer it may silence something for another environment: only there can anybody say.
    edit = Edit(path, remove=True) if environment.files and position.file == environment.files[-1] else None
    return Waiver(waiver.code, waiver.reason, position, object=waiver.object, edit=edit)


def apply(
    findings: Sequence[Finding],
    waived: Sequence[tuple[str, Waiver]],
    environment: str,
    complete: frozenset[str],
    *,
    compared: bool = False,
) -> list[Finding]:
    """The findings that nobody has waived, and one for each waiver that says too little or silences nothing.

    :param findings: what was found in one environment.
    :param waived: the waivers that count there, each with its instance (empty for the whole environment).
    :param environment: the environment's name.
    :param complete: the instances whose objects were all judged: only there can a waiver be unused, and one of the
        whole environment only where no chart failed.
    :param compared: whether the environments were judged beside each other: only then can a waiver of such a check be
        unused.
    """
    kept: list[Finding] = []
    used: set[int] = set()
    failed = {finding.instance for finding in findings if finding.code in _FAILED}
    for finding in findings:
        silencing = [
            index
            for index, (instance, waiver) in enumerate(waived)
            if finding.code not in NEVER
            and waiver.reason.strip()
            and instance in ("", finding.instance)
            and covers(waiver, finding)
        ]
        used.update(silencing)
        if not silencing:
            kept.append(finding)
    for index, (instance, waiver) in enumerate(waived):
        if not waiver.reason.strip():
            message = f"this waiver of {waiver.code} gives no reason"
            kept.append(_about(waivers.NO_REASON, message, instance, waiver, environment))
        elif index not in used and (instance in complete if instance else not failed):
            check = checks().get(waiver.code)
            if check is not None and check.on_environments is not None and not compared:
                continue
            message = f"this waiver of {waiver.code} silences nothing"
            if waiver.code in NEVER:
                message = f"{waiver.code} cannot be waived"
            elif waiver.code not in checks():
                message = f"there is no check {waiver.code} that this waiver could silence"
            kept.append(_about(waivers.UNUSED, message, instance, waiver, environment))
    return kept


def covers(waiver: Waiver, finding: Finding) -> bool:
    """Whether a waiver speaks of a finding, if it counts where the finding was made."""
    if waiver.code != finding.code or (waiver.object and waiver.object != finding.object):
        return False
    if waiver.file and waiver.file != finding.position.file:
        return False
    return (
        not waiver.construct
        or finding.construct == waiver.construct
        or finding.construct.startswith(f"{waiver.construct}/")
    )


def _about(code: str, message: str, instance: str, waiver: Waiver, environment: str) -> Finding:
    return Finding(
        code=code,
        severity=checks()[code].severity,
        message=message,
        position=waiver.position,
        environment=environment,
        instance=instance,
        construct=waiver.construct,
        edit=waiver.edit if code == waivers.UNUSED else None,
    )
