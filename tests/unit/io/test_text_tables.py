"""Tables from elsewhere: each line a row, text as written, contradictions refused."""

import pytest

from relmaps.io.errors import UserError
from relmaps.io.text_tables import read_text_table

pytestmark = pytest.mark.fault


@pytest.fixture
def write(tmp_path):
    def write(text, name="table.tsv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def test_cells_are_text_without_space_around_and_lines_are_kept(write):
    table = read_text_table(write("a\tb\n\n 007 \t1.0\t\n\u00a0AD\u00a0\tn/a\n\t\n\tNone\n"), ("a", "b"))
    assert table.index.tolist() == [3, 4, 6]
    assert table.to_numpy().tolist() == [["007", "1.0"], ["AD", None], [None, "None"]]


def test_a_quotation_mark_between_tabs_counts_only_around_a_whole_cell(write):
    table = read_text_table(write('"a"\tb\n"\tx\n"y" z\t"say ""hi"""\n"\tw\n'))
    assert table["a"].tolist() == ['"', '"y" z', '"']
    assert table["b"].tolist() == ["x", 'say "hi"', "w"]


def test_a_comma_table_has_quoted_cells_and_lines_within_them(write):
    table = read_text_table(write('a,b\n"1,5","two\nlines"\n2,x\n'), delimiters=",;")
    assert table.to_numpy().tolist() == [["1,5", "two\nlines"], ["2", "x"]]
    assert table.index.tolist() == [3, 4]


@pytest.mark.parametrize(
    ("text", "delimiters", "words"),
    [
        ("", "\t", "is empty; write a header and rows"),
        ("a\tb\n1\n", "\t", "line 2 has 1 cells, but the header 2; write n/a in a cell without a value$"),
        ("a\tb\n1\t2\t3\n", "\t", "line 2 has 3 cells, but the header 2; write n/a in a cell without a value$"),
        ("a\tb\tb\n", "\t", "column b stands twice; rename one of them"),
        ("a\tc\n", "\t", "column b is missing; it has a, c; correct the header"),
        ('a,b\n1,"\n2,"\n', ",", "lines 2 to 3 are one row because of a quotation mark, but each has 2 cells without"),
        ('a,b\n1,"\n', ",", r"not readable after line 1 \(unexpected end of data\); check the quotes there"),
        ("a\0b\n", "\t", r"not UTF-8 \(zero bytes\); save the table as UTF-8"),
        ("version https://git-lfs.github.com/spec/v1\n", "\t", "a pointer to a file that is not there; fetch it"),
    ],
)
def test_what_cannot_be_read_without_a_guess_is_named(write, text, delimiters, words):
    with pytest.raises(UserError, match=f"table.tsv: {words}"):
        read_text_table(write(text), ("a", "b"), delimiters)
