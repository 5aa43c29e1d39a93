"""What a chart must not touch: each is a finding at its line, and what reaches beyond the build does not happen."""

from __future__ import annotations

from tests.engine.engine_repository import Repository

# What the finding says -> name: (imports, the line that does it).
IMPURE: dict[str, dict[str, tuple[str, str]]] = {
    "reads the clock": {
        "time": ("import time", "time.time()"),
        "time_from": ("from time import time", "time()"),
        "monotonic": ("import time", "time.monotonic()"),
        "perf": ("from time import perf_counter_ns", "perf_counter_ns()"),
        "process_time": ("import time", "time.process_time()"),
        "clock_gettime": ("import time", "time.clock_gettime(0)"),
        "strftime": ("import time", "time.strftime('%Y')"),
        "localtime": ("import time", "time.localtime()"),
        "asctime": ("import time", "time.asctime()"),
        "now": ("import datetime", "datetime.datetime.now()"),
        "now_tz": ("import datetime", "datetime.datetime.now(datetime.timezone.utc)"),
        "now_from": ("from datetime import datetime", "datetime.now()"),
        "utcnow": ("from datetime import datetime", "datetime.utcnow()"),
        "today": ("from datetime import date", "date.today()"),
        "dtoday": ("from datetime import datetime", "datetime.today()"),
        "subnow": ("from datetime import datetime\nclass D(datetime): pass", "D.now()"),
        "alias": ("import time\nf = time.time", "f()"),
        "default": (
            "from dataclasses import dataclass, field\n"
            "import time\n"
            "@dataclass\n"
            "class D:\n"
            "    t: float = field(default_factory=time.time)",
            "D()",
        ),
        "mapd": ("import time", "list(map(lambda _: time.time(), [1]))"),
        "mapc": ("import time", "next(iter(time.time, None))"),
        "eval": ("", "exec('import time\\ntime.time()')"),
        "imptime": ("import time\nT = time.time()  # here", "T"),
    },
    "draws at random": {
        "random": ("import random", "random.random()"),
        "randint": ("from random import randint", "randint(1, 2)"),
        "shuffle": ("import random", "random.shuffle([1, 2])"),
        "normal": ("import random", "random.normalvariate()"),
        "expo": ("import random", "random.lognormvariate(0, 1)"),
        "unseeded": ("import random", "random.Random().random()"),
        "unseeded_none": ("from random import Random", "Random(None).random()"),
        "system_random": ("import random", "random.SystemRandom().random()"),
        "uuid4": ("import uuid", "uuid.uuid4()"),
        "uuid4f": ("from uuid import uuid4", "uuid4()"),
        "uuid1": ("import uuid", "uuid.uuid1()"),
        "urandom": ("import os", "os.urandom(3)"),
        "urandomf": ("from os import urandom", "urandom(3)"),
        "getrandom": ("import os", "os.getrandom(3)"),
        "secrets": ("import secrets", "secrets.token_hex()"),
        "secrets2": ("from secrets import choice", "choice([1,2])"),
        "secrets3": ("from secrets import randbelow", "randbelow(3)"),
        "mapr": ("import random", "sorted([1,2], key=lambda _: random.random())"),
    },
    "opens a network connection": {
        "socket": ("import socket", "socket.create_connection(('127.0.0.1', 9))"),
        "urllib": ("import urllib.request", "urllib.request.urlopen('http://127.0.0.1:9/')"),
        "httpc": ("import http.client", "http.client.HTTPConnection('127.0.0.1', 9).request('GET', '/')"),
    },
    "starts another process": {
        "sub": ("import subprocess", "subprocess.check_output(['true'])"),
        "system": ("import os", "os.system('true')"),
        "popen": ("import os", "os.popen('true')"),
        "fork": ("import os", "os.fork()"),
        "mp": ("import multiprocessing", "multiprocessing.Process(target=print).start()"),
        "spawn": ("import os", "os.spawnlp(os.P_WAIT, 'true', 'true')"),
    },
    "asks the machine": {
        "uname": ("import os", "os.uname()"),
        "getpid": ("import os", "os.getpid()"),
    },
    "writes the file": {
        "write": ("", "open('scratch/new', 'w')"),
        "pathlib": ("import pathlib", "pathlib.Path('scratch/new').write_text('x')"),
        "osopen": ("import os", "os.open('scratch/new', os.O_RDWR)"),
        "copy": ("import shutil", "shutil.copy(__file__, 'scratch/there')"),
        "tempfile": ("import tempfile", "tempfile.NamedTemporaryFile()"),
    },
    "changes files": {
        "mkdir": ("import os", "os.makedirs('scratch/folder', exist_ok=True)"),
        "mkdir2": ("import pathlib", "pathlib.Path('scratch/folder').mkdir(exist_ok=True)"),
        "remove": ("import os", "os.remove('scratch/there')"),
        "rename": ("import os", "os.rename('scratch/there', 'scratch/gone')"),
        "symlink": ("import os", "os.symlink('scratch/new', 'scratch/link')"),
        "chmod": ("import os", "os.chmod('scratch/there', 0o644)"),
        "utime": ("import os", "os.utime('scratch/there')"),
        "tempdir": ("import tempfile", "tempfile.mkdtemp()"),
    },
    "changes the working folder": {
        "chdir": ("import os", "os.chdir('/')"),
    },
    "sets an environment variable": {
        "setenv": ("import os", "os.environ['PILOT_X'] = 'y'"),
        "putenv": ("import os", "os.putenv('PILOT_X', 'y')"),
    },
    "sends a signal": {
        "kill": ("import os", "os.kill(0, 0)"),
        "killpg": ("import os", "os.killpg(0, 0)"),
    },
    "opens a database": {
        "sqlite": ("import sqlite3", "sqlite3.connect('scratch/db')"),
    },
    "asks for input": {
        "input": ("", "input()"),
    },
    "asks for the machine's name": {"gethost": ("import socket", "socket.gethostname()")},
}

# What looks like it and is none of it.
PURE: dict[str, tuple[str, str]] = {
    "seeded": ("import random", "random.Random(4).random()"),
    "seeded2": ("from random import Random", "Random('x').choice([1, 2])"),
    "strftime": ("import time", "time.strftime('%Y', time.gmtime(0))"),
    "mktime": (
        "import time",
        "time.mktime(time.localtime(0)); time.strptime('2020', '%Y'); time.asctime(time.gmtime(0))",
    ),
    "sleep": ("import time", "time.sleep(0)"),
    "dt": (
        "import datetime",
        "assert isinstance(datetime.datetime(2020, 1, 1) + datetime.timedelta(1), datetime.datetime)\n"
        "assert isinstance(datetime.datetime(2020, 1, 1), datetime.date)",
    ),
    "dt2": (
        "from datetime import date, datetime, timedelta, timezone",
        "d = datetime(2020, 1, 1, tzinfo=timezone.utc)\n"
        "assert type(d) is type(d + timedelta(1))\n"
        "assert d.date() == date(2020, 1, 1)\n"
        "datetime.fromisoformat('2020-01-01')\n"
        "datetime.strptime('2020', '%Y')\n"
        "datetime.fromtimestamp(0)\n"
        "datetime.combine(date(2020,1,1), d.time())\n"
        "datetime.min\n"
        "assert isinstance(date.min, date)\n"
        "assert date.fromordinal(1)",
    ),
    "dtsub": (
        "import datetime\n"
        "class D(datetime.datetime):\n"
        "    def hi(self): return self.year\n"
        "class E(datetime.date): pass",
        "d = D(2020, 1, 1)\n"
        "assert type(d) is D\n"
        "assert d.hi() == 2020\n"
        "assert isinstance(d, datetime.datetime)\n"
        "assert E(2020,1,1) == datetime.date(2020,1,1)\n"
        "assert isinstance(D(2020,1,1), D)\n"
        "assert not isinstance(datetime.datetime(2020,1,1), D), 'guard'\n"
        "assert issubclass(D, datetime.datetime)\n"
        "assert not issubclass(datetime.datetime, D)\n"
        "assert D.fromisoformat('2020-01-01').hi() == 2020\n"
        "assert type(D.fromisoformat('2020-01-01')) is D",
    ),
    "pickle": (
        "import copy, pickle\nfrom datetime import date, datetime, timezone",
        "d = datetime(2020, 1, 1, tzinfo=timezone.utc)\n"
        "assert pickle.loads(pickle.dumps(d)) == d\n"
        "assert copy.deepcopy(d) == d\n"
        "assert pickle.loads(pickle.dumps(date(2020,1,1))) == date(2020,1,1)\n"
        "assert pickle.loads(pickle.dumps(datetime)) is datetime",
    ),
    "type": (
        "from datetime import date, datetime",
        "assert type(datetime(2020, 1, 1)) is datetime, type(datetime(2020,1,1)); assert type(date(2020,1,1)) is date",
    ),
    "match": (
        "from datetime import date, datetime",
        "match datetime(2020, 1, 1):\n    case datetime(year=y): assert y == 2020\n    case _: assert False",
    ),
    "single": (
        "import functools, datetime\n"
        "@functools.singledispatch\n"
        "def f(x): return 0\n"
        "@f.register\n"
        "def _(x: datetime.datetime): return 1",
        "assert f(datetime.datetime(2020,1,1)) == 1",
    ),
    "repr": (
        "import datetime",
        "assert repr(datetime.datetime) == \"<class 'datetime.datetime'>\", repr(datetime.datetime)\n"
        "assert repr(datetime.datetime(2020, 1, 1)) == 'datetime.datetime(2020, 1, 1, 0, 0)'",
    ),
    "yaml": (
        "import yaml",
        "assert yaml.safe_load('a: 2020-01-01')['a'].year == 2020\n"
        "yaml.safe_dump(yaml.safe_load('a: 2020-01-01T00:00:00Z'))",
    ),
    "misc": (
        "import json, dataclasses, enum, logging, decimal, uuid, hashlib, re, string, functools, "
        "itertools, typing, textwrap, ipaddress, base64, copy, math, statistics, collections, "
        "urllib.parse, tomllib, configparser, csv, zipfile, gzip, io, contextlib, inspect, locale, "
        "gettext, calendar, fractions, socket, ssl, http.client, asyncio, concurrent.futures, tempfile, "
        "shutil, subprocess, platform, secrets, threading, multiprocessing, unittest.mock, "
        "email.message, xml.etree.ElementTree, sqlite3, ctypes",
        "uuid.uuid5(uuid.NAMESPACE_DNS, 'x')\n"
        "hashlib.sha256(b'x').hexdigest()\n"
        "logging.getLogger('x').debug('y')\n"
        "calendar.monthrange(2020, 2)\n"
        "ipaddress.ip_network('10.0.0.0/8')\n"
        "collections.namedtuple('A', 'b')(1)\n"
        "io.StringIO('x').read()\n"
        "threading.Lock()",
    ),
    "struct": (
        "import msgspec, datetime\nclass S(msgspec.Struct):\n    d: datetime.datetime\n    e: datetime.date",
        's = msgspec.json.decode(b\'{"d": "2020-01-01T00:00:00Z", "e": "2020-01-01"}\', type=S)\n'
        "msgspec.json.encode(s)",
    ),
    "cdk8s": ("import cdk8s, cdk8s_plus_33", "self.node.path"),
    "logging": ("import logging", "logging.getLogger('x').info('y')\nlogging.LogRecord('a', 1, 'b', 2, 'c', (), None)"),
    "own_now": (
        "class Clock:\n    now = 3\n    def today(self): return 4",
        "assert Clock.now == 3 and Clock().today() == 4",
    ),
    "threads": ("import threading", "t = threading.Thread(target=len, args=('x',))\nt.start()\nt.join()"),
}


def test_each_impurity_is_a_finding_at_its_line(repository: Repository) -> None:
    scratch = repository.root / "scratch"
    scratch.mkdir()
    (scratch / "there").write_text("x")
    before = {path: path.stat().st_mtime_ns for path in [scratch, *scratch.iterdir()]}
    for group in IMPURE.values():
        for name, (imports, line) in group.items():
            here = "" if "# here" in imports else "  # here"
            repository.builds(f"i_{name}", f"{line}{here}", imports=imports)
    run = repository.synth()
    assert run.code == 1
    for what, group in IMPURE.items():
        for name in group:
            found = run.found(f"i-{name}".replace("_", "-"))
            assert found, name
            assert {(place, code) for place, code, _ in found} == {(repository.here(f"i_{name}"), "CHART005")}, name
            assert any(message.startswith(f"the chart {what}") for _, _, message in found), found
    assert {path: path.stat().st_mtime_ns for path in [scratch, *scratch.iterdir()]} == before


def test_what_is_no_impurity_passes_unseen(repository: Repository) -> None:
    for name, (imports, line) in PURE.items():
        repository.builds(f"p_{name}", line, imports=imports)
    assert repository.good().found() == []


def test_values_may_be_dates(repository: Repository) -> None:
    repository.chart(
        "dated",
        """
        import datetime
        from datetime import date

        from pilothouse import Chart, RawObject, Values


        class DatedValues(Values):
            since: datetime.datetime
            until: date


        class Dated(Chart[DatedValues]):
            def build(self):
                assert type(self.values.since) is datetime.datetime
                assert type(self.values.until) is date
                data = {"days": str((self.values.until - self.values.since.date()).days)}
                metadata = {"name": "dated"}
                RawObject(self, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
        """,
    )
    values = "{since: '2026-01-01T00:00:00Z', until: '2026-01-31'}"
    repository.deploy("dated", f"{{namespace: default, values: {values}}}")
    repository.good()
    assert repository.objects()["dated/default/configmap-dated.yaml"]["data"] == {"days": "30"}


def test_an_impurity_at_import_is_told_for_every_instance(repository: Repository) -> None:
    """The module is imported for each of them anew, so that none passes because another one imported it first."""
    repository.write("constructs/shared.py", "import time\n\nT = time.time()  # here\n")
    for name in ("one", "two"):
        repository.builds(name, "T", imports="from shared import T")
    repository.deploy("three", "{chart: two, namespace: default}")
    run = repository.synth("--jobs", "1")
    here = repository.here("shared", folder="constructs")
    for instance in ("one", "two", "three"):
        assert run.one(instance) == (here, "CHART005", "the chart reads the clock (time.time)")


def test_a_caught_refusal_is_a_finding_all_the_same(repository: Repository) -> None:
    repository.builds(
        "catches",
        "try:\n    subprocess.run(['true'])  # here\nexcept Exception:\n    pass",
        imports="import subprocess",
    )
    assert repository.synth().one("catches") == (
        repository.here("catches"),
        "CHART005",
        "the chart starts another process",
    )
