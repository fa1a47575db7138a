"""What the commands work on: packs by name, files, and folders with everything in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from release_gate.authoring.testing.suites import policy_file
from release_gate.bounded import read_head
from release_gate.diagnostics import Diagnostic, DocumentError, InputError, PolicyError, printable, reason_of
from release_gate.policy.packs import data_folder, load_pack, pack_names
from release_gate.source import read_file, require_mapping

__all__ = ["Targets", "documents_in", "kind_of", "targets"]

_KIND: Final = re.compile(r"""^\s*["']?release_gate["']?\s*:\s*["']?([a-z-]+/v[0-9]+)""", re.MULTILINE)
_KINDS: Final = ("policy/v1", "tests/v1")
_OTHERS: Final = ("request/v1", "access-request/v1", "gate/v1", "trust/v1", "waivers/v1")
_HEAD: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Targets:
    """Policies, and the tests of them.

    Attributes:
        policies: The files of policies.
        tests: The files of tests.
        tested: For each file of tests, that of the policy it tests.
    """

    policies: tuple[Path, ...]
    tests: tuple[Path, ...]
    tested: dict[Path, Path]

    def untested(self) -> list[Path]:
        """Policies that no file of tests names."""
        reached = {path.resolve() for path in self.tested.values()}
        return [path for path in self.policies if path.resolve() not in reached]

    def tests_of(self, policy: Path) -> list[Path]:
        """The files of tests of a policy."""
        return [path for path in self.tests if self.tested.get(path, path).resolve() == policy.resolve()]


def targets(names: Iterable[str]) -> Targets:
    """What a command is asked to work on.

    A folder stands for every policy and every file of tests in it; a policy for itself and for the tests
    beside it or in a folder ``tests`` beside it; tests for themselves and for the policy that they test.

    Raises:
        InputError: There is no such file or pack, or it is of another kind.
    """
    policies: dict[Path, None] = {}
    tests: dict[Path, None] = {}
    for name in names:
        for path in _files(name):
            (tests if kind_of(path) == "tests/v1" else policies)[path] = None
    tested = {path: found for path in tests if (found := _tested(path)) is not None}
    for policy in list(policies):
        for path in _around(policy):
            found = _tested(path) if path not in tested else tested[path]
            if found is not None and found.resolve() == policy.resolve():
                tests[path] = None
                tested[path] = found
    policies |= dict.fromkeys(tested.values())
    return Targets(_each_once(policies), _each_once(tests), tested)


def _each_once(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple({path.resolve(): path for path in sorted(paths, reverse=True)}[key] for key in sorted(
        {path.resolve() for path in paths}))  # fmt: skip


def _files(name: str) -> Iterator[Path]:
    path = Path(name)
    if not path.exists() and re.fullmatch(r"[a-z0-9-]+(@.*)?", name):
        load_pack(name)
        yield data_folder("policies") / name.partition("@")[0] / "policy.yaml"
    elif path.is_dir():
        yield from (each for each, kind in documents_in(path) if kind in _KINDS)
    elif kind_of(path) in _KINDS:
        yield path
    else:
        document = read_file(path)  # says so if it cannot be read, or is no YAML
        if kind_of(path) not in _OTHERS:
            require_mapping(document, _KINDS)
        message = f"`{printable(name)}` is not a policy, tests, a folder or a pack"
        help_ = "name one of these; `release-gate packs list` lists the packs"
        raise PolicyError([Diagnostic("RG808", message, help=help_)])


def documents_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every YAML file in a folder that says of which kind it is, with that kind, but for hidden ones."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        is_yaml = path.suffix in (".yaml", ".yml") and path.is_file()
        if is_yaml and not hidden and (kind := kind_of(path)):
            yield path, kind


def _around(policy: Path) -> Iterator[Path]:
    """The files of tests beside a policy, and in a folder ``tests`` beside it."""
    for folder in (policy.parent, policy.parent / "tests"):
        for path in sorted(folder.glob("*.y*ml")):
            if path.is_file() and kind_of(path) == "tests/v1":
                yield path


def _tested(path: Path) -> Path | None:
    """The file of the policy that a file of tests names, as far as it can be read."""
    try:
        tree = read_file(path).tree
    except InputError:
        return None
    name = tree.get("policy") if isinstance(tree, dict) else None
    if not isinstance(name, str):
        return None
    found = policy_file(path, name)
    if found is None and name.partition("@")[0] in pack_names():
        return data_folder("policies") / name.partition("@")[0] / "policy.yaml"
    return found


def kind_of(path: Path) -> str:
    """The kind that a file says it is, from its first lines; empty if it says none.

    Raises:
        DocumentError: It cannot be read.
    """
    try:
        head = read_head(path, _HEAD)
    except OSError as error:
        message = f"cannot read `{printable(path.as_posix())}`: {reason_of(error)}"
        raise DocumentError([Diagnostic("RG001", message)]) from None
    match = _KIND.search(head.decode("utf-8", "replace"))
    return match[1] if match else ""
