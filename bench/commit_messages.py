"""Which commits are questions about code, and which of their files are the answers.

A question is a commit's subject without what a person who asks would not say: a type prefix,
references to a tracker, credits. Subjects that say nothing about the code (a release, a typo)
are none. Answers are the files that the commit modifies in place; tests, documentation, examples
and build files answer only a subject which speaks of them. A commit that adds or deletes files
of the kind it asks for is no question: a part of its answer is in no tree to be searched.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MOST_ANSWERS: Final = 4
MOST_CHANGED: Final = 15  # a commit over more files is a sweep, whatever its subject says
FEWEST_WORDS: Final = 4
MOST_WORDS: Final = 30

TYPES = "feat|feature|fix|bugfix|hotfix|docs?|tests?|refactor|perf|minor|enh|improvement|internal"
PREFIX = re.compile(rf"^(?:{TYPES})(?:\([^)]*\))?!?:\s*", re.IGNORECASE)
REFERENCE = r"(?:[\w.-]+/[\w.-]+)?(?:#|\bGH-)\d+"
VERB = r"(?:\b(?:fix(?:es|ed)?|close[sd]?|resolve[sd]?|issue|pull request|pr|refs?|see)\b:?\s*)"
DROPPED = (
    re.compile(r"https?://\S+|^:[a-z_]+:|\[(?:skip \w+|ci skip|backport[^\]]*)\]", re.IGNORECASE),
    re.compile(r"^(?!UTF|SHA|ISO|RFC|CVE)[A-Z]{2,}-\d+\b:?"),
    re.compile(rf"[(\[]\s*(?:{VERB}?{REFERENCE}[,;\s]*(?:and\s+)?)+[)\]]:?", re.IGNORECASE),
    re.compile(rf"(?:[,;]\s*)?{VERB}?{REFERENCE}:?", re.IGNORECASE),
    re.compile(r"[,;.]\s*(?:GitHub issue \d+|(?:from|reported by|thanks to|patch by)\s).*$"),
    re.compile(r"\s(?:from|by) [\w.+-]+ at \S.*$|\s\((?:from|thanks|by) [^)]*\)$"),
)
WORD = re.compile(r"[^\W\d_]\w*")

BOT = re.compile(
    r"\[bot\]|dependabot|renovate|actions|weblate|crowdin|\bbot\b|-ci\b", re.IGNORECASE
)
NOISE = re.compile(
    r"^(?:chore|ci|build|style|deps|release|version|merge|revert\w*|reland|reapply|bump|fixup"
    r"|squash|wip|amend|lint|reformat|format|prepare|cleanup|clean up|tidy|backport|cherry.pick"
    r"|sync|(?:update|upgrade) to)\b"
    r"|\bbump(?:s|ed|ing)?\b|\btypos?\b|\bspelling\b|\bgrammar\b|\bformatting\b|\bwhitespace\b"
    r"|\bcode style\b|\bindent(?:ation)?s?$|\bchangelogs?\b|\brelease notes?\b|\bcopyright\b"
    r"|\bcontributors?\b|\badopters\b|\blicen[cs]e headers?\b|\bsubmodules? to\b"
    r"|\bdependenc(?:y|ies) (?:to|update)|\btranslations?\b|\blocali[sz]ation"
    r"|\b(?:per|address|apply) .*\breview\b|\breview (?:comments?|feedback)\b|\bclippy\b"
    r"|\brubocop (?:offen[cs]es|todo)\b|\b(?:SC|IDE|CA|S)\d{4}\b"
    r"|\b(?:update|upgrade|migrate)s?\b.*\b(?:to|version|for) v?\d|\bfrom v?\d[\w.]* to v?\d"
    r"|^v?\d+\.\d+|\b(?:ci|github) (?:workflows?|actions?)\b|\bmain branch\b|\bthis reverts\b"
    r"|\b(?:build|compil\w+) (?:errors?|warnings?|failures?)\b|\bfailing tests?\b"
    r"|\bdead code\b|\bunused (?:imports?|variables?)\b",
    re.IGNORECASE,
)
NEVER = re.compile(
    r"(?:^|/)\."
    r"|(?:^|/)(?:changes|changelog|history|news|release[-_]?notes?|authors|contributors"
    r"|licen[cs]e|copying|version|assemblyinfo)(?:[-.][^/]*)?$"
    r"|(?:^|/)(?:changelogs?|changes|news|vendor|node_modules|third_party|i18n|l10n|locales?|po)/"
    r"|(?:[-.]lock|\.lock\.\w+|go\.(?:sum|mod)|-lock\.\w+|\.snap|\.min\.(?:js|css)|\.pot?|\.svg"
    r"|\.json|\.gemspec|\.csproj|\.cabal|\.opam|\.props|\.toml|\.ya?ml|\.xml|\.s?css|\.html?|\.api"
    r"|\.resolved|\.pbxproj|\.prebuilt|Snapshot\.cs|\.Designer\.cs)$"
    r"|(?:^|/)(?:gemfile|mix\.exs|package(?:@[^/]*)?\.swift|dune-project|setup\.(?:py|cfg)"
    r"|build\.(?:sbt|zig|zig\.zon)|gradle\.properties|pubspec\.\w+|[^/]*\.config\.[cm]?[jt]s)$",
    re.IGNORECASE,
)
TESTS = re.compile(
    r"(?:^|/)(?:(?:[^/]*[-_.])?(?:tests?|specs?|regress)|__tests__|testing|testdata|testsuite"
    r"|fixtures?|features|e2e|\w*Test(?:s|ing|Helpers?|Support|Utils?)?|mocks?|bench(?:es|marks?)?)/"
    r"|(?:^|/)(?:tests?[-_.][^/]*|[^/]*[-_.](?:test|spec|bench)s?\.\w+|[^/]*(?:Tests?|Specs?|IT)\.\w+)$"
)
DOCS = re.compile(
    r"(?:^|/)(?:docs?|documentation|website|www|manual|guides?|docs-\w+)/"
    r"|\.(?:md|mdx|markdown|rst|adoc|asciidoc|org|docc|tex)$|(?<!CMakeLists)\.txt$|\.[1-9](?:\.in)?$",
    re.IGNORECASE,
)
EXAMPLES = re.compile(r"(?:^|/)(?:examples?|samples?|demos?)/", re.IGNORECASE)
BUILD = re.compile(
    r"(?:^|/)(?:CMakeLists\.txt|(?:GNU)?Makefile[^/]*|configure\.\w+|meson\.build|Dockerfile"
    r"|[^/]*\.gradle(?:\.kts)?|[^/]*\.nix|Rakefile)$|\.(?:cmake|mk|am)$",
    re.IGNORECASE,
)
SPOKEN_OF: Final = (
    (
        TESTS,
        re.compile(r"\b(?:tests?|tested|testing|specs?|benchmarks?|fixtures?)\b", re.IGNORECASE),
    ),
    (
        DOCS,
        re.compile(r"\b(?:docs?|document\w*|readme|guides?|tutorial|man ?pages?)\b", re.IGNORECASE),
    ),
    (EXAMPLES, re.compile(r"\b(?:examples?|samples?|demos?)\b", re.IGNORECASE)),
    (
        BUILD,
        re.compile(
            r"\b(?:build|\w*make\w*|configure|gradle|nix|docker|install\w*)\b", re.IGNORECASE
        ),
    ),
)


@dataclass(frozen=True)
class Commit:
    revision: str
    seconds: int  # since the epoch, when it was committed
    author: str
    subject: str
    modified: tuple[str, ...]  # regular files that it changes in place
    others: tuple[str, ...]  # what it adds, deletes or changes the type of


@dataclass(frozen=True)
class Question:
    query: str
    relevant: tuple[str, ...]


def cleaned(subject: str) -> str:
    """The subject without its type prefix, references to a tracker, addresses and credits."""
    text = subject
    for pattern in DROPPED:
        text = pattern.sub("", text).strip()
    text = PREFIX.sub("", text)
    return re.sub(r"\s+", " ", text).strip(" .:;,-–")


def is_noise(subject: str, author: str) -> bool:
    """Whether a program made the commit, or its subject says nothing about the code."""
    return bool(BOT.search(author) or NOISE.search(subject) or NOISE.search(cleaned(subject)))


def answers(query: str, paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that the query asks for: none of a kind that it does not speak of."""
    left_out = [NEVER, *(kind for kind, words in SPOKEN_OF if not words.search(query))]
    return tuple(path for path in paths if not any(kind.search(path) for kind in left_out))


def says_enough(query: str, paths: Iterable[str]) -> bool:
    """Whether the query has words enough, but not too many, when the answers' names are out."""
    text = query
    for path in paths:
        for name in (path, path.rsplit("/", 1)[-1]):
            text = text.replace(name, " ")
    return FEWEST_WORDS <= len(WORD.findall(text)) <= MOST_WORDS


def question_of(commit: Commit, tree: frozenset[str]) -> Question | None:
    """The question that a commit asks of an earlier tree, if it asks one.

    Args:
        commit: A commit after the tree's revision.
        tree: The paths of the tree, from its root, with forward slashes.
    """
    if len(commit.modified) + len(commit.others) > MOST_CHANGED:
        return None
    query = cleaned(commit.subject)
    relevant = answers(query, commit.modified)
    if (
        is_noise(commit.subject, commit.author)
        or not 1 <= len(relevant) <= MOST_ANSWERS
        or not tree.issuperset(relevant)
        or answers(query, commit.others)
        or not says_enough(query, relevant)
    ):
        return None
    return Question(query, relevant)
