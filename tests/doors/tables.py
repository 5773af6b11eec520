"""Bad tables: CSV, Parquet, and what is no file."""

from collections.abc import Callable
from pathlib import Path

from tests.doors.catalogue import Case
from tests.doors.makers import folder, loop, parquet, pipe, terabyte

PLAIN = {"y": list(range(100)), "x": list(range(100))}


def table(
    title: str,
    content: bytes | Callable[[Path], None] | None,
    error: str,
    says: tuple[str, ...],
    formula: str = "y ~ x",
    name: str = "odd.csv",
) -> Case:
    """Give the case of a file that is fitted."""
    return Case(
        f"fit({formula!r}, {name!r}, hidden=())",
        error,
        says,
        ("fit", name, formula, "--line", "--out", "new.pliant"),
        () if content is None else ((name, content),),
        title,
    )


TABLES = (
    table("an empty file", b"", "TableError", ("'odd.csv' is empty", "give one with a line of names")),
    table("nothing but blank lines", b"\n\n\n", "TableError", ("odd.csv holds no", "write names in the first")),
    table("nothing but spaces", b"   ", "TableError", ("odd.csv holds no", "write names in the first")),
    table("a header without rows", b"y,x\n", "TableError", ("odd.csv has a", "write them below it")),
    table("a header without an end of line", b"y,x", "TableError", ("odd.csv has a", "write them below it")),
    table("a row that is too short", b"y,x\n1,2\n3\n4,5\n", "TableError", ("line 3", "correct the line (a text")),
    table("a row that is too long", b"y,x\n1,2\n3,4,5\n6,7\n", "TableError", ("line 3", "correct the line (a text")),
    table("two columns of one name", b"y,x,x\n1,2,3\n4,5,6\n", "TableError", ("line 1", "rename one")),
    table("two names that differ in blanks", b"y,x, x\n1,2,3\n4,5,6\n", "TableError", ("line 1", "rename one")),
    table("no column has a name", b",\n1,2\n3,4\n", "TableError", ("line 1", "write names in the first")),
    table("no header, only numbers", b"1,2\n3,4\n5,6\n", "FormulaError", ("there is no column", "there are '1', '2'")),
    table("bytes at random", bytes(range(128, 256)) * 40, "TableError", ("line 1", "save it as UTF-8")),
    table(
        "a picture",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        "TableError",
        ("odd.csv is a", "save the table as CSV"),
    ),
    table(
        "a zip archive", b"PK\x03\x04" + bytes(range(256)) * 8, "TableError", ("odd.csv is a", "unpack it, or save the")
    ),
    table(
        "a gzip archive",
        b"\x1f\x8b\x08\x00" + bytes(range(256)) * 8,
        "TableError",
        ("odd.csv is compressed", "unpack it first"),
    ),
    table(
        "an Excel workbook",
        b"PK\x03\x04\x14\x00\x06\x00" + b"[Content_Types].xml" + bytes(range(256)) * 4,
        "TableError",
        ("odd.xlsx is a", "unpack it, or save the"),
        name="odd.xlsx",
    ),
    table(
        "an old Excel workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "TableError",
        ("odd.xls is an", "save the sheet as CSV"),
        name="odd.xls",
    ),
    table(
        "a PDF",
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
        "TableError",
        ("odd.pdf is a", "it holds no table that"),
        name="odd.pdf",
    ),
    table(
        "HTML",
        b"<!DOCTYPE html>\n<html><body><table><tr><td>1</td></tr></table></body></html>\n",
        "FormulaError",
        ("there is no column", "there are '<!DOCTYPE html>'"),
        name="odd.html",
    ),
    table("JSON", b'{"y": [1, 2], "x": [3, 4]}\n', "TableError", ("line 1", "close it, or double it"), name="odd.json"),
    table("NUL bytes", b"y,x\n1,\x002\n3,4\n", "TableError", ("line 2", "the file is damaged or")),
    table("nothing but NUL bytes", bytes(5000), "TableError", ("odd.csv", "it is not a table")),
    table(
        "UTF-16 cut in the middle",
        "y,x\n1,2\n3,4\n".encode("utf-16")[:-1],
        "TableError",
        ("odd.csv, byte 23", "save it as UTF-8"),
    ),
    table(
        "UTF-16 without a mark",
        "y,x\n1,2\n3,4\n".encode("utf-16-le"),
        "TableError",
        ("odd.csv looks like", "save it as UTF-8"),
    ),
    table("a quote that is not closed", b'y,x\n1,"2\n3,4\n', "TableError", ("line 2", "close it, or double it")),
    table("text after a closing quote", b'y,x\n1,"2"3\n3,4\n', "TableError", ("line 2", "close it, or double it")),
    table(
        "single quotes around a comma",
        b"y,x\n1,'2,5'\n3,'4,5'\n",
        "ResponseError",
        ("the response 'y' has", "for levels choose family='binomial'"),
    ),
    table(
        "a field of 10 MB in a short row",
        b"y,x\n1,2\n" + b"9" * 10_000_000 + b"\n",
        "TableError",
        ("line 3", "correct the line (a text"),
    ),
    table(
        "a name of 200,000 characters", b"y," + b"x" * 200_000 + b"\n1,2\n3,4\n", "TableError", ("line 1", "shorten it")
    ),
    table("separators that are mixed", b"y;x\n1;2\n3,4\n5;6\n", "TableError", ("line 3", "correct the line (a text")),
    table(
        "decimal commas between commas",
        b"y,x\n1,5,2,5\n3,5,4,5\n",
        "TableError",
        ("line 2", "correct the line (a text"),
    ),
    table(
        "a comment among the rows",
        b"y,x\n1,2\n# note\n3,4\n",
        "TableError",
        ("line 3", "comments are skipped only above"),
    ),
    table("a total below the table", b"y,x\n1,2\n3,4\nTotal\n", "TableError", ("line 4", "correct the line (a text")),
    table(
        "a second table below the first",
        b"y,x\n1,2\n3,4\n\na,b,c\n1,2,3\n",
        "TableError",
        ("line 5", "correct the line (a text"),
    ),
    table(
        "a title above the header",
        b"Measurements of May\ny,x\n1,2\n3,4\n",
        "FormulaError",
        ("there is no column", "there are 'row', 'Measurements of"),
    ),
    table("all missing", b"y,x\n,\n,\n,\n", "TableError", ("odd.csv", "fill them with missing='impute', or")),
    table(
        "a column that is missing everywhere",
        b"y,x\n1,\n2,\n3,\n",
        "TableError",
        ("odd.csv", "fill them with missing='impute', or"),
    ),
    table(
        "the response missing everywhere",
        b"y,x\nNA,1\nNA,2\nNA,3\n",
        "TableError",
        ("odd.csv", "fill them with missing='impute', or"),
    ),
    table(
        "never a whole row", b"y,x\n1,\n,2\n3,\n,4\n", "TableError", ("odd.csv", "fill them with missing='impute', or")
    ),
    table(
        "a column that the formula names is absent",
        b"y,z\n1,2\n3,4\n",
        "FormulaError",
        ("there is no column", "there are 'y', 'z'"),
    ),
    table(
        "the response is absent",
        b"yield,x\n1,2\n3,4\n",
        "FormulaError",
        ("there is no column", "there are 'yield', 'x'"),
    ),
    table("a name in another case", b"Y,x\n1,2\n3,4\n", "FormulaError", ("there is no column", "did you mean 'Y'?")),
    table("infinities as text", b"y,x\n1,inf\n2,3\n4,5\n", "TableError", ("row 1", "replace them by numbers or")),
    table(
        "text in the response",
        b"y,x\n1,2\nhigh,3\n4,5\n",
        "ResponseError",
        ("row 2", "for levels choose family='multinomial'"),
    ),
    table(
        "units beside the numbers",
        b"y,x\n1 kg,2\n2 kg,3\n4 kg,5\n",
        "ResponseError",
        ("the response 'y' has", "for levels choose family='multinomial'"),
    ),
    table(
        "currency beside the numbers",
        b"y,x\n$1,2\n$2,3\n$4,5\n",
        "ResponseError",
        ("the response 'y' has", "for levels choose family='multinomial'"),
    ),
    table(
        "percent signs",
        b"y,x\n1%,2\n2%,3\n4%,5\n",
        "ResponseError",
        ("the response 'y' has", "for levels choose family='multinomial'"),
    ),
    table(
        "thousands in the response",
        b'y,x\n"1,000,000",2\n"2,00",3\n"4,5,6",5\n',
        "ResponseError",
        ("row 3", "for levels choose family='multinomial'"),
    ),
    table(
        "numbers past 2^53",
        b"y,x\n1,9007199254740993\n2,9007199254740995\n3,4\n",
        "TableError",
        ("row 1", "if they are numbers, divide"),
    ),
    table(
        "a number too large for a float",
        b"y,x\n1,1e999\n2,3\n4,5\n",
        "TableError",
        ("row 1", "replace them by numbers or"),
    ),
    table(
        "numbers that are subnormal",
        b"y,x\n1,1e-310\n2,3e-310\n4,5e-310\n",
        "TableError",
        ("no number of the", "give them in other units"),
    ),
    table(
        "dates in the response of counts",
        b"y,x\n2024-13-45,1\n2024-01-02,2\n2024-01-03,3\n",
        "TableError",
        ("odd.csv", "month(y) needs dates, such as"),
        formula="month(y) ~ x",
    ),
    table(
        "a date that is none",
        b"y,d\n1,2024-02-30\n2,2024-01-02\n3,2024-01-03\n",
        "TableError",
        ("odd.csv", "month(d) needs dates, such as"),
        formula="y ~ month(d)",
    ),
    table(
        "dates in two orders",
        b"y,d\n1,31/01/2024\n2,01/31/2024\n3,02/02/2024\n",
        "TableError",
        ("row 1", "month(d) needs dates, such as"),
        formula="y ~ month(d)",
    ),
    table(
        "one row of which the response is missing",
        b"y,x\n,1\n",
        "TableError",
        ("odd.csv", "fill them with missing='impute', or"),
    ),
    table(
        "a level a row, in thousands",
        b"y,g\n" + b"".join(b"%d,level%d\n" % (i, i) for i in range(6000)),
        "TableError",
        ("the term g", "if it names single rows"),
        formula="y ~ g",
    ),
    table(
        "escape sequences in a name",
        b"y,\x1b[31mx\n1,2\n3,4\n",
        "FormulaError",
        ("there is no column", "there are 'y', '\\x1b[31mx'"),
    ),
    table(
        "a number in a factor's place",
        b"y,x\n1,a\n2,b\n3,4\n",
        "TableError",
        ("odd.csv", "write x as a term"),
        formula="y ~ log(x)",
    ),
    table("a path that is not there", None, "TableError", ("tabel.csv", "did you mean 'table.csv'?"), name="tabel.csv"),
    table("a folder", folder, "TableError", ("folder", "give the path of a"), name="folder"),
    table("a named pipe", pipe, "TableError", ("pipe.csv", "give the path of a"), name="pipe.csv"),
    table("a link to itself", loop, "TableError", ("loop.csv", "it is a link that"), name="loop.csv"),
    table(
        "a file below a file", None, "TableError", ("table.csv/odd.csv", "a part of the path"), name="table.csv/odd.csv"
    ),
    table("a device", None, "TableError", ("/dev/zero", "give the path of a"), name="/dev/zero"),
    table(
        "a device of random numbers", None, "TableError", ("/dev/urandom", "give the path of a"), name="/dev/urandom"
    ),
    table("nothing at all", None, "TableError", ("/dev/null", "give the path of a"), name="/dev/null"),
    table(
        "a URL",
        None,
        "TableError",
        ("https://example.org/table.csv", "download the file and give"),
        name="https://example.org/table.csv",
    ),
    table(
        "a name that is too long",
        None,
        "TableError",
        ("the name is too long",),
        name="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.csv",
    ),
    table(
        "a sparse file of a terabyte", terabyte, "TableError", ("huge.csv", "of this machine's memory"), name="huge.csv"
    ),
    table(
        "Parquet cut in half",
        parquet(PLAIN, lambda content: content[: len(content) // 2]),
        "TableError",
        ("half.parquet is not", "copy or write it again"),
        name="half.parquet",
    ),
    table(
        "Parquet without its foot",
        parquet(PLAIN, lambda content: content[:-8]),
        "TableError",
        ("nofoot.parquet is not", "copy or write it again"),
        name="nofoot.parquet",
    ),
    table(
        "Parquet with a foot that lies about its length",
        parquet(PLAIN, lambda content: content[:-8] + b"\xff\xff\xff\x7fPAR1"),
        "TableError",
        ("liar.parquet is not", "copy or write it again"),
        name="liar.parquet",
    ),
    table(
        "CSV called Parquet",
        b"y,x\n1,2\n3,4\n",
        "TableError",
        ("odd.parquet is not", "copy or write it again"),
        name="odd.parquet",
    ),
    table(
        "a foreign file called Parquet",
        b"PAR1" + bytes(100) + b"PAR1",
        "TableError",
        ("foreign.parquet is damaged", "write it again"),
        name="foreign.parquet",
    ),
    table(
        "Parquet whose column holds lists",
        parquet({"y": [1.0, 2.0], "x": [[1.0], [2.0]]}),
        "TableError",
        ("lists.parquet", "make them numbers, text or"),
        name="lists.parquet",
    ),
    table(
        "Parquet whose column holds structs",
        parquet({"y": [1.0, 2.0], "x": [{"a": 1}, {"a": 2}]}),
        "TableError",
        ("structs.parquet", "make them numbers, text or"),
        name="structs.parquet",
    ),
    table(
        "Parquet without rows",
        parquet({"y": [], "x": []}),
        "TableError",
        ("norows.parquet has no", "give some to learn from"),
        name="norows.parquet",
    ),
    table(
        "Parquet without columns",
        parquet({}),
        "TableError",
        ("nocolumns.parquet has no", "give the response and at"),
        name="nocolumns.parquet",
    ),
    table(
        "Parquet without the column",
        parquet({"y": [1.0, 2.0], "z": [1.0, 2.0]}),
        "FormulaError",
        ("there is no column", "there are 'y', 'z'"),
        name="other.parquet",
    ),
    table(
        "an Arrow file",
        b"ARROW1\x00\x00" + bytes(200),
        "TableError",
        ("odd.arrow is an", "save it as Parquet or"),
        name="odd.arrow",
    ),
    table(
        "a model file in the table's place",
        None,
        "TableError",
        ("line.pliant is a", "save the table as CSV"),
        name="line.pliant",
    ),
)
