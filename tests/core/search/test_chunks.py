import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claudetask_core.search.chunks.chunks import LONGEST, Chunk, cut
from claudetask_core.search.tree.families import Family
from claudetask_core.search.tree.languages import detect

_LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["", "   ", "def f(a):", "    def g():", "class A:", "}", "{", "    return 1", "# note",
             "function h() {", "@decorator", "int main(void)", "## Heading", "```",
             "func (s *S) Do() {"]
        ),
        st.text(alphabet="ab(){}=:;# \t\"'", max_size=40),
        st.just("x = '" + "y" * 400 + "'"),
    ),
    max_size=120,
)  # fmt: skip


@given(lines=_LINES, family=st.sampled_from(list(Family)))
@settings(max_examples=200, deadline=None)
def test_every_line_is_in_exactly_one_chunk(lines: list[str], family: Family) -> None:
    covered = [n for chunk in cut(lines, family) for n in range(chunk.start, chunk.end + 1)]
    assert covered == list(range(1, len(lines) + 1))


def chunks_of(path: str, text: str) -> list[Chunk]:
    lines = text.split("\n")
    return cut(lines, detect(path, text)[1])


def test_a_function_that_fits_is_one_chunk_with_its_comments_and_decorators() -> None:
    filler = "\n".join(f"VALUE_{n} = {n}  # {'x' * 40}" for n in range(30))
    body = "\n".join(f"    step_{n} = work({n})  # {'y' * 30}" for n in range(20))
    text = (
        f"{filler}\n\n# What it is for\n@cached\ndef compute(a):\n{body}\n    return a\n\n{filler}"
    )
    lines = text.split("\n")
    holding = [c for c in chunks_of("a.py", text) if "compute" in c.names]
    assert len(holding) == 1
    assert lines[holding[0].start - 1 :][:2] == ["# What it is for", "@cached"]
    assert "    return a" in lines[holding[0].start - 1 : holding[0].end]
    assert (holding[0].symbol, holding[0].kind) == ("compute", "function")


def test_a_long_class_is_cut_at_its_methods_and_they_name_their_class() -> None:
    methods = "\n\n".join(
        f"    def method_{n}(self):\n"
        + "\n".join(f"        line_{m} = {m} * {n}" for m in range(30))
        for n in range(5)
    )
    chunks = chunks_of("a.py", f"class Big:\n{methods}\n")
    assert {c.symbol for c in chunks} == {"Big", *(f"Big.method_{n}" for n in range(1, 5))}


def test_text_without_definitions_is_cut_near_the_target() -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "words " * 40 for n in range(30))
    sizes = [
        sum(len(line) + 1 for line in text.split("\n")[c.start - 1 : c.end])
        for c in chunks_of("notes.txt", text)
    ]
    assert max(sizes) <= LONGEST
    assert min(sizes[:-1]) >= 250


@pytest.mark.parametrize(
    ("path", "line", "name", "kind"),
    [
        ("a.py", "    async def fetch(self):", "fetch", "function"),
        ("a.js", "export const handler = async (event) => {", "handler", "function"),
        ("a.js", "  render(props) {", "render", "function"),
        ("a.ts", "export interface Options {", "Options", "class"),
        ("a.ts", "export type Result<T> = Ok<T>", "Result", "class"),
        ("a.go", "func (c *Context) JSON(code int) {", "JSON", "function"),
        ("a.go", "type Engine struct {", "Engine", "class"),
        ("a.rs", "pub(crate) async fn run(self) {", "run", "function"),
        ("a.rs", "impl<T> Display for Wrapper<T> {", "Wrapper", "class"),
        ("a.c", "static int curl_read(struct Data *data)", "curl_read", "function"),
        ("a.c", "#define MAX_SIZE 10", "MAX_SIZE", "function"),
        ("a.cpp", "class FMT_API buffer {", "buffer", "class"),
        ("a.java", "  public static <T> List<T> of(T one) {", "of", "function"),
        ("a.cs", "  public async Task<int> QueryAsync(string sql)", "QueryAsync", "function"),
        ("a.kt", "suspend fun <T> HttpClient.get(url: String) {", "get", "function"),
        ("a.kt", "data class User(val id: Int)", "User", "class"),
        ("a.swift", "public func respond(to request: Request) {", "respond", "function"),
        ("a.swift", "    public init(name: String) {", "init", "function"),
        ("a.rb", "  def self.create(name)", "create", "function"),
        ("a.php", "    public function handle(Request $r)", "handle", "function"),
        ("a.ex", "  defp parse(value) do", "parse", "function"),
        ("a.ex", "defmodule Plug.Conn do", "Conn", "class"),
        ("a.hs", "readMarkdown :: Text -> Pandoc", "readMarkdown", "function"),
        ("a.hs", "data Options = Options", "Options", "class"),
        ("a.erl", "handle_call(Request, From, State) ->", "handle_call", "function"),
        ("a.lua", "function M.setup(opts)", "setup", "function"),
        ("a.sh", "run_tests() {", "run_tests", "function"),
        ("a.zig", "pub fn parse(comptime T: type) !T {", "parse", "function"),
        ("a.sql", "CREATE TABLE IF NOT EXISTS users (", "users", "function"),
        ("a.md", "## How it works", "How it works", "text"),
    ],
)
def test_definitions_are_found_in_many_languages(
    path: str, line: str, name: str, kind: str
) -> None:
    chunk = chunks_of(path, line)[0]
    assert (chunk.names, chunk.kind) == ((name,), kind)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.c", "  return foo(bar);"),
        ("a.c", "  if(x) {"),
        ("a.c", "    foo(bar)"),
        ("a.c", "static const char *names[] = { f(1) }"),
        ("a.java", "  if (x) {"),
        ("a.java", "    return build(x);"),
        ("a.java", "    foo.bar(x)"),
        ("a.java", "    1(x)"),
        ("a.js", "  if (x) {"),
        ("a.js", "  foo(x);"),
        ("a.js", "  a.b(function () {"),
        ("a.hs", "  where helper x = x"),
        ("a.md", "plain text"),
        ("a.py", "define = 3"),
    ],
)
def test_calls_and_statements_are_no_definitions(path: str, line: str) -> None:
    assert chunks_of(path, line)[0].names == ()


def test_a_heading_inside_a_code_block_is_none() -> None:
    chunks = chunks_of("a.md", "# One\n```sh\n# not a heading\n```\n# Two\n")
    assert [name for c in chunks for name in c.names] == ["One", "Two"]


def test_what_is_no_code_says_so() -> None:
    assert chunks_of("a.json", '{"a": 1}')[0].kind == "config"
    assert chunks_of("a.txt", "hello")[0].kind == "text"
    assert chunks_of("a.py", "x = 1")[0].kind == "code"


@pytest.mark.parametrize(
    "line",
    ["(" * 3000, "a " * 3000, "public " * 700, "const x" * 400 + "=", "a.b::" * 700, "<" * 3000,
     "@a(" * 900],
)  # fmt: skip
@pytest.mark.parametrize("family", list(Family))
def test_no_line_is_slow_to_look_at(line: str, family: Family) -> None:
    began = time.perf_counter()
    cut([line] * 20, family)
    assert time.perf_counter() - began < 30  # backtracking would take minutes


def test_many_definitions_do_not_take_quadratic_time() -> None:
    lines = [f"def f{n}(): pass" for n in range(20_000)]
    began = time.perf_counter()
    assert sum(len(c.names) for c in cut(lines, Family.PYTHON)) == 20_000
    assert time.perf_counter() - began < 60  # quadratic time would be minutes
