"""Read folders with every collector, and put together what they found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Final

from release_gate.diagnostics import Diagnostic, InputError, printable, reason_of
from release_gate.evidence.collected import Collected, Found, Note, Provenance, Subject, Vouch, problem
from release_gate.evidence.folder import Changed, Folder, walk
from release_gate.evidence.manifest import Hashing, Manifest, Progress
from release_gate.evidence.model_directory import is_model
from release_gate.evidence.parents import beyond_parents, with_licences
from release_gate.evidence.pickles import THIS_ARTIFACT
from release_gate.evidence.reading import Collector, Item, Reading
from release_gate.evidence.vouching import astray

if TYPE_CHECKING:
    from release_gate.evidence.keyless import Keyless
    from release_gate.policy.trust import Standing
    from release_gate.signing import PublicKey
    from release_gate.ssh import SshKey

__all__ = ["BUILT_IN", "GROUP", "EvidenceError", "artifact_digest", "collect", "collectors"]

GROUP: Final = "release_gate.collectors"
"""The group of entry points by which other packages add collectors."""

BUILT_IN: Final = {
    "weights": "model_directory:Weights",
    "configuration": "model_directory:Configuration",
    "pickle": "pickles:Pickles",
    "model_card": "model_card:ModelCard",
    "eval_results": "model_card:EvalResults",
    "lm_eval": "lm_eval:LmEval",
    "inspect": "inspect_logs:InspectLogs",
    "garak": "garak:Garak",
    "helm": "helm:Helm",
    "model_signing": "model_signing:ModelSignatures",
    "cyclonedx": "cyclonedx:CycloneDx",
    "licence_file": "licence_file:LicenceFiles",
    "package_metadata": "licence_file:PackageMetadata",
    "vouches": "vouching:Vouches",
}


class EvidenceError(InputError):
    """Files cannot be read as evidence."""


def collectors() -> tuple[Collector, ...]:
    """Every collector: the built-in ones, and those of other packages by name.

    Raises:
        EvidenceError: A collector of another package cannot be loaded, or takes the name of one of ours.
    """
    found: dict[str, Collector] = {name: _load(place) for name, place in BUILT_IN.items()}
    for point in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        if point.name in found:
            message = f"there are two collectors named `{printable(point.name)}`"
            raise EvidenceError([problem("RG607", message, "uninstall one of them", stops=True)])
        try:
            found[point.name] = point.load()()
        except Exception as error:  # noqa: BLE001 - it is code by others
            message = f"the collector `{printable(point.name)}` cannot be loaded: {printable(str(error))}"
            raise EvidenceError([problem("RG607", message, "repair or uninstall it", stops=True)]) from None
    return tuple(found.values())


def _load(place: str) -> Collector:
    module, _, name = place.partition(":")
    made: Collector = getattr(import_module(f"release_gate.evidence.{module}"), name)()
    return made


def collect(  # noqa: PLR0913 - one argument for each thing that whoever asks knows about the files
    paths: Iterable[Path],
    *,
    named: Iterable[str] = (),
    metrics: Mapping[str, str] | None = None,
    keys: Iterable[PublicKey] = (),
    trusted: Mapping[PublicKey | SshKey, Standing] | None = None,
    keyless: Keyless | None = None,
    parents: Iterable[Path] = (),
    progress: Progress | None = None,
) -> Collected:
    """Read what is in some folders.

    Args:
        paths: The folders: models, results of evaluations, metadata of a package.
        named: Names by which logs may call the model, beside the names of the folders with weights.
        metrics: For names of metrics as collectors make them, the names that policies use.
        keys: Keys that signatures of models are verified with.
        trusted: Keys of persons who may vouch for logs, and with what right.
        keyless: Verifies signatures of models that were made without a key.
        parents: Folders of models that these stand on, for their licences.
        progress: Called with the number of bytes that were hashed, and of all, whenever some were.

    Raises:
        EvidenceError: Something is no folder, or a collector of another package cannot be loaded.
    """
    folders = _apart([_folder(path) for path in paths])
    problems = [each for _, found in folders for each in found]
    given = tuple(keys)
    with Hashing(progress) as hashing:
        for folder, _ in folders:
            hashing.start(folder.entries)
        readings = [
            Reading(
                folder,
                metrics=metrics or {},
                keys=given,
                trusted=trusted or {},
                keyless=keyless,
                sha256=hashing.sha256,
            )
            for folder, _ in folders
        ]
        # A folder that plays tricks is not read any further.
        subjects = [] if problems else _subjects(readings, frozenset(named), hashing, problems)
    found = Collected(tuple(subjects), ())
    if below := tuple(parents):
        read = collect(below, progress=progress)
        problems += read.problems
        found = Collected(with_licences(subjects, read), ())
    problems += [*astray(found), *beyond_parents(found)]
    return replace(found, problems=tuple(sorted(problems, key=lambda each: each.sort_key)))


def _subjects(
    readings: list[Reading], named: frozenset[str], hashing: Hashing, problems: list[Diagnostic]
) -> list[Subject]:
    """What every collector finds in every folder, where all know by which names logs may call the model."""
    known = collectors()
    models = [_is_model(reading, problems) for reading in readings]
    own = (reading.folder.name for reading, model in zip(readings, models, strict=True) if model)
    names = named.union(own)
    parts = []
    for reading in readings:
        reading.named = names
        parts.append(_run(known, reading, problems))
    return [
        _subject(reading, items, hashing, problems, is_model=model)
        for reading, model, items in zip(readings, models, parts, strict=True)
    ]


def artifact_digest(path: Path) -> str:
    """The digest of an artifact that is a folder.

    Raises:
        EvidenceError: It is no folder, something in it is refused, or it changed while it was read.
    """
    folder, problems = _folder(path)
    if problems:
        raise EvidenceError(problems)
    with Hashing() as hashing:
        hashing.start(folder.entries)
        try:
            return hashing.manifest(folder.entries).digest
        except (Changed, OSError) as error:
            raise EvidenceError([_changed(folder, error)]) from None


def _apart(folders: list[tuple[Folder, list[Diagnostic]]]) -> list[tuple[Folder, list[Diagnostic]]]:
    """The folders, each with a name of its own."""
    taken: dict[str, Folder] = {}
    for folder, _ in folders:
        name, number = folder.name, 2
        while name in taken:
            name, number = f"{folder.name}-{number}", number + 1
        taken[name] = replace(folder, name=name)
    return list(zip(taken.values(), (problems for _, problems in folders), strict=True))


def _folder(path: Path) -> tuple[Folder, list[Diagnostic]]:
    if not path.is_dir():
        message = f"`{printable(str(path))}` is no folder"
        raise EvidenceError(
            [problem("RG601", message, "name the folder of the model or of the logs", stops=True)]
        )
    return walk(path)


def _is_model(reading: Reading, problems: list[Diagnostic]) -> bool:
    try:
        return is_model(reading)
    except (Changed, OSError) as error:
        problems.append(_changed(reading.folder, error))
        return True


def _run(known: Iterable[Collector], reading: Reading, problems: list[Diagnostic]) -> list[Item]:
    """What every collector finds in a folder. One that fails takes nothing with it."""
    items: list[Item] = []
    for collector in known:
        try:
            items.extend(collector.collect(reading))
        except (Changed, OSError) as error:
            problems.append(_changed(reading.folder, error))
        except Exception as error:  # noqa: BLE001 - it may be code by others
            why = printable(str(error)) or type(error).__name__
            message = f"the collector `{printable(collector.name)}` failed in `{reading.folder.name}`: {why}"
            problems.append(problem("RG607", message, "repair or uninstall it", stops=True))
    return items


def _subject(
    reading: Reading, items: list[Item], hashing: Hashing, problems: list[Diagnostic], *, is_model: bool
) -> Subject:
    folder = reading.folder
    try:
        manifest = hashing.manifest(folder.entries)
    except (Changed, OSError) as error:
        problems.append(_changed(folder, error))
        manifest = Manifest((), "")
    problems += [
        _changed(folder, Changed(file.path))
        for file in manifest.files
        if reading.read.get(file.path, file.sha256) != file.sha256
    ]
    problems += [item for item in items if isinstance(item, Diagnostic)]
    digests = {f"{folder.name}/{file.path}": f"sha256:{file.sha256}" for file in manifest.files}
    found = [_finish(each, digests, manifest.digest) for each in items if isinstance(each, Found)]
    if is_model and manifest.digest:
        place = Provenance(folder.name, f"{len(manifest.files)} files", manifest.digest)
        found.append(Found("artifact.digest", manifest.digest, place))
    notes = (replace(each, where=_placed(each.where, digests)) for each in items if isinstance(each, Note))
    vouches = (each for each in items if isinstance(each, Vouch))
    return Subject(folder, manifest, is_model, tuple(found), tuple(notes), tuple(vouches))


def _finish(found: Found, digests: Mapping[str, str], artifact: str) -> Found:
    """A fact with the digests that were not there yet when it was read."""
    where = _placed(found.where, digests)
    value = found.value
    if found.path == "evidence" and isinstance(value, dict):
        value = {**value, "id": f"{value['id']}-{where.digest[7:19]}"}
        if value.get("on") == THIS_ARTIFACT:
            value["on"] = artifact
    return replace(found, where=where, value=value)


def _placed(where: Provenance, digests: Mapping[str, str]) -> Provenance:
    return replace(where, digest=where.digest or digests.get(where.file, ""))


def _changed(folder: Folder, error: Changed | OSError) -> Diagnostic:
    if isinstance(error, Changed):
        message = f"`{printable(str(error))}` in `{folder.name}` changed while it was read"
        return problem("RG606", message, "collect again when nothing writes there", stops=True)
    return problem("RG601", f"a file in `{folder.name}` cannot be read: {reason_of(error)}", stops=True)
