"""Planted breaches: for each check, trees that it has to refuse, and near misses that it must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DOC = '"""Says what it is."""\n'
PROJECT = """
[tool.coverage.run]
source_dirs = ["agent", "collectors", "tui"]
[tool.coverage.report]
include_namespace_packages = true
[tool.importlinter]
[[tool.importlinter.contracts]]
type = "layers"
layers = ["apiscape.collectors.aws", "apiscape.collectors.contract : apiscape.model"]
"""
MODEL = "agent/apiscape/model/thing.py"
EDGE = "agent/apiscape/collect/run.py"
REST = "collectors/apiscape/collectors/aws/apigateway/rest.py"


@dataclass(frozen=True)
class Plant:
    """Files added to a sound tree, and words that the breach must say; none for a near miss."""

    check: str
    files: Mapping[str, str]
    says: str | None


def function(lines: int, name: str = "f") -> str:
    """Return a function of so many lines."""
    return f"def {name}() -> None:\n" + "    pass\n" * (lines - 1)


def klass(methods: int) -> str:
    """Return a class with so many methods."""
    return "class C:\n" + "".join(f"    def m{n}(self) -> None: ...\n" for n in range(methods))


PLANTS = (
    Plant(
        "tracked failures",
        {MODEL: "class C(Struct, gc=False):\n    a: int\n    b: tuple[KeyError, ...]"},
        "C.b holds an exception",
    ),
    Plant("tracked failures", {MODEL: "class C(Entity):\n    a: X | BaseException"}, "C.a holds"),
    Plant("tracked failures", {MODEL: "class C(Struct):\n    a: BaseException"}, None),
    Plant("tracked failures", {MODEL: "class C(Entity, gc=True):\n    a: OSError | None"}, None),
    Plant("tracked failures", {MODEL: "class C(Entity):\n    a: ErrorRecord"}, None),
    Plant("annotations", {MODEL: "def f(a) -> None: ..."}, "f does not say the type of a"),
    Plant("annotations", {MODEL: "def f(*, a) -> None: ..."}, "the type of a"),
    Plant("annotations", {MODEL: "def f(*rest) -> None: ..."}, "the type of rest"),
    Plant("annotations", {MODEL: "def f(): ..."}, "its result"),
    Plant("annotations", {MODEL: "class C:\n    def m(self, a): ..."}, "the type of a"),
    Plant(
        "annotations",
        {MODEL: "class C:\n    @staticmethod\n    def m(a) -> None: ..."},
        "type of a",
    ),
    Plant("annotations", {MODEL: "class C:\n    def m(self, a: int) -> None: ..."}, None),
    Plant("class methods", {MODEL: klass(21)}, "21 methods"),
    Plant("class methods", {MODEL: klass(20)}, None),
    Plant("collector lines", {REST: "\n" * 301}, "301 lines"),
    Plant("collector lines", {REST: "\n" * 300, MODEL: "\n" * 301}, None),
    Plant("docstrings", {MODEL: "A = 1\n"}, "the module does not say"),
    Plant("docstrings", {MODEL: DOC + "def f() -> None: ..."}, "f does not say"),
    Plant(
        "docstrings",
        {MODEL: DOC + "class C:\n    " + DOC + "    def m(self) -> None: ..."},
        "m does not say",
    ),
    Plant("docstrings", {MODEL: DOC + "def _f() -> None: ...\nclass _C: ..."}, None),
    Plant("docstrings", {MODEL: DOC + "@overload\ndef f() -> None: ..."}, None),
    Plant("file lines", {MODEL: "\n" * 501}, "501 lines"),
    Plant("file lines", {MODEL: "\n" * 500, "agent/apiscape/model/small.py": DOC}, None),
    Plant(
        "file lines",
        {f"agent/apiscape/model/m{n}.py": "\n" * 151 for n in range(20)},
        "median of 151 lines",
    ),
    Plant("foreign words", {"README.md": "get it from py" + "pi.org"}, "a package registry's host"),
    Plant("foreign words", {"Makefile": "pip install --index" + "-url x"}, "an index address"),
    Plant("foreign words", {"docs/a.md": "see /ro" + "ot/.venv"}, "a machine's path"),
    Plant("foreign words", {MODEL: "# as in issue " + "#12"}, "a tracker's number"),
    Plant("foreign words", {MODEL: "# see owner/name" + "#12"}, "a tracker's number"),
    Plant("foreign words", {"CHANGELOG.md": "Mended (" + "#12)"}, "a tracker's number"),
    Plant("foreign words", {MODEL: '# "#112233", /workers, route/home and path /restapis'}, None),
    Plant("function lines", {MODEL: function(51)}, "f has 51 lines"),
    Plant(
        "function lines",
        {MODEL: function(50) + "".join(function(2, f"g{n}") for n in range(20))},
        None,
    ),
    Plant("function lines", {MODEL: function(36)}, "36 lines at 90 %"),
    Plant("handlers", {MODEL: "try: ...\nexcept: ..."}, "a bare except"),
    Plant("handlers", {MODEL: "try: ...\nexcept Exception: ..."}, "catches everything"),
    Plant(
        "handlers",
        {MODEL: "try: ...\nexcept (OSError, builtins.BaseException): ..."},
        "catches everything",
    ),
    Plant(
        "handlers", {EDGE: "try: ...\nexcept Exception: ...\n" * 2}, "run.py:4: catches everything"
    ),
    Plant("handlers", {EDGE: "try: ...\nexcept Exception: ..."}, None),
    Plant("handlers", {MODEL: "with suppress(Exception): ..."}, "catches everything"),
    Plant("handlers", {MODEL: "try: ...\nexcept (OSError, ValueError): ..."}, None),
    Plant("inheritance", {MODEL: "class A: ...\nclass B(A): ...\nclass C(B): ..."}, "C is 3 below"),
    Plant(
        "inheritance",
        {
            MODEL: "import msgspec\nclass A(msgspec.Struct): ...\nclass B(A): ...",
            REST: "from apiscape.model.thing import B as Far\nclass C(Far): ...",
        },
        "C is 3 below",
    ),
    Plant("inheritance", {MODEL: "class A(Exception): ...\nclass B(A): ..."}, None),
    Plant("layer membership", {"agent/apiscape/loose.py": DOC}, "apiscape.loose is in no layer"),
    Plant(
        "layer membership", {"agent/apiscape/modelling/x.py": DOC}, "apiscape.modelling.x is in no"
    ),
    Plant(
        "layer membership",
        {"collectors/apiscape/collectors/__init__.py": DOC + "A = 1"},
        "in no layer",
    ),
    Plant("layer membership", {"collectors/apiscape/collectors/__init__.py": DOC}, None),
    Plant("measured roots", {"pyproject.toml": PROJECT.replace('"tui"', "")}, "tui: is not in"),
    Plant(
        "measured roots",
        {"pyproject.toml": PROJECT.replace("= true", "= false")},
        "no test imports",
    ),
    Plant("measured roots", {MODEL: DOC, REST: DOC}, None),
    Plant("module names", {"agent/apiscape/model/utils.py": DOC}, "`utils` names no thing"),
    Plant("module names", {"agent/apiscape/common/thing.py": DOC}, "`common` names no thing"),
    Plant("module names", {"agent/apiscape/model/database.py": DOC}, None),
    Plant("namespace", {"tui/apiscape/__init__.py": DOC}, "breaks every import"),
    Plant("namespace", {"tui/apiscape/tui/__init__.py": DOC}, None),
    Plant("open work", {MODEL: "A = 1  # TODO: later\n"}, "TODO without a reason"),
    Plant(
        "open work",
        {"tests/unit/test_x.py": "# FIXME: this one is broken on some systems\n"},
        "FIXME",
    ),
    Plant(
        "open work", {MODEL: "# TODO: widen once the gateway reports a count\nB = 'TODO'\n"}, None
    ),
    Plant("provider branches", {MODEL: "A = provider == 'aws'"}, "branches on a provider's name"),
    Plant(
        "provider branches",
        {MODEL: "A = provider in ('gcp', 'x')"},
        "branches on a provider's name",
    ),
    Plant("provider branches", {REST: "A = provider == 'aws'", MODEL: "A = {'aws': 1}"}, None),
    Plant("test lines", {MODEL: "A = 1\n" * 100}, "20 lines of tests for 101 of code"),
    Plant("test lines", {MODEL: '"""x"""\n\n# x\n' * 900}, "20 lines of tests for 2701 of code"),
    Plant(
        "test lines",
        {MODEL: "A = 1\n" * 10, "tests/unit/test_x.py": '"""x"""\n\n# x\n' * 90},
        "0 lines with code of tests for 10 of code",
    ),
    Plant("test lines", {MODEL: "A = 1\n" * 19, "tests/unit/test_x.py": "A = 1\n" * 19}, None),
    Plant("test lines", {MODEL: DOC * 19}, None),
    Plant("test lines", {MODEL: DOC * 20}, "20 lines of tests for 21 of code"),
    Plant("type ignores", {MODEL: "a = b  # type: ignore\n"}, "without its code"),
    Plant("type ignores", {MODEL: "a = b  # pyright: ignore\n"}, "without its code"),
    Plant("type ignores", {MODEL: "a = b  # type: ignore[arg-type]\n" * 2}, "1 is the limit"),
    Plant("type ignores", {MODEL: "a = b  # type: ignore[arg-type]\n" * 2 + "\n" * 2_000}, None),
    Plant("typed rooms", {"agent/apiscape/query/parse.py": DOC}, "has no py.typed"),
    Plant(
        "typed rooms",
        {"agent/apiscape/query/parse.py": DOC, "agent/apiscape/query/py.typed": ""},
        None,
    ),
)
