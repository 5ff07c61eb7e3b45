"""Which language a file is in, by its name or by its first line."""

import pytest

from claudetask_core.search.tree.languages import canonical, detect


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Dockerfile", "dockerfile"), ("Dockerfile.dev", "dockerfile"), ("Makefile", "make"),
        ("Makefile.am", "make"), ("CMakeLists.txt", "cmake"), ("Rakefile", "ruby"),
        ("Gemfile", "ruby"), ("Vagrantfile", "ruby"), ("Jenkinsfile", "groovy"),
        ("Jenkinsfile.release", "groovy"), ("BUILD.bazel", "starlark"), ("BUILD", "starlark"),
        ("defs.bzl", "starlark"), (".bashrc", "shell"), (".zshrc", "shell"), (".env", "ini"),
        ("a.mts", "typescript"), ("a.cts", "typescript"), ("a.pyi", "python"),
        ("build.gradle.kts", "kotlin"), ("build.gradle", "groovy"), ("main.tf", "terraform"),
        ("a.mdx", "markdown"), ("a.rst", "restructuredtext"), ("a.tex", "latex"),
        ("a.zig", "zig"), ("a.nim", "nim"), ("a.jl", "julia"), ("a.sol", "solidity"),
        ("a.v", "v"), ("a.vhdl", "vhdl"), ("a.sv", "verilog"), ("a.PY", "python"),
        ("meson.build", "meson"), ("a.svelte", "svelte"), ("x/go.mod", "go"), ("a.unknown", None),
        ("LICENSE", None), ("prod.Dockerfile", "dockerfile"), ("a.tofu", "terraform"),
        ("report.Rmd", "markdown"), ("Snakefile", "snakemake"), ("a.pas", "pascal"),
        ("a.f08", "fortran"), ("a.rkt", "lisp"), ("a.hx", "haxe"), ("a.glsl", "glsl"),
        ("a.prisma", "prisma"), ("page.html.erb", "erb"), ("a.rockspec", "lua"),
        (".vimrc", "vim"), ("cpanfile", "perl"), ("sort.fypp", "fortran"), ("lem.asd", "lisp"),
        ("water.gdshader", "gdshader"), ("main.tscn", "ini"), ("Errors.resx", "xml"),
        ("dune-project", "dune"), ("POSTTRAN.jcl", "jcl"), ("a.inc", None), ("a.t", "perl"),
        (".env.example", "ini"), ("config.yml.dist", "yaml"), ("config.h.in", "c"),
        ("BUILD.in", "starlark"), ("requirements.in", None), ("example", None),
        ("_helpers.tpl", "template"), ("Main.xib", "xml"), ("lemmy.hjson", "json"),
    ],
)  # fmt: skip
def test_a_name_tells_the_language(name: str, language: str | None) -> None:
    assert detect(name, "")[0] == language


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("#!/usr/bin/env python3", "python"), ("#!/bin/sh", "shell"), ("#!/bin/bash -e", "shell"),
        ("#!/usr/bin/env zsh", "shell"), ("#!/usr/bin/env node", "javascript"),
        ("#!/usr/bin/env -S deno run", "typescript"), ("#!/usr/bin/ruby", "ruby"),
        ("#!/usr/bin/env fish", "fish"), ("#!/usr/bin/env pwsh", "powershell"),
        ("#!/usr/bin/perl -w", "perl"), ("#!/usr/bin/env php", "php"),
        ("#!/usr/bin/lua5.4", "lua"), ("#!/usr/bin/env Rscript", "r"),
        ("#!/usr/bin/tclsh", "tcl"), ("#!/opt/thing", None), ("python", None),
    ],
)  # fmt: skip
def test_a_script_without_an_extension_tells_it_in_its_first_line(
    line: str, language: str | None
) -> None:
    assert detect("bin/run", line + "\nx\n")[0] == language


def test_a_header_with_classes_is_cpp() -> None:
    assert detect("a.h", "class A;\n")[0] == "cpp"
    assert detect("a.h", "struct a;\n")[0] == "c"


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("run.t", "A test of one stanza.\n\n  $ dune build\n", "cram"),
        ("run.t", "use Test::More;\n", "perl"),
        ("a.inc", "<?php\nfunction a() {}\n", "php"),
        ("a.inc", "#define A 1\n", "c"),
        ("a.inc", "(rule\n (alias doc))\n", None),
        ("a.m", "% Fits.\nfunction y = fit(x)\nend\n", "matlab"),
        ("a.m", "#import <A.h>\n@implementation A\n@end\n", "objective-c"),
        ("a.v", "module alu(input a);\nendmodule\n", "verilog"),
        ("a.v", "Theorem t : True.\nProof. auto. Qed.\n", "coq"),
        ("a.v", "module main\n\nfn main() {\n}\n", "v"),
        ("a.cls", "\\NeedsTeXFormat{LaTeX2e}\n", "latex"),
        ("a.cls", "VERSION 1.0 CLASS\nSub Run()\nEnd Sub\n", "visualbasic"),
        ("a.cls", "public class A {\n}\n", "apex"),
        ("a.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS version="2.1">\n', "xml"),
        ("a.ts", "<!DOCTYPE TS><TS>\n", "xml"),
        ("a.ts", "const a = `\n<?xml?>`;\n", "typescript"),
    ],
)
def test_where_an_extension_has_several_languages_the_text_decides(
    name: str, text: str, language: str
) -> None:
    assert detect(name, text)[0] == language


def test_a_language_is_asked_for_as_people_write_it() -> None:
    assert [canonical(name) for name in ("TS", " C# ", ".sh", "Zig", "tf")] == [
        "typescript", "csharp", "shell", "zig", "terraform"
    ]  # fmt: skip
