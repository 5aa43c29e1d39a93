"""Output: the folder that a run writes: its stages, what stands in it, and what the last run left there."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pilothouse import fresh, inputs, standing, written
from pilothouse.checks import catalogue as checks
from pilothouse.checks.output import BESIDE, LEFT, MENDED
from pilothouse.derive.kustomization import FILE, kustomization_paths, kustomizations
from pilothouse.dist.commit import Switched, commit_all
from pilothouse.dist.entry import Entry
from pilothouse.dist.entry import digest as content_digest
from pilothouse.dist.folders import NODES, folders, nodes_folder
from pilothouse.dist.marker import file_is_ours, header
from pilothouse.dist.plan import Plan
from pilothouse.dist.stage import Stage
from pilothouse.dist.state import tree_states
from pilothouse.environment import Environment, Instance, names
from pilothouse.finding import Finding, Position
from pilothouse.gather import Files, Gathered, Stages
from pilothouse.standing import Standing

_FIXES = {
    BESIDE: "move it elsewhere",
    MENDED: "change it in charts/ or environments/ instead",
    LEFT: "delete the folder, or bring the file back",
}


class Output:
    """The output folder in one run.

    :param root: the repository's root, absolute.
    :param out: the folder.
    :param environments: those that the run is about.
    :param record: what is known of the last run of this very Pilothouse.
    :param write: whether the folder is brought up to date, or only compared.
    """

    def __init__(
        self, root: str, out: str, environments: Sequence[Environment], record: fresh.Record | None, *, write: bool
    ) -> None:
        self._root = root
        self._out = out
        self._record = record
        self._write = write
        self._before: dict[str, dict[str, str]] = {}
        """The state of those folders that nobody had touched, before this run wrote any."""
        self._seen: dict[str, dict[str, str] | None] = {}
        """The same of the folders that were looked at before there was anything to write; None of a touched one."""
        self._listed: dict[str, str] = {}
        """A digest of which files each environment has, in the order of its charts."""
        self._switched: dict[str, Switched] = {}
        self._of = {
            each.name: Stages(*(Stage(out, folder, dry=not write) for folder in folders(each.name)))
            for each in environments
        }
        self._stages = [stage for stages in self._of.values() for stage in stages]

    def stages(self, environment: Environment) -> Stages:
        """An environment's stages."""
        return self._of[environment.name]

    def stands(self, environment: Environment, instance: Instance, digest: str) -> bool:
        """Whether an instance's files are those of a result, unless somebody touched them: that is for later to see.

        :param digest: the result's.
        """
        return fresh.stands(self._record, environment.name, instance.name, digest)

    def standing(self, environment: Environment, chosen: Sequence[Instance]) -> Standing:
        """What stands in an environment's folders besides some instances.

        :param chosen: those that are passed over.
        """
        return standing.read(self._root, self._out, self.stages(environment), chosen)

    def look(self) -> Iterator[None]:
        """Look for what somebody touched, folder by folder, while there is nothing to write yet."""
        for stage in self._stages:
            self._untouched(stage)
            yield

    def _untouched(self, stage: Stage) -> dict[str, str] | None:
        folder = stage.environment
        if folder not in self._seen:
            self._seen[folder] = fresh.untouched(self._record, self._out, folder)
        return self._seen[folder]

    def bring(
        self, gathered: Mapping[str, Sequence[Gathered]], others: Mapping[str, Standing]
    ) -> dict[str, Switched | Plan]:
        """Bring every environment's folders up to date, or say what that would change.

        :param gathered: each environment's name, with what its instances came to.
        :param others: each environment's name, with what else stays there.
        :raises DistError: it cannot be done; then nothing has changed.
        """
        entries: dict[str, list[Entry]] = {}
        digests: dict[str, written.Digests] = {}
        for name, stages in self._of.items():
            before = [self._untouched(stage) for stage in stages]
            for each in gathered[name]:
                if each.unseen and None in before:
                    each.put(stages)
            for stage, state, files in zip(stages, before, (self._files, self._node_files), strict=True):
                folder = stage.environment
                if state is not None:
                    self._before[folder] = state
                entries[folder], digests[folder] = files(stage, gathered[name], others[name])
                if state is None:
                    stage.last_written = self._last_written(folder, entries[folder])
        if not self._write:
            return {stage.environment: stage.plan(entries[stage.environment]) for stage in self._stages}
        for folder, known in digests.items():
            written.plan(self._root, self._out, folder, known)
        done = commit_all([(stage, entries[stage.environment]) for stage in self._stages])
        for folder, known in digests.items():
            written.done(self._root, self._out, folder, known)
        self._switched = {stage.environment: switched for stage, switched in zip(self._stages, done, strict=True)}
        return dict(self._switched)

    @property
    def listed(self) -> dict[str, str]:
        """A digest of which files each environment has: the kustomizations change with it, and never without."""
        return self._listed

    def trees(self) -> dict[str, dict[str, str]]:
        """The state of each environment's files, now that they are written.

        :raises OSError: they cannot be looked at.
        """
        return {
            name: tree_states(self._out, name, self._before.get(name), switched.target)
            for name, switched in self._switched.items()
        }

    def _files(
        self, stage: Stage, gathered: Sequence[Gathered], others: Standing
    ) -> tuple[list[Entry], written.Digests]:
        """Every file that an environment's folder shall hold, and what is known of their contents."""
        name = stage.environment
        files = [
            (manifest, entry.path)
            for each in gathered
            for manifest, entry in zip(each.manifests, each.files.entries, strict=True)
        ]
        entries = [entry for each in gathered for entry in each.files.entries] + others.entries
        self._listed[name] = inputs.digest(*(path.encode() for _, path in files))
        # What kustomizations list may stand as it stood, and nobody touched them.
        same = self._record is not None and self._record.listed.get(name) == self._listed[name] and name in self._before
        if same:
            entries += [stage.keep(path) for path in kustomization_paths(path for _, path in files)]
        digests = self._digests(name, entries, (each.files for each in gathered))
        if same:
            return entries, digests
        line = header(f"environments/{name}.yaml")
        standing_there = {entry.path for entry in others.entries}
        for path, text in kustomizations([*files, *others.manifests]).items():
            if path not in standing_there:
                content = f"{line}\n{text}".encode()
                entries.append(stage.put(path, content))
                digests[path] = content_digest(content)
        return entries, digests

    def _node_files(
        self, stage: Stage, gathered: Sequence[Gathered], others: Standing
    ) -> tuple[list[Entry], written.Digests]:
        """The same for the files for its machines."""
        entries = [entry for each in gathered for entry in each.nodes.entries] + others.nodes
        return entries, self._digests(stage.environment, entries, (each.nodes for each in gathered))

    def _digests(self, folder: str, entries: Sequence[Entry], gathered: Iterable[Files]) -> written.Digests:
        """What is known of the contents of some files: what they were before, or what they are now."""
        before = written.last(self._root, self._out, folder)
        digests = {entry.path: before[entry.path] for entry in entries if entry.path in before}
        for files in gathered:
            digests.update(zip((entry.path for entry in files.entries), files.digests, strict=False))
        return digests

    def _last_written(self, name: str, entries: Sequence[Entry]) -> written.Digests:
        """What the last run left, less what git brought since."""
        before = written.last(self._root, self._out, name)
        changed = {entry.path for entry in entries if entry.found not in (None, before.get(entry.path, entry.found))}
        gone = before.keys() - {entry.path for entry in entries}
        if changed or gone:
            for path in written.committed(self._out, name, changed | gone):
                del before[path]
        return before

    def findings(self, switched: Mapping[str, Switched | Plan]) -> list[Finding]:
        """What was met in the folder that nobody should have put there."""
        found: list[Finding] = []
        for name, each in switched.items():
            found += [self._about(BESIDE, "somebody else's file stands here", name, path) for path in each.foreign]
            found += [self._about(MENDED, "this generated file was edited by hand", name, path) for path in each.mended]
        gone = "nothing makes this folder any more: its environment's file is gone"
        return found + [self._about(LEFT, gone, *left) for left in self._left()]

    def _left(self) -> list[tuple[str, str]]:
        """The folders of environments that the repository has no more, each with a file of ours in it; in another
        output folder, others may write theirs."""
        if os.path.realpath(self._out) != os.path.realpath(os.path.join(self._root, "dist")):
            return []
        known = {*names(self._root)}
        left = [(name, FILE) for name in self._others(self._out, known) if self._is_ours(name, FILE)]
        for name in self._others(os.path.join(self._out, NODES), known):
            folder = nodes_folder(name)
            place = os.path.join(self._out, folder)
            files = sorted(os.path.relpath(file, place) for file in inputs.files_below(place))
            left += [(folder, file) for file in files if self._is_ours(folder, file)][:1]
        return left

    @staticmethod
    def _others(folder: str, known: Collection[str]) -> list[str]:
        """The names in a folder that are those of no environment, sorted."""
        try:
            return sorted({*os.listdir(folder)}.difference(known))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _is_ours(self, folder: str, path: str) -> bool:
        try:
            return file_is_ours(os.path.join(self._out, folder, path))
        except OSError:
            return False

    def _about(self, code: str, message: str, folder: str, path: str) -> Finding:
        full = os.path.realpath(os.path.join(self._out, folder, os.path.dirname(path)))
        file = os.path.join(full, os.path.basename(path))
        shown = os.path.relpath(file, self._root) if file.startswith(os.path.join(self._root, "")) else file
        return Finding(
            code=code,
            severity=checks()[code].severity,
            message=message,
            fix=_FIXES[code],
            position=Position(file=shown.replace(os.sep, "/"), line=1),
            environment=folder.removeprefix(f"{NODES}/"),
        )

    def discard(self) -> None:
        """Leave nothing of the stages behind."""
        for stage in self._stages:
            stage.discard()
