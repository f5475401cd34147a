"""YAML is read as kubectl reads it (by kubectl's own modules), and fast only where that is the same."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from tests.policy import yamltexts

from daira.render import goyaml, read

Reads = Callable[[str], tuple[list[Any], str]]
SAME_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=400)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1 is not True and not 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def ours(text: str) -> tuple[list[Any], str]:
    """The documents that are there, and the errors."""
    found, problems = read.documents(text, "text.yaml")
    errors = "; ".join(f"{problem.line}: {problem.sentence}" for problem in problems if problem.severity == "error")
    return [data for data in found if data is not None], errors


def assert_as_kubectl(text: str, kubectl: Reads) -> None:
    """The same documents, or an error where kubectl has one."""
    documents, error = ours(text)
    expected, refused = kubectl(text)
    assert bool(error) == bool(refused), f"{text!r}\nkubectl: {expected} {refused}\nours: {documents} {error}"
    if not refused:
        assert same(documents, expected), f"{text!r}\nkubectl: {expected}\nours: {documents}"


# Plain scalars that somebody reads otherwise.
WORDS = [
    *("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "yEs", "oN"),
    *("true", "True", "TRUE", "tRue", "false", "False", "FALSE", "~", "null", "Null", "NULL", "nULL", ""),
    *("0644", "0o644", "0O17", "0o", "0o8", "08", "00", "0x1F", "0X1f", "0x_1", "0b11", "0B1", "0b", "-0b11", "-0x1F"),
    *("1_000", "_1", "1_", "1__0", "0_7", "+1", "+0644", "-0777", "-0", "0", "-1", "+", "-", "--1", "1-", "1e", "1e3"),
    *("12e03", "1e+3", "1E3", "1e3_0", "1.0", "1.5", "-1.5e-7", "1e-7", ".5", ".5e3", ".5_5", "._5", ".", "..", "+.5"),
    *("5.", "5.e1", "0.", "0.0", "-0.0", "1.2.3", "1e20", "1e21", "1.5e300", "1e400", ".inf", "-.INF", "+.Inf", ".nan"),
    *("inf", "nan", "NaN", "infinity", "-inf", "9223372036854775807", "9223372036854775808", "18446744073709551615"),
    *("18446744073709551616", "-9223372036854775808", "-9223372036854775809", "99999999999999999999999", "1.0e2"),
    *("+9223372036854775808", "1.2345678901234567e18", "2024-01-01", "2024-1-1", "2024-13-45", "2024-01-01T00:00:00Z"),
    *("2001-12-14t21:59:43.10-05:00", "12:30:45", "190:20:30", "1:30", "<<", "=", "==", "0x1p4", "100m", "1.5Gi", "5%"),
    *("!!float 3", "!!int 1.5", "!!int 0x10", "!!bool yes", "!!null x", "!!null ''", "!!binary aGk=", "!!binary x"),
    *("!!timestamp 2024-01-01", "!!timestamp x", "!!str true", "! 12", "! '12'", "!!int '12'", "!foo 12", "&a", "&a 1"),
    *('"\\x41\\u00e9\\U0001F600"', '"\\ud83d\\ude00"', '"\\/"', '"\\\\/"', '"\\q"', "'it''s'", "a\x85b", "a\u2028b"),
    *("a\u00a0b", "é", "\U0001f600", "a\x7fb", "a\x07", "\ta", "a\t", "a\tb", "a #b", "a#b", "a: b", "a:b", "a:", ":b"),
    *("@a", "`a", "%a", "*x", "? a", "?a", "- a", "-a", ",a", "a,", "]", "}", "[a", "{a", "[a]b", "{}b", "'a'b", "|a"),
    *("{a: b, c}", "{a:1}", '{"a":1}', "[a:1]", "[a: 1]", "[a, ]", "{a: 1, }", "[http://x/y?z]", "{a: http://x}"),
]
# Whole texts that somebody reads otherwise.
TEXTS = [
    "",
    "\n",
    "# c\n",
    "---",
    "--- \n",
    "---\n---\n",
    "---\n# c\n---\na: 1\n",
    "--- # c\na: 1\n",
    "--- a: 1\n",
    "---foo\n",
    "-----BEGIN\n",
    "a: 1\n---\nb: 2\n",
    "a: 1\n--- \nb: 2",
    "a: 1\n ---\n",
    "a: ---\n",
    "a: |\n  ---\n",
    "a: 1\n...\n",
    "a: 1\n...\nb: 2\n",
    "a: 1\n...\n---\nb: 2\n",
    "...",
    "%YAML 1.1\n---\na: 1\n",
    "\ufeffa: 1\n",
    "\ufeff# c\na: 1\n",
    "a: 1\n---\n\ufeffb: 2\n",
    "a: 1\r\nb: 'x\r\n  y'\r\n---\r\nc: |\r\n  x\r\n",
    "a: 1\rb: 2\r",
    "a: 1\na: 2\n",
    "1: a\n'1': a\n",
    "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n",
    "a: 1\n<<: {a: 2}\n",
    "<<: {a: 2}\na: 1\n",
    "<<: [{a: 1}, {a: 2, b: 3}]\n",
    "<<: 1\n",
    "'<<': 1\n",
    "!!merge <<: {a: 1}\n",
    "a: &x [1]\nb:\n  <<: *x\n",
    "a: &x {b: *x}\n",
    "a: &x 1\nb: &x 2\nc: *x\n",
    "a: *y\n",
    "a: &x 1.0\n*x : *x\n",
    "&a a: b\n",
    "a: !!map\n  b: c\n",
    "a: !!set {b}\n",
    "a: !<tag:yaml.org,2002:int> 1\n",
    "a:\n\tb: 1\n",
    "\ta: 1\n",
    "a: |\n\tb\n",
    "a: |\n  b\n\tc\n",
    "- \ta\n-\tb\n",
    "a: [b,\n\tc]\n",
    "? a\n: b\n",
    "? [a]\n: 1\n",
    "{a}: 1\n",
    "~: 1\n",
    ": a\n",
    "a: b\n  c\n",
    "a: b\n  c: d\n",
    "a: b\n# x\n  c\n",
    "a: |\n\n\n",
    "a: >\nb: 1\n",
    "a: |\n    \n  b\n",
    "a: |2\n   b\n",
    "a: |+\n  b\n\n",
    "a: >\n  b\n   c\n\n  d",
    "a: |\n  b",
    "a:\n  b: |\n  c: 1\n",
    '{"a": 1.0, "b": 12345678901234567890, "a": 2}',
    '{"a": 1} {"b": 2}',
    '{"a": 1}\n---\n{"b": 1.0}\n',
    '{"a":\t1}',
    '{"a": "\\ud800", "b": "\\ud83d\\ude00", "c": "\\/"}',
    '{"a": NaN}',
    '{"a": 1}}',
    "{a: 1}",
    "[1, 2]\n",
    "{{ x }}\n",
    "a: {{ x }}\n",
    "a: \x00\n",
    *(
        f"{number}: x\n"
        for number in ("0.1", "1e5", "1e6", "123456.0", "1234567.0", "1e39", "1e-45", "0.0001", "0.00001")
    ),
]


@pytest.mark.parametrize("word", WORDS)
def test_words_as_kubectl(word: str, kubectl_reads: Reads) -> None:
    """As a value, an element, a key, the whole document, and in flow style."""
    for text in (
        "k: {}\n",
        "k:\n- {}\n",
        "? {}\n: v\n",
        "{}: v\n",
        "{}\n",
        "k: {{a: {}}}\n",
        "k: [{}]\n",
        "k:\n  a: {}\nb: c\n",
    ):
        if text.format(word) not in REFUSED:
            assert_as_kubectl(text.format(word), kubectl_reads)


@pytest.mark.parametrize("text", TEXTS)
def test_texts_as_kubectl(text: str, kubectl_reads: Reads) -> None:
    assert_as_kubectl(text, kubectl_reads)


# Broken YAML that the older parser in kubectl takes for something; libyaml, and so daira, says that it is broken.
REFUSED = ("k: {a: a:}\n", "k: [a:]\n", "{}b: v\n", "[]: v\n", "a: 1\n\ufeffb: 2\n")
EMPTY_BLOCK = re.compile(r"[|>][-+]?(?:\Z|\n(?! +[^ \n]))")


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_nonetheless(text: str, kubectl_reads: Reads) -> None:
    assert ours(text)[1]
    assert not kubectl_reads(text)[1]


def mixes(text: str) -> bool:
    """Whether a text begins like JSON and goes on as YAML: kubectl changes its mind in the middle, daira refuses."""
    return text.lstrip().startswith("{")


@SAME_FIXTURE
@given(text=yamltexts.texts())
def test_generated_texts_as_kubectl(text: str, kubectl_reads: Reads) -> None:
    if not mixes(text):
        assert_as_kubectl(text, kubectl_reads)


@settings(deadline=None, max_examples=2000)
@given(yamltexts.texts())
@example("k: _1\n")
@example("a: |\n\n\n")
@example("a:\n  b: |\n  c: 1\n")
@example(": a\n")
def test_the_fast_parser_reads_the_same(text: str) -> None:
    """Wherever the guard lets it, and it does not refuse."""
    loads = read._loads()
    assert loads, "yaml-rs is not installed"
    if not text.endswith("\n"):
        text += "\n"
    if not read.is_plain(text) or "\n---" in text or text.startswith("---"):
        return
    try:
        fast = loads(text)
    except ValueError:
        return
    careful = goyaml.decode(text)
    assert not careful.duplicates
    assert careful.rest is None
    assert same(fast, careful.data), text


@settings(deadline=None, max_examples=200)
@given(yamltexts.blocks(yamltexts.HARMLESS, plain=True))
def test_plain_texts_are_read_fast(text: str) -> None:
    """A guard that lets nothing pass would be right, and slow."""
    assert read.is_plain(text) or EMPTY_BLOCK.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "k: yes\n",
        "on: push\n",
        "k: 0644\n",
        "k: &x 1\n",
        "k: 1.0\n",
        "1: a\n",
        "k: 'a\n  b'\n",
        "\tk: 1\n",
        "k: \xa0\x85\n",
    ],
)
def test_the_guard_stops_what_differs(text: str) -> None:
    assert not read.is_plain(text)


def test_without_the_fast_parser_all_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "kind: Pod\nspec:\n  a: [b]\n---\nx: 1\n"
    expected = read.documents(text, "a.yaml")
    monkeypatch.setattr(read, "_loads", lambda: None)
    assert read.documents(text, "a.yaml") == expected


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        ("a: 1\nb: c: d\n", 2, 5, "quote a value that holds `: `"),
        ("a:\n\tb: 1\n", 2, 1, "spaces"),
        ("a: 1\n---\nb: [\n", 4, 1, "did not find expected"),
        ("a: 1\n---\nb: .nan\n", 3, 4, "NaN"),
        ("a: 1\na: 2\n", 2, 1, "'a' is given twice"),
        ('{"b": 1}\n{"a": {"b": 1,\n"b": 2}}\n', 2, 1, "'b' is given twice"),
        ("a: {{ .Values.a }}\n", 1, 5, "Helm template"),
        ("{{- if x }}\na: 1\n{{- end }}\n", 1, 3, "Helm template"),
        ("a: 1\nb: \x00\n", 2, 4, "U+0000"),
        ("a: *b\n", 1, 4, "no anchor &b"),
        ("--- a: 1\n", 1, 4, "on a line of its own"),
        ("a: 1\n...\nb: 2\n", 3, 1, "nothing after `...`"),
        ("~: 1\n", 1, 1, "null cannot be a key"),
        ("a: " + "[" * 200, 1, 131, "nested more than 128"),
        ("a: " + "[" * 200_000, 1, 131, "nested more than 128"),
        ("- " * 100_000 + "a\n", 1, 257, "nested more than 128"),
        ('{"a": ' * 100_000, 1, 769, "nested more than 128"),
        ('{"a": ' * 200 + "1" + "}" * 200, 1, 769, "nested more than 128"),
    ],
)
def test_problems(text: str, line: int, column: int, part: str) -> None:
    _, problems = read.documents(text, "a.yaml")
    assert len(problems) == 1
    assert problems[0][:3] == ("a.yaml", line, column)
    assert part in problems[0].sentence
    assert "\n" not in problems[0].sentence


def test_neighbours_of_a_broken_document_are_read() -> None:
    found, problems = read.documents("a: 1\n---\nb: [\n---\nc: 3\n", "a.yaml")
    assert found == [{"a": 1}, None, {"c": 3}]
    assert [problem.line for problem in problems] == [4]


def bomb(levels: int, wide: int) -> str:
    """An alias bomb (billion laughs): each level holds the one before it several times."""
    rows = ["a0: &a0 [x, x]"]
    rows += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * wide)}]" for level in range(1, levels)]
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize(("levels", "wide"), [(10, 10), (40, 2), (4, 30), (1000, 1), (100, 1)])
def test_alias_bombs(levels: int, wide: int, kubectl_reads: Reads) -> None:
    """Refused where kubectl refuses them, in no time."""
    text = bomb(levels, wide)
    started = time.monotonic()
    documents, error = ours(text)
    assert time.monotonic() - started < 2
    refused = kubectl_reads(text)[1] or levels > goyaml.MAX_DEPTH
    assert bool(error) == bool(refused)
    assert error or documents


def test_a_chain_of_merges_is_no_bomb() -> None:
    rows = ["a0: &a0 {x: 1}", *(f"a{n}: &a{n}\n  <<: *a{n - 1}\n  k{n}: 1" for n in range(1, 60))]
    documents, error = ours("\n".join(rows) + "\n")
    assert not error
    assert len(documents[0]["a59"]) == 60
