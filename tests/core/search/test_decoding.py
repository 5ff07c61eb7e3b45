import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudetask_core.search.text.decoding import decoded, in_utf8
from tests.core.search.trees import Tree

TEXT = "größe = 'äpfel'\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
        TEXT.encode("latin-1"),
    ],
)
def test_a_text_is_read_whatever_encoding_it_is_in(data: bytes) -> None:
    assert decoded(data) == TEXT


@pytest.mark.parametrize(
    ("head", "encoding", "text"),
    [
        ("# -*- coding: shift_jis -*-\n", "shift_jis", "検索"),
        ("# vim: set fileencoding=koi8-r :\n", "koi8-r", "поиск"),
        ('<?xml version="1.0" encoding="windows-1251"?>\n', "cp1251", "поиск"),
        ("<meta charset=euc-kr>\n", "euc-kr", "검색"),
    ],
)
def test_the_encoding_that_a_file_declares_is_used(head: str, encoding: str, text: str) -> None:
    assert decoded((head + text).encode(encoding)) == head + text


@pytest.mark.parametrize("name", ["punycode", "no-such-codec", "utf-8", "hex", "big5"])
def test_a_declaration_that_is_wrong_or_no_text_is_passed_over(name: str) -> None:
    data = f"# coding: {name}\n".encode() + b"caf\xe9 "
    assert decoded(data) == f"# coding: {name}\ncafé "


def test_a_broken_byte_in_utf8_harms_nothing_else() -> None:
    assert decoded("äöü".encode() + b"\xff") == "äöü\ufffd"


def test_wide_texts_become_utf8_and_others_stay() -> None:
    assert in_utf8(TEXT.encode("utf-16")) == TEXT.encode()
    assert in_utf8(b"caf\xe9") == b"caf\xe9"


@given(st.binary(max_size=60))
def test_any_bytes_give_a_text(data: bytes) -> None:
    assert decoded(data).count("\n") >= 0


def test_a_file_in_utf16_is_found_and_one_with_nul_bytes_is_binary(tree: Tree) -> None:
    tree.write("plain.py", "nothing = 1\n")
    (tree.root / "wide.py").write_bytes("def größe():\n    needle = 1\n".encode("utf-16"))
    (tree.root / "bare.py").write_bytes("def needle(): pass\n".encode("utf-16-le"))
    tree.index.refresh()
    hit = tree.ask("needle")[0]
    assert (hit.path, hit.symbol, hit.text) == (
        "wide.py",
        "größe",
        "def größe():\n    needle = 1",
    )
    assert tree.paths("needle") == ["wide.py"]
