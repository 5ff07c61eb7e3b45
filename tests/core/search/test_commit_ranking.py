"""What commits say of a question, in the order of hits and in what is said of them."""

from claudetask_core.schemas.search import SearchQuery
from tests.core.search.repositories import FIX, QUESTION, Repository, fill, paths
from tests.core.search.trees import LIMITER, PARSER, Tree


def test_a_commit_like_the_question_finds_the_file_it_changed(repository: Repository) -> None:
    fill(repository)
    repository.write("src/login.py", "def login(): sessions = 'early'\n")
    repository.index.refresh()
    assert "src/part4.py" not in repository.paths(QUESTION)
    assert repository.index.read_history()
    assert repository.paths(QUESTION)[:2] == ["src/login.py", "src/part4.py"]


def test_an_identifier_in_a_question_is_looked_for_in_subjects_as_a_whole(
    repository: Repository,
) -> None:
    for number in range(3):
        repository.commit(f"Give jar {number} a cookie", {f"f{number}.py": f"a = {number}\n"})
    repository.commit("Stop cookie_jar from leaking", {"z.py": "z = 1\n"})
    repository.commit("Stop a cookie jar from leaking", {"y.py": "y = 2\n"})
    repository.refresh()
    found = repository.paths("where does cookie_jar leak")
    assert found.index("z.py") < found.index("y.py")


def test_only_the_likest_commits_make_a_file_alike(repository: Repository) -> None:
    for number in range(30):
        repository.commit(f"Say cookie {'again ' * number}", {f"f{number}.py": f"a = {number}\n"})
    repository.refresh()
    hits = repository.ask("cookie handling", top_k=30)
    assert len(hits) == 30
    assert sum("changed by" in hit.why for hit in hits) <= 20


def test_a_hit_says_which_commit_speaks_for_it(repository: Repository) -> None:
    fill(repository)
    repository.refresh()
    hit = repository.ask(QUESTION)[0]
    revision = repository.asked("log", "--format=%h", "--abbrev=7", "-1", "HEAD^").strip()
    assert hit.path == "src/part4.py"
    assert hit.why == f"changed by {revision} {FIX}"


def test_a_long_subject_is_cut_where_a_hit_names_it(repository: Repository) -> None:
    subject = f"{FIX}, and tell the user at once why a session has ended"
    revision = repository.commit(subject, {"src/part4.py": "def f4(): 1\n"})
    repository.refresh()
    why = repository.ask(QUESTION)[0].why
    assert why == f"changed by {revision[:7]} {subject}"[:70] + "…"


def test_a_name_is_found_as_without_commits(repository: Repository) -> None:
    repository.write("src/limiter.py", LIMITER)
    repository.commit("Use RateLimiter everywhere", {"src/parser.py": PARSER})
    repository.refresh()
    without = repository.without_history()
    without.refresh()
    assert repository.ask("RateLimiter") == without.ask(SearchQuery(query="RateLimiter"))
    without.close()


def test_a_tree_without_commits_answers_as_if_there_were_no_such_thing(sample: Tree) -> None:
    before = sample.ask("how are headers parsed")
    assert not sample.index.read_history()
    assert sample.ask("how are headers parsed") == before


def test_a_repository_with_a_first_commit_alone_answers_as_without(repository: Repository) -> None:
    repository.write("src/limiter.py", LIMITER)
    repository.index.refresh()
    before = repository.ask("how is a caller limited")
    assert repository.index.read_history()
    assert repository.ask("how is a caller limited") == before


def test_commits_do_not_count_where_they_are_switched_off(repository: Repository) -> None:
    fill(repository)
    repository.refresh()
    off = repository.without_history()
    assert not repository.refresh(off)
    assert paths(off, QUESTION) == []
    off.close()


def test_a_file_keeps_what_was_said_of_it_when_it_moves(repository: Repository) -> None:
    fill(repository)
    repository.git("mv", "src/part4.py", "src/engine.py")
    repository.commit("Move it", {})
    repository.git("mv", "src/engine.py", "core.py")
    repository.commit("Move it again", {"src/part4.py": "def other(): 0\n"})
    repository.refresh()
    assert repository.paths(QUESTION) == ["core.py"]


def test_a_file_that_is_gone_or_new_is_heeded_with_the_next_question(
    repository: Repository,
) -> None:
    fill(repository)
    repository.refresh()
    (repository.root / "src/part4.py").unlink()
    repository.index.refresh()
    assert repository.paths(QUESTION) == []
    repository.write("src/part4.py", "def f4(): 5\n")
    repository.index.refresh()
    assert repository.paths(QUESTION) == ["src/part4.py"]
