"""What the code must look like, as questions to one source text: each yields the faults it finds, in words.

Nothing here imports the code it reads.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

LONGEST_FILE, LONGEST_FUNCTION = 350, 50
BUCKETS = {"utils", "util", "helpers", "helper", "models", "common", "types", "misc", "base", "core"}
BUCKET_CLASS = re.compile(r"Manager|Helper|Util")
TOUCHING_THE_DISK = {"fsync", "fdatasync", "rename", "renames", "replace", "link", "unlink", "remove", "rmdir", "rmtree",
                     "move", "hardlink_to"}  # fmt: skip
ONE_ARGUMENT_IS_A_PATH = {"rename", "replace", "hardlink_to"}
"""Of a path these take the target alone; what else has such a method takes two."""
NO_ARGUMENT_IS_A_PATH = {"unlink", "rmdir"}
FOR_EDGES = {"print", "input", "breakpoint", "exit", "quit"}
FOR_EDGES_OF = {"sys": {"exit", "argv", "stdout", "stderr", "stdin"}, "os": {"environ", "getenv", "putenv", "_exit"}}
CLOCKS = {"datetime": {"now", "utcnow", "today"}, "date": {"today"}, "time": {"time", "time_ns"}}
PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE " r"KEY-----\s+[A-Za-z0-9+/=]{20}|AGE-SECRET-" r"KEY-(?:PQ-)?1[0-9A-Z]{50}"
)
A_MACHINES = re.compile(
    r"/wo"
    r"rk/|/ro"
    r"ot/|/ho"
    r"me/\w|/tmp/ba"
    r"sh|pypi\.o"
    r"rg|python"
    r"hosted\.|npm"
    r"js\.|registry\.|simple/?\s*$",
    re.MULTILINE,
)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Each function's name and length in lines, decorators not counted."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def long_files(source: str) -> Iterator[str]:
    if (length := source.count("\n")) > LONGEST_FILE:
        yield f"{length} lines"


def long_functions(source: str) -> Iterator[str]:
    for name, length in functions(source):
        if length > LONGEST_FUNCTION:
            yield f"{name} has {length} lines"


def undocumented(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    if tree.body and ast.get_docstring(tree) is None:
        yield "the module does not say what it is for"


def asserts(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            yield f"line {node.lineno}: assert is gone under -O: raise"


def hidden_imports(source: str) -> Iterator[str]:
    """TYPE_CHECKING, in whatever way it is reached."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if "TYPE_CHECKING" in (*names, name):
            yield f"line {node.lineno}: an import that only type checkers see hides a cycle"


def causeless(source: str) -> Iterator[str]:
    """`raise X` in an except block without `from`; `raise`, and the caught error itself, are what they were."""
    for name, node in _raised_over_another(source):
        if node.exc and node.cause is None and not _is_name(node.exc, name):
            yield f"line {node.lineno}: raises another error without its cause"


def hidden_causes(source: str) -> Iterator[str]:
    for _, node in _raised_over_another(source):
        if isinstance(node.cause, ast.Constant):
            yield f"line {node.lineno}: hides the cause"


def _raised_over_another(source: str) -> Iterator[tuple[str | None, ast.Raise]]:
    """Each `raise` of an except block, with the name of the error that was caught."""
    for handler in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler)):
        for node in _of_this_function(handler.body):
            if isinstance(node, ast.Raise):
                yield handler.name, node


def _of_this_function(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    remaining: list[ast.AST] = list(body)
    while remaining:
        node = remaining.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ExceptHandler):
            yield node
            remaining += ast.iter_child_nodes(node)


def _is_name(node: ast.AST, name: str | None) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def business_of_edges(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FOR_EDGES:
            yield f"line {node.lineno}: {node.func.id}() belongs to cli"
        for module, name in _members(node):
            if name in FOR_EDGES_OF.get(module, ()):
                yield f"line {node.lineno}: {module}.{name} belongs to cli"


def clocks(source: str) -> Iterator[str]:
    for call in calls(ast.parse(source)):
        for module, name in _members(call.func):
            if name in CLOCKS.get(module, ()):
                yield f"line {call.lineno}: {module}.{name}() reads the clock: time is an argument"


def _members(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(module, name) for `module.name`, `a.module.name` and each name of `from module import name`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
        yield (node.value.id if isinstance(node.value, ast.Name) else node.value.attr), node.attr
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from ((node.module, alias.name) for alias in node.names)


def touches_the_disk(source: str) -> Iterator[str]:
    """Names that change or go, and what is forced to the disk."""
    for call in calls(ast.parse(source)):
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in TOUCHING_THE_DISK:
            continue
        of = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        if of in ("os", "shutil") or (of != "durable" and _of_a_path(call, call.func.attr)):
            yield f"line {call.lineno}: {call.func.attr} is durable's"


def _of_a_path(call: ast.Call, method: str) -> bool:
    if method in ONE_ARGUMENT_IS_A_PATH:
        return len(call.args) == 1 and not call.keywords
    return method in NO_ARGUMENT_IS_A_PATH and not call.args


def bucket_names(path: str, source: str) -> Iterator[str]:
    for part in PurePath(path).with_suffix("").parts:
        if part in BUCKETS:
            yield f"{part} says nothing about what is in it"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and BUCKET_CLASS.search(node.name):
            yield f"line {node.lineno}: {node.name} says nothing about what it is"


def mocks(source: str) -> Iterator[str]:
    """unittest.mock and its like; our own functions replaced. Constants may be made smaller for a test."""
    for node in ast.walk(ast.parse(source)):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if any("mock" in name.lower() for name in (module, *names)):
            yield f"line {node.lineno}: a mock agrees with whatever is wrong: use a simulator or the real thing"
    for call in calls(ast.parse(source)):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "setattr" and not _names_a_constant(call):
            yield f"line {call.lineno}: replaces a function"


def _names_a_constant(call: ast.Call) -> bool:
    """`setattr("a.module.NAME", value)` or `setattr(module, "NAME", value)`."""
    texts = [arg.value for arg in call.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return bool(texts) and texts[0].rpartition(".")[2].isupper()


def nameless_tests(source: str) -> Iterator[str]:
    for name, _ in functions(source):
        if name.startswith("test_") and name.count("_") < 3:
            yield f"{name} is no sentence"


def private_keys(text: str) -> Iterator[str]:
    if PRIVATE_KEY.search(text):
        yield "holds a private key: keys are made at run time"


def machines_own(text: str) -> Iterator[str]:
    for found in A_MACHINES.finditer(text):
        yield f"line {text.count(chr(10), 0, found.start()) + 1}: a path of some machine, or a registry's host"


def imports(module: str, source: str, modules: Iterable[str], *, package: bool = False) -> set[str]:
    """Which of `modules` this one imports, wherever in the file: at the top, in a function, in a string's stead."""
    known, found = set(modules), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(module, node, package=package)
            found |= {f"{origin}.{alias.name}" if f"{origin}.{alias.name}" in known else origin for alias in node.names}
    return found & known - {module}


def _origin(module: str, node: ast.ImportFrom, *, package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    above = parts[: len(parts) - node.level + package]
    return ".".join([*above, *([node.module] if node.module else [])])


def cycles(graph: Mapping[str, set[str]]) -> Iterator[str]:
    """One sentence for each knot of modules that import each other, by way of however many."""
    for module in sorted(graph):
        path = _way_back(graph, module)
        if path and min(path) == module:
            yield " → ".join((*path, module))


def _way_back(graph: Mapping[str, set[str]], module: str) -> list[str]:
    """The shortest way from a module to itself, or nothing."""
    before: dict[str, str] = {}
    remaining = [module]
    for here in remaining:
        for there in sorted(graph[here]):
            if there == module:
                return _path(before, module, here)
            if there not in before:
                before[there] = here
                remaining.append(there)
    return []


def _path(before: Mapping[str, str], module: str, last: str) -> list[str]:
    path = [last]
    while path[-1] != module:
        path.append(before[path[-1]])
    return path[::-1]
