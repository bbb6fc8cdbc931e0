"""Python values as TypeScript, and the declarations of a cell in TypeScript; needs nothing but Python."""

import json
import math
import re
from typing import NamedTuple

# A name that a variable can have.
NAME = r"(?:[^\W\d]|\$)[\w$]*"

# What may hold a semicolon, a comma or a line end that ends nothing.
TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*)
    |(?P<opaque>/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)
    |(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)

# In an outline: `let lr = 0.1;`, `const units: number[] = [8]; // how wide`, the `b` of `let a = 1, b = 2`.
TYPE = r"(?::\s*(?P<type>[^=;\n]+?)\s*)?"
DECLARATION = re.compile(
    rf"(?:\b(?:let|const|var)\s|,)\s*(?P<name>{NAME})\s*{TYPE}=\s*(?P<value>[^;\n#]+?)"
    rf"[ \t]*(?=[;\n#]|$|,\s*{NAME}\s*(?::[^=;\n]*)?=)[ \t;]*(?P<help>\#*)"
)


def outline(source):
    """The text with `·` for what stands in brackets and quotes and `#` for comments, each character in its place."""
    depth = 0
    parts = []
    for token in TOKEN.finditer(source):
        depth -= 1 if token["close"] else 0
        hidden = "·" if depth > 0 or token["opaque"] or token["open"] or token["close"] else token.group()
        parts.append(("#" if token["comment"] and depth == 0 else hidden[0]) * len(token.group()))
        depth += 1 if token["open"] else 0
    return "".join(parts)


class Declaration(NamedTuple):
    """A variable that a cell declares: its type and value as they are written, and the comment behind it."""

    name: str
    type: str
    value: str
    help: str


def declarations(source):
    """The variables that a cell declares outside of functions and blocks."""

    def part(match, group):
        start, end = match.span(group)
        return source[start:end].strip() if start >= 0 else ""

    return [
        Declaration(match["name"], part(match, "type"), part(match, "value"), part(match, "help").lstrip("/ "))
        for match in DECLARATION.finditer(outline(source))
    ]


def is_name(text):
    return re.fullmatch(NAME, text) is not None


def literal(value):
    """A value of JSON's types as a literal; what JSON has no type for becomes its text."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key_literal(key)}: {literal(item)}' for key, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(literal(item) for item in value)}]"
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return text_literal(value)


def key_literal(key):
    # Written plainly, this key would set the object's prototype.
    return '["__proto__"]' if key == "__proto__" else text_literal(key)


def text_literal(value):
    text = json.dumps(str(value), ensure_ascii=False)
    # Line ends to TypeScript, though not to JSON.
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
