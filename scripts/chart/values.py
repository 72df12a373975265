"""`values.yaml` as what it says: each value with its default, its words and its rules.

    # -- What a value is for, on as many lines as it takes.
    # @schema {minimum: 1}
    key: value

`@schema` adds to what the default says of the type; it is JSON Schema in YAML's short form, in one
line. A comment without either mark is for whoever reads the file alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

_DOC: Final = "# -- "
_RULES: Final = "# @schema "
#: What `@schema` adds to JSON Schema: these values may be said here, too.
LIKE: Final = "$like"
_PART: Final = re.compile(
    r"^(?P<indent> *)# generated: (?P<name>[\w ]+)\n.*?^(?P=indent)# end$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value; *children* are those of a map that has some."""

    path: str
    default: Any
    words: str
    rules: dict[str, Any]
    children: tuple["Value", ...] = ()

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    def leaves(self) -> Iterator["Value"]:
        """What has no children of its own, in the order of the file."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def at(self, path: str) -> "Value":
        """The value of that path below this one."""
        found = self
        for name in path.split("."):
            found = next(child for child in found.children if child.name == name)
        return found


def read(text: str) -> Value:
    """The root of all values.

    Raises:
        ValueError: a value has no words that say what it is for.
    """
    lines = text.splitlines()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return Value(path="", default=None, words="", rules={}, children=_children(root, "", lines))


def filled(text: str, parts: dict[str, str]) -> str:
    """*text* with its generated parts as they are now."""

    def part(match: re.Match[str]) -> str:
        indent, name = match["indent"], match["name"]
        body = "".join(
            f"{indent}{line}" if line.strip() else line
            for line in parts[name].splitlines(keepends=True)
        )
        return f"{indent}# generated: {name}\n{body}{indent}# end"

    return _PART.sub(part, text)


def _children(node: yaml.Node | None, path: str, lines: list[str]) -> tuple[Value, ...]:
    """What is in a map that is not empty; nothing is in anything else."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return tuple(
        _value(key, value, f"{path}.{key.value}".lstrip("."), lines) for key, value in pairs
    )


def _value(key: yaml.ScalarNode, node: yaml.Node, path: str, lines: list[str]) -> Value:
    words, rules = _told(lines, key.start_mark.line)
    # A map with rules of its own is a value as a whole.
    children = () if rules else _children(node, path, lines)
    if not children and not words:
        raise ValueError(f"values.yaml: {path} does not say what it is for")
    return Value(path=path, default=_plain(node), words=words, rules=rules, children=children)


def _told(lines: list[str], at: int) -> tuple[str, dict[str, Any]]:
    """The words and the rules in the comment above line *at*."""
    start = at
    while start and lines[start - 1].lstrip().startswith("# "):
        start -= 1
    words: list[str] = []
    rules: dict[str, Any] = {}
    for line in (text.strip() for text in lines[start:at]):
        if line.startswith(_RULES):
            rules = yaml.safe_load(line.removeprefix(_RULES))
        elif line.startswith(_DOC):
            words = [line.removeprefix(_DOC)]
        elif words and not rules:
            words.append(line.removeprefix("# "))
    return " ".join(words), rules


def _plain(node: yaml.Node) -> Any:
    return yaml.safe_load(yaml.serialize(node, Dumper=yaml.SafeDumper))
