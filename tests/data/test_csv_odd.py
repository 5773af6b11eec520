"""Malformed and odd files: each gives a table or an error of one line, and nothing hangs."""

import codecs
import gzip
import io
import os
import socket
import threading
import zipfile

import numpy as np
import polars as pl
import pytest

from pliant.data import parquet
from pliant.data.table import FactorColumn, NumberColumn, Table, read_table
from pliant.errors import TableError


@pytest.fixture
def read(tmp_path):
    """Write content to a file and read it as a table."""

    def reader(content, name="odd.csv", **options) -> Table:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(path, **options)

    return reader


@pytest.fixture
def refuse(read):
    """Write content to a file, see it refused in one line, and give that line."""

    def refuser(content, name="odd.csv") -> str:
        with pytest.raises(TableError) as caught:
            read(content, name)
        return one_line(caught.value)

    return refuser


EVEN = "; correct the line (a text that holds a separator goes between double quotes)"


def one_line(error: Exception) -> str:
    message = str(error)
    assert "\n" not in message
    assert "polars" not in message.lower()
    assert len(message) < 300
    return message


def refused_at_once(path) -> str:
    """See a path refused within a generous time, in a thread so that a hang fails instead of hanging."""
    messages = []

    def attempt():
        try:
            read_table(path)
        except TableError as error:
            messages.append(one_line(error))

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "it hangs"
    return messages[0]


def numbers(table: Table, name: str) -> list[float | None]:
    column = table[name]
    assert isinstance(column, NumberColumn)
    return [None if np.isnan(value) else float(value) for value in column.values]


def texts(table: Table, name: str) -> list[str | None]:
    column = table[name]
    assert isinstance(column, FactorColumn)
    return [None if code < 0 else column.levels[code] for code in column.codes]


# --- the form of the file --------------------------------------------------------------------------------


def test_a_short_row_is_refused_with_its_line(refuse):
    assert refuse("a,b,c\n1,2,3\n4,5\n") == "odd.csv, line 3 (row 2): 2 fields, but the header has 3" + EVEN


def test_a_long_row_is_refused_with_its_line(refuse):
    assert refuse("a,b\n1,2\n3,4,5\n6,7\n") == "odd.csv, line 3 (row 2): 3 fields, but the header has 2" + EVEN


def test_the_line_of_a_ragged_row_counts_blank_lines_and_lines_inside_quotes(refuse):
    assert "line 6 (row 2): 1 field," in refuse('a,b\n\n"x\ny",2\n\n3\n')


def test_a_duplicate_name_is_refused(refuse):
    assert refuse("x,y,x\n1,2,3\n") == "odd.csv, line 1: columns 1 and 3 are both called 'x'; rename one"


def test_an_index_column_as_r_writes_it_is_named(read):
    table = read('"","mpg","cyl"\n"Mazda RX4",21,6\n"Valiant",18.1,6\n')
    assert table.names == ("row", "mpg", "cyl")
    assert texts(table, "row") == ["Mazda RX4", "Valiant"]
    assert "column 1 has no name" in table.notes[0]


def test_an_index_column_does_not_take_the_name_of_another(read):
    assert read("|row|y\n1|2|3\n").names == ("row_", "row", "y")


def test_row_names_without_a_place_in_the_header_are_named(read):
    table = read("mpg,cyl\nMazda,21,6\nValiant,18.1,6\n")
    assert table.names == ("row", "mpg", "cyl")
    assert numbers(table, "mpg") == [21, 18.1]


def test_an_empty_name_in_the_middle_is_filled_and_said(read):
    table = read("a,,c\n1,2,3\n")
    assert table.names == ("a", "column_2", "c")
    assert table.notes == ("odd.csv: column 2 has no name; it is called 'column_2'",)


def test_a_header_with_no_names_is_refused(refuse):
    assert "line 1: no column has a name" in refuse(",,\n1,2,3\n")


def test_a_file_of_commas_only_is_refused(refuse):
    assert "no column has a name" in refuse(",,,\n,,,\n,,,\n")


def test_an_empty_file_is_refused(refuse):
    assert "is empty" in refuse(b"")


@pytest.mark.parametrize("content", [b"\n\n  \n", b"\xef\xbb\xbf", b"# only\n# comments\n", b"\r\n\r\n"])
def test_a_blank_file_is_refused(refuse, content):
    assert refuse(content) == "odd.csv holds no table: it is blank; write names in the first line and rows below"


def test_a_million_blank_lines_are_refused_quickly(refuse):
    assert "blank" in refuse(b"\n" * 1_000_000)


def test_a_header_alone_is_refused(refuse):
    assert refuse("a,b,c\n") == "odd.csv has a header but no rows; write them below it"
    assert refuse("a,b,c") == "odd.csv has a header but no rows; write them below it"


def test_one_row_is_a_table(read):
    assert numbers(read("a,b\n1,2"), "b") == [2]


def test_one_column_is_a_table(read):
    assert numbers(read("a\n1\n2\n3\n"), "a") == [1, 2, 3]


def test_a_separator_at_the_end_of_each_row_is_ignored(read):
    assert read("a,b,\n1,2,\n3,4,\n").names == ("a", "b")
    assert read("a,b\n1,2,\n3,4,\n").names == ("a", "b")
    assert read("a,b,\n1,2\n3,4\n").names == ("a", "b")


def test_blank_lines_are_skipped_and_said(read):
    table = read("a,b\n1,2\n\n3,4\n   \n5,6\n\n\n")
    assert numbers(table, "a") == [1, 3, 5]
    assert table.notes == ("odd.csv: 2 blank lines were skipped (the first is line 3)",)


def test_a_blank_last_line_needs_no_word(read):
    assert read("a\n1\n2\n\n").notes == ()


def test_comment_lines_above_the_header_are_skipped(read):
    table = read('# made by me, in "2020\n#\na,b\n1,2\n')
    assert numbers(table, "b") == [2]
    assert table.notes == ("odd.csv: 2 comment lines above the header were skipped",)


def test_a_header_that_starts_with_a_hash_stays(read):
    assert read("#id,x\n1,2\n").names == ("#id", "x")


def test_a_comment_below_the_header_is_refused_with_its_line(refuse):
    assert "line 3 (row 2)" in (message := refuse("a,b\n1,2\n# hello\n3,4\n"))
    assert "comments" in message


def test_a_file_without_names_is_noticed(read):
    assert "is the line of names missing?" in read("5.1,3.5\n4.9,3.0\n4.7,3.2\n").notes[0]


def test_spaces_around_names_are_taken_off_and_those_inside_stay(read):
    assert read(" body mass , y\n1,2\n").names == ("body mass", "y")


def test_a_name_over_two_lines_becomes_one_line(read):
    assert read('"body\nmass",y\n1,2\n').names == ("body mass", "y")


def test_twenty_thousand_columns_are_read(read):
    width = 20_000
    line = ",".join(map(str, range(width)))
    table = read(",".join(f"x{i}" for i in range(width)) + f"\n{line}\n{line}\n")
    assert len(table.columns) == width
    assert numbers(table, "x19999") == [19999, 19999]


def test_twenty_thousand_columns_without_names_are_read(read):
    assert len(read("y" + "," * 19_999 + "\n" + ",".join("1" * 20_000) + "\n").columns) == 20_000


def test_a_field_of_two_million_characters_is_a_level(read):
    assert texts(read(f"a,b\n{'x' * 2_000_000},1\ny,2\n"), "a") == ["x" * 2_000_000, "y"]


def test_a_number_of_ten_thousand_digits_is_not_hidden(read):
    table = read(f"a,b\n{'9' * 10_000},1\n2,2\n")
    with pytest.raises(TableError, match="column 'a' holds whole numbers past 2\\^53"):
        table["a"]


# --- quotes ----------------------------------------------------------------------------------------------


def test_an_unclosed_quote_is_refused_with_its_line(refuse):
    assert "odd.csv, line 3: a quote opened in this line is not closed" in refuse('a,b\n1,2\n"x,3\n4,5\n')


def test_text_after_a_closing_quote_is_refused_with_its_line(refuse):
    assert "odd.csv, line 2: a quote" in refuse('a,b\n"x"y,3\n4,5\n')


def test_line_ends_separators_and_doubled_quotes_inside_quotes_are_text(read):
    table = read('a,b\n"x, ""y""\nz",1\n"",2\n')
    assert texts(table, "a") == ['x, "y"\nz', None]
    assert numbers(table, "b") == [1, 2]


def test_a_quote_inside_a_plain_field_is_text(read):
    assert texts(read('pipe,n\n5" wide,1\n"6"" wide",2\n'), "pipe") == ['5" wide', '6" wide']


def test_spaces_before_a_quote_are_not_text(read):
    assert texts(read('a,b\n1, "x, y"\n2, "z"\n'), "b") == ["x, y", "z"]


def test_quoted_numbers_are_numbers(read):
    assert numbers(read('"a","b"\n"1","2"\n"3","NA"\n'), "b") == [2, None]


def test_line_ends_inside_quotes_do_not_shift_rows_in_a_long_file(read):
    rows = "".join(f'{i},"line {i}\nand ""more"", of it"\n' for i in range(60_000))
    table = read("i,text\n" + rows)
    assert table.n_rows == 60_000
    assert np.array_equal(table["i"].values, np.arange(60_000))
    assert len(set(table["text"].levels)) == 60_000


# --- the encoding ----------------------------------------------------------------------------------------


def test_a_byte_order_mark_is_not_part_of_the_first_name(read):
    assert read(codecs.BOM_UTF8 + b"a,b\n1,2\n").names == ("a", "b")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-32"])
def test_utf_16_and_32_with_a_mark_are_read_and_said(read, codec):
    mark = codecs.BOM_UTF16_BE if codec == "utf-16-be" else b""
    table = read(mark + "naïve,b\n1,é\n".encode(codec))
    assert table.names == ("naïve", "b")
    assert "read as UTF-" in table.notes[0]


def test_utf_16_without_a_mark_is_refused_by_name(refuse):
    assert "UTF-16 without a byte order mark" in refuse("a,b\n1,2\n3,4\n".encode("utf-16-le"))


def test_damaged_utf_16_is_refused(refuse):
    assert "announced as UTF-16" in refuse(codecs.BOM_UTF16_LE + b"a\x00,\x00\n")


def test_latin_1_is_read_and_said(read):
    table = read("id,name\n1,Müller\n2,Ørsted\n".encode("latin-1"))
    assert texts(table, "name") == ["Müller", "Ørsted"]
    assert table.notes == ("odd.csv: not UTF-8 (line 2), read as Windows-1252 (latin-1); check its accents",)


def test_bytes_that_are_no_text_are_refused_with_the_line(refuse):
    assert "line 2: neither UTF-8 nor Windows-1252" in refuse(b"a,b\n1,\x81\n")


def test_a_binary_file_is_refused(refuse):
    assert "binary" in refuse(np.random.default_rng(1).bytes(5000))


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_never_end_in_anything_but_a_table_error(refuse, seed):
    refuse(np.random.default_rng(seed).bytes(300) + b"\0")


def test_a_nul_byte_is_refused_with_its_line(refuse):
    assert "odd.csv, line 3: a NUL byte" in refuse(b"a,b\n1,2\n3,\x004\n5,6\n7,8\n9,10\n")


def test_a_file_of_nul_bytes_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "sparse.csv"
    with open(path, "wb") as file:
        file.truncate(2**32)
    assert "NUL" in refused_at_once(path)


def test_a_file_larger_than_the_memory_is_refused(tmp_path):
    path = tmp_path / "huge.csv"
    with open(path, "wb") as file:
        file.write(b"a,b\n")
        file.truncate(2**43)
    assert "GB, over half of this machine's memory" in refused_at_once(path)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_windows_and_old_macs_are_line_ends(read, end):
    table = read(end.join(["a,b", '1,"x"', "2,y", ""]))
    assert numbers(table, "a") == [1, 2]
    assert texts(table, "b") == ["x", "y"]


# --- separators and decimals -----------------------------------------------------------------------------


def test_semicolons_with_decimal_commas_are_read_and_said(read):
    table = read("x;y\n1,5;2\n-0,25;3,0\n1,234;1e3\n")
    assert numbers(table, "x") == [1.5, -0.25, 1.234]
    assert table.notes == ("odd.csv: columns are split by semicolons, decimals are commas",)


def test_semicolons_with_decimal_points_are_read(read):
    table = read("x;y\n1.5;a, b\n2;c\n")
    assert numbers(table, "x") == [1.5, 2]
    assert texts(table, "y") == ["a, b", "c"]
    assert table.notes == ("odd.csv: columns are split by semicolons",)


def test_points_group_thousands_where_commas_are_decimals(read):
    table = read("x;y;z\n1.234,5;1.500;1\n12,0;12.000;2\n")
    assert numbers(table, "x") == [1234.5, 12]
    assert numbers(table, "y") == [1500, 12000]
    assert "points group thousands" in table.notes[1]


def test_tabs_are_read_and_said(read):
    table = read("x\ty\n1\ta, b\n2\t\n")
    assert texts(table, "y") == ["a, b", None]
    assert table.notes == ("odd.csv: columns are split by tabs",)


def test_bars_are_read(read):
    assert numbers(read("x|y\n1|2\n"), "y") == [2]


def test_the_line_with_which_excel_names_a_separator_is_obeyed(read):
    assert numbers(read("sep=;\nx;y\n1,5;2\n"), "x") == [1.5]


def test_commas_that_group_thousands_are_read_and_said(read):
    table = read('x,y\n"1,234",1\n"-12,345,678.5",2\n7,3\n')
    assert numbers(table, "x") == [1234, -12345678.5, 7]
    assert table.notes == ("odd.csv: column 'x': commas group thousands",)


def test_spaces_that_group_thousands_are_read_and_said(read):
    assert numbers(read("x;y\n1 234,5;1\n12;2\n"), "x") == [1234.5, 12]
    assert numbers(read("x,y\n1\u202f234.5,1\n12,2\n"), "x") == [1234.5, 12]


def test_quoted_decimal_commas_between_commas_are_read(read):
    assert numbers(read('x,y\n"1,5",1\n"22,25",2\n'), "x") == [1.5, 22.25]


# --- what a column is ------------------------------------------------------------------------------------


def test_a_constant_column_is_a_column(read):
    assert numbers(read("a,b\n7,1\n7,2\n"), "a") == [7, 7]


def test_a_column_with_all_missing_is_a_number_column(read):
    assert numbers(read("a,b\nNA,1\n,2\n"), "a") == [None, None]


@pytest.mark.parametrize("mark", ["NA", "NaN", "N/A", "null", "", '""', " ", " NA ", "nan", "NULL", "#N/A"])
def test_missing_is_missing_however_it_is_written(read, mark):
    table = read(f"x,g,b\n1,u,true\n{mark},{mark},{mark}\n3,v,false\n")
    assert numbers(table, "x") == [1, None, 3]
    assert texts(table, "g") == ["u", None, "v"]
    assert texts(table, "b") == ["True", None, "False"]


def test_marks_are_missing_among_numbers_and_levels_among_text(read):
    table = read("x,g\n1,?\n?,none\n3,u\n")
    assert numbers(table, "x") == [1, None, 3]
    assert texts(table, "g") == ["?", "none", "u"]
    assert table.notes == ("odd.csv: column 'x': '?' was read as missing (row 2)",)


def test_infinite_values_are_refused_when_checked_and_name_their_rows(read):
    column = read("a,b\n1,1\nInf,2\n-inf,3\n1e400,4\n")["a"]
    with pytest.raises(TableError) as caught:
        column.check_finite("odd.csv")
    assert one_line(caught.value).startswith("odd.csv: column 'a' has 3 infinite values (rows 2, 3 and 4); replace")


def test_integers_past_2_to_the_53_are_refused_when_used(read):
    table = read("id,y\n9007199254740992,1\n9007199254740993,2\n")
    assert numbers(table, "y") == [1, 2]
    with pytest.raises(TableError) as caught:
        table["id"]
    assert "column 'id' holds whole numbers past 2^53 that cannot be kept exactly (row 2: " in str(caught.value)
    assert numbers(read("id,y\n9007199254740992,1\n9007199254740994,2\n"), "id")[1] == 2.0**53 + 2


def test_one_stray_text_makes_a_column_text_and_names_the_row(read):
    table = read("x,y\n12,1\n13,2\nabc,3\n")
    assert texts(table, "x") == ["12", "13", "abc"]
    assert table["x"].why == "text, since 1 of 3 values is not a number (row 3: 'abc')"
    assert table.notes == (f"odd.csv: column 'x' is {table['x'].why}",)


def test_a_column_not_asked_for_is_not_spoken_of(read):
    table = read("x,y\n12,1\n13,2\nabc,3\n", columns=["y"])
    assert table.names == ("y",)
    assert table.notes == ()


def test_a_number_is_read_the_same_whichever_columns_are_asked_for(read):
    content = "x;y\n1,234;1.5\n5,678;2.5\n"
    for columns in (None, ["x"]):
        table = read(content, columns=columns)
        assert numbers(table, "x") == [1234, 5678]
        assert table.notes[1] == "odd.csv: column 'x': commas group thousands"


def test_a_column_of_mostly_text_needs_no_word(read):
    table = read("x,y\nA1,1\n12,2\nB2,3\n")
    assert texts(table, "x") == ["A1", "12", "B2"]
    assert table.notes == ()


def test_spaces_around_numbers_and_levels_are_taken_off(read):
    table = read("x, g\n 1 , a\n2,a \n")
    assert numbers(table, "x") == [1, 2]
    assert texts(table, "g") == ["a", "a"]


def test_numbers_are_read_to_the_last_bit(read):
    values = np.random.default_rng(3).normal(size=2000) * 10.0 ** np.arange(-300, 300).repeat(4)[:2000]
    assert np.array_equal(read("x\n" + "\n".join(map(repr, values.tolist())))["x"].values, values)


def test_booleans_are_factors_with_two_levels(read):
    table = read("a,b,c\ntrue,TRUE,True\nfalse,FALSE,True\n")
    for name in "ab":
        assert table[name].is_boolean
        assert texts(table, name) == ["True", "False"]
    assert table["c"].levels == ("False", "True")


def test_dates_are_days_since_1970(read):
    table = read("d,t,z\n1970-01-02,1970-01-01T12:00:00,1970-01-01 01:00+01:00\nNA,,1970-01-02 00:00Z\n")
    assert numbers(table, "d") == [1, None]
    assert numbers(table, "t") == [0.5, None]
    assert numbers(table, "z") == [0, 1]
    assert table["d"].is_date


def test_a_day_that_does_not_exist_makes_a_column_text(read):
    table = read("d,y\n2024-02-29,1\n2023-02-29,2\n")
    assert texts(table, "d") == ["2024-02-29", "2023-02-29"]


def test_dates_written_another_way_are_text_and_said(read):
    assert "write them as 2024-12-31" in read("d,y\n31/12/2024,1\n1/1/2025,2\n").notes[0]


# --- what is not a file of text --------------------------------------------------------------------------


def test_a_gzip_file_named_csv_is_refused_by_name(refuse):
    assert refuse(gzip.compress(b"a,b\n1,2\n")) == "odd.csv is compressed with gzip; unpack it first"


def test_a_gigabyte_in_a_small_gzip_file_is_not_unpacked(refuse):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    declared = buffer.getvalue()[:-4] + (2**30).to_bytes(4, "little")
    assert "gzip" in refuse(declared)


def test_a_zip_archive_and_a_workbook_are_refused_by_name(refuse):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    assert "zip archive or an Excel workbook" in refuse(buffer.getvalue())


@pytest.mark.parametrize("start", [b"BZh91AY", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"ARROW1", b"%PDF-1.7"])
def test_other_formats_are_refused_by_name(refuse, start):
    refuse(start + b"abcdef")


def test_a_pipe_does_not_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is a named pipe, not a file" in refused_at_once(tmp_path / "pipe.csv")


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.csv")
        assert "is a socket" in refused_at_once("s.csv")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/random"])
def test_a_device_is_refused(path):
    assert "is a device, not a file" in refused_at_once(path)


def test_a_folder_is_refused(tmp_path):
    assert "is a folder, not a file" in refused_at_once(tmp_path)


@pytest.mark.parametrize("url", ["https://example.org/a.csv", "s3://bucket/a.parquet", "file:///etc/passwd"])
def test_a_url_is_refused(url):
    assert "is a URL; download the file" in refused_at_once(url)


def test_a_missing_file_is_refused_with_the_nearest_name(tmp_path):
    (tmp_path / "penguins.csv").write_text("a,b\n1,2\n")
    message = refused_at_once(tmp_path / "pengiuns.csv")
    assert message.startswith("no file ")
    assert "did you mean" in message


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "secret.csv"
    path.write_text("a,b\n1,2\n")

    def deny(*_):  # root may read anything, so the system's answer is played
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(TableError, match="no permission to read it"):
        read_table(path)


@pytest.mark.parametrize("path", ["a\0b.csv", "x" * 5000, "a,b\n1,2\n", "", "/etc/passwd/x.csv"])
def test_what_is_no_path_is_refused(path):
    refused_at_once(path)


def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert "link" in refused_at_once(tmp_path / "loop.csv")


def test_a_kernel_file_without_a_size_is_not_read():
    assert "is empty" in refused_at_once("/proc/self/status")


# --- Parquet ---------------------------------------------------------------------------------------------


def as_parquet(frame: pl.DataFrame, **options) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, **options)
    return buffer.getvalue()


def test_parquet_is_known_by_its_content(read):
    content = as_parquet(pl.DataFrame({"x": [1.5, None], "g": ["a", None]}))
    for name in ("a.parquet", "a.csv", "a"):
        table = read(content, name)
        assert numbers(table, "x") == [1.5, None]
        assert texts(table, "g") == ["a", None]
        assert table.kind == "file"


def test_csv_named_parquet_is_refused(refuse):
    assert "is not a Parquet file" in refuse("a,b\n1,2\n", "a.parquet")


def test_parquet_without_its_end_is_refused(refuse):
    content = as_parquet(pl.DataFrame({"x": [1.5, None]}))
    assert "its end is missing" in refuse(content[:-20], "a.parquet")


def test_the_declared_sizes_are_those_of_the_frame():
    frame = pl.DataFrame({"x": np.arange(1000.0), "s": [{"a": 1, "b": "c"}] * 1000, "l": [[1, 2]] * 1000})
    declared = parquet.declared_sizes(as_parquet(frame, row_group_size=300), "a")
    assert declared.columns == 4
    assert declared.rows == 2000  # the lists have more values than the table has rows
    assert 8000 < declared.unpacked < 40_000


def test_small_parquet_that_declares_a_gigabyte_is_refused_unread(refuse, monkeypatch):
    monkeypatch.setattr(pl, "read_parquet", None)
    content = as_parquet(pl.DataFrame({"x": pl.repeat(1.0, 140_000_000, eager=True)}))
    assert len(content) < 1_000_000
    message = refuse(content, "bomb.parquet")
    assert message.startswith("bomb.parquet has ")
    assert "declares 1.1 GB; such a file is not read" in message


def test_parquet_that_declares_more_than_the_memory_is_refused():
    with pytest.raises(TableError, match=r"declares 8000000\.0 GB"):
        parquet.check_declared(parquet.Declared(10**12, 1000, 10), 10**12, "a")
    with pytest.raises(TableError, match="negative"):
        parquet.check_declared(parquet.Declared(10, 10, -1), 100, "a")


def test_a_footer_that_nests_without_end_is_refused(refuse):
    for footer in (b"\x1c" * 50_000, b"\x19" * 50_000, b"\xff" * 100, b"\x29\xfc\xff\xff\xff\xff\x0f"):
        content = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"
        assert "is damaged: its footer" in refuse(content, "a.parquet")


def test_encrypted_parquet_is_refused(refuse):
    assert "encrypted" in refuse(b"PAR1" + bytes(20) + b"PARE", "a.parquet")


def test_damaged_parquet_gives_a_table_or_one_line(tmp_path, capfd):
    frame = pl.DataFrame({"x": np.arange(50.0), "g": ["a", "b"] * 25, "d": [None, 3] * 25})
    content = as_parquet(frame, compression="zstd")
    rng = np.random.default_rng(0)
    path = tmp_path / "a.parquet"
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), rng.integers(1, 4)):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            read_table(path)
        except TableError as error:
            one_line(error)
            refused += 1
    assert refused > 50
    assert capfd.readouterr().err == ""


def test_a_panic_in_polars_is_not_shown_and_other_words_are(refuse, read, monkeypatch, capfd):
    content = as_parquet(pl.DataFrame({"x": [1.5, None]}))
    original = pl.read_parquet

    def panic(*_, **__):
        os.write(2, b"thread panicked\n")
        raise pl.exceptions.PanicException("called `Result::unwrap()`\non an `Err`")

    def speak(*arguments, **options):
        os.write(2, b"from another thread\n")
        return original(*arguments, **options)

    monkeypatch.setattr(pl, "read_parquet", panic)
    assert "is damaged" in refuse(content, "a.parquet")
    monkeypatch.setattr(pl, "read_parquet", speak)
    read(content, "a.parquet")
    assert capfd.readouterr().err == "from another thread\n"


def test_damaged_csv_gives_a_table_or_one_line(tmp_path):
    content = b'name,x,d\n"a ""b"", c",1.5,2024-01-01\n"e\nf",NA,2024-01-02\nplain,3,\n' * 3
    rng = np.random.default_rng(0)
    alphabet = np.frombuffer(b'",\n\r;\t #|.1eNA-\0\xff\xe9', np.uint8)
    path = tmp_path / "a.csv"
    read = 0
    for _ in range(500):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), rng.integers(1, 6)):
            damaged[place] = rng.choice(alphabet)
        path.write_bytes(damaged)
        try:
            read_table(path)
            read += 1
        except TableError as error:
            one_line(error)
    assert read > 50
