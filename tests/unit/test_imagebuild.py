"""Building and saving images: keyed by content, built once, archived under the names a cluster asks for."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.conftest import Call, FakeShell, Programs

from daira import shell
from daira.errors import CommandFailed, DairaError
from daira.local import imagebuild
from daira.local.engine import Engine
from daira.local.machine import Machine

MANIFEST: list[dict[str, object]] = [
    {
        "Config": "c.json",
        "RepoTags": ["localhost/daira/backend:1", "registry.example/library/redis:7"],
        "Layers": ["a/l.tar"],
    },
    {"Config": "d.json", "RepoTags": None, "Layers": ["link.tar"]},
]


def _archive(path: Path, manifest: object = MANIFEST) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in (
            ("a/l.tar", bytes(range(256)) * 8),
            ("c.json", b'{"os": "localhost/linux"}'),
            ("manifest.json", json.dumps(manifest).encode()),
            ("repositories", b"{}"),
            ("empty", b""),
        ):
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(data), 0o640, 7
            tar.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "a/l.tar"
        tar.addfile(link)
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    return path


def _save(folder: Path, manifest: object = MANIFEST) -> None:
    _archive(folder / "images.raw", manifest)


def _members(path: Path) -> dict[str, tuple[object, ...]]:
    with tarfile.open(path) as tar:
        return {
            m.name: (m.type, m.mode, m.mtime, m.linkname, (f.read() if (f := tar.extractfile(m)) else None))
            for m in tar
            if m.name not in ("manifest.json", "repositories")
        }


def _manifest(path: Path) -> object:
    with tarfile.open(path) as tar:
        inside = tar.extractfile("manifest.json")
        assert inside is not None
        return json.loads(inside.read())


def test_only_the_tags_lose_their_localhost(tmp_path: Path) -> None:
    raw, archive = _archive(tmp_path / "x.raw"), tmp_path / "x.tar"
    imagebuild._rename(raw, archive)
    assert _members(archive) == _members(raw)
    assert _manifest(archive) == [
        {**MANIFEST[0], "RepoTags": ["daira/backend:1", "registry.example/library/redis:7"]},
        {**MANIFEST[1], "RepoTags": []},
    ]
    with tarfile.open(archive) as tar:
        assert "repositories" not in tar.getnames()


@pytest.mark.parametrize("engine_name", ["podman", "docker"])
def test_save_leaves_one_archive(tmp_path: Path, fake: FakeShell, engine_name: str) -> None:
    archive, log = tmp_path / "images.tar", tmp_path / "log"
    fake.on(" save ", do=lambda _: _save(tmp_path))
    imagebuild.save(Engine(engine_name), ["one:1", "two:2"], archive, log)
    many = " -m" if engine_name == "podman" else ""
    assert fake.one("save").line == f"{engine_name} save{many} -o {tmp_path / 'images.raw'} one:1 two:2"
    assert fake.one("save").log == log
    assert [path.name for path in tmp_path.iterdir()] == ["images.tar"]


def test_an_unknown_format_is_refused_and_leaves_no_archive(tmp_path: Path, podman: Engine, fake: FakeShell) -> None:
    fake.on(" save ", do=lambda _: _save(tmp_path, {"not": "a list"}))
    with pytest.raises(DairaError, match="docker-archive was expected"):
        imagebuild.save(podman, ["one:1"], tmp_path / "images.tar", tmp_path / "log")
    assert not (tmp_path / "images.tar").exists()
    assert not (tmp_path / "images.raw").exists()


def test_stage_is_a_fresh_folder_of_exactly_these_files(tmp_path: Path) -> None:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "f").write_text("deep", encoding="utf-8")
    program = tmp_path / "program"
    program.write_text("run", encoding="utf-8")
    program.chmod(0o755)
    context = tmp_path / "context"
    context.mkdir()
    (context / "stale").touch()
    assert imagebuild.stage(context, {"bin/tool": program, "files": tmp_path / "tree"}) == context
    found = {path.relative_to(context).as_posix() for path in context.rglob("*") if path.is_file()}
    assert found == {"bin/tool", "files/deep/f"}
    assert (context / "bin" / "tool").stat().st_mode & 0o111


def test_writing_into_a_staged_folder_leaves_its_source_alone(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    source = tmp_path / "tree" / "config"
    source.write_text("@PAUSE@", encoding="utf-8")
    context = imagebuild.stage(tmp_path / "context", {"files": tmp_path / "tree"})
    (context / "files" / "config").write_text("changed", encoding="utf-8")
    assert source.read_text(encoding="utf-8") == "@PAUSE@"


def test_stage_copies_where_no_link_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError("other file system")

    monkeypatch.setattr("os.link", refuse)
    (tmp_path / "f").write_text("text", encoding="utf-8")
    context = imagebuild.stage(tmp_path / "context", {"g": tmp_path / "f"})
    assert (context / "g").read_text(encoding="utf-8") == "text"


@pytest.fixture
def build(machine: Machine, tmp_path: Path) -> Callable[..., str]:
    """imagebuild.build on a small context, with what a test changes."""
    context = tmp_path / "context"
    context.mkdir()
    (context / "main.js").write_text("1", encoding="utf-8")
    (context / "Containerfile").write_text("FROM scratch", encoding="utf-8")

    def run(engine: Engine, **more: object) -> str:
        options: dict[str, object] = {
            "name": "group/app",
            "context": context,
            "containerfile": context / "Containerfile",
            **more,
        }
        return imagebuild.build(machine, engine, **options)  # type: ignore[arg-type]

    return run


@pytest.fixture(autouse=True)
def _no_own_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NODE_EXTRA_CA_CERTS", raising=False)


def test_the_command_line(
    fake: FakeShell, podman: Engine, machine: Machine, tmp_path: Path, build: Callable[..., str]
) -> None:
    fake.on("image inspect", code=1)
    config = tmp_path / "config"
    config.mkdir()
    reference = build(podman, args={"NODE": "node:24"}, contexts={"config": config}, target="prod")
    context = tmp_path / "context"
    call = fake.one(" build ")
    assert call.line == (
        "podman build --network host --label dev.daira.build=true "
        f"-t {reference} -f {context / 'Containerfile'} --build-arg NODE=node:24 "
        f"--build-context config={config} --target prod {context}"
    )
    assert call.log == machine.log("image-group-app")
    assert call.env == podman.env
    assert reference.startswith("localhost/daira-build/group/app:")
    assert machine.made == [reference]


def test_privileges_are_given_only_when_asked_for(fake: FakeShell, podman: Engine, build: Callable[..., str]) -> None:
    fake.on("image inspect", code=1)
    build(podman)
    build(podman, privileged=True)
    build(Engine("docker"), privileged=True)
    assert [" --cap-add all" in line for line in fake.lines(" build ")] == [False, True, False]


def test_an_image_that_is_there_is_not_built(
    machine: Machine, fake: FakeShell, podman: Engine, build: Callable[..., str]
) -> None:
    reference = build(podman)
    assert [call.line for call in fake.calls] == [f"podman image inspect {reference}"]
    assert not machine.made


def test_a_failed_build_is_passed_on(fake: FakeShell, podman: Engine, build: Callable[..., str]) -> None:
    fake.on("image inspect", code=1)
    fake.on(" build ", code=125)
    with pytest.raises(CommandFailed):
        build(podman)


def test_each_input_changes_the_key(fake: FakeShell, podman: Engine, tmp_path: Path, build: Callable[..., str]) -> None:
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "nginx.conf").write_text("1", encoding="utf-8")

    def key() -> str:
        return build(podman, args={"A": "1"}, contexts={"config": extra})

    keys = [key()]
    assert key() == keys[0]
    for file in (extra / "nginx.conf", tmp_path / "context" / "main.js", tmp_path / "context" / "Containerfile"):
        file.write_text("changed", encoding="utf-8")
        keys.append(key())
    keys.append(build(podman, args={"A": "2"}, contexts={"config": extra}))
    keys.append(build(podman, args={"A": "1"}, contexts={"config": extra}, target="t"))
    keys.append(build(Engine("docker"), args={"A": "1"}, contexts={"config": extra}))
    assert len(set(keys)) == len(keys)


def test_given_inputs_replace_the_context_in_the_key(
    fake: FakeShell, podman: Engine, tmp_path: Path, build: Callable[..., str]
) -> None:
    main = tmp_path / "context" / "main.js"
    before = build(podman, inputs=[]), build(podman, inputs=[main])
    main.write_text("changed", encoding="utf-8")
    assert build(podman, inputs=[]) == before[0]
    assert build(podman, inputs=[main]) != before[1]


@pytest.mark.parametrize(("engine_name", "mounted"), [("podman", True), ("docker", False)])
def test_this_machines_certificates_are_mounted_where_it_has_its_own(
    fake: FakeShell,
    machine: Machine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    build: Callable[..., str],
    engine_name: str,
    mounted: bool,
) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.touch()
    monkeypatch.setattr(imagebuild, "CA_BUNDLE", bundle)
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(bundle))
    fake.on("image inspect", code=1)
    build(Engine(engine_name))
    assert (f"-v {bundle}:{bundle}:ro" in fake.one(" build ").line) is mounted
    assert (machine.state / "npmrc").exists() is mounted


def test_a_real_program_gets_these_words(
    programs: Programs, podman: Engine, machine: Machine, build: Callable[..., str]
) -> None:
    programs.add("podman", 'case "$1" in image) exit 1;; build) echo "network $3, environment $CONTAINERS_CONF";; esac')
    build(podman)
    assert "network host, environment /c\n" in machine.log("image-group-app").read_text(encoding="utf-8")


def test_the_fake_answers_like_the_real_shell(fake: FakeShell) -> None:
    fake.on("x", do=lambda call: shell.Done(3, call.line, ""))
    assert shell.run(["/bin/x", "y"], timeout=1, check=False) == shell.Done(3, "x y", "")
    with pytest.raises(CommandFailed):
        shell.run(["/bin/x", "y"], timeout=1)
    assert fake.calls[0] == Call("x y", None, {}, None)
