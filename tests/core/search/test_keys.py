"""Keys of files of settings: asked for by name, and as places to cut."""

import pytest

from claudetask_core.search.chunks.chunks import LONGEST, cut
from claudetask_core.search.chunks.keys import SETTING
from claudetask_core.search.tree.families import Family
from claudetask_core.search.tree.languages import detect
from tests.core.search.trees import Tree

USES = "def start(config):\n" + "    limit = config['{key}']\n    apply(limit)\n" * 8


@pytest.mark.parametrize(
    ("path", "text", "key"),
    [
        ("values.yaml", "server:\n  retention_days: 15\n", "retention_days"),
        ("deploy/values.yaml", "server:\n  image:\n    tag: v3\n", "server.image.tag"),
        ("locales/en.json", '{\n  "menu": {\n    "sign_out": "Leave"\n  }\n}\n', "sign_out"),
        ("app.toml", "[pool]\nmax_idle_conns = 4\n", "max_idle_conns"),
        ("application.properties", "server.max_threads=4\n", "server.max_threads"),
        (".env.example", "# How many\nWORKER_COUNT=4\n", "WORKER_COUNT"),
        ("compose.yaml", "services:\n  web:\n    environment:\n      - QUEUE_URL=x\n", "QUEUE_URL"),
        ("res/strings.xml", '<resources>\n  <string name="pay_now">Pay</string>\n', "pay_now"),
        ("chart/_helpers.tpl", '{{- define "shop.labels" }}\na: b\n{{- end }}\n', "shop.labels"),
    ],
)
def test_a_setting_is_found_by_name_where_it_is_set(
    tree: Tree, path: str, text: str, key: str
) -> None:
    tree.write("load.py", USES.replace("{key}", key))
    tree.write(path, text)
    tree.write("other.py", "one = 1\n")
    tree.index.refresh()
    first = tree.ask(key)[0]
    assert first.path == path
    assert first.why.startswith("defines ")


def test_code_that_defines_a_name_comes_before_a_setting_of_that_name(tree: Tree) -> None:
    tree.write("openapi.yaml", "paths:\n  create_user:\n    summary: x\n" * 3)
    tree.write("users.py", "def create_user(name):\n    return name\n")
    tree.index.refresh()
    assert tree.paths("create_user")[0] == "users.py"


def test_a_block_of_settings_that_fits_is_in_one_chunk_with_its_comment() -> None:
    blocks = [
        f"# About part {number}\npart{number}:\n" + "  key: value of some length\n" * 20
        for number in range(6)
    ]
    lines = "".join(blocks).rstrip("\n").split("\n")
    chunks = cut(lines, Family.NESTED, language="yaml")
    assert [chunk.symbol for chunk in chunks] == [f"part{number}" for number in range(6)]
    assert {chunk.kind for chunk in chunks} == {SETTING}
    assert all(lines[chunk.start - 1].startswith("# About") for chunk in chunks)


def test_an_item_of_a_list_is_called_as_it_is_named() -> None:
    tasks = [f"- name: Step {number}\n  command: {'x' * 600}\n" for number in range(3)]
    lines = "".join(tasks).rstrip("\n").split("\n")
    chunks = cut(lines, Family.NESTED, language="yaml")
    assert [chunk.symbol for chunk in chunks] == ["Step 0", "Step 1", "Step 2"]
    assert chunks[0].members == ("command",)


@pytest.mark.parametrize("name", ["deep.yaml", "deep.nim"])
def test_a_file_that_is_nested_very_deep_is_cut(name: str) -> None:
    lines = [f"{' ' * level}{'proc' if 'nim' in name else ''} a{level}:" for level in range(1500)]
    language, family = detect(name, "")
    chunks = cut(lines, family, language=language)
    assert chunks[-1].end == len(lines)
    sizes = [sum(len(line) + 1 for line in lines[one.start - 1 : one.end]) for one in chunks]
    assert max(sizes) <= LONGEST + len(lines[-1])
