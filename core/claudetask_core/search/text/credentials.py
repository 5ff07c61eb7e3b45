"""Finds credentials in a text by the formats that their issuers give them.

Only formats that are hardly ever met by chance: a prefix of the issuer's and a length, or the
armour of a private key. What an author made up to talk about them is no credential: a
placeholder ("EXAMPLE", "xxxx", "your"), a run of one letter or of the alphabet, or a token of too
few different letters.

A file is looked at only where it has one of the words that every format begins with, which the
tokenizer meets anyway, so that this costs next to nothing.
"""

import base64
import binascii
import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

_BETWEEN: Final = r"[\s\"'+,#*\\|]"
_CODE: Final = r"[A-Za-z0-9+/=]"
KINDS: Final = {
    "private key": (
        r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
        rf"(?:{_BETWEEN}|\\[nr]|[A-Za-z-]{{3,20}}: [^\n\\]{{1,120}}){{0,60}}{_CODE}{{40,90}}"
        rf"(?:{_BETWEEN}{{1,60}}{_CODE}{{8,90}}){{0,400}}"
        rf"(?:(?:{_BETWEEN}{{1,60}}{_CODE}{{1,7}})?{_BETWEEN}{{0,60}}-----END)?|"
        r"PuTTY-User-Key-File-\d: [\s\S]{10,6000}?Private-Lines: [\s\S]{20,6000}?Private-MAC|"
        r"AGE-SECRET-KEY-1[0-9A-Z]{58}"
    ),
    "AWS": (
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|"
        r"(?i:aws_?secret_?(?:access_?)?key)[\"']?\s{0,4}[:=]>?\s{0,4}[\"']?"
        r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"
    ),
    "GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b",
    "GitLab": r"\bglpat-[\w-]{20,60}",
    "Slack": (
        r"\bxox[abeoprs]-(?:\d{1,14}-){1,3}[A-Za-z0-9-]{20,80}|"
        r"\bxapp-\d-[A-Z0-9]{6,20}-\d{6,20}-[a-f0-9]{32,80}|"
        r"hooks\.slack\.com/services/T\w{6,12}/B\w{6,12}/\w{20,30}"
    ),
    "Google": r"\bAIza[\w-]{35}(?![\w-])|\bGOCSPX-[\w-]{28}(?![\w-])",
    "Stripe": r"\b[rs]k_live_[A-Za-z0-9]{24,110}\b|\bwhsec_[A-Za-z0-9+/=]{32,64}",
    "OpenAI": (
        r"\bsk-(?:[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b|(?:proj|svcacct|admin)-[\w-]{40,200})"
    ),
    "Anthropic": r"\bsk-ant-[a-z]{2,6}\d\d-[\w-]{80,120}",
    "Hugging Face": r"\bhf_[A-Za-z]{34}\b",
    "npm": r"\bnpm_[A-Za-z0-9]{36}\b",
    "PyPI": r"\bpypi-AgE[\w-]{50,300}",
    "SendGrid": r"\bSG\.[\w-]{22}\.[\w-]{43}(?![\w-])",
    "DigitalOcean": r"\bdo[opr]_v1_[a-f0-9]{64}\b",
    "Shopify": r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b",
    "Azure storage": r"\bAccountKey=[A-Za-z0-9+/]{86}==",
    "ClaudeTask": r"\bctk_[0-9a-f]{12}_[\w-]{43}(?![\w-])",
    "JWT": r"\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1400}",
}
"""By whose they are, what they look like."""

_PREFIXES: Final = (
    "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "AIza", "sk_live_",
    "rk_live_", "whsec_", "hf_", "npm_", "doo_v1_", "dop_v1_", "dor_v1_", "shpat_", "shpca_",
    "shppa_", "shpss_", "eyJ", "ctk_",
)  # fmt: skip
_WORDS: Final = frozenset(
    {
        "PRIVATE", "PuTTY", "SECRET", "glpat", "xoxa", "xoxb", "xoxe", "xoxo", "xoxp", "xoxr",
        "xoxs", "xapp", "slack", "GOCSPX", "sk", "pypi", "SG", "AccountKey",
    }
)  # fmt: skip
HINTS: Final = (
    *_PREFIXES, "PRIVATE KEY", "PuTTY-User-Key-File-", "AGE-SECRET-KEY-1", "glpat-", "xox", "xapp-",
    "hooks.slack.com", "GOCSPX-", "sk-", "pypi-AgE", "SG.", "AccountKey=", "aws_secret",
    "AWS_SECRET", "awssecret", "AWSSECRET", "awsSecret", "AwsSecret", "Aws_Secret",
)  # fmt: skip
"""What a text with a credential has somewhere, of each form at least one, for a search by lines."""
_KEY_NAME: Final = re.compile(r"aws_?secret", re.IGNORECASE)
_LEAST_PREFIXED: Final = 12
_ANY: Final = re.compile("|".join(f"(?:{form})" for form in KINDS.values()))
_JWT: Final = "eyJ"
_MADE_UP: Final = re.compile(
    r"example|sample|placeholder|dummy|redacted|your|fake|changeme|x{6}|\*{3}|(.)\1{7}|"
    r"01234567|12345678|abcdefgh|qwerty|deadbeef",
    re.IGNORECASE,
)
_JWT_MADE_UP: Final = re.compile(
    r"1234567890|john ?doe|jane ?doe|example|test|foo|alice|johndoe", re.IGNORECASE
)
_LEAST_LETTERS: Final = 10
_ARMOUR: Final = ("-----", "PuTTY")


def is_suspicious(word: str) -> bool:
    """Whether a word of a text may be the beginning of a credential."""
    if word.startswith(_PREFIXES):
        return len(word) >= _LEAST_PREFIXED
    return word in _WORDS or _KEY_NAME.match(word) is not None


def secret_lines(lines: list[str]) -> list[tuple[int, int]]:
    """The lines with credentials as (first, last), counted from 1, both included."""
    text = "\n".join(lines)
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    return [
        (bisect_right(starts, found.start()), bisect_right(starts, found.end() - 1))
        for found in _ANY.finditer(text)
        if not _is_made_up(found[0])
    ]


def _is_made_up(token: str) -> bool:
    if token.startswith(_ARMOUR):
        return False
    if token.startswith(_JWT):
        return _JWT_MADE_UP.search(_claims(token)) is not None
    return _MADE_UP.search(token) is not None or len(set(token)) < _LEAST_LETTERS


def _claims(token: str) -> str:
    payload = token.split(".")[1]
    try:
        return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode("latin-1")
    except (ValueError, binascii.Error):
        return "test"  # what cannot be read claims nothing
