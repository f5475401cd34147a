"""nginx configurations: what is read, what is refused, and what one container's files make together."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy import harness

from daira.policy.facts import nginx
from daira.policy.facts.hosts import covers
from daira.policy.facts.providers import PROVIDERS


def _names(directives: tuple[nginx.Directive, ...]) -> list[str]:
    return [one.name for one, _ in nginx.walk(directives)]


def test_quotes_comments_and_variables_are_read_as_nginx_does() -> None:
    """Braces and semicolons in them end nothing."""
    made = nginx.parse('log_format a "{;}"; # }\nmap $a $b { default "";\n  "~^/x{2}" ${c}; }\nreturn 200 \'#\';')
    assert made.error == ""
    assert made.directives[0].args == (
        "a",
        "{;}",
    )
    assert made.directives[-1].args == ("200", "#")
    assert made.directives[-1].line == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server { listen 80;", "line 1: the block server is not closed"),
        ("server { listen 80; }\n}", "line 2: a brace is closed that was not opened"),
        ("server {\n listen 80\n}", "line 2: listen does not end in a semicolon"),
        ("server {\n listen 80\n location / { } }", "line 2: listen does not end in a semicolon"),
        ("{ }", "line 1: a block without a name"),
        ("a {" * 100, "line 1: nested too deeply"),
        ("a;" * (1 << 20), "it is longer than a ConfigMap may be"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    """With the line."""
    assert nginx.parse(text).error == said


@given(st.text(alphabet="ab ;{}\\\"'#$\n\x00é", max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    """Whatever is written."""
    assert isinstance(nginx.parse(text), nginx.Parsed)


def _release(files: dict[str, str], mounts: list[dict[str, str]]) -> list[nginx.Config]:
    objects = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": files},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web"},
            "spec": {
                "volumes": [{"name": "c", "configMap": {"name": "conf"}}],
                "containers": [{"name": "nginx", "volumeMounts": [{"name": "c", **mount} for mount in mounts]}],
            },
        },
    ]
    release = harness.release_of("\n---\n".join(json.dumps(item) for item in objects))
    return nginx.configs(release)


def test_includes_are_followed_where_they_are_mounted() -> None:
    """By path and pattern; what is not mounted is remembered, what every image has is not."""
    root = "http { include mime.types; include /etc/nginx/conf.d/*.conf; include /tmp/resolver.conf; }"
    (made,) = _release(
        {"nginx.conf": root, "site": "server { listen 80; }"},
        [
            {"mountPath": "/etc/nginx/nginx.conf", "subPath": "nginx.conf"},
            {"mountPath": "/etc/nginx/conf.d/a.conf", "subPath": "site"},
        ],
    )
    assert _names(made.directives) == ["http", "server", "listen"]
    assert [one.args for one in made.lost] == [("/tmp/resolver.conf",)]  # noqa: S108 a path in a configuration
    assert made.path(made.directives[0]) == ("data", "nginx.conf")
    assert [made.path(one) for one, _ in nginx.walk(made.directives) if one.name == "listen"] == [("data", "site")]


def test_files_that_include_each_other_end() -> None:
    """Each of them all of them."""
    files = {f"{number}.conf": "http { include /etc/nginx/*.conf; }" for number in range(12)}
    assert len(_release(files, [{"mountPath": "/etc/nginx"}])) == 12


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "A.Example.com", True),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.example.com", "*.example.com", True),
        ("a.example.com", "*.example.com", False),
        ("", "example.com", False),
    ],
)
def test_a_wildcard_stands_for_one_label(pattern: str, host: str, expected: bool) -> None:
    """Kubernetes' table of wildcard hosts."""
    assert covers(pattern, host) is expected


def test_no_provider_takes_another_ones_class() -> None:
    """What recognises a controller is its own."""
    for field in ("classes", "controllers", "prefixes"):
        held = [value for one in PROVIDERS for value in getattr(one, field)]
        assert len(held) == len(set(held)), field
