"""From archives to a table: what becomes a pair, what is kept out, and that training learns."""

import io
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from claudetask_core.search.vectors.table import Table
from tools.train_table import __main__ as program
from tools.train_table import download
from tools.train_table.corpus import (
    Decontaminator,
    balanced,
    excluded,
    files,
    mined,
    shingles,
)
from tools.train_table.download import Source, archives, fingerprint
from tools.train_table.mine import Pair, pairs, question_of
from tools.train_table.train import Model, bags, recall, train, vocabulary

CODE = '''
def load_settings(path):
    """Reads the settings of a user from a file.

    More of it.
    """
    with open(path) as file:
        return parse(file.read())
'''
PERMISSIVE = re.compile(
    r"MIT|Apache-2\.0|BSD-[23]-Clause|ISC|Zlib|BSL-1\.0|PostgreSQL|TCL|ZPL-2\.1|libtiff|Ruby"
)


def tarball(path: Path, members: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            packed.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize(
    ("language", "text", "question", "code"),
    [
        ("python", CODE, "Reads the settings of a user from a file.", "return parse"),
        ("go", ("// Open opens the store for reading.\nfunc Open(path string) *Store {\n"
         "\treturn load(path)\n}\n"), "Open opens the store for reading.", "return load"),
        ("java", ("/**\n * Removes every entry that is too old.\n * @param age how old\n */\n"
         "void sweep(int age) {\n  entries.removeIf(old(age));\n}\n"),
         "Removes every entry that is too old.", "removeIf"),
        ("elixir", ('@doc """\nSends a reply to the caller.\n"""\n@spec reply(t) :: t\n'
         "def reply(conn) do\n  send_resp(conn, 200, conn.body)\nend\n"),
         "Sends a reply to the caller.", "send_resp"),
        ("haskell", ("{- | Counts the words of a text.\n-}\ncount :: Text -> Int -> Int\n"
         "  -> Text -> Either Problem Count\n"), "Counts the words of a text.", "count ::"),
        ("ocaml", ("(** Adds two numbers and a third. *)\nlet add a b =\n"
         "  a + b + zero + one + nothing\n"),
         "Adds two numbers and a third.", "a + b"),
        ("ruby", ("# Builds the index of files.\ndef build(files)\n  files.each { |f| add(f) }\n"
         "end\n"), "Builds the index of files.", "files.each"),
    ],
)  # fmt: skip
def test_a_comment_and_the_code_below_it_are_a_pair(
    language: str, text: str, question: str, code: str
) -> None:
    found = list(pairs(text, language))
    assert [pair.question for pair in found] == [question]
    assert code in found[0].code
    assert question not in found[0].code


@pytest.mark.parametrize(
    "comment",
    [["Too short"], ["Copyright 2020 by the authors of it"], ["TODO make this a lot faster"],
     ["@param one of the four words"], [""]],
)  # fmt: skip
def test_a_comment_that_says_nothing_asks_nothing(comment: list[str]) -> None:
    assert question_of(comment) is None


def test_markup_is_taken_out_of_a_question() -> None:
    said = question_of(["Returns the {@link Store store} of `this` <b>user</b>,", "", "and more"])
    assert said == "Returns the Store store of this user ,"


def test_code_without_a_comment_or_too_short_is_no_pair() -> None:
    assert list(pairs("# Says what is to come below.\n\nx = 1\n", "python")) == []
    assert list(pairs("# Says what is to come below.\nx = 1\n", "python")) == []
    assert list(pairs('@doc """\nSends a reply to the caller.\n"""\n', "elixir")) == []


def test_archives_of_both_kinds_give_their_sources_but_no_tests(tmp_path: Path) -> None:
    members = {"p-1/a.py": CODE, "p-1/tests/b.py": CODE, "p-1/c.bin": "x", "p-1/d.min.js": "x"}
    packed = tarball(tmp_path / "p.tar.gz", members)
    with zipfile.ZipFile(tmp_path / "p.whl", "w") as wheel:
        for name, text in members.items():
            wheel.writestr(name, text)
    assert [path for path, _ in files(packed)] == ["p-1/a.py"]
    assert [path for path, _ in files(tmp_path / "p.whl")] == ["p-1/a.py"]


def test_a_measured_repository_is_kept_out_by_its_name(tmp_path: Path) -> None:
    clean = Decontaminator(frozenset({"gin", "redux"}))
    for path in ("gin-1.2/a.go", "x/redux/b.js", "gin@v1.9.1/c.go"):
        assert not clean.allows_path(path), path
    assert clean.allows_path("ginger-1.2/gin.go")
    packed = tarball(tmp_path / "p.tgz", {"gin-1.0/a.py": CODE, "own-1.0/b.py": CODE + "# x\n"})
    assert len(mined([packed], clean, 1)) == 1


def test_a_measured_repository_is_kept_out_by_eight_lines_of_its_code(tmp_path: Path) -> None:
    body = "\n".join(f"    step_{number} = compute(number_{number})" for number in range(9))
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "a.py").write_text(f"def other():\n{body}\n")
    (checkout / "notes.txt").write_text("nothing")
    copied = f'def copied():\n    """Does all of the steps in turn."""\n{body.upper()}\n'
    packed = tarball(tmp_path / "p.tgz", {"own/a.py": copied, "own/b.py": CODE})
    clean = Decontaminator(frozenset())
    assert len(mined([packed], clean, 1)) == 2
    clean.learn(checkout)
    assert [pair.question[:5] for _, pair in mined([packed], clean, 1)] == ["Reads"]


def test_few_or_short_lines_make_no_shingle() -> None:
    assert list(shingles("}\n}\n")) == []
    assert len(list(shingles("\n".join(f"line number {n}" for n in range(10))))) == 3


def test_an_archive_that_is_none_gives_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.tgz").write_bytes(b"not an archive")
    (tmp_path / "bad.zip").write_bytes(b"PK")
    assert mined(sorted(tmp_path.iterdir()), Decontaminator(frozenset()), 1) == []


def test_each_question_counts_once_and_no_language_outweighs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tools.train_table.corpus.MOST_OF_LANGUAGE", 3)
    found = [("go", Pair(f"question {n // 2}", f"code {n}")) for n in range(20)]
    kept = balanced([*found, ("c", Pair("another", "code"))], 1)
    assert sorted(language for language, _ in kept) == ["c", "go", "go", "go"]
    assert len({pair.question for _, pair in kept}) == 4


def test_every_source_is_permissive_pinned_and_not_measured() -> None:
    names = excluded()
    for source in program.sources():
        parts = re.split(r" OR ", source.licence)
        assert all(PERMISSIVE.fullmatch(part) for part in parts), source
        assert re.search(r"=\d|@\d|@v\d", source.pin) or source.registry == "debian", source
        name = re.split(r"[=@/]+", source.pin.lstrip("@"))
        assert not names & set(name), source
    assert {source.registry for source in program.sources()} == {"pypi", "npm", "debian"}


def test_the_list_of_the_shipped_table_names_only_listed_sources() -> None:
    text = (Path(program.__file__).parent / "sources.toml").read_text("utf-8")
    listed = {pin for pins in tomllib.loads(text).values() for pin in pins}
    shipped = json.loads(program.PATH.with_suffix(".sources.json").read_text("utf-8"))
    assert {row["package"] for row in shipped} <= listed


def test_each_registry_is_asked_by_its_own_client_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def answer(command: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
        asked.append(list(command))
        folder = Path(str(options["cwd"]))
        if "update" not in command and "--no-binary" not in command:
            (folder / "got.orig.tar.gz").write_bytes(b"x")
            (folder / "got.dsc").write_bytes(b"x")
        return subprocess.CompletedProcess(command, int("--no-binary" in command), "", "")

    monkeypatch.setattr(download.subprocess, "run", answer)
    (tmp_path / "apt").mkdir()
    for registry, pin in (("pypi", "a==1"), ("npm", "@s/b@2"), ("debian", "c=3")):
        source = Source(registry, pin, "MIT")
        found = archives(source, tmp_path)
        assert found == archives(source, tmp_path)
        assert "got.orig.tar.gz" in {path.name for path in found}
        assert len(fingerprint(found)) == 64
    assert [command[0] for command in asked] == [sys.executable, sys.executable, "npm", "apt-get"]


def toy_pairs(count: int = 900) -> list[tuple[str, Pair]]:
    drawn = np.random.default_rng(3)
    words = [
        "reader",
        "writer",
        "socket",
        "cache",
        "parser",
        "token",
        "index",
        "queue",
        "thread",
        "cipher",
    ]
    found: list[tuple[str, Pair]] = []
    for _ in range(count):
        one, other = drawn.choice(len(words), 2, replace=False)
        question = f"opens {words[one]} {words[other]}"
        found.append(("go", Pair(question, f"func {words[one]}x() {{ {words[other]}y }}")))
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.train_table.train.BATCH", 64)
    monkeypatch.setattr("tools.train_table.train.WIDTH", 16)
    monkeypatch.setattr(program, "DIMENSIONS", 8)


def test_the_same_seed_gives_the_same_table_and_it_loads(tmp_path: Path, small: None) -> None:
    first, second = tmp_path / "one.bin", tmp_path / "two.bin"
    quality = program.build(toy_pairs(), first, 2)
    program.build(toy_pairs(), second, 2)
    assert first.read_bytes() == second.read_bytes()
    table = Table.load(first)
    assert table.dimensions == 8
    assert "socket" in table
    assert set(quality) == {"recall@1", "recall@10", "mrr"}


def test_the_loss_falls_and_the_right_answer_comes_nearer(small: None) -> None:
    questions = [pair.question.split() for _, pair in toy_pairs(300)]
    answers = [[word + "2" for word in question[1:]] for question in questions]
    terms, rarity = vocabulary([*questions, *answers], 1000)
    numbers = {term: number for number, term in enumerate(terms)}
    asked, answered = bags(questions, numbers), bags(answers, numbers)
    model = Model(rarity, 1)
    before = recall(asked, answered, model.scaled())["mrr"]
    losses = [model.step(asked, answered, 0.02) for _ in range(40)]
    assert losses[-1] < losses[0] / 2
    assert recall(asked, answered, model.scaled())["mrr"] > before
    assert train(asked, answered, rarity, epochs=1, seed=1).shape == (len(terms), 16)


@pytest.mark.parametrize("gone", ["npm", "apt-get"])
def test_a_missing_package_manager_stops_the_program_and_is_named(
    monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    def run(command: list[str], _: Path) -> subprocess.CompletedProcess[str]:
        if command[0] == gone:
            raise FileNotFoundError(gone)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(download, "_run", run)
    with pytest.raises(RuntimeError, match=f"{gone} is not installed"):
        download.ready()


def test_a_package_manager_that_fails_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], _: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "No module named pip")

    monkeypatch.setattr(download, "_run", run)
    with pytest.raises(RuntimeError, match="No module named pip"):
        download.ready()


def test_the_whole_program_writes_a_table_and_its_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: None, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Source("pypi", "own==1", "MIT")
    folder = tmp_path / "cache" / "pypi" / source.slug
    folder.mkdir(parents=True)
    code = "".join(
        f"# Reads part {'abcdefghij'[n % 10]}{n} of all the settings.\n"
        f"def read_settings_{n}(path):\n    return parse(open(path).read(), {n})\n\n"
        for n in range(80)
    )
    tarball(folder / "own.tar.gz", {"own-1/a.py": code})
    (folder / ".done").touch()
    (tmp_path / "checkouts" / "gin").mkdir(parents=True)
    out = tmp_path / "table.bin"
    monkeypatch.setattr(program, "ready", lambda: None)
    monkeypatch.setattr(program, "sources", lambda: [source])
    arguments = ["x", str(tmp_path / "cache"), "--checkouts", str(tmp_path / "checkouts"),
                 "--epochs", "1", "--out", str(out)]  # fmt: skip
    monkeypatch.setattr(sys, "argv", arguments)
    program.main()
    assert Table.load(out).dimensions == 8
    (row,) = json.loads(out.with_suffix(".sources.json").read_text("utf-8"))
    assert (row["package"], row["pairs"]) == ("own==1", 80)
    assert "own==1 80" in capsys.readouterr().out
