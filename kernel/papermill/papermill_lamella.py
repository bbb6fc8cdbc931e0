"""Parameters for notebooks in TypeScript: papermill has no translator for the language."""

from lamella_parameters import declarations, is_name, literal
from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators


class TypeScriptTranslator(Translator):
    """Python values as TypeScript, a declaration each."""

    @classmethod
    def translate(cls, value):
        return literal(value)

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def assign(cls, name, str_val):
        if not is_name(name):
            raise PapermillException(f'the parameter "{name}" has no name that a variable can have')
        return f"let {name} = {str_val};"

    @classmethod
    def inspect(cls, parameters_cell):
        """What the cell tagged `parameters` declares, for `papermill --help-notebook` and the check of names."""
        return [
            Parameter(name=found.name, inferred_type_name=found.type or "None", default=found.value, help=found.help)
            for found in declarations(parameters_cell["source"])
        ]


papermill_translators.register("typescript", TypeScriptTranslator)


class LamellaEngine(NBClientEngine):
    """papermill's own engine; its entry point is what makes papermill load this module."""
