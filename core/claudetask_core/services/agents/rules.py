"""What Claude Code will trip over in an agent file, one row per rule.

Each was seen in runs of the real client: most of these files are dropped without a word, or
run with other tools than their author thinks.
"""

from collections.abc import Iterator
from dataclasses import replace

from claudetask_core.schemas.agent import Problem
from claudetask_core.services.agents import rules_form as agent_rules_form
from claudetask_core.services.agents import rules_hooks as agent_rules_hooks
from claudetask_core.services.agents import rules_keys as agent_rules_keys
from claudetask_core.services.agents import rules_names as agent_rules_names
from claudetask_core.services.agents import rules_tools as agent_rules_tools
from claudetask_core.services.agents import rules_yaml as agent_rules_yaml
from claudetask_core.services.agents.file import AgentFile, parse
from claudetask_core.services.agents.rule import Rule, Subject, as_bytes
from claudetask_core.services.agents.rules_hooks import are_taken

RULES: tuple[Rule, ...] = (
    *agent_rules_form.RULES,
    *agent_rules_yaml.RULES,
    *agent_rules_names.RULES,
    *agent_rules_keys.RULES,
    *agent_rules_hooks.RULES,
    *agent_rules_tools.RULES,
)
MOST_FIXES = 30


def problems_of(subject: Subject) -> list[Problem]:
    """Every finding of every rule, in the order of the lines."""
    found: list[Problem] = []
    for rule in RULES:
        findings = list(rule.check(subject))
        fixable = bool(findings) and _fixed(rule, subject) is not None
        found += [
            Problem(
                severity=rule.severity,
                rule=rule.name,
                line=line,
                message=message,
                mend=mend,
                fixable=fixable,
            )
            for line, message, mend in findings
        ]
    return sorted(found, key=lambda problem: problem.line)


def is_loaded(subject: Subject) -> bool:
    """Whether Claude Code takes the file for an agent, in every version from 2.1.197 on.

    Of several of one name it takes one by chance; each of them counts as loaded here.
    """
    if subject.path.suffix != ".md" or not _starts_and_ends(subject.file):
        return False
    texts = [subject.file.keys.get(key) for key in ("name", "description")]
    named = all(entry and entry.kind == "text" and entry.text for entry in texts)
    return subject.has_keys and named and are_taken(subject.file)


def _starts_and_ends(file: AgentFile) -> bool:
    return file.closed and file.opening.startswith("---")


def fixed(subject: Subject) -> tuple[bytes, list[str]]:
    """The file with everything fixed that can be, and the rules that were satisfied."""
    done: list[str] = []
    for _ in range(MOST_FIXES):
        step = next(_steps(subject), None)
        if step is None:
            break
        rule, data = step
        done.append(rule.name)
        subject = replace(subject, file=parse(data))
    return as_bytes(subject.file.source), list(dict.fromkeys(done))


def _steps(subject: Subject) -> Iterator[tuple[Rule, bytes]]:
    """What each fix that helps would make of the file as it is now."""
    for rule in RULES:
        data = _fixed(rule, subject) if any(rule.check(subject)) else None
        if data is not None:
            yield rule, data


def _fixed(rule: Rule, subject: Subject) -> bytes | None:
    """What the rule's fix makes of the file, where that helps."""
    data = rule.fix(subject) if rule.fix else None
    if data is None:
        return None
    after = replace(subject, file=parse(data))
    return data if len(list(rule.check(after))) < len(list(rule.check(subject))) else None
