"""Shared: the checks of large stacks, shared out between processes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pilothouse.checks.run import check_stack, stack_checks
from pilothouse.finding import Finding
from pilothouse.stack import Stack
from pilothouse.workers import Died, Pool

_FEW, _MANY = 2_000, 30_000
"""Objects. With fewer, another process costs more than it saves; with more, what each of them decodes for itself costs
more memory than the time is worth."""
_SHARES = 8
"""How many parts the checks of one stack are done in: as many as keep two processes at work to the end."""
_PATIENCE = 600.0
"""Seconds that one part may take."""


def check_stacks(stacks: Mapping[str, Stack], processes: int) -> dict[str, list[Finding]]:
    """Every finding about some stacks that no single object shows, in the order of the catalogue.

    :param stacks: each environment's, under its name. What is worked out for them is let go of.
    :param processes: how many checks to run at a time.
    """
    objects = sum(map(len, stacks.values()))
    found: dict[str, list[Finding]] = {}
    if processes > 1 and _FEW <= objects <= _MANY:
        found = _shared_out(stacks, processes)
    for name, stack in stacks.items():
        if name not in found:
            found[name] = check_stack(stack)
            stack.let_go()
    return found


def _shared_out(stacks: Mapping[str, Stack], processes: int) -> dict[str, list[Finding]]:
    checks = stack_checks()
    size = len(checks) // _SHARES + 1
    jobs = [(name, checks[start : start + size]) for name in stacks for start in range(0, len(checks), size)]
    at_hand: list[str] = []

    def work(number: int) -> bytes:
        name, share = jobs[number]
        if at_hand != [name]:
            for other in at_hand:
                stacks[other].let_go()
            at_hand[:] = [name]
        return msgspec.msgpack.encode(check_stack(stacks[name], share))

    answers: dict[int, list[Finding]] = {}
    pool = Pool(work, len(jobs), processes=processes, limit=_PATIENCE)
    finished = False
    try:
        for number, answer in pool.answers():
            if isinstance(answer, Died):
                break
            answers[number] = msgspec.msgpack.decode(answer, type=list[Finding])
        else:
            finished = True
    finally:
        pool.close(kill=not finished)
    if not finished:
        return {}  # then this process does it
    found: dict[str, list[Finding]] = {name: [] for name in stacks}
    for number in range(len(jobs)):
        found[jobs[number][0]] += answers[number]
    return found
