"""``pilothouse synth``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from pilothouse import fresh, kept
from pilothouse.cli.arguments import output_folder
from pilothouse.cli.screen import Screen
from pilothouse.environment import chart_names, names
from pilothouse.repository import find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pilothouse.synth import Outcome


class UnknownNameError(ValueError):
    """An environment or chart that the repository does not have."""


def chosen(asked: Sequence[str], there: Sequence[str], what: str) -> tuple[str, ...]:
    """The names that were asked for, or all.

    :raises UnknownNameError: where one of them is not there.
    """
    unknown = [name for name in asked if name not in there]
    if unknown:
        from pilothouse.environment.nearest import nearest

        near = nearest(unknown[0], there)
        hint = f", did you mean {near}?" if near else f": there is {', '.join(there) or 'none'}"
        raise UnknownNameError(f"no {what} named {', '.join(unknown)}{hint}")
    return tuple(dict.fromkeys(asked)) or tuple(there)


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Synthesize; print what changed, and what was found."""
    root = find_root(options.folder)
    environments = chosen(options.environments, names(root), "environment")
    if not environments:
        raise UnknownNameError("this repository has no environment: environments/ holds no YAML file")
    if options.chart is not None:
        options.chart = chosen([_module(options.chart)], chart_names(root), "chart")[0]
    out = output_folder(options.out, root)
    flags = state_flags(options.time_limit)
    engine = kept.engine_state(root, *flags)
    record = fresh.look_up(root, out, environments)
    if (
        record is not None
        and options.chart is None
        and not options.stdout
        and fresh.holds(record, engine, out, environments)
        and _told_again(record, options, screen, root, out, environments)
    ):
        _sum_up(screen, options, _counted(record.objects, len(environments)), [])
        return 0
    return _synthesize(options, screen, root, out, environments, engine, flags, record)


def state_flags(time_limit: float) -> tuple[str, ...]:
    """The options that decide what a build gives, as they belong to the state of Pilothouse.

    :param time_limit: seconds for one chart.
    """
    return (f"--time-limit {time_limit}",)


def _told_again(
    record: fresh.Record,
    options: argparse.Namespace,
    screen: Screen,
    root: str,
    out: str,
    environments: Sequence[str],
) -> bool:
    """Tell the findings of the last run again; False where they are not to be had any more."""
    if options.format == "human":
        if not record.findings:
            return True
        from pilothouse.report.counted import only_advice

        line = None if options.advice else only_advice(*record.tally)
        if line is not None:
            (screen.say if _aside(options) else screen.result)(line)
            return True
    content = fresh.findings(root, out, environments, record)
    if content is None:
        return False
    import msgspec

    from pilothouse.cli.findings import show
    from pilothouse.finding import Finding

    try:
        findings = msgspec.json.decode(content, type=list[Finding]) if content else []
    except msgspec.MsgspecError:
        return False
    show(findings, root, options.format, screen, advice=options.advice, aside=_aside(options))
    return True


def _module(chart: str) -> str:
    """A chart by the name of its module, however it was named: ``charts/kubia.py``, ``kubia.py`` or ``kubia``."""
    return os.path.basename(chart).removesuffix(".py")


def _aside(options: argparse.Namespace) -> bool:
    """Whether findings leave standard output to the command's other result."""
    return bool(options.stdout or (options.check and options.format == "human"))


def _synthesize(
    options: argparse.Namespace,
    screen: Screen,
    root: str,
    out: str,
    environments: tuple[str, ...],
    engine: str,
    flags: tuple[str, ...],
    record: fresh.Record | None,
) -> int:
    import gc

    from pilothouse.cli.findings import show
    from pilothouse.synth import Request, synthesize

    gc.disable()  # a short life with many small objects, all of them kept to its end
    request = Request(
        root=root,
        out=out,
        environments=environments,
        engine=engine,
        flags=flags,
        chart=options.chart,
        write=not (options.check or options.stdout),
        limit=options.time_limit,
        processes=options.jobs,
    )
    outcome = synthesize(request, record, lambda done, of: screen.progress(f"built {done} of {of} chart instances"))
    show(
        outcome.findings,
        root,
        options.format,
        screen,
        advice=options.advice,
        aside=_aside(options),
        profiles=outcome.profiles,
    )
    if outcome.stopped:
        for name in outcome.empty:
            screen.say(f"{os.path.join(out, name)} has no files of the other charts: run pilothouse synth {name}")
        screen.say("nothing was written")
        return 1
    if options.stdout:
        _print(outcome, screen)
        return 0
    differences = outcome.differences
    counted = _counted(outcome.objects, len(outcome.manifests))
    if outcome.built:
        counted += f", {outcome.built:,} of {_count(outcome.instances, 'chart instance')} built"
    _sum_up(screen, options, counted, differences)
    return 1 if options.check and differences else 0


def _print(outcome: Outcome, screen: Screen) -> None:
    """Print the YAML, one stream for all environments."""
    from pilothouse.derive.order import in_apply_order
    from pilothouse.yamlio import dump

    first = True
    for manifests in outcome.manifests.values():
        for manifest in in_apply_order(manifests):
            screen.result(("" if first else "---\n") + dump(manifest.body))
            first = False


def _counted(objects: int, environments: int) -> str:
    return f"{_count(objects, 'object')} in {_count(environments, 'environment')}"


def _sum_up(screen: Screen, options: argparse.Namespace, counted: str, differences: Sequence[str]) -> None:
    files = _count(len(differences), "file")
    if options.check and differences:
        for path in differences:
            (screen.result if _aside(options) else screen.say)(path)
        wrong = "is not what the sources give" if len(differences) == 1 else "are not what the sources give"
        screen.say(f"{files} {wrong}: run pilothouse synth ({counted})")
    elif differences:
        screen.say(f"{counted}: {files} written or removed")
    else:
        screen.say(f"{counted}: up to date")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
