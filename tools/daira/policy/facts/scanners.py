"""Image scanners: how CI calls them, and when a finding makes such a call fail."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from daira.policy.facts.quantity import said

Verdict = Literal["can", "cannot", "maybe"]


class Call(NamedTuple):
    """A call of an image scanner. verdict: whether it can fail the build; reason: why not. images: what it scans."""

    tool: str
    verdict: Verdict
    reason: str
    images: tuple[str, ...]


class Action(NamedTuple):
    """A scanner's GitHub action. image: inputs that name images. other: inputs that say it scans something else.

    fails: the input that makes it fail, None where it always does; by_default: whether it does when that is not given.
    """

    tool: str
    image: tuple[str, ...]
    other: tuple[str, ...]
    fails: str | None
    by_default: bool


class Command(NamedTuple):
    """A scanner's command line. words: after the program, these words in this order.

    flags: one of them makes it fail, none means that it always does; variables: of the environment, that do the same.
    """

    tool: str
    program: str
    words: tuple[str, ...]
    flags: tuple[str, ...]
    variables: tuple[str, ...]


ACTIONS: dict[str, Action] = {
    "aquasecurity/trivy-action": Action("trivy-action", ("image-ref", "input"), (), "exit-code", False),
    "anchore/scan-action": Action("scan-action", ("image", "sbom"), ("path",), "fail-build", True),
    "docker/scout-action": Action("docker scout", ("image",), (), "exit-code", False),
    "snyk/actions/docker": Action("snyk", ("image",), (), None, True),
    "azure/container-scan": Action("container-scan", ("image-name",), (), None, True),
    "crazy-max/ghaction-container-scan": Action(
        "container-scan", ("image",), ("dockerfile",), "severity_threshold", False
    ),
    "quay/clair-action": Action("clair", ("image-ref", "image-path"), (), "return-code", False),
    "sysdiglabs/scan-action": Action("sysdig", ("image-tag",), (), "stop-on-failed-policy-eval", False),
    "paloaltonetworks/prisma-cloud-scan": Action("prisma cloud", ("image",), (), None, True),
    "lacework/lw-scanner-action": Action("lacework", ("image_name",), (), None, True),
    "phonito/phonito-scanner-action": Action("phonito", ("image",), (), None, True),
    "wiz-sec/wizcli-action": Action("wizcli", ("image",), (), None, True),
}
COMMANDS = (
    Command("trivy", "trivy", ("image",), ("--exit-code",), ("TRIVY_EXIT_CODE",)),
    Command("trivy", "trivy", ("i",), ("--exit-code",), ("TRIVY_EXIT_CODE",)),
    Command("grype", "grype", (), ("--fail-on", "-f"), ("GRYPE_FAIL_ON_SEVERITY",)),
    Command("docker scout", "docker", ("scout", "cves"), ("--exit-code", "-e"), ()),
    Command("docker scout", "docker-scout", ("cves",), ("--exit-code", "-e"), ()),
    Command("docker scan", "docker", ("scan",), (), ()),
    Command("snyk", "snyk", ("container", "test"), (), ()),
    Command("osv-scanner", "osv-scanner", ("scan", "image"), (), ()),
    Command("clair", "clair-scanner", (), (), ()),
    Command("sysdig", "sysdig-cli-scanner", (), (), ()),
    Command("wizcli", "wizcli", ("docker", "scan"), (), ()),
    Command("wizcli", "wizcli", ("scan", "container-image"), (), ()),
    Command("JFrog", "jf", ("docker", "scan"), (), ()),
    Command("JFrog", "jfrog", ("docker", "scan"), (), ()),
    Command("prisma cloud", "twistcli", ("images", "scan"), (), ()),
)
PROGRAMS = frozenset(command.program for command in COMMANDS)
# Kinds of trivy's scans that look at files and not at an image.
_NOT_IMAGES = ("fs", "filesystem", "repo", "repository", "config", "rootfs", "sbom", "vm", "k8s")
_OFF = ("", "0", "false", "no", "none", "null")
_SWALLOWED = re.compile(r"\|\|\s*(?:true|:|exit\s+0|echo|printf)(?![\w-])")
_HIDDEN = re.compile(
    r"(?:^|[\s;&])(?:make|just|task|npm run|bash|sh)\s+\S*(?:scan|trivy|grype|vuln)|(?:^|\s)\./\S*(?:scan|trivy|grype)"
)


def from_action(uses: str, inputs: Mapping[str, Any]) -> Call | None:
    """The call that an action makes, None when it scans no image. uses: `owner/name/path@ref`."""
    action = ACTIONS.get(uses.partition("@")[0].lower())
    if action is None:
        return None
    images = tuple(value for name in action.image if isinstance(value := inputs.get(name), str) and value)
    if said(inputs.get("scan-type", "image")).lower() in _NOT_IMAGES:
        return None
    if not images and any(inputs.get(name) for name in action.other):
        return None
    if action.fails is None:
        return Call(action.tool, "can", "", images)
    given = inputs.get(action.fails)
    if isinstance(given, str) and "${{" in given:
        return Call(action.tool, "maybe", f"{action.fails} is {said(given)}", images)
    on = action.by_default if given is None else said(given).strip().lower() not in _OFF
    return Call(action.tool, "can" if on else "cannot", "" if on else f"{action.fails} is not set to fail", images)


def from_script(script: str, variables: Mapping[str, Any], *, pipefail: bool) -> Iterator[Call]:
    """The calls in a shell script. variables: the environment. pipefail: whether a pipe fails with its first part."""
    script = script.replace("\\\n", " ")
    errors = True
    for line in script.split("\n"):
        if re.match(r"\s*set\s+\+\w*e", line):
            errors = False
        elif re.match(r"\s*set\s+-\w*e", line):
            errors = True
        if re.match(r"\s*set\s+-\w*o?\s*pipefail|.*\bpipefail\b", line):
            pipefail = True
        for call in _calls(line, variables):
            verdict, reason = call.verdict, call.reason
            if verdict == "can" and _SWALLOWED.search(line):
                verdict, reason = "cannot", "what follows || swallows its exit code"
            elif verdict == "can" and line.rstrip().endswith("&"):
                verdict, reason = "cannot", "it runs in the background"
            elif verdict == "can" and not pipefail and re.search(r"[^|]\|[^|]", line):
                verdict, reason = "cannot", "it is piped, and without pipefail the last command's exit code counts"
            elif verdict == "can" and not errors:
                verdict, reason = "cannot", "set +e is in force"
            yield Call(call.tool, verdict, reason, tuple(_words(script)))


def hidden(script: str) -> bool:
    """Whether a script calls something that may well scan, but can't be seen from here."""
    return bool(_HIDDEN.search(script))


def _words(text: str) -> list[str]:
    text = re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", r"${{\1}}", text)
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _calls(line: str, variables: Mapping[str, Any]) -> Iterator[Call]:
    for part in re.split(r"&&|\|\||;|\|", line.partition(" #")[0] if not line.lstrip().startswith("#") else ""):
        words = _words(part)
        for index, word in enumerate(words):
            program = word.rpartition("/")[2].partition(":")[0]
            if program in PROGRAMS and (call := _call(program, words[index + 1 :], words[:index], variables)):
                yield call
                break


def _named(wanted: tuple[str, ...], words: list[str], plain: list[str]) -> bool:
    """Whether the subcommand comes first, or after one flag of the program itself (`trivy --cache-dir DIR image`)."""
    count = len(wanted)
    first = plain[:count] == list(wanted)
    return first or (
        bool(count) and words[0].startswith("-") and plain[1 : count + 1] == list(wanted) if words else False
    )


def _call(program: str, words: list[str], before: list[str], variables: Mapping[str, Any]) -> Call | None:
    plain = [word for word in words if not word.startswith("-")]
    if any(word in ("install", "get", "pull", "version", "db", "echo", "--version") for word in (*before, *words[:1])):
        return None
    for command in COMMANDS:
        if command.program != program or not _named(command.words, words, plain):
            continue
        if program == "grype" and (not plain or plain[0].startswith(("dir:", "file:"))):
            return None
        named = {**variables, **dict(word.partition("=")[::2] for word in before if "=" in word)}
        on = not command.flags or any(said(named.get(name, "")).lower() not in _OFF for name in command.variables)
        for index, word in enumerate(words):
            flag, given, value = word.partition("=")
            if flag in command.flags:
                value = value if given else next(iter(words[index + 1 : index + 2]), "")
                on = flag in ("-e",) or value.startswith("-") or value.lower() not in ("0", "false")
        reason = "" if on else f"{' or '.join(command.flags)} is not given"
        return Call(command.tool, "can" if on else "cannot", reason, ())
    return None
