"""The forms of well-known credentials, by which they are found wherever they stand."""

from __future__ import annotations

import re
from functools import lru_cache

# What a text must hold before the expression is tried at all: plain searches are much faster.
_FORMS: tuple[tuple[str, str, str], ...] = (
    ("a private key", "PRIVATE KEY", r"-{3,5}BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-{3,5}"),
    ("an age key", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    ("an AWS access key", "AKIA", r"(?<![A-Z0-9])AKIA[A-Z0-9]{16}(?![A-Z0-9])"),
    ("an AWS access key", "ASIA", r"(?<![A-Z0-9])ASIA[A-Z0-9]{16}(?![A-Z0-9])"),
    ("a GitHub token", "gh", r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{30,}"),
    ("a GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{30,}"),
    ("a GitLab token", "gl", r"(?<![A-Za-z0-9])gl(?:pat|dt|rt|ptt|cbt|soat)-[\w-]{20,}"),
    ("a Slack token", "xox", r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Slack app token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", "hooks.slack.com/", r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9_/+-]{20,}"),
    ("a Discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}"),
    ("a Telegram bot's token", ":AA", r"(?<!\d)\d{8,10}:AA[\w-]{32,34}(?![\w-])"),
    ("a Stripe key", "k_live_", r"(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{16,}"),
    ("a Google API key", "AIza", r"(?<![A-Za-z0-9])AIza[\w-]{35}(?![\w-])"),
    ("a Google OAuth token", "ya29.", r"(?<![A-Za-z0-9])ya29\.[\w-]{20,}"),
    ("a SendGrid key", "SG.", r"(?<![A-Za-z0-9])SG\.[\w-]{16,32}\.[\w-]{16,64}"),
    ("an npm token", "npm_", r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}"),
    ("a PyPI token", "pypi-", r"pypi-AgE[A-Za-z0-9_-]{40,}"),
    ("a Docker token", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,}"),
    ("a DigitalOcean token", "o_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    ("a Vault token", "hv", r"(?<![A-Za-z0-9])hv[bsr]\.[\w-]{24,}"),
    ("a Databricks token", "dapi", r"(?<![A-Za-z0-9])dapi[a-f0-9]{32}"),
    ("a Shopify token", "shp", r"(?<![A-Za-z0-9])shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("a Hugging Face token", "hf_", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    ("an Anthropic key", "sk-ant-", r"sk-ant-[\w-]{20,}"),
    ("an OpenAI key", "sk-", r"(?<![A-Za-z0-9])sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}"),
    ("a Mailgun key", "key-", r"(?<![A-Za-z0-9])key-[0-9a-f]{32}(?![0-9a-z])"),
    ("a Twilio key", "SK", r"(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![0-9a-z])"),
    ("a Grafana token", "gl", r"(?<![A-Za-z0-9])gl(?:sa|c)_[A-Za-z0-9_+/=]{30,}"),
    ("a New Relic key", "NRAK-", r"NRAK-[A-Z0-9]{27}"),
    ("an Azure storage key", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{40,}={0,2}"),
    ("a JSON Web Token", "eyJ", r"(?<![A-Za-z0-9])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    ("a registry's login", '"auth"', r'"auth"\s*:\s*"[A-Za-z0-9+/]{8,}={0,2}"'),
)
_COMPILED = tuple((what, hint, re.compile(form, re.ASCII)) for what, hint, form in _FORMS)
SHORTEST = 20
# Values are short and repeat themselves; files are not remembered.
_SHORT = 300


def known_token(text: str) -> str | None:
    """What sort of credential a text holds, None when it holds none of a known form."""
    if len(text) < SHORTEST:
        return None
    return _known(text) if len(text) <= _SHORT else _search(text)


@lru_cache(maxsize=8192)
def _known(text: str) -> str | None:
    return _search(text)


def _search(text: str) -> str | None:
    for what, hint, form in _COMPILED:
        if hint in text and form.search(text):
            return what
    return None
