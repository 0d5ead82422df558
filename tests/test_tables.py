"""Tables: every kind of file is read as it is meant, and a bad one is one clear DataError."""

import csv
import gzip
import io
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import optional_peer
from holograd.data import Encoder, Table, as_table, read_table
from holograd.errors import ArgumentError, DataError, HologradError

polars = optional_peer("polars")

# `--hypothesis-profile=full` is a number of examples that only `make test-full` has time for.
EXAMPLES = 2000 if settings().max_examples >= 300 else settings().max_examples
# A block of lines is looked through at once: with small ones, small files have many.
BLOCKS = st.sampled_from([1, 16, 2**18])
in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(folder, content, name="table.csv"):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(table):
    """The rows as tuples, numbers as float and missing cells as None."""
    return [
        tuple(float(cell) if isinstance(cell, int) else cell for cell in row)
        for row in table.frame.rows()
    ]


def lines(table):
    return [int(table.place(row).rpartition(" ")[2]) for row in range(len(table))]


def missing(table):
    return sum(column.null_count() for column in table.frame)


# What shared/data/README.md says of each file: rows, columns, missing cells; and the counts of the
# classes that the publications give.
REAL = {
    "adult/adult-train.csv.gz": (32561, 15, 4262, -1, {"<=50K": 24720, ">50K": 7841}),
    "adult/adult-test.csv.gz": (16281, 15, 2203, -1, {"<=50K.": 12435, ">50K.": 3846}),
    "spambase/spambase.csv": (4601, 58, 0, -1, {"0": 2788, "1": 1813}),
    "optdigits/optdigits-tra.csv": (3823, 65, 0, -1, {"0": 376, "1": 389, "9": 382}),
    "optdigits/optdigits-tes.csv": (1797, 65, 0, -1, {"0": 178, "1": 182, "9": 180}),
    "letter-recognition/letter-recognition.csv": (20000, 17, 0, 0, {"A": 789, "Z": 734}),
    "wine-quality/winequality-red.csv": (1599, 12, 0, -1, {"3": 10, "5": 681, "8": 18}),
    "small/iris.csv": (150, 5, 0, -1, {"Iris-setosa": 50, "Iris-virginica": 50}),
    "small/wine.csv": (178, 14, 0, -1, {"1": 59, "2": 71, "3": 48}),
    "small/banknote_authentication.csv": (1372, 5, 0, -1, {"0": 762, "1": 610}),
    "small/breast-cancer-wisconsin.csv": (699, 10, 16, -1, {"2": 458, "4": 241}),
    "california-housing/cal_housing.csv.gz": (20640, 9, 0, -1, {}),
}


@pytest.mark.parametrize("name", REAL)
def test_real_files(real_data, name):
    rows, width, absent, target, classes = REAL[name]
    table = read_table(real_data(name))
    assert len(table) == rows and len(table.names) == width and missing(table) == absent
    assert not table.named and lines(table) == list(range(1, rows + 1))
    counts = dict(table.texts(table.column_name(target)).value_counts().rows())
    assert {label: counts[label] for label in classes} == classes


def test_real_numbers(real_data):
    spam = read_table(real_data("spambase/spambase.csv"))
    assert spam.numbers("column_0").mean() == pytest.approx(0.104553, abs=5e-7)
    assert spam.numbers("column_56").mean() == pytest.approx(283.289, abs=5e-4)
    houses = read_table(real_data("california-housing/cal_housing.csv.gz"))
    assert houses.numbers("column_8").mean() == pytest.approx(206856, abs=1)
    digits = read_table(real_data("optdigits/optdigits-tes.csv"))
    assert sum(digits.numbers(name).sum() for name in digits.names[:-1]) == 561718
    wine = read_table(real_data("small/wine.csv"))
    assert wine.numbers("column_7")[0] == 0.28


def test_the_published_text_of_adult(real_data):
    adult = read_table(real_data("adult/adult-train.csv.gz"))
    assert adult.frame.row(0) == (
        *(39.0, "State-gov", 77516.0, "Bachelors", 13.0, "Never-married", "Adm-clerical"),
        *("Not-in-family", "White", "Male", 2174.0, 0.0, 40.0, "United-States", "<=50K"),
    )
    assert [adult.frame[name].null_count() for name in adult.names if adult.frame[name].has_nulls()]
    assert adult.frame["column_1"].null_count() == 1836
    assert adult.frame["column_6"].null_count() == 1843
    assert adult.frame["column_13"].null_count() == 583


WAYS = {
    "commas": ("size,colour\n1,red\n2,blue\n", {}),
    "semicolons": ("size;colour\n1;red\n2;blue\n", {}),
    "tabs": ("size\tcolour\n1\tred\n2\tblue\n", {}),
    "bars": ("size|colour\n1|red\n2|blue\n", {}),
    "single spaces": ("size colour\n1 red\n2 blue\n", {}),
    "commas and spaces": ("size, colour\n1, red\n2, blue\n", {}),
    "spaces all around": (" size , colour \n 1 , red \n 2 , blue \n", {}),
    "Windows line ends": ("size,colour\r\n1,red\r\n2,blue\r\n", {}),
    "old Mac line ends": ("size,colour\r1,red\r2,blue\r", {}),
    "no line end": ("size,colour\n1,red\n2,blue", {}),
    "blank lines": ("\n\nsize,colour\n\n1,red\n  \n2,blue\n\n\n", {}),
    "blank Windows lines": ("size,colour\r\n\r\n1,red\r\n2,blue\r\n\r\n", {}),
    "byte order mark": ("\ufeffsize,colour\n1,red\n2,blue\n", {}),
    "mark and quotes": ('\ufeff"size","colour"\n"1","red"\n"2","blue"\n', {}),
    "quotes": ('"size","colour"\n1,"red"\n"2",blue\n', {}),
    "quotes after spaces": ('"size", "colour"\n1,  "red"\n2, "blue"\n', {}),
    "told delimiter": ("size_colour\n1_red\n2_blue\n", {"delimiter": "_"}),
    "told header": ("size,colour\n1,red\n2,blue\n", {"header": "yes"}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_ways_to_write_one_table(tmp_path, way, compress):
    text, options = WAYS[way]
    table = read_table(written(tmp_path, compress(text.encode())), **options)
    assert table.named and table.names == ["size", "colour"]
    assert cells(table) == [(1.0, "red"), (2.0, "blue")]
    written_lines = enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1)
    found = [number for number, line in written_lines if "red" in line or "blue" in line]
    assert lines(table) == found


def test_quoted_cells(tmp_path):
    text = 'a,b\n"x, y",1\n"say ""hi""",2\n"two\nlines",3\n"",4\nlast,5\n'
    table = read_table(written(tmp_path, text))
    assert cells(table) == [
        ("x, y", 1.0),
        ('say "hi"', 2.0),
        ("two\nlines", 3.0),
        (None, 4.0),
        ("last", 5.0),
    ]
    assert lines(table) == [2, 3, 4, 6, 7]


@pytest.mark.parametrize("rows", ["1\n1,2,3\n", "1,2,3\n1\n", "1\n1,2,\n", "1,2,\n1\n", "a\n1,2,b"])
def test_a_short_row_beside_a_long_one_far_below(tmp_path, rows):
    with pytest.raises(DataError, match="line 100001: the row has"):
        read_table(written(tmp_path, "1,2\n" * 10**5 + rows))


def test_quotes_that_are_inches(tmp_path):
    table = read_table(written(tmp_path, 'size,n\n5" pipe,1\n6" "fine" pipe,2\n'))
    assert cells(table) == [('5" pipe', 1.0), ('6" "fine" pipe', 2.0)]


@pytest.mark.parametrize(
    "mark", ["", "?", "NA", "N/A", "nan", "NaN", "null", "None", " ? ", "  ", '"?"', '""']
)
@pytest.mark.parametrize("late", [False, True])
def test_missing_cells(tmp_path, mark, late):
    many = "3,x\n" * (1500 if late else 1)
    table = read_table(written(tmp_path, f"a,b\n{many}{mark},y\n4,{mark}\n"))
    expected = [(3.0, "x")] * many.count("\n") + [(None, "y"), (4.0, None)]
    assert [(None if a != a else a, b) for a, b in cells(table)] == expected


def test_other_marks_of_missing_cells(tmp_path):
    path = written(tmp_path, "a,b\n1,NA\n-99,x\n,?\n")
    assert cells(read_table(path, missing=["-99"])) == [(1.0, "NA"), (None, "x"), (None, "?")]


def test_numbers_in_every_spelling(tmp_path):
    table = read_table(written(tmp_path, "a\n1\n+2\n-3.\n.25\n1e3\n-2.5E-3\n007\n"))
    assert table.numbers("a").tolist() == [1, 2, -3, 0.25, 1000, -0.0025, 7]


def test_a_text_far_below_makes_a_column_text(tmp_path):
    path = written(tmp_path, "a,b\n" + "1,2\n" * 5000 + "one, 3 \n")
    table = read_table(path)
    assert not table.is_number("a") and table.is_number("b")
    assert table.texts("a")[[0, -1]].to_list() == ["1", "one"]
    assert table.numbers("b")[-1] == 3


def test_numbers_kept_as_text(tmp_path):
    path = written(tmp_path, "zip,n\n01234,1\n00005,2\n")
    assert cells(read_table(path, text=["zip"])) == [("01234", 1.0), ("00005", 2.0)]
    assert cells(read_table(path, text=[0])) == [("01234", 1.0), ("00005", 2.0)]
    assert cells(read_table(path)) == [(1234.0, 1.0), (5.0, 2.0)]


HEADERS = {
    "names over numbers": ("a,b\n1,2\n", True),
    "numbers alone": ("1,2\n3,4\n", False),
    "a number among texts": ("red,1\nblue,2\n", False),
    "a mark of a missing cell": ("?,red\n1,blue\n", False),
    "a label that comes again": ("red,yes\nblue,yes\n", False),
    "texts that do not come again": ("colour,good\nred,yes\nblue,no\n", True),
    "an index without a name": (",a\n0,1\n1,2\n", True),
    "an empty cell elsewhere": ("a,\nb,1\n", False),
    "negative numbers": ("-1,x\n-2,y\n", False),
}


@pytest.mark.parametrize("case", HEADERS)
def test_the_rule_of_headers(tmp_path, case):
    text, named = HEADERS[case]
    path = written(tmp_path, text)
    table = read_table(path)
    assert table.named == named and len(table) == text.count("\n") - named
    assert len(read_table(path, "yes")) == text.count("\n") - 1
    assert len(read_table(path, "no")) == text.count("\n")
    assert read_table(path, "no").names == ["column_0", "column_1"]


def test_names_of_numbers_are_read_when_told(tmp_path):
    table = read_table(written(tmp_path, '"Month", "1958", "1959"\n"JAN",  340,  360\n'), "yes")
    assert table.names == ["Month", "1958", "1959"] and cells(table) == [("JAN", 340.0, 360.0)]


def test_columns_by_name_and_place(tmp_path):
    table = read_table(written(tmp_path, "age,2,income\n1,2,3\n"), "yes")
    assert [table.column_name(each) for each in ("age", 0, -1, "-1", "2", 2)] == [
        *("age", "age", "income", "income", "2", "income")
    ]
    with pytest.raises(DataError, match="has no column 'incme': it has age, 2, income. Did you"):
        table.column_name("incme")
    with pytest.raises(DataError, match="has no column 3: it has 3, counted from 0"):
        table.column_name(3)
    with pytest.raises(DataError, match="has no column -4"):
        table.column_name("-4")
    with pytest.raises(DataError, match="columns have no names, and are called column_0 to"):
        read_table(written(tmp_path, "1,2\n"), "no").column_name("age")


def test_rows_keep_their_lines(tmp_path):
    table = read_table(written(tmp_path, "a\n1\n\n2\n3\n"))
    assert lines(table.rows(np.array([2, 0]))) == [5, 2]
    assert table.rows(np.array([False, True, True])).numbers("a").tolist() == [2, 3]
    assert table.rows(slice(1, None)).place(0, "a") == f"{table.source}, line 4, column 'a'"


GOOD = "age,colour\n1,red\n2,blue\n3,red\n"
BAD = {
    "empty": ("", "is empty"),
    "blank lines alone": ("\n \n\r\n", "is empty"),
    "a byte order mark alone": ("\ufeff", "is empty"),
    "two byte order marks": ("\ufeff\ufeffa,b\n1,2\n", "line 1: there is a byte order mark"),
    "a late byte order mark": ("\n \n\ufeffa,b\n1,2\n", "line 3: there is a byte order mark"),
    "a byte order mark after a blank line": ("\n\ufeff", "line 2: there is a byte order mark"),
    "a header alone": ("age,colour\n", "has a header and no row.*age, colour"),
    "gzip of nothing": (gzip.compress(b""), "is empty"),
    "gzip, cut": (gzip.compress(GOOD.encode() * 99)[:-9], "is cut short.*gzip-compressed data"),
    "gzip, a byte changed": (gzip.compress(GOOD.encode())[:-8] + bytes(8), "is damaged.*CRC"),
    "gzip of gzip": (gzip.compress(gzip.compress(GOOD.encode())), "is binary"),
    "a zero byte": (GOOD.encode() + b"4,\0\n", "is binary.*byte 32 is 0x00"),
    "a zero byte far below": (b"1,x\n" * 10**5 + b"1,\0\n", "line 100001: there is a zero byte"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is binary"),
    "UTF-16": (GOOD.encode("utf-16"), "text in UTF-16"),
    "Latin-1": ("age,colour\n1,röt\n".encode("latin-1"), r"line 2, column 1: byte 0xf6.*iconv"),
    "Latin-1 far below": (b"1,x\n" * 10**5 + b"1,\xe9\n", "line 100001, column 1: byte 0xe9"),
    "a cell too few": (GOOD + "4\n", r"line 5: the row has 1 cell\(s\): line 1 has 2"),
    "a cell too many": (GOOD + "4,red,x\n", r"line 5: the row has 3 cell\(s\).*1 of 5 rows"),
    "a decimal comma": ("a,b\n1,5\n1,5,2\n", r"line 3: the row has 3"),
    "a title above": ("A table of colours\n" + GOOD, r"line 2: the row has 2.*line 1 has 1"),
    "ragged far below": ("1,2\n" * 10**5 + "3\n", "line 100001: the row has 1"),
    "ragged after a quoted line break": ('a,b\n"x\ny",2\n3\n', r"line 4: the row has 1"),
    "a quote that never closes": ('a,b\n1,"red\n2,blue\n', "line 2: a quote opens.*never closes"),
    "a quote within a cell": ('a,b\n"x",1\n5" pipe,2\n', "line 3: a quote stands within a cell"),
    "text after a quote": ('a,b\n"x" y,1\n', "line 2: a quote stands within"),
    "one name twice": ("a,b,a\n1,2,3\n", "column name 'a' occurs 2 times, in columns 0, 2"),
    "too many columns": ("1," * 100_000 + "1\n", "line 1: the row has 100001 cells.*at most 1000"),
    "a million columns": ("1," * 999_999 + "1\n", "line 1: the row has 1000000 cells"),
    "a line without an end": ("x" * (2**26 + 2**21), "a line of more than 67108864 bytes"),
    "a .npy that is cut": (b"\x93NUMPY\x01\0v\0{'descr'", "is damaged, or no NumPy file"),
    "a spreadsheet": (b"PK\x03\x04" + bytes(60), "is damaged, or no NumPy file"),
    "a Parquet file that is cut": (b"PAR1\x15\x04\x15" + bytes(60), "as a Parquet file"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(tmp_path, name):
    content, message = BAD[name]
    suffix = ".parquet" if "Parquet" in name else ".csv"
    path = written(tmp_path, content, f"some{suffix}")
    with pytest.raises(DataError, match=f"(?s){message}") as error:
        read_table(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    assert len(str(error.value)) < 600 + 2 * len(str(path))


def test_what_is_not_there(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_table(tmp_path / "missing.csv")
    with pytest.raises(DataError, match="it is not a file"):
        read_table(tmp_path)
    huge = tmp_path / "huge.csv"
    with open(huge, "wb") as file:
        file.truncate(5 * 2**30)
    with pytest.raises(DataError, match="huge.csv has 5368709120 bytes: at most 4294967296 are"):
        read_table(huge)


def test_arguments_that_make_no_sense(tmp_path):
    path = written(tmp_path, GOOD)
    with pytest.raises(ArgumentError, match="header='maybe'. Write one of auto, yes, no"):
        read_table(path, "maybe")
    for delimiter in ("", ",,", '"', "\n", "é"):
        with pytest.raises(ArgumentError, match="delimiter="):
            read_table(path, delimiter=delimiter)


def test_a_file_is_left_alone(tmp_path):
    path = written(tmp_path, GOOD + "4\n")
    before = path.stat().st_mtime_ns, path.read_bytes()
    with pytest.raises(DataError):
        read_table(path)
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    assert list(tmp_path.iterdir()) == [path]


class TestArrays:
    def test_npy(self, tmp_path):
        array = np.arange(6, dtype=np.float32).reshape(3, 2)
        for ordered in (array, np.asfortranarray(array)):
            np.save(tmp_path / "a.npy", ordered)
            table = read_table(tmp_path / "a.npy")
            assert table.names == ["column_0", "column_1"] and not table.named
            assert table.numbers("column_1").tolist() == [1, 3, 5]
            assert table.place(2, "column_1") == f"{tmp_path / 'a.npy'}, row 2, column 'column_1'"

    @pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
    def test_npz(self, tmp_path, save):
        x, y = np.arange(4.0).reshape(2, 2), np.array(["red", " ? "])
        save(tmp_path / "a.npz", x=x, y=y)
        table = read_table(tmp_path / "a.npz")
        assert table.names == ["x_0", "x_1", "y"] and table.named
        assert cells(table) == [(0.0, 1.0, "red"), (2.0, 3.0, None)]
        save(tmp_path / "a.npz", x)
        assert read_table(tmp_path / "a.npz").names == ["column_0", "column_1"]

    @pytest.mark.parametrize("kind", ["i1", "u8", "f2", "f4", ">f8", ">i2", "?", "S3", "U3"])
    def test_every_kind(self, kind):
        table = as_table(np.array([[1, 0], [0, 1]]).astype(kind))
        names = {"S3": ["1", "0"], "U3": ["1", "0"], "?": [1, 0]}
        assert table.frame["column_0"].to_list() == names.get(kind, [1, 0])

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (np.zeros((2, 3, 4)), r"shape \(2, 3, 4\).*array.reshape\(len\(array\), -1\)"),
            (np.zeros(()), r"shape \(\)"),
            (np.array([[1, "a", None]], object), "holds object"),
            (np.zeros((2, 2), complex), "holds complex128"),
            (np.zeros((0, 3)), "3 columns and 0 rows"),
            (np.zeros((3, 0)), "0 columns and 3 rows|0 columns and 0 rows"),
            (np.zeros((1, 100_001), np.int8), "has 100001 columns"),
        ],
    )
    def test_no_tables(self, array, message):
        with pytest.raises(DataError, match=message):
            as_table(array)

    def test_pickles_are_refused(self, tmp_path):
        np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
        np.savez(tmp_path / "a.npz", x=np.array([{}], object), allow_pickle=True)
        for name in ("a.npy", "a.npz"):
            with pytest.raises(DataError, match="holds Python objects.*pickles, which can run"):
                read_table(tmp_path / name)

    def test_lengths_that_differ(self, tmp_path):
        np.savez(tmp_path / "a.npz", x_train=np.zeros((3, 2)), x_test=np.zeros((1, 2)))
        with pytest.raises(DataError, match="different numbers of rows: x_train 3, x_test 1"):
            read_table(tmp_path / "a.npz")

    def test_a_header_that_promises_much(self, tmp_path):
        np.save(tmp_path / "a.npy", np.zeros((3, 2)))
        content = (tmp_path / "a.npy").read_bytes().replace(b"(3, 2)", b"(3, 9999999999)")
        with pytest.raises(DataError, match="cut short|damaged"):
            read_table(written(tmp_path, content, "b.npy"))

    @pytest.mark.parametrize("name", ["a.npy", "a.npz"])
    def test_every_cut_and_change(self, tmp_path, name):
        np.save(tmp_path / "a.npy", np.arange(6.0).reshape(3, 2))
        np.savez_compressed(tmp_path / "a.npz", np.arange(6.0).reshape(3, 2))
        content = (tmp_path / name).read_bytes()
        for end in range(6, len(content)):
            with pytest.raises(DataError):
                read_table(written(tmp_path, content[:end], "b.npx"))
        for place in range(6, len(content)):
            changed = bytearray(content)
            changed[place] ^= 0xFF
            with suppress(DataError):
                assert isinstance(read_table(written(tmp_path, bytes(changed), "b.npx")), Table)


class TestFrames:
    def test_parquet(self, tmp_path):
        frame = polars.DataFrame(
            {
                "n": [1, None],
                "x": [0.5, float("nan")],
                "t": [" a ", "?"],
                "b": [True, None],
                "c": polars.Series(["u", "v"], dtype=polars.Categorical),
                "d": polars.Series(["1.25", "2.50"]).cast(polars.Decimal(scale=2)),
            }
        )
        frame.write_parquet(tmp_path / "a.parquet")
        for table in (read_table(tmp_path / "a.parquet"), as_table(frame)):
            assert table.named and table.lines is None and table.names == frame.columns
            assert table.texts("t").to_list() == ["a", None]
            assert table.texts("b").to_list() == ["True", None]
            assert table.texts("c").to_list() == ["u", "v"]
            assert table.numbers("d").tolist() == [1.25, 2.5]
            np.testing.assert_array_equal(table.numbers("n"), [1, np.nan])
            np.testing.assert_array_equal(table.numbers("x"), [0.5, np.nan])

    def test_every_cut_of_a_parquet_file(self, tmp_path):
        polars.DataFrame({"a": [1, 2], "b": ["x", "y"]}).write_parquet(tmp_path / "a.parquet")
        content = (tmp_path / "a.parquet").read_bytes()
        for end in range(4, len(content), 7):
            with pytest.raises(DataError, match=r"b\.parquet"):
                read_table(written(tmp_path, content[:end], "b.parquet"))

    def test_a_csv_file_that_begins_as_parquet_does(self, tmp_path):
        assert read_table(written(tmp_path, "PAR1,b\n1,2\n")).names == ["PAR1", "b"]

    def test_pandas(self):
        pandas = optional_peer("pandas")
        frame = pandas.DataFrame(
            {
                "x": [1.0, None],
                "i": pandas.array([1, None], dtype="Int64"),
                "t": [" a", None],
                "c": pandas.Categorical(["u", "v"]),
                "b": [True, False],
                "o": [1, "one"],
                "m": pandas.Series([2, None], dtype=object, index=[10, 20]),
                "d": pandas.to_datetime(["2024-01-31", None]),
                7: [1, 2],
            },
            index=[10, 20],
        )
        table = as_table(frame)
        assert table.source == "the DataFrame" and table.names[-1] == "7"
        assert cells(table) == [
            (1.0, 1.0, "a", "u", "True", "1", 2.0, "2024-01-31 00:00:00", 1.0),
            (None, None, None, "v", "False", "one", None, None, 2.0),
        ]
        with pytest.raises(DataError, match="two columns of one name"):
            as_table(pandas.DataFrame([[1, 2]], columns=["a", "a"]))
        with pytest.raises(DataError, match="two columns of one name"):
            as_table(pandas.DataFrame([[1, 2]], columns=[1, "1"]))

    @pytest.mark.parametrize("value", [None, 3, [[1, 2]], {"a": [1]}])
    def test_no_frames(self, value):
        kind = type(value).__name__
        with pytest.raises(DataError, match=f"a table was expected, and it is a {kind}"):
            as_table(value)

    def test_a_lazy_frame(self):
        with pytest.raises(DataError, match=r"frame\.collect\(\)"):
            as_table(polars.DataFrame({"a": [1]}).lazy())

    def test_a_column_of_lists_is_named_when_used(self):
        table = as_table(polars.DataFrame({"a": [[1], [2]], "b": [1, 2]}))
        assert table.numbers("b").tolist() == [1, 2]
        with pytest.raises(DataError, match=r"column 'a' holds List\(Int64\).*drop=\['a'\]"):
            table.is_number("a")

    def test_a_table_is_taken_as_it_is(self, tmp_path):
        table = as_table(written(tmp_path, GOOD))
        assert as_table(table) is table


@pytest.mark.parametrize("name", ["polars", "narwhals"])
def test_a_library_that_is_not_there(tmp_path, monkeypatch, name):
    path = written(tmp_path, GOOD)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DataError, match=rf"{name}, which is not installed.*holograd\[tables\]"):
        read_table(path) if name == "polars" else as_table(polars.DataFrame({"a": [1]}))


cell_texts = st.text(st.sampled_from('ab1,;"\n\r |\t.é'), max_size=6)


@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(cell_texts, min_size=n, max_size=n))),
    BLOCKS,
)
@settings(in_a_folder, max_examples=EXAMPLES)
def test_what_the_csv_module_writes_is_read_the_same(tmp_path, monkeypatch, rows, block):
    monkeypatch.setattr("holograd.data.csv_blocks.BLOCK", block)
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    path = written(tmp_path, buffer.getvalue())
    if not rows:
        with pytest.raises(DataError, match="is empty"):
            read_table(path)
        return
    table = read_table(path, "no", delimiter=",", text=range(4))
    stripped = [tuple(cell.strip() or None for cell in row) for row in rows]
    assert table.frame.rows() == stripped
    # The reader counts a line for each "\n"; a lone "\r" inside of quotes is none.
    ends = np.cumsum([sum(cell.count("\n") for cell in row) + 1 for row in rows])
    assert lines(table) == [1, *(ends[:-1] + 1)]


pieces = st.sampled_from(
    [*'ab12,,,;"\n\n\r\t ?.-|', "é", "\0", "\ufeff", "1e999", "nan", "NA", '"x\ny"', "2020-01-02"]
)
rows_of_cells = st.lists(
    st.lists(st.sampled_from(["1", "2.5", "red", "?", "", '"a,b"', " 3", "NA"]), min_size=2),
    min_size=1,
).map(lambda rows: "\n".join(",".join(row[:3]) for row in rows))


@given(st.lists(st.integers(1, 4), min_size=2, max_size=12), st.booleans(), BLOCKS)
@settings(in_a_folder, max_examples=EXAMPLES)
def test_rows_of_different_lengths_never_pass(tmp_path, monkeypatch, lengths, empty, block):
    """Not even where one is as much too long as another is too short."""
    monkeypatch.setattr("holograd.data.csv_blocks.BLOCK", block)
    rows = [",".join(["" if empty and place else "1" for place in range(n)]) for n in lengths]
    path = written(tmp_path, "\n".join(rows))
    wrong = [line for line, n in enumerate(lengths, 1) if n != lengths[0]]
    if wrong:
        with pytest.raises(
            DataError, match=rf"line {wrong[0]}: the row has {lengths[wrong[0] - 1]}"
        ):
            read_table(path, "no", delimiter=",")
    else:
        assert len(read_table(path, "no", delimiter=",")) == len(lengths)


@given(
    text=st.one_of(st.lists(pieces, max_size=60).map("".join), rows_of_cells),
    bytes_in=st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=2)), max_size=3),
    cut=st.integers(0, 400),
    compress=st.booleans(),
    header=st.sampled_from(["auto", "yes", "no"]),
    block=BLOCKS,
)
@settings(in_a_folder, max_examples=EXAMPLES)
def test_malformed_files_never_end_in_anything_but_our_errors(
    tmp_path, monkeypatch, text, bytes_in, cut, compress, header, block
):
    monkeypatch.setattr("holograd.data.csv_blocks.BLOCK", block)
    content = text.encode()
    content = gzip.compress(content) if compress else content
    for place, inserted in bytes_in:
        content = content[:place] + inserted + content[place + 1 :]
    path = written(tmp_path, content[:cut])
    with suppress(HologradError):
        table = read_table(path, header)
        assert len(table) == len(lines(table)) > 0
        Encoder.fit(table, -1).dataset(table)


MILLION = """
from benchmarks.memory import peak_gigabytes
import holograd.data
table = holograd.data.read_table({path!r})
assert len(table) == 10**6
encoder = holograd.data.Encoder.fit(table, "good")
encoder.dataset(table)
print(peak_gigabytes())
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_million_rows_are_encoded_in_little_memory(tmp_path):
    numbers = np.random.default_rng(0).normal(size=(10**6, 18))
    frame = polars.DataFrame({f"x{place}": column for place, column in enumerate(numbers.T)})
    frame = frame.with_columns(
        colour=polars.Series(np.array(["red", "green", "blue"])[(numbers[:, 0] > 0) * 1]),
        good=polars.Series(np.array(["yes", "no"])[(numbers[:, 1] > 0) * 1]),
    )
    path = tmp_path / "million.csv"
    frame.write_csv(path)
    code = MILLION.format(path=str(path))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 1.15
