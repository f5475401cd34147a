"""Texts of YAML for differential tests: plain manifests, and everything that parsers are known to disagree about."""

from __future__ import annotations

from hypothesis import strategies as st

VALUES = [
    *(
        "a",
        "b c",
        "1",
        "0",
        "-1",
        "100m",
        "10.0.0.1",
        "true",
        "false",
        "null",
        "''",
        '""',
        '"x y"',
        "'a: b'",
        "{}",
        "[]",
    ),
    *("[a, b]", '["ALL"]', "[get, list]", '["", apps]', "[abc, def]", "|", "|-", "|+", ">", ">-", ">+", "--x=1", "-c"),
    *("- a", "- - a", "a: b", "http://x:80/y", "x # c", "# c", "", "", " ", "a  b", "nginx:1.2", "1.2.3", "8080", "~"),
    *("/bin/sh", "$(X)", "${Y}", "*", "yes", "0.5", "2024-01-01", "'it''s'", '"a\\nb"', "a#b", "a:b", "a,b", "}", "]"),
    *("---", "a'b", 'a"b', "é", "=", "<a>", "(x)", "^a$", "~x", "a?", "?a", "a!", "\\n", "a\\", "a -", "a:", "-", "%a"),
    *(
        "x%",
        "0 3 * * *",
        "1 2",
        "5 : 6",
        "@",
        "_a",
        "_",
        "__",
        "_1",
        "+x",
        "..",
        ".a",
        "./x",
        "../x",
        "...",
        "1h",
        "5%",
        "0755x",
        "2x",
        "3:4",
        "3:",
    ),
    *("a |", "key: |", "0644", "0o17", "0x1F", "1_000", "12e03", ".5", "5.", "+1", ".inf", ".NaN", "&x a", "*x", "&x"),
    *("!!str 1", "!x 1", "{a: b}", "[a", "b]", '"a', 'b"', "'a", "9223372036854775808", "1e400", "y", "No", "<<"),
    *("|2", "\t", "a\tb", "\ta", "\x85", "\u2028", "a: *x", "[http://x?y]", '"\\/"', "{{ x }}", "inf", "1:30", "0b11"),
]
KEYS = [
    *("a", "b", "c", "name", "x-y", "x/y.z", "a.b", "k", '"q"', "'q'", "on", "1", "a b", "<<", "?", "- a", "- name"),
    *("- - a", "-", "  a", "true", "y", "1.5", "~", "a:b", "&x a", "! a", "a#", "-a", ".5", "0x1", '"a: b"', "{a"),
]
HARMLESS = [
    *(
        "a",
        "b c",
        "1",
        "100m",
        "true",
        "''",
        '"x y"',
        "{}",
        "[]",
        '["ALL"]',
        "[abc, def]",
        "nginx:1.2",
        "x # c",
        "",
        "# c",
    ),
    *("--x=1", "http://x:80/y", "'a: b'", "null", "/bin/sh"),
]
BLOCKS = ["|", "|-", "|+", ">", ">-", ">+"]


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A text of lines that need not fit together."""
    made = []
    for _ in range(draw(st.integers(1, 8))):
        indent = " " * draw(st.sampled_from([0, 0, 0, 1, 2, 2, 3, 4, 6]))
        kind = draw(st.integers(0, 19))
        value = draw(st.sampled_from(VALUES))
        if kind < 11:
            key = draw(st.sampled_from(KEYS))
            made.append(f"{indent}{key}:{draw(st.sampled_from([' ', ' ', '  ', '']))}{value}")
        elif kind < 14:
            made.append(f"{indent}-{draw(st.sampled_from([' ', ' ', '   ', '']))}{value}")
        elif kind < 17:
            made.append(f"{indent}{draw(st.sampled_from(KEYS))}:")
        else:
            made.append(indent + draw(st.sampled_from([value, f"# {value}", "", "---", "..."])))
    return "\n".join(made) + draw(st.sampled_from(["\n", "", "\n\n", " \n", "  ", "\n# c\n"]))


@st.composite
def blocks(draw: st.DrawFn, values: list[str] = VALUES, *, plain: bool = False) -> str:
    """A text of nested block mappings and lists, mostly well-formed. plain: without keys that are no strings."""
    keys = ["k", "key", "a.b/c"] if plain else ["k", "key", "on", "1", "a.b/c"]
    made: list[str] = []

    def block(indent: int, depth: int, first: str = "") -> None:
        sequence = not first and draw(st.integers(0, 2)) == 0
        for number in range(draw(st.integers(1, 3))):
            start = first if first and number == 0 else " " * indent
            kind = draw(st.integers(0, 9))
            if sequence and kind < 3 and depth < 4:
                block(indent + 2, depth + 1, f"{start}- ")
                continue
            start += "-" if sequence else f"{draw(st.sampled_from(keys))}{number}:"
            if kind < 4 and depth < 4:
                made.append(start)
                made.extend(draw(st.sampled_from([[], [], [], [""], ["# c"], ["  # c"], ["   "]])))
                block(indent + draw(st.sampled_from([0, 1, 2, 2, 4])), depth + 1)
            elif kind < 6:
                made.append(f"{start} {draw(st.sampled_from(BLOCKS))}")
                inner = " " * (indent + draw(st.sampled_from([1, 2, 2, 4])))
                for _ in range(draw(st.integers(0, 3))):
                    word = draw(st.sampled_from(values))
                    made.append(draw(st.sampled_from(["", "  ", inner + word, f"{inner}  {word}", f"{inner}# {word}"])))
            else:
                made.append(f"{start} {draw(st.sampled_from(values))}")
                if draw(st.integers(0, 9)) == 0:
                    made.append(" " * draw(st.integers(0, 6)) + draw(st.sampled_from([*values, "# c", ""])))

    block(0, 0)
    return "\n".join(made) + draw(st.sampled_from(["\n", "\n", "", "\n\n", "\n# c\n"]))


def texts() -> st.SearchStrategy[str]:
    """All of them."""
    return st.one_of(lines(), blocks(), blocks(HARMLESS))
