"""``pilothouse synth``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pilothouse import fresh, kept
from pilothouse.cli.arguments import output_folder
from pilothouse.cli.screen import Screen
from pilothouse.environment import chart_names, names
from pilothouse.repository import find_root


class UnknownName(ValueError):
    """An environment or chart that the repository does not have."""


def chosen(asked: Sequence[str], there: Sequence[str], what: str) -> tuple[str, ...]:
    """The names that were asked for, or all.

    :raises UnknownName: where one of them is not there.
    """
    unknown = [name for name in asked if name not in there]
    if unknown:
        import difflib

        near = difflib.get_close_matches(unknown[0], there, 1)
        hint = f", did you mean {near[0]}?" if near else f": there is {', '.join(there) or 'none'}"
        raise UnknownName(f"no {what} named {', '.join(unknown)}{hint}")
    return tuple(dict.fromkeys(asked)) or tuple(there)


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Synthesize; print what changed, and what was found."""
    root = find_root(options.folder)
    environments = chosen(options.environments, names(root), "environment")
    if not environments:
        raise UnknownName("this repository has no environment: environments/ holds no YAML file")
    if options.chart is not None:
        chosen([options.chart], chart_names(root), "chart")
    out = output_folder(options.out, root)
    engine = kept.engine_state(root)
    record = fresh.look_up(root, out, environments)
    if record is not None and options.chart is None and not options.stdout and fresh.holds(record, engine, out):
        if record.findings or options.format != "human":
            from pilothouse.cli.findings import show_known

            show_known(record.findings, root, options.format, screen)
        _sum_up(screen, options, record.objects, len(environments), [])
        return 0
    return _synthesize(options, screen, root, out, environments, engine, record)


def _synthesize(
    options: argparse.Namespace,
    screen: Screen,
    root: str,
    out: str,
    environments: tuple[str, ...],
    engine: str,
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
        chart=options.chart,
        write=not (options.check or options.stdout),
        limit=options.time_limit,
        processes=options.jobs,
    )
    outcome = synthesize(
        request, record, engine, lambda done, of: screen.progress(f"built {done} of {of} chart instances")
    )
    show(outcome.findings, root, options.format, screen, stderr=options.stdout)
    if outcome.stopped:
        screen.say("nothing was written")
        return 1
    if options.stdout:
        from pilothouse.derive.order import in_apply_order
        from pilothouse.yamlio import dump_all

        for stack in outcome.stacks:
            screen.result(dump_all(manifest.body for manifest in in_apply_order(stack.manifests)))
        return 0
    differences = outcome.differences
    _sum_up(screen, options, outcome.objects, len(environments), differences)
    return 1 if options.check and differences else 0


def _sum_up(
    screen: Screen, options: argparse.Namespace, objects: int, environments: int, differences: Sequence[str]
) -> None:
    counted = f"{objects:,} objects in {environments} environment{'s' if environments != 1 else ''}"
    if options.check and differences:
        for path in differences:
            screen.result(path)
        screen.say(f"{len(differences)} files are not what the sources give: run pilothouse synth ({counted})")
    elif differences:
        screen.say(f"{counted}: {len(differences)} files written or removed")
    else:
        screen.say(f"{counted}: up to date")
