"""The line patterns that announce a definition, per family, tried in their order.

Each is matched at the start of a line without its indentation; group 1 is the name.
"""

import re
from functools import cache
from typing import Final

from claudetask_core.search.chunks.uncommon_rules import CLASS, FUNCTION, UNCOMMON
from claudetask_core.search.tree.families import Family

Rule = tuple[re.Pattern[str], str]

_MODIFIERS: Final = (
    r"(?:(?:public|private|protected|internal|static|final|abstract|sealed|partial|readonly|"
    r"virtual|override|async|unsafe|extern|new|open|inline|suspend|data|inner|operator|infix|"
    r"export|default|declare|pub(?:\([a-z]{1,10}\))?|const|mutating|fileprivate|lazy|indirect|"
    r"convenience|required|implicit|case|companion|value|annotation|expect|actual|tailrec|"
    r"external|synchronized|native|strictfp|local|noinline|crossinline|nonisolated|package)\s+)*"
)
_ATTRIBUTES: Final = r"(?:@\w+(?:\([^)]{0,50}\))?\s+)*"
_PATH: Final = r"(?:\w{1,50}(?:\.|::)){0,8}"
_NAME: Final = r"([^\W\d][\w$]*)"


_CLASS_WORDS: Final = (
    r"(?:class|interface|enum|struct|trait|object|record|protocol|extension|actor|namespace|"
    r"module|union|mixin|enum\s+class|fun\s+interface|@interface)\s+"
)
_KEYWORDS: Final[dict[Family, tuple[tuple[str, str], ...]]] = {
    Family.PYTHON: (
        (r"(?:async\s+)?(?:def|cpdef|cdef|proc|func|fn|rule|checkpoint)\s+" + _NAME, FUNCTION),
        (r"(?:class|struct|trait)\s+" + _NAME, CLASS),
    ),
    Family.JAVASCRIPT: (
        (_MODIFIERS + r"function\s*\*?\s*" + _NAME, FUNCTION),
        (_MODIFIERS + r"(?:class|interface|enum|namespace|module)\s+" + _NAME, CLASS),
        (_MODIFIERS + r"type\s+" + _NAME + r"[^=]*=", CLASS),
        (
            _MODIFIERS
            + r"(?:const|let|var)?\s*"
            + _NAME
            + r"\s*(?::[^=]{1,150})?=\s*(?:async\s*)?"
            + r"(?:function\b|\([^)]{0,150}\)[^=]{0,80}=>|[\w$]+\s*=>)",
            FUNCTION,
        ),
        (r"(?:export\s+)(?:declare\s+)?(?:const|let|var)\s+" + _NAME, FUNCTION),
        (r"(?:module\.)?exports\." + _NAME + r"\s*=", FUNCTION),
    ),
    Family.GO: (
        (r"func\s+(?:\([^)]{0,100}\)\s*)?" + _NAME, FUNCTION),
        (r"type\s+" + _NAME, CLASS),
        (r"(?:message|service|enum)\s+" + _NAME, CLASS),
        (r"rpc\s+" + _NAME, FUNCTION),
    ),
    Family.RUST: (
        (_MODIFIERS + r'(?:extern\s+"[^"]{0,20}"\s+)?fn\s+' + _NAME, FUNCTION),
        (_MODIFIERS + r"(?:struct|enum|trait|union|mod|type)\s+" + _NAME, CLASS),
        (r"impl\b[^{]{0,150}?\bfor\s+" + _NAME, CLASS),
        (r"impl(?:<[^>]{0,100}>)?\s+" + _NAME, CLASS),
        (r"macro_rules!\s*" + _NAME, FUNCTION),
    ),
    Family.KOTLIN: (
        (
            _MODIFIERS + r"(?:fun|def)\s+(?:<[^>]{0,100}>\s*)?(?:[\w<>?*, ]{1,80}\.)?" + _NAME,
            FUNCTION,
        ),
        (_MODIFIERS + _CLASS_WORDS + _NAME, CLASS),
        (_MODIFIERS + r"(?:typealias|type)\s+" + _NAME, CLASS),
    ),
    Family.SWIFT: (
        (_ATTRIBUTES + _MODIFIERS + r"(?:class\s+)?func\s+" + _NAME, FUNCTION),
        (_ATTRIBUTES + _MODIFIERS + _CLASS_WORDS + _NAME, CLASS),
        (_MODIFIERS + r"(init)[?!]?\s*[(<]", FUNCTION),
        (_MODIFIERS + r"typealias\s+" + _NAME, CLASS),
    ),
    Family.RUBY: (
        (r"(?:private\s+|protected\s+)?def\s+(?:self\.)?" + _NAME, FUNCTION),
        (r"(?:class|module|package|role|mutable\s+struct|struct)\s+" + _PATH + _NAME, CLASS),
        (
            (
                r"(?:(?:multi|proto|only|my|our)\s+)*"
                r"(?:sub|function|macro|method|submethod|token|rule|regex)\s+"
                r"([^\W\d][\w$]*(?:-[a-z]\w*)*)"
            ),
            FUNCTION,
        ),
        (r"grammar\s+" + _PATH + _NAME, CLASS),
    ),
    Family.PHP: (
        (_MODIFIERS + r"function\s+&?" + _NAME, FUNCTION),
        (_MODIFIERS + r"(?:class|interface|trait|enum)\s+" + _NAME, CLASS),
    ),
    Family.ELIXIR: (
        (r"(?:def|defp|defmacro|defmacrop|defdelegate|defguard|defguardp)\s+" + _NAME, FUNCTION),
        (r"(?:defmodule|defprotocol|defimpl)\s+(?:\w{1,50}\.){0,8}" + _NAME, CLASS),
    ),
    Family.HASKELL: (
        (
            r"(?:data|newtype|class|type|module|instance)\s+(?:[^=]{0,120}?=>\s*)?" + _PATH + _NAME,
            CLASS,
        ),
        (r"(?:let\s+rec|let|val|rule)\s+" + _NAME, FUNCTION),
        (r"-(?:record|define)\(" + _NAME, CLASS),
    ),
    Family.LUA: (
        (r"(?:local\s+)?function\s+(?:\w{1,50}[.:]){0,5}" + _NAME, FUNCTION),
        (r"(?:local\s+)?(?:\w{1,50}\.){0,5}" + _NAME + r"\s*=\s*function\b", FUNCTION),
        (r"---@class\s+(?:\w{1,50}\.){0,5}" + _NAME, CLASS),
    ),
    Family.SHELL: (
        (r"function\s+([\w:.-]+)", FUNCTION),
        (r"(?!(?i:param)\b)([^\W\d][\w:.-]*)\s*\(\s*\)", FUNCTION),
        (r"(?:export\s+)?(?:def|extern)\s+(?:--\w+\s+)*[\"']?([^\W\d][\w-]*)", FUNCTION),
    ),
    Family.ZIG: (
        (r"(?:pub\s+)?(?:export\s+|inline\s+|extern\s+)*fn\s+" + _NAME, FUNCTION),
        (
            r"(?:pub\s+)?const\s+"
            + _NAME
            + r"\s*=\s*(?:packed\s+|extern\s+)?(?:struct|enum|union|error|opaque)\b",
            CLASS,
        ),
        (_NAME + r"\s*::\s*(?:#\w+\s+)?(?:proc|inline)\b", FUNCTION),
        (_NAME + r"\s*::\s*(?:#\w+\s+)?(?:distinct|struct|enum|union|bit_set)\b", CLASS),
    ),
    Family.SQL: (
        (r"\{%-?\s*(?:macro|test|materialization|snapshot)\s+([^\W\d]\w*)", FUNCTION),
        (
            r"(?i:create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+|unique\s+|materialized\s+)*"
            r"(?:table|view|index|function|procedure|trigger|type)\s+(?:if\s+not\s+exists\s+)?)"
            r"[\"`\[]?(?:\w{1,50}\.)?[\"`\[]?" + _NAME,
            FUNCTION,
        ),
    ),
    **UNCOMMON,
    Family.MARKDOWN: ((r"#{1,6}\s+(\S.{0,80})", "text"),),
    Family.JAVA: ((_MODIFIERS + r"(?:with(?:out)?\s+sharing\s+)?" + _CLASS_WORDS + _NAME, CLASS),),
    Family.C: (
        (
            r"(?:typedef\s+)?(?:enum\s+class|struct|class|union|enum|namespace)\s+"
            r"(?:[A-Z_]{3,40}\s+)?" + _NAME + r"[^;()]*$",
            CLASS,
        ),
        (r"#\s*define\s+" + _NAME, FUNCTION),
        (r"using\s+" + _NAME + r"\s*=", CLASS),
        (r"@(?:interface|implementation|protocol)\s+" + _NAME, CLASS),
        (r"[-+]\s*\([^)]{1,80}\)\s*" + _NAME, FUNCTION),
    ),
}


@cache
def rules_of(family: Family) -> list[Rule]:
    """The patterns of a family, made when the first file of it is met; none for most."""
    return [(re.compile(pattern), kind) for pattern, kind in _KEYWORDS.get(family, ())]
