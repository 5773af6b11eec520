"""Write the tables of docs/model-file.md from the schema that files are held to.

python tools/write_model_file.py            write them
python tools/write_model_file.py --check    say whether they are as they should be
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pliant.data.learnt import STATES
from pliant.schema import Record, Values
from pliant.storage import fields
from pliant.study.ledger import SEARCH
from pliant.training.checkpoint import CHECKPOINT
from pliant.training.state import FACTS, GENERATOR, STATE

PAGE = Path(__file__).parents[1] / "docs" / "model-file.md"
RECORDS: dict[str, Record] = {
    "the metadata": fields.MODEL,
    "design": fields.DESIGN,
    "design.response": fields.RESPONSE,
    "design.scaling": fields.SCALING,
    "design.scaling.embedding": fields.EMBEDDING,
    **{f"design.states[...] of {name}": rule for name, rule in STATES.items()},
    "network, members.network, members.spread": fields.NETWORK,
    "settings": fields.SETTINGS,
    "facts": fields.FACTS,
    "members": fields.MEMBERS,
    "members.verdict": fields.VERDICT,
    "members.reached[...]": fields.REACHED,
    "training, a text of JSON": FACTS,
    "training.rng": GENERATOR,
}
ARRAYS = {
    "of every model": fields.ARRAYS,
    "of a model with members": fields.OF_MEMBERS,
    "of a model with members whose spread was asked for": fields.OF_SPREAD,
    "of a single fit by descent": fields.OF_TRAINING,
}


def of_records(records: Mapping[str, Record]) -> Iterator[str]:
    """Give the lines of one table of fields."""
    yield "| field | what it is | what belongs there |"
    yield "|---|---|---|"
    for place, rule in records.items():
        yield f"| **{place}** | | |"
        for name, field in rule.fields.items():
            optional = "" if field.needed else "; not always there"
            yield f"| `{name}` | {field.meaning}{optional} | {_cell(field.rule.says)} |"


def of_arrays(tables: Mapping[str, Mapping[str, Values]]) -> Iterator[str]:
    """Give the lines of one table of arrays."""
    yield "| array | shape | what it is | numbers |"
    yield "|---|---|---|---|"
    for place, table in tables.items():
        yield f"| **{place}** | | | |"
        for name, values in table.items():
            optional = "" if values.needed else "; not always there"
            shape = ", ".join(map(str, values.shape)) + "," * (len(values.shape) == 1)
            yield f"| `{name}` | ({shape}) | {values.meaning}{optional} | {values.kind.says} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def written(page: str) -> str:
    """Give the page with its tables."""
    parts = {
        "fields": of_records(RECORDS),
        "arrays": of_arrays(ARRAYS),
        "others": of_records({"a checkpoint": CHECKPOINT, "a search": SEARCH}),
        "states": of_arrays({"of a checkpoint": STATE}),
    }
    for name, lines in parts.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, rest = page.split(begin)
        page = before + begin + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1]
    return page


def main() -> None:
    """Write the page, or say that it is not as it should be."""
    page = PAGE.read_text("utf-8")
    if "--check" in sys.argv[1:]:
        sys.exit(None if written(page) == page else f"{PAGE.name}: run tools/write_model_file.py")
    PAGE.write_text(written(page), "utf-8")


if __name__ == "__main__":
    main()
