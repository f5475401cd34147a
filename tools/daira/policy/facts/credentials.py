"""Whether a text is, or holds, a credential in the clear: by known forms, by addresses with a password, by names.

A name counts by its last words (`DB_PASSWORD`, `adminPassword`, `api-key`), because the last word of a name says what
it is: `PASSWORD_FILE` is a file, `password_validation.py` a script, `SECRET_NAME` a name. A value counts when it is a
literal: no reference, placeholder, path or switch. Nothing here ever returns the credential itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from daira.policy.facts.tokens import known_token


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NOUNS = _set("password passwd passphrase passcode pwd secret token credential credentials creds pass")
_ONE_WORD = (
    *("password", "passwd", "passphrase", "apikey", "secretkey", "accesskey", "privatekey", "authkey"),
    *("requirepass", "masterauth", "authtoken", "accesstoken", "clientsecret", "dbpass", "apitoken", "userpass"),
)
_KEYS = _set("api access secret private encryption signing master account auth storage session jwt hmac cookie app")
# What may follow without changing what the name means.
_QUALIFIERS = _set("base64 b prod production staging dev value plaintext primary secondary base")
# "existingSecret", "tlsSecret", "passwordSecret" name an object that holds a secret.
_REFERENCES = _set(
    "existing tls ca cert certificate pull sealed external password passwords credentials credential token key "
    "kubernetes kube k8s image auth"
)
# What a second word makes of "secret": the name of something else.
_OF_SECRETS = _set(
    "name names file files path paths dir ref refs arn id ids version ttl expiry url uri host mount store manager "
    "provider type rotation enabled namespace prefix suffix engine backend class length count policy project region "
    "keys items volume annotations labels resource config source target list validation service username user"
)
_SWITCHES = _set(
    "true false yes no on off null none nil undefined enabled disabled optional required 0 1 redacted hidden masked "
    "include omit same-origin bearer basic"
)
_STORES = (
    *("vault:", "ref+", "op://", "arn:aws:secretsmanager", "arn:aws:ssm", "akv:", "sm://", "awssm:", "gcpsm:", "ENC["),
    *("file:", "env:", "secretref", "projects/", "-----BEGIN CERT", "-----BEGIN PUBLIC", "ssh-rsa ", "ssh-ed25519 "),
)
# Passwords that are tried first, and what examples put in their place.
WEAK = _set(
    "password password1 password123 passw0rd passwd pass changeme change-me change_me changeit change-this admin "
    "admin123 "
    "administrator root toor secret supersecret super-secret my-secret mysecret s3cr3t s3cret letmein qwerty qwerty123 "
    "123456 1234567 12345678 123456789 1234567890 abc123 test test123 testing example default guest user demo foobar "
    "postgres mysql redis rabbitmq mongo minio minioadmin minio123 grafana elastic welcome hunter2 your-password "
    "yourpassword your_password your-secret your-secret-here your_secret_here your-password-here replaceme replace-me "
    "replace_me placeholder dummy todo fixme tbd none null token jwt-secret jwtsecret dev-secret dev"
)
_URL = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@'\"]*:([^@/\s'\"]+)@")
_PAIRS = re.compile(r"(?i)(?:^|[;\s'\"])(?:password|pwd|accountkey|sharedaccesskey)\s*=\s*([^;\s'\"]+)")
# One of these is in every name that is_secret_name accepts.
_HINTS = ("pass", "pwd", "secret", "token", "cred", "key", "masterauth")
_LONGEST_LINE = 2000
_LINE = re.compile(
    r"""\s*(?:export\s+|set\s+|-\s+|ENV\s+)?["']?([A-Za-z_][\w.-]*)["']?\s*(?::=|=|:)\s*(.+?)\s*[,;]?\s*$"""
)
_DIRECTIVE = re.compile(r"\s*(requirepass|masterauth)\s+(\S+)\s*$")
_COMMENTS = ("#", "//", ";", "--", "*", "<!--")
_CODE = (".js", ".mjs", ".cjs", ".ts", ".py", ".rb", ".go", ".java", ".lua", ".php", ".pl")


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Whether a variable, key or flag of this name holds a credential itself."""
    words: list[str] = [word.lower() for word in _WORDS.findall(name[-200:])]
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _QUALIFIERS):
        words.pop()
    if not words:
        return False
    if words[-3:] == ["access", "key", "id"]:
        return True  # one half of a pair; where it stands in the clear, the other is not far
    if words[-2:] == ["key", "content"] or (words[0] == "azure" and words[-1] == "key"):
        return True  # as the clouds' own tools name theirs
    if len(words) == 2 and words[0] == "secret" and words[1] not in _OF_SECRETS:
        return True
    *before, last = words
    if last == "key" or last == "keys":
        return bool(before) and before[-1] in _KEYS and last == "key"
    if last in _NOUNS:
        if last in ("pass", "pwd"):
            return bool(before)
        if last == "secret":
            return before[-1] not in _REFERENCES if before else name.isupper()
        return True
    return last.endswith(_ONE_WORD)


def is_literal(value: object) -> bool:
    """Whether a value stands for itself: no reference, placeholder, path, switch, or prose."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value not in (0, 1)
    if not isinstance(value, str):
        return False
    value = value.strip()
    lowered = value.lower()
    if not value or lowered in _SWITCHES or value[0] == "$" or "${" in value or "$(" in value or "{{" in value:
        return False
    if value.startswith(_STORES) or "://" in value or value.count(" ") > 4:
        return False
    if (value[0] == "<" and value[-1] == ">") or (value[0] == "%" and value[-1] == "%" and len(value) > 1):
        return False
    if value[0] in "/~" or value.startswith(("./", "../")):
        return value.endswith("=") and value[0] == "/"  # base64 may begin with a slash
    return not set(lowered) <= set("*.-_#")


def is_reference(name: str, value: object) -> bool:
    """Whether `secretKey: postgres-password` and the like name a key of a Secret and are no secret."""
    if "secret" not in name.lower() or not isinstance(value, str):
        return False
    return (
        "-" in value and value == value.lower() and value.rpartition("-")[2] in ("password", "secret", "token", "key")
    )


def passwords_in_address(text: str) -> list[str]:
    """The literal passwords in URLs and connection strings of a text; never to be shown."""
    found: list[str] = []
    if "@" in text and "://" in text:
        found += _URL.findall(text)
    if "=" in text and ";" in text:
        found += _PAIRS.findall(text)
    return [password for password in found if is_literal(password)]


def password_in_address(text: str) -> bool:
    """Whether a URL or a connection string in the text holds a literal password."""
    return bool(passwords_in_address(text))


def in_value(name: str, value: object) -> str | None:
    """What sort of credential a named value is in the clear, None when it is none."""
    if isinstance(value, str):
        if found := known_token(value):
            return found
        if password_in_address(value):
            return "an address with a password"
    return "a literal value" if is_secret_name(name) and is_literal(value) else None


def in_text(file: str, text: str) -> Iterator[tuple[int, str]]:
    """Line (from 1) and sort of each credential in a file's text. file: its name; in code only quoted counts."""
    code = file.endswith(_CODE)
    for start, end in _lines_with_hints(text):
        if end - start < _LONGEST_LINE and (name := _assigned(text[start:end], code=code)):
            yield text.count("\n", 0, start) + 1, f"{name} with a literal value"
    if "://" in text and "@" in text:
        for number, line in enumerate(text.split("\n"), 1):
            if "@" in line and not line.lstrip().startswith(_COMMENTS) and password_in_address(line):
                yield number, "an address with a password"
    if sort := known_token(text):
        yield 1 + next((n for n, line in enumerate(text.split("\n")) if known_token(line)), 0), sort


def _lines_with_hints(text: str) -> list[tuple[int, int]]:
    """Start and end of each line that may name a secret. Plain searches, because most lines of most files do not."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters change their length in lower case
        lowered = text
    found: dict[int, int] = {}
    for hint in _HINTS:
        at = lowered.find(hint)
        while at >= 0:
            start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
            end = len(text) if end < 0 else end
            found[start] = end
            at = lowered.find(hint, end)
    return sorted(found.items())


def _assigned(line: str, *, code: bool) -> str | None:
    if line.lstrip().startswith(_COMMENTS):
        return None
    found = _DIRECTIVE.match(line) or _LINE.match(line)
    if found is None:
        return None
    name, value = found.groups()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    if quoted:
        value = value[1:-1]
    elif code or any(sign in value for sign in "()`|<>[]{}"):
        return None
    return name if is_secret_name(name) and is_literal(value) and not is_reference(name, value) else None
