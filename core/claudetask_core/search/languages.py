"""Which language a file is in, by its name, and how its definitions look (`family`)."""

import re
from enum import StrEnum
from typing import Final


class Family(StrEnum):
    """Languages whose definitions one set of line patterns finds."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    C = "c"
    JAVA = "java"
    GO = "go"
    RUST = "rust"
    KOTLIN = "kotlin"
    SWIFT = "swift"
    RUBY = "ruby"
    PHP = "php"
    ELIXIR = "elixir"
    HASKELL = "haskell"
    LUA = "lua"
    SHELL = "shell"
    ZIG = "zig"
    SQL = "sql"
    MARKDOWN = "markdown"
    CONFIG = "config"
    TEXT = "text"


NOTEBOOK: Final = "jupyter"
"""The language of a notebook, whatever its cells are in."""

_ROWS: Final = (
    ("python", Family.PYTHON, "py pyi pyx pxd pyw"),
    ("javascript", Family.JAVASCRIPT, "js jsx mjs cjs es6"),
    ("vue", Family.JAVASCRIPT, "vue"),
    ("svelte", Family.JAVASCRIPT, "svelte"),
    ("astro", Family.JAVASCRIPT, "astro"),
    ("typescript", Family.JAVASCRIPT, "ts tsx mts cts"),
    ("c", Family.C, "c h idc"),
    ("cpp", Family.C, "cc cpp cxx c++ hh hpp hxx h++ inl ipp tpp txx cppm ixx cu cuh ino"),
    ("objective-c", Family.C, "m mm"),
    ("java", Family.JAVA, "java jav"),
    ("csharp", Family.JAVA, "cs csx"),
    ("groovy", Family.JAVA, "groovy gradle"),
    ("dart", Family.JAVA, "dart"),
    ("go", Family.GO, "go"),
    ("rust", Family.RUST, "rs"),
    ("kotlin", Family.KOTLIN, "kt kts"),
    ("scala", Family.KOTLIN, "scala sc sbt"),
    ("swift", Family.SWIFT, "swift"),
    ("ruby", Family.RUBY, "rb rake gemspec ru podspec jbuilder rbi"),
    ("crystal", Family.RUBY, "cr"),
    ("php", Family.PHP, "php phtml php5 inc"),
    ("elixir", Family.ELIXIR, "ex exs"),
    ("erlang", Family.HASKELL, "erl hrl"),
    ("haskell", Family.HASKELL, "hs lhs hsc"),
    ("ocaml", Family.HASKELL, "ml mli"),
    ("fsharp", Family.HASKELL, "fs fsx fsi"),
    ("elm", Family.HASKELL, "elm"),
    ("clojure", Family.TEXT, "clj cljs cljc edn"),
    ("lua", Family.LUA, "lua"),
    ("shell", Family.SHELL, "sh bash zsh ksh bats ebuild"),
    ("fish", Family.SHELL, "fish"),
    ("powershell", Family.SHELL, "ps1 psm1 psd1"),
    ("perl", Family.RUBY, "pl pm t"),
    ("r", Family.TEXT, "r rmd"),
    ("julia", Family.RUBY, "jl"),
    ("zig", Family.ZIG, "zig"),
    ("nim", Family.PYTHON, "nim nims nimble"),
    ("sql", Family.SQL, "sql ddl psql pgsql"),
    ("graphql", Family.TEXT, "graphql gql graphqls"),
    ("protobuf", Family.GO, "proto"),
    ("terraform", Family.TEXT, "tf hcl tfvars nomad"),
    ("html", Family.TEXT, "html htm xhtml"),
    ("css", Family.TEXT, "css less styl"),
    ("scss", Family.TEXT, "scss"),
    ("sass", Family.TEXT, "sass"),
    ("markdown", Family.MARKDOWN, "md mdx markdown qmd"),
    ("restructuredtext", Family.TEXT, "rst"),
    ("text", Family.TEXT, "txt adoc asciidoc org"),
    ("latex", Family.TEXT, "tex sty cls ltx"),
    ("starlark", Family.PYTHON, "bzl bazel star"),
    ("solidity", Family.JAVASCRIPT, "sol"),
    ("vala", Family.JAVA, "vala vapi"),
    ("d", Family.JAVA, "d"),
    ("v", Family.ZIG, "v vsh"),
    ("verilog", Family.TEXT, "sv svh vh"),
    ("vhdl", Family.TEXT, "vhd vhdl"),
    ("gdscript", Family.PYTHON, "gd"),
    ("vim", Family.SHELL, "vim"),
    ("lisp", Family.TEXT, "lisp el scm rkt"),
    ("tcl", Family.PYTHON, "tcl"),
    ("fortran", Family.TEXT, "f90 f95 f03 f"),
    ("assembly", Family.TEXT, "asm s"),
    ("jinja", Family.TEXT, "j2 jinja jinja2"),
    ("batch", Family.TEXT, "bat cmd"),
    ("thrift", Family.GO, "thrift"),
    ("meson", Family.CONFIG, "meson"),
    ("json", Family.CONFIG, "json json5 jsonc jsonl ndjson geojson webmanifest"),
    (NOTEBOOK, Family.PYTHON, "ipynb"),
    ("yaml", Family.CONFIG, "yaml yml"),
    ("toml", Family.CONFIG, "toml"),
    ("ini", Family.CONFIG, "ini cfg conf properties editorconfig env service desktop"),
    (
        "xml",
        Family.CONFIG,
        "xml xsd xsl xslt csproj fsproj vbproj props targets plist xaml storyboard svg wsdl",
    ),
    ("cmake", Family.CONFIG, "cmake"),
    ("make", Family.CONFIG, "mk mak"),
    ("nix", Family.CONFIG, "nix"),
)
_BY_EXTENSION: Final = {
    extension: (name, family)
    for name, family, extensions in _ROWS
    for extension in extensions.split()
}
_BY_NAME: Final = {
    "makefile": ("make", Family.CONFIG),
    "gnumakefile": ("make", Family.CONFIG),
    "justfile": ("make", Family.CONFIG),
    "cmakelists.txt": ("cmake", Family.CONFIG),
    "dockerfile": ("dockerfile", Family.CONFIG),
    "containerfile": ("dockerfile", Family.CONFIG),
    "gemfile": ("ruby", Family.RUBY),
    "rakefile": ("ruby", Family.RUBY),
    "jenkinsfile": ("groovy", Family.JAVA),
    "go.mod": ("go", Family.CONFIG),
    "meson.build": ("meson", Family.CONFIG),
    "meson_options.txt": ("meson", Family.CONFIG),
    ".env": ("ini", Family.CONFIG),
    ".gitconfig": ("ini", Family.CONFIG),
    "pipfile": ("toml", Family.CONFIG),
    "cargo.lock": ("toml", Family.CONFIG),
    "poetry.lock": ("toml", Family.CONFIG),
    "uv.lock": ("toml", Family.CONFIG),
    ".babelrc": ("json", Family.CONFIG),
    ".eslintrc": ("json", Family.CONFIG),
    ".prettierrc": ("json", Family.CONFIG),
    **dict.fromkeys(("build", "workspace", "tiltfile"), ("starlark", Family.PYTHON)),
    **dict.fromkeys(("sconstruct", "sconscript", "wscript"), ("python", Family.PYTHON)),
    **dict.fromkeys(
        (
            "brewfile",
            "podfile",
            "vagrantfile",
            "guardfile",
            "capfile",
            "fastfile",
            "dangerfile",
            "appfile",
            ".irbrc",
            ".pryrc",
        ),
        ("ruby", Family.RUBY),
    ),
    **dict.fromkeys(
        (
            ".bashrc",
            ".bash_profile",
            ".bash_aliases",
            ".profile",
            ".zshrc",
            ".zshenv",
            ".zprofile",
            ".envrc",
            "pkgbuild",
            "apkbuild",
        ),
        ("shell", Family.SHELL),
    ),
}
_WITH_A_VARIANT: Final = frozenset({"dockerfile", "containerfile", "makefile", "jenkinsfile"})
_ALIASES: Final = {
    "py": "python",
    "python3": "python",
    "js": "javascript",
    "node": "javascript",
    "jsx": "javascript",
    "ts": "typescript",
    "tsx": "typescript",
    "c++": "cpp",
    "cc": "cpp",
    "cxx": "cpp",
    "c#": "csharp",
    "cs": "csharp",
    "f#": "fsharp",
    "objc": "objective-c",
    "golang": "go",
    "rs": "rust",
    "kt": "kotlin",
    "rb": "ruby",
    "ex": "elixir",
    "hs": "haskell",
    "bash": "shell",
    "sh": "shell",
    "zsh": "shell",
    "pwsh": "powershell",
    "ps1": "powershell",
    "yml": "yaml",
    "md": "markdown",
    "rst": "restructuredtext",
    "docker": "dockerfile",
    "makefile": "make",
    "hcl": "terraform",
    "proto": "protobuf",
    "tf": "terraform",
    "bazel": "starlark",
    "tex": "latex",
    "sol": "solidity",
    "elisp": "lisp",
    "ipynb": NOTEBOOK,
    "notebook": NOTEBOOK,
}
_CPP_LINE: Final = re.compile(r"^(?:class|namespace|template|using)\b", re.MULTILINE)
_SHEBANG: Final = (
    ("python", ("python", Family.PYTHON)),
    ("pwsh", ("powershell", Family.SHELL)),
    ("fish", ("fish", Family.SHELL)),
    ("deno", ("typescript", Family.JAVASCRIPT)),
    ("bun", ("typescript", Family.JAVASCRIPT)),
    ("ts-node", ("typescript", Family.JAVASCRIPT)),
    ("tsx", ("typescript", Family.JAVASCRIPT)),
    ("node", ("javascript", Family.JAVASCRIPT)),
    ("php", ("php", Family.PHP)),
    ("lua", ("lua", Family.LUA)),
    ("elixir", ("elixir", Family.ELIXIR)),
    ("escript", ("erlang", Family.HASKELL)),
    ("julia", ("julia", Family.RUBY)),
    ("Rscript", ("r", Family.TEXT)),
    ("groovy", ("groovy", Family.JAVA)),
    ("kotlin", ("kotlin", Family.KOTLIN)),
    ("scala", ("scala", Family.KOTLIN)),
    ("swift", ("swift", Family.SWIFT)),
    ("tclsh", ("tcl", Family.PYTHON)),
    ("make", ("make", Family.CONFIG)),
    ("ruby", ("ruby", Family.RUBY)),
    ("perl", ("perl", Family.RUBY)),
    ("sh", ("shell", Family.SHELL)),
)


def detect(path: str, text: str) -> tuple[str | None, Family]:
    """The language of a file and the family of its definition patterns.

    Args:
        path: The file's path; only its last part counts.
        text: Its text, looked at where the name does not decide (`.h`, no extension).
    """
    name = path.rpartition("/")[2].lower()
    known = _BY_NAME.get(name) or _BY_EXTENSION.get(name.rpartition(".")[2] if "." in name else "")
    if known is None:
        kind = name.split(".", 1)[0]
        if kind in _WITH_A_VARIANT:
            return _BY_NAME[kind]
        return _by_shebang(text)
    if name.endswith(".h") and _CPP_LINE.search(text):
        return "cpp", Family.C
    return known


def canonical(name: str) -> str:
    """The name that results show for a language as people write it (`py`, `.py`, `C#`, `Bash`)."""
    lowered = name.strip().lower().removeprefix(".")
    return _ALIASES.get(lowered, lowered)


def _by_shebang(text: str) -> tuple[str | None, Family]:
    if not text.startswith("#!"):
        return None, Family.TEXT
    first = text.split("\n", 1)[0][:200]
    for program, known in _SHEBANG:
        if program in first:
            return known
    return None, Family.TEXT
