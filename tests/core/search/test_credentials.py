"""Credentials are told by the formats of their issuers; what only talks about them is not."""

import base64
import json
import random
import string
from pathlib import Path

import pytest

from claudetask_core.search.index.analysis import WITHHELD, Analyser, Source
from claudetask_core.search.text.credentials import KINDS, is_suspicious, secret_lines
from claudetask_core.search.text.tokens import words
from tests.core.search.trees import Tree

LETTERS = string.ascii_letters + string.digits
CAPITALS = string.ascii_uppercase + "234567"


def drawn(letters: str, count: int) -> str:
    """A token as an issuer draws it; made here, so that no file holds one."""
    return "".join(random.Random(count).choices(letters, k=count))  # noqa: S311 — a test's token


def part(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def pem(kind: str = "RSA ") -> str:
    body = "\n".join(drawn(LETTERS + "+/", 64) for _ in range(20))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def jwt(claims: dict[str, object]) -> str:
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{drawn(LETTERS, 43)}"


def tokens() -> dict[str, list[str]]:
    hexadecimal, code = "0123456789abcdef", drawn(LETTERS, 64)
    return {
        "private key": [
            pem(),
            pem(""),
            pem("OPENSSH ").replace("\n", "\\n"),
            "-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n" + drawn(LETTERS, 64),
            "AGE-SECRET-KEY-1" + drawn(string.ascii_uppercase + string.digits, 58),
            f"PuTTY-User-Key-File-2: x\nEncryption: none\nPrivate-Lines: 8\n{code}\nPrivate-MAC: 1",
        ],
        "AWS": [
            "AKIA" + drawn(CAPITALS, 16),
            "ASIA" + drawn(string.ascii_uppercase + "0189", 16),
            f"aws_secret_access_key = {drawn(LETTERS, 40)}",
            f'"awsSecretAccessKey": "{drawn(LETTERS, 40)}"',
        ],
        "GitHub": [
            "ghp_" + drawn(LETTERS, 36),
            f"github_pat_{drawn(LETTERS, 22)}_{drawn(LETTERS, 59)}",
        ],
        "ClaudeTask": [f"ctk_{drawn(hexadecimal, 12)}_{drawn(LETTERS, 43)}"],
        "GitLab": ["glpat-" + drawn(LETTERS, 20)],
        "Slack": [
            f"xoxb-{drawn(string.digits, 12)}-{drawn(string.digits, 13)}-{drawn(LETTERS, 24)}",
            f"xapp-1-A{drawn(CAPITALS, 10)}-{drawn(string.digits, 13)}-{drawn(hexadecimal, 64)}",
            f"https://hooks.slack.com/services/T{drawn(CAPITALS, 8)}/B{drawn(CAPITALS, 8)}/"
            + drawn(LETTERS, 24),
        ],
        "Google": ["AIza" + drawn(LETTERS, 35), "GOCSPX-" + drawn(LETTERS, 28)],
        "Stripe": ["sk_live_" + drawn(LETTERS, 24), "whsec_" + drawn(LETTERS, 32)],
        "OpenAI": [
            f"sk-{drawn(LETTERS, 20)}T3BlbkFJ{drawn(LETTERS, 20)}",
            "sk-proj-" + drawn(LETTERS, 60),
        ],
        "Anthropic": ["sk-ant-api03-" + drawn(LETTERS, 93)],
        "Hugging Face": ["hf_" + drawn(string.ascii_letters, 34)],
        "npm": ["npm_" + drawn(LETTERS, 36)],
        "PyPI": ["pypi-AgEIcHlwaS5vcmc" + drawn(LETTERS, 60)],
        "SendGrid": [f"SG.{drawn(LETTERS, 22)}.{drawn(LETTERS, 43)}"],
        "DigitalOcean": ["dop_v1_" + drawn(hexadecimal, 64)],
        "Shopify": ["shpat_" + drawn(hexadecimal, 32)],
        "Azure storage": [f"AccountKey={drawn(LETTERS, 86)}=="],
        "JWT": [jwt({"sub": "4711", "iss": "https://login.corp"})],
    }


TOKENS = [(kind, token) for kind, some in tokens().items() for token in some]


def lines_with(token: str) -> list[str]:
    return ["import os", "", *f"KEY = '{token}'".split("\n"), "", "x = 1"]


@pytest.mark.parametrize(("kind", "token"), TOKENS)
def test_a_credential_of_a_known_format_is_found_where_it_stands(kind: str, token: str) -> None:
    lines = lines_with(token)
    found = secret_lines(lines)
    assert found, kind
    assert {first for first, _ in found} == {3}
    assert max(last for _, last in found) <= len(lines) - 2
    assert any(is_suspicious(word) for word in words("\n".join(lines)))


def test_every_kind_has_an_example_here_and_a_row_in_the_docs() -> None:
    assert set(tokens()) == set(KINDS)
    page = (Path(__file__).parents[3] / "docs" / "search.md").read_text(encoding="utf-8")
    assert all(kind in page for kind in KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']",
        "ghp_" + "x" * 36,
        "ghp_" + "1234567890" * 4,
        "ghp_ is what such a token begins with",
        "sk-ant-api03-" + "a" * 93,
        "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc",
        "AIza",
        "xoxb-your-token-goes-here",
        "if line == '-----BEGIN PRIVATE KEY-----': return parse(line)",
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + "A1b2C3d4" * 8,
        jwt({"sub": "1234567890", "name": "John Doe"}),
        jwt({"sub": "alice@example.com"}),
        "eyJhbGciOiJIUzI1NiJ9.eyJ!.x",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.".ljust(70, "q"),
    ],
)
def test_what_only_talks_about_credentials_is_none(text: str) -> None:
    assert secret_lines(lines_with(text)) == []


def test_a_chunk_with_a_credential_is_neither_read_nor_shown(tree: Tree) -> None:
    token = "ghp_" + drawn(LETTERS, 36)
    filler = "".join(f"def helper_{number}(): return {number}\n" for number in range(60))
    tree.write("deploy.py", f"{filler}\ndef deploy_site():\n    token = '{token}'\n\n{filler}")
    tree.index.refresh()
    assert tree.paths("helper_3") == ["deploy.py"]
    for question in (token, "deploy_site", "token", "deploy"):
        assert all(token not in hit.text for hit in tree.ask(question, top_k=50))
    assert token.lower().encode() not in tree.database.read_bytes().lower()
    assert not any(b"deploy_site" in file.read_bytes() for file in tree.database.parent.iterdir())


def test_each_chunk_of_a_private_key_is_withheld() -> None:
    text = f'before = 1\n\nKEY = """\n{pem()}\n"""\n\n' + "after = compute_after(1)\n" * 40
    blob = Analyser().analyse([Source("keys.py", text.encode())]).blobs[0]
    rows = [row.split("\t") for row in blob.rows.decode().split("\n")]
    covered = {
        line
        for start, end, kind, _ in rows
        if kind == WITHHELD
        for line in range(int(start), int(end) + 1)
    }
    assert set(range(4, 26)) <= covered
    assert any(kind != WITHHELD for _, _, kind, _ in rows)


def test_a_file_that_only_talks_about_credentials_is_whole(tree: Tree) -> None:
    tree.write("docs/keys.md", "# Keys\n\nA token begins with ghp_ or AKIAIOSFODNN7EXAMPLE.\n")
    tree.index.refresh()
    assert tree.paths("token begins") == ["docs/keys.md"]
