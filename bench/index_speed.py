"""Speed and memory of the code index beside semble, from one run, in turns.

    python bench/index_speed.py FOLDER… --peer-venv DIR --questions JSON… [--rounds 3] [--json FILE]

The files that both would index of all FOLDERs are copied into one tree; the first FOLDER alone
is the tree in which files are touched. `--peer-venv` is where semble is installed, from the
package index, unless it is there already. QUESTIONS are JSON lists of objects with a `query`.
Each job is a process of its own, the sides alternate, and the figures are medians of the rounds;
`best` is the ratio of the best rounds, which says more on a machine that others use too.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from speed import corpus, peer_setup, report
from speed.processes import Program

TOUCHED = 7


class Rounds:
    """Runs every job of one round, and keeps the answers by the name of the job."""

    def __init__(self, folder: Path, trees: dict[str, tuple[Path, Path]], asked: list[str]) -> None:
        self.answers: report.Answers = defaultdict(list)
        self._folder = folder
        self._trees = trees
        self._questions = asked
        self._cpus = sorted(os.sched_getaffinity(0))[:2]
        self._random = random.Random(7)  # noqa: S311 — which files are touched

    def round(self, programs: list[Program]) -> None:
        for program in programs:
            self._index(program, "one", self._cpus[:1], 0)
        for program in programs:
            self._index(program, "two", self._cpus, 2 if program.name == "ours" else 0)
            if program.name == "peer":
                self._index(program, "workers", self._cpus, 2)
        for program in programs:
            self._ask(program, "load", checked=False)
            self._ask(program, "ask", checked=True)
        for program in programs:
            self._touch(program, "touch", save=True)
            if program.name == "peer":
                self._touch(program, "keep", save=False)

    def prepare(self, program: Program) -> None:
        """Has the tree indexed in which files will be touched."""
        root = self._trees[program.name][1]
        self._run(program, "", {"job": "index", "cpus": self._cpus, "root": str(root)}, "touch")

    def _index(self, program: Program, name: str, cpus: list[int], workers: int) -> None:
        shutil.rmtree(self._state(program, "whole"), ignore_errors=True)
        job = {"job": "index", "cpus": cpus, "workers": workers}
        self._run(program, name, job, "whole")

    def _ask(self, program: Program, name: str, *, checked: bool) -> None:
        job = {"job": "ask", "cpus": self._cpus, "checked": checked}
        self._run(program, name, job, "whole")

    def _touch(self, program: Program, name: str, *, save: bool) -> None:
        root = self._trees[program.name][1]
        files = sorted(path for path in root.rglob("*.php") if path.is_file())
        files = files or sorted(path for path in root.rglob("*.*") if ".git" not in path.parts)
        some = [str(path) for path in self._random.sample(files, TOUCHED)]
        job = {"job": "touch", "cpus": self._cpus, "files": some, "save": save, "root": str(root)}
        self._run(program, name, job, "touch")

    def _run(self, program: Program, name: str, job: dict[str, Any], state: str) -> None:
        kept = self._state(program, state)
        kept.mkdir(parents=True, exist_ok=True)
        full = {
            "root": str(self._trees[program.name][0]),
            "state": str(kept),
            "workers": 0,
            "questions": self._questions,
            **job,
        }
        variables = {"SEMBLE_CACHE_LOCATION": str(kept)}
        variables["SEMBLE_INDEX_WORKERS"] = str(full["workers"])
        answer = program.run(full, **variables)
        if name:
            self.answers[f"{program.name} {name}"].append(answer)

    def _state(self, program: Program, name: str) -> Path:
        return self._folder / program.name / name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--peer-venv", type=Path, required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folders = [folder.resolve() for folder in arguments.folders]
    venv: Path = arguments.peer_venv.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        tree = corpus.copied(folders, work / "tree", venv)
        trees: dict[str, tuple[Path, Path]] = {}
        for name in ("ours", "peer"):
            touched = corpus.copied(folders[:1], work / f"touched-{name}", venv)
            trees[name] = (tree.root, touched.root)
        print(f"{len(tree.files)} files, {tree.size / 1e6:.2f} MB; touched: {len(touched.files)}")
        programs = [Program("ours", Path(sys.executable)), peer_setup.program(venv, tree.root)]
        rounds = Rounds(work, trees, corpus.questions(arguments.questions))
        for program in programs:
            rounds.prepare(program)
        for number in range(arguments.rounds):
            rounds.round(programs)
            programs.reverse()
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
    show(rounds.answers, tree, arguments.json)


def show(answers: report.Answers, tree: corpus.Tree, file: Path | None) -> None:
    for name in ("ours ask", "peer ask"):
        print(f"{name}: {answers[name][0]['files']} files, {answers[name][0]['chunks']} chunks")
    head = f"{'':<58}{'ours':>10}{'peer':>10}  ratio  {'wanted':<16}"
    print(f"{head}best  least–most of ours / of the peer")
    rows = report.rows(answers, tree.size)
    for row in rows:
        print(row.line())
    if file is not None:
        table = [{**vars(row), "ratio": row.ratio, "judged": row.judged} for row in rows]
        document = {"bytes": tree.size, "files": len(tree.files), "table": table}
        file.write_text(json.dumps({**document, "rounds": answers}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
