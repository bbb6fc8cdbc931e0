"""Parameters for notebooks in TypeScript: papermill has no translator for the language."""

import json
import math
import re

from papermill.engines import NBClientEngine
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

# `let lr = 0.1;`, `const units: number[] = [8]; // how wide`
DECLARATION = re.compile(
    r"^\s*(?:let|const|var)\s+(?P<name>[^\W\d][\w$]*)\s*(?::\s*(?P<type>[^=]+?))?\s*=\s*(?P<value>.*?);?\s*(?://\s*(?P<help>.*))?$"
)


class TypeScriptTranslator(Translator):
    """Python values as TypeScript, a declaration each."""

    @classmethod
    def translate(cls, value):
        if isinstance(value, float) and not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        if isinstance(value, dict):
            items = ", ".join(f"{cls.text(key)}: {cls.translate(item)}" for key, item in value.items())
            return f"{{{items}}}"
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(cls.translate(item) for item in value)}]"
        if value is None or isinstance(value, (bool, int, float)):
            return json.dumps(value)
        return cls.text(value)

    @staticmethod
    def text(value):
        return json.dumps(str(value), ensure_ascii=False)

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def assign(cls, name, str_val):
        return f"let {name} = {str_val};"

    @classmethod
    def inspect(cls, parameters_cell):
        """What the cell tagged `parameters` declares, for `papermill --help-notebook` and the check of names."""
        found = [DECLARATION.match(line) for line in parameters_cell["source"].splitlines()]
        return [
            Parameter(
                name=match["name"],
                inferred_type_name=(match["type"] or "None").strip(),
                default=match["value"],
                help=match["help"] or "",
            )
            for match in found
            if match
        ]


papermill_translators.register("typescript", TypeScriptTranslator)


class LamellaEngine(NBClientEngine):
    """papermill's own engine; its entry point is what makes papermill load this module."""
