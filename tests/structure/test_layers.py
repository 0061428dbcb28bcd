"""The layers of the package: each part imports only from lower ones."""

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "warehouse_sync"
FILES = sorted(ROOT.rglob("*.py"))

# From the bottom up. Each part may use itself and those above it in this list.
CORE = (
    "_version",
    "fork_lock",
    "numeric",
    "keywords",
    "errors",
    "secret",
    "base_model",
    "models",
    "events",
    "proxies",
    "settings",
    "running_loop",
    "wire",
    "transport",
    "polling",
    "resources",
    "client",
    "sync",
)
# Models convert themselves with `wire`, which this one file imports at the time of a call.
DEFERRED: Mapping[str, frozenset[str]] = {"base_model.py": frozenset({"wire"})}
# `settings` stands above `models` and beside `wire`, neither of which may know it.
NOT_ALLOWED = {("wire", "settings")}
# These are users like any other: they see the package's public names, and what is said here.
USERS: Mapping[str, frozenset[str]] = {
    "declarative": frozenset(),
    "frames": frozenset(),
    "integrations": frozenset({"declarative"}),
    "observability": frozenset({"events"}),
    "cli": frozenset({"declarative", "emulator", "events", "observability", "_version", "proxies"}),
    "testing": frozenset({"emulator", "transport"}),  # it forgets the tokens that clients share
    "__main__": frozenset({"cli"}),
    "tools": frozenset({"cli"}),
}
ALONE = ("emulator",)
# The emulator's domain, from the bottom up: each part may use those before it. The rest of the emulator serves HTTP.
EMULATOR_DOMAIN = ("errors", "documents", "runs", "clock", "state", "warehouse")
HTTP_LIBRARIES = {"aiohttp", "http"}

# Libraries that may appear only in these parts; the client and the generated blocking client name aiohttp in a signature.
LIBRARIES: Mapping[str, frozenset[str]] = {
    "aiohttp": frozenset({"transport", "emulator", "sync"}),
    "yarl": frozenset({"transport"}),
    "msgspec": frozenset({"wire", "emulator"}),
    "cattrs": frozenset({"wire"}),
    "anyio": frozenset({"sync", "transport", "emulator"}),
    "click": frozenset({"cli", "tools"}),
    "rich": frozenset({"cli"}),
    "dateutil": frozenset({"emulator"}),
    "opentelemetry": frozenset({"observability"}),
    "prometheus_client": frozenset({"observability"}),
}


def part_of(path: Path) -> str:
    """Return the part of the package that a file belongs to."""
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


@functools.cache  # most files are read for several tests
def imports(path: Path, *, typing: bool = False) -> frozenset[str]:
    """Return the full names that a file imports, including those for type checkers if `typing` is set."""
    return frozenset(_find_imports(path, typing=typing))


def _find_imports(path: Path, *, typing: bool) -> Iterator[str]:
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not typing:
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


PARTS = {part_of(file) for file in FILES} - {"__init__"}


def parts_used(path: Path, *, typing: bool = False) -> set[str]:
    """Return the parts of the package that a file imports from; `public` for names of the package itself."""
    used = set()
    for name in imports(path, typing=typing):
        package, _, rest = name.partition(".")
        if package == ROOT.name:
            part = rest.split(".")[0]
            used.add(part if part in PARTS else "public")
    return used


def of(*parts: str) -> list[Path]:
    """Return the files of some parts."""
    return [file for file in FILES if part_of(file) in parts]


def name_of(path: Path) -> str:
    """Return a file's name for the id of a test."""
    return str(path.relative_to(ROOT))


def test_every_part_is_listed() -> None:
    """A new part of the package must be added to the lists above."""
    assert {part_of(file) for file in FILES} <= {"__init__", *CORE, *USERS, *ALONE}


@pytest.mark.parametrize("path", of(*CORE), ids=name_of)
def test_core_imports_lower_parts_only(path: Path) -> None:
    """A file of the core imports from its own part and lower ones, never from the emulator, the CLI or the plugin."""
    part = part_of(path)
    allowed = {below for below in CORE[: CORE.index(part) + 1] if (part, below) not in NOT_ALLOWED}
    assert parts_used(path) - allowed == DEFERRED.get(name_of(path), set())


def test_deferred_imports_are_in_functions() -> None:
    """Importing the models does not import what they defer."""
    for name, parts in DEFERRED.items():
        modules = {module.split(".")[1] for module in modules_imported_by(ROOT / name) if "." in module}
        assert not modules & parts


@pytest.mark.parametrize("path", of(*CORE), ids=name_of)
def test_core_names_lower_parts_only_for_type_checkers(path: Path) -> None:
    """The exception: errors name the run that they are about."""
    part = part_of(path)
    allowed = {*CORE[: CORE.index(part) + 1]} | ({"models"} if part == "errors" else set())
    assert parts_used(path, typing=True) - allowed == DEFERRED.get(name_of(path), set())


@pytest.mark.parametrize("path", of(*USERS), ids=name_of)
def test_users_import_public_names_only(path: Path) -> None:
    """The CLI, the declarative tools and the plugin use the SDK as any program does."""
    part = part_of(path)
    assert parts_used(path, typing=True) - {part, "public"} - USERS[part] == set()


@pytest.mark.parametrize("path", [*of(*ALONE), ROOT / "tools" / "generate_sync.py"], ids=name_of)
def test_emulator_and_generator_stand_alone(path: Path) -> None:
    """The emulator shares no code with the SDK, so that a wrong name cannot cancel out; the generator reads source only."""
    assert parts_used(path, typing=True) - {part_of(path)} == set()


def emulator_domain_files() -> list[Path]:
    """The files of the emulator's domain."""
    emulator = ROOT / "emulator"
    return [
        file
        for file in sorted(emulator.rglob("*.py"))
        if file.relative_to(emulator).parts[0].removesuffix(".py") in EMULATOR_DOMAIN
    ]


@pytest.mark.parametrize("path", emulator_domain_files(), ids=name_of)
def test_emulator_domain_knows_no_http(path: Path) -> None:
    """State, runs and warehouse import no HTTP library, none of the HTTP modules, and only the parts below them."""
    part = path.relative_to(ROOT / "emulator").parts[0].removesuffix(".py")
    used = [name.split(".") for name in imports(path, typing=True)]
    assert {name[0] for name in used} & HTTP_LIBRARIES == set()
    below = EMULATOR_DOMAIN[: EMULATOR_DOMAIN.index(part) + 1]
    assert {name[2] for name in used if name[:2] == [ROOT.name, "emulator"]} - {*below} == set()


def test_emulator_domain_is_found() -> None:
    """Each part of the domain exists, so that a renamed one does not go unchecked."""
    parts = {file.relative_to(ROOT / "emulator").parts[0] for file in emulator_domain_files()}
    assert {part.removesuffix(".py") for part in parts} == {*EMULATOR_DOMAIN}


def test_package_imports_its_version_only() -> None:
    """Other names are imported at first use."""
    assert parts_used(ROOT / "__init__.py") == {"_version"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_is_imported_by_its_parts_only(library: str) -> None:
    """Each library is used only by the parts that are listed for it."""
    using = {part_of(file) for file in FILES if any(name.split(".")[0] == library for name in imports(file))}
    assert using <= LIBRARIES[library]


def test_client_names_aiohttp_for_type_checkers_only() -> None:
    """The client accepts an aiohttp session, but does not import aiohttp."""
    assert "aiohttp" in set(imports(ROOT / "client.py", typing=True))
    assert "aiohttp" not in set(imports(ROOT / "client.py"))


def modules_imported_by(path: Path) -> set[str]:
    """Return the modules of the package that importing a file executes, without imports in functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    waiting: list[ast.AST] = list(tree.body)
    found = set[str]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {module for name in found if (module := known_module(name)) is not None}


def module_of(path: Path) -> str:
    """Return the dotted name of a file's module."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def known_module(name: str) -> str | None:
    """Return the module of the package that an imported name is or lies in."""
    if name in MODULES:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in MODULES else None


def cycle_in(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the nodes of a cycle of a graph, or nothing if there is none."""
    done, path = set[str](), list[str]()

    def visit(node: str) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        path.append(node)
        for target in sorted(graph.get(node, set())):
            if cycle := visit(target):
                return cycle
        path.pop()
        done.add(node)
        return []

    return next((cycle for node in sorted(graph) if (cycle := visit(node))), [])


def test_imports_have_no_cycle() -> None:
    """No module imports itself through others."""
    graph = {module: modules_imported_by(path) - {module} for module, path in MODULES.items()}
    assert cycle_in(graph) == []


def test_transport_imports_have_no_cycle_for_type_checkers() -> None:
    """Neither do the transport modules name each other in a cycle."""
    paths = [path for path in FILES if part_of(path) == "transport"]
    graph = {
        module_of(path): {known_module(name) or "" for name in imports(path, typing=True)} - {module_of(path)}
        for path in paths
    }
    assert cycle_in(graph) == []


@pytest.mark.parametrize(
    ("graph", "cycle"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b", "c", "b"]),
        ({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}}, []),
    ],
)
def test_cycle_is_found(graph: Mapping[str, set[str]], cycle: list[str]) -> None:
    """The check itself finds a cycle, and accepts a graph without one."""
    assert cycle_in(graph) == cycle


GUARDED = ROOT / "transport" / "aiohttp_internals.py"
PUBLIC_SUBMODULES = {"aiohttp.hdrs", "aiohttp.http", "aiohttp.web"}


def private_uses(source: str) -> set[str]:
    """Return the private attributes of other objects that a module uses, and its imports from inside aiohttp."""
    nodes = list(ast.walk(ast.parse(source)))
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"
    }
    found = set[str]()
    for node in nodes:
        if isinstance(node, ast.Attribute) and re.match("_[a-z]", node.attr) and node.attr not in own:
            found.add(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom) and re.match(r"aiohttp\.", node.module or ""):
            found |= {str(node.module)} - PUBLIC_SUBMODULES
        elif isinstance(node, ast.Import):
            names = {alias.name for alias in node.names if alias.name.startswith("aiohttp.")}
            found |= names - PUBLIC_SUBMODULES
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "setattr", "hasattr"):
            found |= {ast.unparse(node)} if ast.unparse(node.args[1]).startswith("'_") else set()
    return found


@pytest.mark.parametrize("path", of("transport"), ids=name_of)
def test_private_names_of_aiohttp_are_in_one_module(path: Path) -> None:
    """Only the guarded module checks that aiohttp's version is one whose private names it knows."""
    uses = private_uses(path.read_text(encoding="utf-8"))
    assert bool(uses) is (path == GUARDED), uses


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("session._request", {"session._request"}),
        ("getattr(session, '_loop', None)", {"getattr(session, '_loop', None)"}),
        ("from aiohttp.connector import Connection", {"aiohttp.connector"}),
        ("import aiohttp, aiohttp.hdrs, aiohttp.tracing", {"aiohttp.tracing"}),
        ("from aiohttp.http import HttpProcessingError", set()),
        ("self._lock; other._lock; error.__traceback__", set()),
    ],
)
def test_private_use_is_found(source: str, found: set[str]) -> None:
    """The check itself finds each way to use a private name, and accepts a module's own."""
    assert private_uses(source) == found


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("import warehouse_sync.wire.lenient", {"wire"}),
        ("from warehouse_sync.wire import lenient", {"wire"}),
        ("from warehouse_sync import wire", {"wire"}),
        ("from warehouse_sync import AsyncClient", {"public"}),
        ("import warehouse_sync", {"public"}),
        ("def f():\n    from warehouse_sync.cli import main", {"cli"}),
        (
            "if TYPE_CHECKING:\n    from warehouse_sync.cli import main\nelse:\n    import warehouse_sync.wire",
            {"wire"},
        ),
        ("import os, aiohttp", set()),
    ],
)
def test_imports_are_found(tmp_path: Path, source: str, used: set[str]) -> None:
    """The check itself finds every form of an import."""
    file = tmp_path / "module.py"
    file.write_text(source)
    assert parts_used(file) == used
