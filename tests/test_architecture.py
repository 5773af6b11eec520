"""Who imports whom: the table of rooms, read from the sources, with what broke said in one sentence.

A room is a folder or a file directly under src/pliant. It imports from rows above its own, never from its
own row or below. The doors of `Fitted` are the one way back: a method in model/ may import a room below
while it runs. Annotations under TYPE_CHECKING load nothing, so they may name any package, but no room below.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "src" / "pliant"

ROWS = (
    ("_version", "errors", "harmless", "types"),
    ("extended", "products", "schema"),
    ("functions", "optimisers", "data"),
    ("network", "datasets", "modelfile", "findings"),
    ("engines",),
    ("training", "gradient", "story"),
    ("record",),
    ("recipe", "model"),
    ("measure", "identity"),
    ("line", "descent"),
    ("ensemble",),
    ("fitting",),
    ("inference", "storage", "export"),
    ("study",),
    ("plots",),
    ("page",),
    ("report", "tour"),
    ("sklearn", "scale", "cli", "studio"),
    ("__init__", "__main__"),
)
ROW_OF = {room: row for row, rooms in enumerate(ROWS) for room in rooms}
DOORS = {"model"}  # rooms whose functions may import from below while they run

# Packages that are loaded in few places, and where. A place is a file, or a folder with all in it.
PLACES = {
    "torch": ("engines/torch.py", "scale/ddp.py"),
    "numba": ("engines/compiled/",),
    "llvmlite": ("engines/compiled/",),
    "matplotlib": ("plots/",),
    "narwhals": ("data/",),
    "polars": ("data/", "datasets/"),
    "pyarrow": ("data/", "scale/"),
    "pandas": (),
    "sklearn": ("sklearn/",),
    "joblib": ("sklearn/",),
    "click": ("cli/",),
    "rich": ("training/progress.py", "cli/"),
    "safetensors": ("modelfile.py",),
    "onnx": ("export/onnx_file.py",),
    "onnxruntime": ("export/onnx_file.py",),
}


@dataclass(frozen=True)
class Import:
    """One import of one module."""

    file: str  # from src/pliant, "engines/torch.py"
    line: int
    module: str  # "pliant.data.table", "torch"
    at_load: bool  # runs when the file is loaded, not inside a function
    for_types: bool  # under TYPE_CHECKING

    @property
    def room(self) -> str:
        return self.file.split("/")[0].removesuffix(".py")

    @property
    def other_room(self) -> str | None:
        """The room of pliant that is imported, if it is one."""
        top, _, rest = self.module.partition(".")
        return (rest.split(".")[0] or "__init__") if top == "pliant" else None


def imports(sources: Path) -> Iterator[Import]:
    """Give every import of every file below a folder."""
    for path in sorted(sources.rglob("*.py")):
        file = path.relative_to(sources).as_posix()
        yield from _imports_of(ast.parse(path.read_text("utf-8")), file, at_load=True, for_types=False)


def _imports_of(node: ast.AST, file: str, at_load: bool, for_types: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for name in node.names:
            yield Import(file, node.lineno, name.name, at_load, for_types)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            yield Import(file, node.lineno, "." * node.level + (node.module or ""), at_load, for_types)
        elif node.module == "pliant":
            for name in node.names:
                yield Import(file, node.lineno, f"pliant.{name.name}", at_load, for_types)
        else:
            yield Import(file, node.lineno, node.module or "", at_load, for_types)
    inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    guarded = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    for child in ast.iter_child_nodes(node):
        typed = for_types or (guarded and child in node.body)
        yield from _imports_of(child, file, at_load and not inside, typed)


def what_broke(sources: Path) -> list[str]:
    """Say in one sentence each what is against the table."""
    found = [_unknown(room) for room in sorted(rooms(sources) - set(ROW_OF))]
    return found + [said for each in imports(sources) if (said := _against_rooms(each) or _against_places(each))]


def rooms(sources: Path) -> set[str]:
    """Name the rooms below a folder."""
    files = {path.stem for path in sources.glob("*.py")}
    return files | {path.name for path in sources.iterdir() if path.is_dir() and any(path.rglob("*.py"))}


def _unknown(room: str) -> str:
    return f"the room {room} is in no row of the table; add it to ROWS"


def _against_rooms(each: Import) -> str | None:
    where = f"{each.file}, line {each.line},"
    if each.module.startswith("."):
        return f"{where} imports {each.module}; write the whole name, pliant. and so on"
    room, other = each.room, each.other_room
    if other is None or other == room or room in ROWS[-1] or room not in ROW_OF:
        return None
    if other not in ROW_OF:
        return f"{where} imports {each.module}, which is no room; import from the room that holds it"
    if ROW_OF[other] < ROW_OF[room] or (room in DOORS and not each.at_load):
        return None
    place = "in the same row" if ROW_OF[other] == ROW_OF[room] else "below it"
    return f"{where} imports {each.module}, but the room {other} is {place}; a room imports from rows above"


def _against_places(each: Import) -> str | None:
    package = each.module.split(".")[0]
    if package not in PLACES or each.for_types:
        return None
    places = PLACES[package]
    if any(each.file == place or (place.endswith("/") and each.file.startswith(place)) for place in places):
        return None
    allowed = " and ".join(places) or "no file"
    return f"{each.file}, line {each.line}, imports {each.module}, which belongs in {allowed}"


def test_rooms_import_only_from_rows_above_and_heavy_packages_stay_in_place() -> None:
    broken = what_broke(SOURCES)
    assert not broken, "\n".join(broken)


def test_a_broken_rule_is_said_in_one_sentence(tmp_path: Path) -> None:
    wrong = {
        "functions/links.py": "import os\nfrom pliant.data.table import Table\n",
        "engines/reference.py": "def f():\n    from pliant.training import loop\n",
        "model.py": "def door():\n    import pliant.plots\nimport pliant.storage\n",
        "data/design.py": "from .table import Table\n",
        "training/loop.py": "if TYPE_CHECKING:\n    import torch\nelse:\n    import torch\n",
        "attic/box.py": "from pliant import errors\n",
        "cli/fit.py": "from pliant import errors, fit\n",
        "engines/compiled/kernels.py": "import numba\nimport numpy\n",
    }
    for name, text in wrong.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert what_broke(tmp_path) == [
        "the room attic is in no row of the table; add it to ROWS",
        "cli/fit.py, line 1, imports pliant.fit, which is no room; import from the room that holds it",
        "data/design.py, line 1, imports .table; write the whole name, pliant. and so on",
        "engines/reference.py, line 2, imports pliant.training, but the room training is below it; "
        "a room imports from rows above",
        "functions/links.py, line 2, imports pliant.data.table, but the room data is in the same row; "
        "a room imports from rows above",
        "model.py, line 3, imports pliant.storage, but the room storage is below it; a room imports from rows above",
        "training/loop.py, line 4, imports torch, which belongs in engines/torch.py and scale/ddp.py",
    ]
