"""The keeper: a process that starts programs, and ends them all once whoever started it is gone, however that came.

Tests are interrupted, killed, and fail half-way; the end of a pipe is told in each case, and an exit handler is not.
Run as ``python keeper.py FOLDER``. On standard input it takes orders, a JSON object a line: ``argv``, the program and
its words, and ``log``, the file for what it prints. It answers each with the process id, or with why it could not be
started. When its input ends, it kills the programs (nothing that they hold is worth a farewell) and removes the folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys


def main(folder: str) -> None:
    """Keep programs until the end of input.

    :param folder: the programs' working folder, removed at the end.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    programs: list[subprocess.Popen[bytes]] = []
    try:
        for line in sys.stdin:
            order = json.loads(line)
            answer: dict[str, object]
            try:
                with open(order["log"], "ab") as log:
                    program = subprocess.Popen(
                        order["argv"],
                        cwd=folder,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                        restore_signals=True,
                    )
                programs.append(program)
                answer = {"pid": program.pid}
            except OSError as error:
                answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)
    finally:
        for program in reversed(programs):
            if program.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)
        for program in programs:
            program.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
