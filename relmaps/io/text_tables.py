"""Tables that people and other programs write: every cell as text, each line a row, and no guess."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from relmaps.io.errors import UserError
from relmaps.io.files import FETCH, explain_missing
from relmaps.io.machine import raise_fault
from relmaps.io.tables import NOT_AVAILABLE

POINTERS = ("/annex/objects/", "version https://git-lfs.github.com/spec/")  # what stands in place of a file's content
DELIMITER_NAMES = {"\t": "tab", ",": "comma", ";": "semicolon"}


def read_text_table(
    path: str | Path,
    required: Sequence[str] = (),
    delimiters: str = "\t",
    if_no_file: str = "check the path",
    if_no_column: str = "correct the header",
) -> pd.DataFrame:
    """Cells without white space around them, None for n/a and empty cells; the index is the line in the file.

    delimiters : the first that gives all required columns is taken, else the one that gives most. Between tabs, text is
    read literally, as BIDS wants it: a quotation mark counts only where it stands around a whole cell. if_no_file,
    if_no_column : what to do about a file or a column that is not there. Rows without any cell are left out.

    Raises UserError that names the file, and the line or column: also for a required column that stands twice, and for
    a line that has not the header's number of cells.
    """
    path = Path(path)
    text = _read_text(path, if_no_file)
    delimiter, header = _find_header(text, delimiters, required)
    missing = [column for column in required if column not in header]
    if missing:
        raise UserError(f"{path}: column {', '.join(missing)} is missing; it has {', '.join(header)}; {if_no_column}")
    twice = [column for column in required if header.count(column) > 1]
    if twice:
        raise UserError(f"{path}: column {twice[0]} stands twice; rename one of them")
    rows = {}
    for line, cells in _split(text, delimiter, path).items():
        if not any(cells):
            continue
        while len(cells) > len(header) and not cells[-1]:
            cells = cells[:-1]  # editors and spreadsheets write delimiters at the end of a line
        if len(cells) != len(header):
            known = "write n/a in a cell without a value"
            if delimiter != "\t":
                known += f", and put a cell with a {DELIMITER_NAMES[delimiter]} in quotation marks"
            raise UserError(f"{path}: line {line} has {len(cells)} cells, but the header {len(header)}; {known}")
        rows[line] = [None if cell in ("", NOT_AVAILABLE) else cell for cell in cells]
    return pd.DataFrame.from_dict(rows, orient="index", columns=header, dtype=object)


def _read_text(path: Path, if_no_file: str) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: {explain_missing(path, 'table', if_no_file)}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error.reason} at byte {error.start}); save the table as UTF-8") from None
    except OSError as error:
        raise_fault(error, path)
        raise UserError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    if text.startswith(POINTERS):
        raise UserError(f"{path}: a pointer to a file that is not there; {FETCH}")
    if "\0" in text:
        raise UserError(f"{path}: not UTF-8 (zero bytes); save the table as UTF-8")
    if not text.strip():
        raise UserError(f"{path}: is empty; write a header and rows")
    return text


def _find_header(text: str, delimiters: str, required: Sequence[str]) -> tuple[str, list[str]]:
    line = text.partition("\n")[0]
    headers = {sign: _cells(line, sign) for sign in delimiters}
    return max(headers.items(), key=lambda item: (set(required) <= set(item[1]), len(item[1])))


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line that is a whole row."""
    if delimiter == "\t":
        return [_unquote(cell.strip()) for cell in line.split("\t")]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _unquote(cell: str) -> str:
    """A cell without the quotation marks that a spreadsheet has put around it."""
    inner = cell[1:-1].replace('""', "")
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner
    return cell[1:-1].replace('""', '"').strip() if quoted else cell


def _split(text: str, delimiter: str, path: Path) -> dict[int, list[str]]:
    """Line (the last one of a row) -> cells, without the header."""
    lines = text.split("\n")
    if delimiter == "\t":
        return {number: _cells(line, delimiter) for number, line in enumerate(lines[1:], start=2)}
    rows: dict[int, list[str]] = {}
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    before = 0
    try:
        width = len(next(reader, []))
        before = reader.line_num
        for cells in reader:
            first, last = before + 1, reader.line_num
            swallowed = [line.count(delimiter) + 1 for line in lines[first - 1 : last]]
            if last > first and min(swallowed) >= width > 1:
                raise UserError(
                    f"{path}: lines {first} to {last} are one row because of a quotation mark, but each has "
                    f"{width} cells without it; remove the quotation mark"
                )
            rows[last] = [cell.strip() for cell in cells]
            before = last
    except csv.Error as error:
        raise UserError(f"{path}: not readable after line {before} ({error}); check the quotes there") from None
    return rows
