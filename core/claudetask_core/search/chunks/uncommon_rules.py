"""The line patterns that announce a definition in languages that few repositories are in.

As in `definition_rules`: matched at the start of a line without its indentation, group 1 is the
name.
"""

from typing import Final

from claudetask_core.search.tree.families import Family

FUNCTION: Final = "function"
CLASS: Final = "class"
_NAME: Final = r"([^\W\d]\w*)"
_DASHED: Final = r"([^\W\d][\w-]*)"
_LISP_PACKAGE: Final = r"(?:[\w.+/-]{1,60}::?)?"
_LISP_NAME: Final = r"\(?\s*'?([^\s()\[\]{}'\"`;]+)"
_VB_WORDS: Final = (
    r"(?i:(?:(?:public|private|protected|friend|shared|static|overrides|overridable|default|async|"
    r"readonly|partial|mustinherit|notinheritable|declare)\s+){0,6})"
)
_FORTRAN_WORDS: Final = (
    r"(?i:(?:(?:pure|elemental|impure|recursive|module|integer|real|complex|logical|character|"
    r"double\s+precision|type)(?:\s*\([^()]{0,40}\)|\s*\*\s*\d+)?\s+){0,5})"
)
_FORTRAN_NAME: Final = r"((?:\w|\$\{[^}]{1,40}\}\$)+)"
"""Also as the preprocessor Fypp makes it: `to_${kind}$`."""
_PROOF_WORDS: Final = (
    r"(?:@\[[^\]]{0,80}\]\s*)?(?:(?:private|protected|noncomputable|partial|unsafe|Local|Global|"
    r"Program)\s+){0,4}"
)
_ADA_TYPE: Final = r"(?i:(?:type|subtype)\s+)" + _NAME + r"\s(?i:is)\b"

UNCOMMON: Final[dict[Family, tuple[tuple[str, str], ...]]] = {
    Family.LISP: (
        (
            r"\("
            + _LISP_PACKAGE
            + r"(?:cl-)?(?:defclass|defstruct|deftype|define-record-type|define-struct|struct|"
            r"defpackage|define-library|module|define-module|in-package)\s+" + _LISP_NAME,
            CLASS,
        ),
        (
            r"\("
            + _LISP_PACKAGE
            + r"(?!define-keys?\s|default\b)(?:cl-)?(?:def|fn\s|lambda\s)[\w*+/-]*\s+"
            + _LISP_NAME,
            FUNCTION,
        ),
        (r"\(fn\s+" + _LISP_NAME, FUNCTION),
    ),
    Family.FORTRAN: (
        (_FORTRAN_WORDS + r"(?i:subroutine|function)\s+" + _FORTRAN_NAME, FUNCTION),
        (
            r"(?i:program|submodule\s*\(\w{1,60}\)|"
            r"module(?!\s+(?:procedure|subroutine|function|pure|elemental|impure|recursive)\b))\s+"
            + _NAME,
            CLASS,
        ),
        (r"(?i:interface)\s+((?i:operator|assignment)\s?\([^()]{1,20}\)|[^\W\d]\w*)", CLASS),
        (r"(?i:type\s*(?:,[^:]{0,80})?(?:::)?\s+)" + _NAME + r"\s*(?:!|$)", CLASS),
    ),
    Family.PASCAL: (
        (
            r"(?i:(?:(?:class|overriding|not)\s+){0,2}"
            r"(?:procedure|function|constructor|destructor|entry)\s+)(?:\w{1,60}\.){0,4}" + _NAME,
            FUNCTION,
        ),
        (
            r"(?i:(?:unit|program|library|package|task|protected)\s+(?:(?:body|type)\s+)?)"
            r"(?:\w{1,60}\.){0,4}" + _NAME,
            CLASS,
        ),
        (
            _NAME + r"(?:<[^>]{0,40}>)?\s*=\s*(?i:packed\s+)?(?i:class|record|interface|object)\b",
            CLASS,
        ),
        (_ADA_TYPE, CLASS),
    ),
    Family.BASIC: (
        (_VB_WORDS + r"(?i:(?:sub|function|property(?:\s+[gsl]et)?)\s+)" + _NAME, FUNCTION),
        (r"(?i:(?:method|form|%macro)\s+)" + r"([^\W\d][\w~]*)", FUNCTION),
        (
            _VB_WORDS + r"(?i:(?:class|module|structure|interface|enum|namespace)\s+)"
            r"(?:\w{1,60}\.){0,5}" + _NAME,
            CLASS,
        ),
    ),
    Family.COBOL: (
        (r"(?i:program-id|class-id|function-id)\.\s*([\w-]+)", CLASS),
        (
            (
                r"(?!(?i:file|working-storage|local-storage|linkage|screen|report|communication|"
                r"configuration|input-output)\s)([A-Za-z0-9][\w-]*)\s+(?i:section)\s*\."
            ),
            FUNCTION,
        ),
        (r"(?:01|77|(?i:fd|sd))\s+(?!(?i:filler)\b)([A-Za-z][\w-]*)", CLASS),
        (
            (
                r"(?!(?i:exit|goback|continue|stop|end-|file-control|i-o-control|special-names|"
                r"repository|source-computer|object-computer|program-id|class-id|function-id|author|"
                r"installation|security|date-)[\w-]*\.)([A-Za-z0-9][\w-]*)\.\s*$"
            ),
            FUNCTION,
        ),
    ),
    Family.HARDWARE: (
        (
            r"(?:(?:virtual|static|automatic|protected|local|extern|pure|impure)\s+){0,4}"
            r"(?i:function|task)\s+(?:(?:automatic|static)\s+)?(?:[\w\[\]:$ -]{1,60}?\s)?"
            + _NAME
            + r"\s*(?:[(;]|$|return\b|is\b)",
            FUNCTION,
        ),
        (r"(?i:procedure)\s+" + _NAME, FUNCTION),
        (
            r"(?:virtual\s+)?(?i:module|macromodule|interface|package(?:\s+body)?|class|program|"
            r"primitive|entity|component|configuration|covergroup)\s+(?:automatic\s+|static\s+)?"
            + _NAME,
            CLASS,
        ),
        (r"(?i:architecture\s+\w{1,60}\s+of)\s+" + _NAME, CLASS),
        (r"`define\s+" + _NAME, FUNCTION),
    ),
    Family.ASSEMBLY: (
        (r"(?i:%?macro|\.macro|proc)\s+" + _NAME, FUNCTION),
        (r"([A-Za-z_$?@][\w$?@.]*):(?!:|=)", FUNCTION),
        (_NAME + r"\s+(?i:proc|macro)\b", FUNCTION),
    ),
    Family.VIM: (
        (
            (
                r"(?:export\s+)?(?:fu(?:n|nc|nction)?|def)!?\s+(?:[sgbltw]:|<SID>)?(?:\w{1,60}#){0,6}"
                r"([\w.:]+)"
            ),
            FUNCTION,
        ),
        (r"com(?:mand)?!?\s+(?:-\S+\s+){0,8}([A-Z]\w*)", FUNCTION),
        (r"aug(?:roup)?\s+(?!END\b)([\w#-]+)", CLASS),
    ),
    Family.MATLAB: (
        (r"function\s+(?:[^=(%]{1,120}=\s*)?(?:\w{1,60}\.){0,4}" + _NAME, FUNCTION),
        (r"classdef\s+(?:\([^)]{0,120}\)\s*)?" + _NAME, CLASS),
    ),
    Family.PROOF: (
        (
            _PROOF_WORDS + r"(?:theorem|lemma|def|abbrev|axiom|opaque|example|macro|Theorem|Lemma|"
            r"Definition|Fixpoint|CoFixpoint|Example|Corollary|Proposition|Fact|Remark|Axiom|"
            r"Parameter|Function|Let)\s+([^\W\d][\w'.]*)",
            FUNCTION,
        ),
        (
            _PROOF_WORDS + r"(?:structure|inductive|class(?:\s+inductive)?|instance|namespace|"
            r"Inductive|CoInductive|Record|Structure|Class|Instance|Module(?:\s+Type)?|Section)"
            r"\s+([^\W\d][\w'.]*)",
            CLASS,
        ),
    ),
    Family.COFFEE: (
        (r"(?:module\.)?(?:exports\.)?class\s+(?:\w{1,60}\.){0,4}" + _NAME, CLASS),
        (
            r"@?(?:[\w$]{1,60}(?:\.|::)){0,5}" + _NAME + r"\s*[:=]\s*(?:\([^()]{0,150}\)\s*)?[-=]>",
            FUNCTION,
        ),
    ),
    Family.DECLARED: (
        (
            (
                r"(?:@\w+(?:\([^()]{0,120}\))?\s*)?(?:(?:export|abstract|private|public|local)\s+)*"
                r"(?:model|class|define|node|structure|struct|union|enum|interface|service|table|"
                r"resource|module|type|view|datasource|generator|schema)\s+[\"']?([^\W\d][\w:.-]*)"
            ),
            CLASS,
        ),
        (
            r"(?:(?:export|private)\s+)*(?:function|func|operation|param|var|output|default)\s+"
            + _NAME,
            FUNCTION,
        ),
        (r"local\s+" + _NAME + r"\s*[(=]", FUNCTION),
        (r"(#?[^\W\d]\w*)\s*:\s*\{", CLASS),
        (
            r"(?!(?:if|else|for|while|package|import|not)\b)"
            + _NAME
            + r"(?:\[[^\]]{0,60}\]|\([^)]{0,80}\))?\s*(?:contains\s[^{]{1,60})?"
            r"(?::?=\s*\S{1,40}\s*)?(?:\sif\s*)?\{",
            FUNCTION,
        ),
    ),
}
"""By family; their modifiers come in small numbers, so none takes long on a hostile line."""
