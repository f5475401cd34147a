"""Manifests from texts, files, folders and stdin as objects; what is wrong with them as data."""

from __future__ import annotations

import gc
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import IO, Any

from daira.errors import DairaError
from daira.render.read import Lines, Problem, documents, head, spans
from daira.render.release import Object, Path, Source

ENDINGS = (".yaml", ".yml", ".json")
STDIN = "<stdin>"
MAX_BYTES = 64 * 2**20
CHUNK = 2**16
# Below so many files another process to read them costs more than it saves.
FILES_PER_WORKER = 250
# What a file's bytes hold: text (None: it is none), documents, problems.
Read = tuple[str | None, list[Any], list[Problem]]


class Loaded:
    """What targets hold. objects: in the order of the targets, then of the files' names, then of the text.

    charts: the folders with a Chart.yaml, which Helm has to render. problems: what could not be read, or is doubtful.
    notes: what was passed over, in sentences. others: (file, line) of each document that is no Kubernetes object.
    files: how many files were read.
    """

    def __init__(self) -> None:  # no dataclass: importing those takes longer than reading a chart's manifests
        self.objects: list[Object] = []
        self.charts: list[str] = []
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.others: list[tuple[str, int]] = []
        self.files = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to check: no object and no chart."""
        return not self.objects and not self.charts

    @property
    def errors(self) -> list[Problem]:
        """The problems that kept something from being read."""
        return [problem for problem in self.problems if problem.severity == "error"]


def shape(data: Any) -> dict[str, Any] | None:
    """A document in the shape of an object: CI workflows get the kind they do not have. None for what is none."""
    if not isinstance(data, dict):
        return None
    if "kind" not in data and isinstance(data.get("jobs"), dict) and ("on" in data or "true" in data or True in data):
        return {**data, "apiVersion": "actions.github.com/v1", "kind": "Workflow"}
    kind = data.get("kind")
    return data if isinstance(kind, str) and kind else None


def objects_of(source: Source) -> Iterator[Object]:
    """The objects of a text, the items of Lists included. Raises DairaError where the text is broken."""
    found, problems = documents(source.text, source.file)
    for problem in problems:
        if problem.severity == "error":
            raise DairaError(f"{problem.file}:{problem.line}:{problem.column}: {problem.sentence}")
    for number, data in enumerate(found):
        shaped = shape(data)
        if shaped is not None:
            yield from flat(shaped, source, number)


def flat(data: dict[str, Any], source: Source, document: int, inside: Path = ()) -> Iterator[Object]:
    """An object, or the objects in a List, nested ones too. Items of a typed list may leave out what the list says."""
    kind = data["kind"]
    held = data.get("items")
    if not kind.endswith("List") or not isinstance(held, list):
        yield Object(data, source, document, inside)
        return
    for index, item in enumerate(held):
        if isinstance(item, dict):
            if "kind" not in item and kind != "List":
                item = {"apiVersion": data.get("apiVersion"), "kind": kind.removesuffix("List"), **item}
            if isinstance(item.get("kind"), str):
                yield from flat(item, source, document, (*inside, "items", index))


def load(targets: Sequence[str | os.PathLike[str]], stdin: IO[bytes] | None = None) -> Loaded:
    """The objects of files, folders and `-` (stdin); never raises for what they hold.

    Folders are searched for *.yaml, *.yml and *.json; hidden folders are not, and links are followed once.
    """
    made = Loaded()
    collects = gc.isenabled()
    gc.disable()  # nothing that is read here is garbage, and looking for some takes as long as reading
    try:
        for target in targets:
            _target(os.fspath(target), made, stdin)
    finally:
        if collects:
            gc.enable()
    if made.others:
        names = list(dict.fromkeys(file for file, _ in made.others))
        more = f" and {len(names) - 5} more files" if len(names) > 5 else ""
        count = f"{len(made.others)} documents are" if len(made.others) > 1 else "1 document is"
        made.notes.append(f"{count} no Kubernetes object (no `kind`) and not checked: {', '.join(names[:5])}{more}")
    return made


def _target(target: str, made: Loaded, stdin: IO[bytes] | None) -> None:
    if target == "-":
        try:
            # a program may be started without a standard input
            opened = stdin or (sys.stdin.buffer if sys.stdin else None)
            data = opened.read(MAX_BYTES + 1) if opened else b""
        except OSError as error:
            said = f"cannot be read ({error.strerror}): send manifests, as in `helm template … | daira check -`"
            made.problems.append(Problem(STDIN, 0, 0, said))
            return
        _take(STDIN, _parsed(STDIN, data), made, named=True)
        return
    path = os.path.normpath(target)
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - the loop over files is fast without pathlib
    except (OSError, ValueError) as error:
        made.problems.append(_unreadable(target, error))
        return
    if stat.S_ISDIR(mode):
        _files(_folder(path, made), made)
    elif stat.S_ISREG(mode) or path.startswith(("/dev/fd/", "/proc/self/fd/", "/dev/stdin")):
        _take(path, _read(path), made, named=True)
    else:
        said = "this is no file and no folder: give the manifests on stdin with `-`"
        made.problems.append(Problem(target, 0, 0, said))


def _unreadable(file: str, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if isinstance(error, FileNotFoundError):
        return Problem(file, 0, 0, "there is no such file or folder: correct the path")
    return Problem(file, 0, 0, f"cannot be read ({reason}): correct its permissions, or leave it out")


def _folder(top: str, made: Loaded) -> list[str]:
    """The files in a folder, in the order of the names; a folder with a Chart.yaml is a chart."""
    files: list[str] = []
    charts, hidden = 0, 0
    seen: set[tuple[int, int]] = set()
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            state = os.stat(folder)  # noqa: PTH116
            if (state.st_dev, state.st_ino) in seen:
                continue
            seen.add((state.st_dev, state.st_ino))
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            made.problems.append(_unreadable(folder, error))
            continue
        if any(entry.name == "Chart.yaml" for entry in entries):
            made.charts.append(folder)
            charts += 1
            continue
        below = []
        for entry in entries:
            name = entry.name
            path = name if folder == "." else f"{folder}/{name}"
            if name.endswith(ENDINGS) and entry.is_file():
                files.append(path)
            elif _is_folder(entry):
                if name.startswith(".") or name == "node_modules":
                    hidden += 1
                else:
                    below.append(path)
            elif name.endswith(ENDINGS):
                made.problems.append(Problem(path, 0, 0, "is no readable file (a broken link or a pipe): remove it"))
        waiting += reversed(below)
    if hidden:
        made.notes.append(f"{top}: {hidden} hidden folders (or node_modules) were not searched")
    if not files and not charts:
        made.notes.append(f"{top}: there is no {', '.join(f'*{ending}' for ending in ENDINGS)} in this folder")
    return files


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _files(paths: Sequence[str], made: Loaded) -> None:
    """The objects of a folder's files: thousands of them are read in as many processes as there are processors."""
    workers = min(len(os.sched_getaffinity(0)), len(paths) // FILES_PER_WORKER)
    if workers < 2:
        for path in paths:
            _take(path, _read(path), made, named=False)
        return
    from daira import shell  # few inputs are that big

    size = -(-len(paths) // workers)
    shares = [paths[start : start + size] for start in range(0, len(paths), size)]
    parts = shell.in_parallel([partial(_read_all, share) for share in shares])
    for path, read in zip(paths, chain.from_iterable(parts), strict=True):
        _take(path, read, made, named=False)


def _read_all(paths: Sequence[str]) -> list[Read | Problem]:
    return [_read(path) for path in paths]


def _read(path: str) -> Read | Problem:
    """What a file holds, or why it can't be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            data = _all(descriptor)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        return _unreadable(path, error)
    return _parsed(path, data)


def _all(descriptor: int) -> bytes:
    """The bytes of a file, as far as it may be read."""
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BYTES and (part := os.read(descriptor, CHUNK)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _parsed(file: str, data: bytes) -> Read:
    """What a file's bytes hold."""
    if len(data) > MAX_BYTES:
        said = f"is bigger than {MAX_BYTES >> 20} MB: split it, or check the files it was made of"
        return None, [], [Problem(file, 0, 0, said)]
    problems: list[Problem] = []
    text = decoded(file, data, problems)
    return (None, [], problems) if text is None else (text, *documents(text, file))


def _take(file: str, read: Read | Problem, made: Loaded, *, named: bool) -> None:
    """The objects of one file. named: the user gave this very file, so that it should hold some."""
    if isinstance(read, Problem):
        made.problems.append(read)
        return
    made.files += 1
    text, found, problems = read
    made.problems += problems
    if text is None:
        return
    source = Source(file, text)
    took = 0
    places: tuple[list[tuple[int, int]], Lines] | None = None
    for number, document in enumerate(found):
        if document is None:
            continue
        took += 1
        shaped = shape(document)
        if shaped is None:
            places = places or (spans(text), Lines(text))
            line = places[1].at(head(text, places[0][number][0]))
            if named:
                said = "this document is no Kubernetes object, it has no `kind`: give manifests, or a chart's folder"
                made.problems.append(Problem(file, line, 1, said))
            else:
                made.others.append((file, line))
        elif shaped["kind"].endswith("List"):
            made.objects += flat(shaped, source, number)
        else:
            made.objects.append(Object(shaped, source, number))
    if named and not took and not problems:
        made.notes.append(f"{file}: holds no document, there is nothing to check")


def decoded(file: str, data: bytes, problems: list[Problem]) -> str | None:
    """A file's bytes as text; None, and a problem, where they are none."""
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        said = "is no UTF-8 text here: is this a binary file? save it as UTF-8"
        problems.append(Problem(file, line, column, said))
        return None
