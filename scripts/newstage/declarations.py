"""The declarations with the new stage in them, as texts: comments and order stay as they are."""

import re
from pathlib import Path
from typing import Final

from headway.declared.pipeline import Status
from newstage.plan import Plan, Refused

_TOPICS: Final = "schemas/topics"
_PIPELINE: Final = "schemas/pipeline.yaml"
_STAGE_LINE: Final = re.compile(r"^  - \{name: .*\}\n", re.MULTILINE)
#: A stage's own policy of later tries: the next one has topics like its, so its delays too.
_OWN_RETRY: Final = re.compile(r"retry: \{[^{}]*\}, ")
_LIST: Final = re.compile(r"^mypy_path = \[(?P<items>.*)\]$", re.MULTILINE)
_WHY_FOR_EVER: Final = (
    "# No limit of time or size: a record is a job that may not be done yet (ADR 24).\n"
)


def texts(root: Path, plan: Plan) -> dict[str, str]:
    """Every declaration that is new or another than before, by its place.

    Raises:
        Refused: one is not written as expected, so that it has to be changed by hand.
    """

    def read(place: str) -> str:
        return (root / place).read_text(encoding="utf-8")

    def topic(name: str) -> str:
        return f"{_TOPICS}/{name}.yaml"

    source, letters = read(topic(plan.source)), read(topic(plan.before.dead_letters))
    state, progress, reports = topic(plan.state), topic(plan.progress), topic(plan.reports)
    return {
        _PIPELINE: _pipeline(read(_PIPELINE), plan),
        topic(plan.source): _work(source, plan),
        topic(plan.sink): _written_by(plan, source, value=f"{plan.record}.v1"),
        topic(plan.dead_letters): _written_by(
            plan,
            letters,
            purpose=f"Records of {plan.source} that {plan.name} gave up on, original bytes "
            "unchanged, origin and reason in headers.",
        ),
        state: _join(_join(read(state), "producers", plan), "consumers", plan),
        progress: _join(read(progress), "producers", plan),
        topic(plan.commands): _join(read(topic(plan.commands)), "consumers", plan),
        topic(plan.results): _join(read(topic(plan.results)), "producers", plan),
        **{topic(new): _retried(read(topic(old)), plan) for old, new in plan.retry_topics.items()},
        topic(plan.held): _held(read(topic(plan.before.held)), plan),
        topic(plan.windows): _join(read(topic(plan.windows)), "consumers", plan),
        reports: _join(read(reports), "producers", plan),
        **{
            topic(source): _join(read(topic(source)), "consumers", plan)
            for source, _ in plan.begins
        },
        **{topic(tier): _join(read(topic(tier)), "producers", plan) for _, tier in plan.begins},
        "pyproject.toml": _type_checked(read("pyproject.toml"), plan),
    }


def _pipeline(text: str, plan: Plan) -> str:
    lines = _STAGE_LINE.findall(text)
    done = f"done: {_flow(plan.done)}"
    if len(lines) != plan.index - 1 or done not in lines[-1]:
        raise Refused(f"{_PIPELINE} has not one line for each stage: add this one by hand")
    before = lines[-1].replace(done, f"done: {_flow(plan.before_done)}")
    own = _OWN_RETRY.search(before)
    line = (
        f"  - {{name: {plan.name}, source: {plan.source}, sink: {plan.sink}, "
        f"dead_letters: {plan.dead_letters}, {own[0] if own else ''}"
        f"running: {_flow(plan.running)}, {done}}}\n"
    )
    return text.replace(lines[-1], before + line)


def _flow(status: Status) -> str:
    return f"{{status: {status.name}, progress: {status.progress}}}"


def _work(text: str, plan: Plan) -> str:
    """The topic of finished jobs as one of jobs that wait: nothing in it is forgotten by time."""
    words = f"A job that {plan.before.name} is done with waits for {plan.name}."
    text = _set(_set(text, "purpose", words), "consumers", f"[{plan.name}]")
    text = _set(text, "  retention.ms", '"-1"')
    return text.replace("config:\n", f"{_WHY_FOR_EVER}config:\n")


def _written_by(plan: Plan, text: str, **values: str) -> str:
    """A topic like that of the stage before, written by the new one."""
    for key, value in {"producers": f"[{plan.name}]", **values}.items():
        text = _set(text, key, value)
    return text


def _retried(text: str, plan: Plan) -> str:
    """A retry tier like that of the stage before, read and written by the new one."""
    text = text.replace(plan.before.source, plan.source, 1)
    text = text.replace(f"that {plan.before.name} tries", f"that {plan.name} tries", 1)
    return _set(_written_by(plan, text), "consumers", f"[{plan.name}]")


def _held(text: str, plan: Plan) -> str:
    """A held topic like that of the stage before, read and written by the new one."""
    text = text.replace(plan.before.source, plan.source, 1)
    text = text.replace(f"that {plan.before.name} holds", f"that {plan.name} holds", 1)
    return _set(_written_by(plan, text), "consumers", f"[{plan.name}]")


def _join(text: str, key: str, plan: Plan) -> str:
    names = re.search(rf"^{key}: \[(?P<names>.*)\]$", text, re.MULTILINE)
    if not names:
        raise Refused(f"a topic's {key} are no list in one line: add {plan.name} by hand")
    return _set(text, key, f"[{names['names']}, {plan.name}]")


def _set(text: str, key: str, value: str) -> str:
    line = re.compile(rf"^{re.escape(key)}: .*$", re.MULTILINE)
    changed, count = line.subn(f"{key}: {value}", text)
    if count != 1:
        raise Refused(f"a topic has no line {key.strip()!r} to change: declare the stage by hand")
    return changed


def _type_checked(text: str, plan: Plan) -> str:
    found = _LIST.search(text)
    if not found:
        raise Refused("pyproject.toml has no mypy_path in one line: add the package by hand")
    items = found["items"].split(", ")
    last = max(number for number, item in enumerate(items) if item.startswith('"services/'))
    items.insert(last + 1, f'"services/{plan.name}"')
    return text.replace(found[0], f"mypy_path = [{', '.join(items)}]")
