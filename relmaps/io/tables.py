"""Tables in and out: TSV with `n/a` for what cannot be had, and a JSON sidecar that describes each column."""

import warnings
from functools import cache
from pathlib import Path

import pandas as pd
import yaml

from relmaps import ROOT
from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing, replacing, write_json
from relmaps.io.machine import raise_fault

SCHEMAS = ROOT / "workflow" / "schemas"
CATALOGUE = ROOT / "relmaps" / "catalogue"
NOT_AVAILABLE = "n/a"
# What may look like a number, as a hash such as 00e1 does, and is none.
IDENTIFIERS = ("participant_id", "session_id", "scan_id", "fold", "site", "content")


@cache
def read_columns(table: str) -> dict[str, dict]:
    """The columns of a published table, in order, from workflow/schemas/<table>.schema.yaml.

    Where a schema names a file of the catalogue, the values that are allowed are the names in it.
    """
    columns = yaml.safe_load((SCHEMAS / f"{table}.schema.yaml").read_text(encoding="utf-8"))["properties"]
    for column in columns.values():
        if isinstance(column.get("enum"), dict):
            names = CATALOGUE / f"{column['enum']['catalogue']}.yaml"
            column["enum"] = list(yaml.safe_load(names.read_text(encoding="utf-8")))
    return columns


def read_table(path: str | Path, required: tuple[str, ...] = (), text: tuple[str, ...] = ()) -> pd.DataFrame:
    """A TSV file, `n/a` and empty cells as missing; identifiers and the columns in `text` stay as written ("001", "1").

    Raises UserError that names the file if it is missing, empty, not text, or lacks a required column.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the header
            table = pd.read_csv(
                path,
                sep="\t",
                index_col=False,  # or rows longer than the header would shift their columns
                keep_default_na=False,  # a group may be called None or NA
                na_values=[NOT_AVAILABLE, ""],
                dtype=dict.fromkeys((*IDENTIFIERS, *text), str),
                encoding="utf-8-sig",
            )
    except FileNotFoundError:
        raise UserError(f"{path}: {explain_missing(path, 'table')}") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, pd.errors.ParserWarning, UnicodeError) as error:
        raise UserError(f"{path}: not a readable tab-separated UTF-8 table ({str(error).strip()})") from None
    except OSError as error:
        raise_fault(error, path)
        raise UserError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    missing = [column for column in required if column not in table]
    if missing:
        raise UserError(f"{path}: column {', '.join(missing)} is missing; it has {', '.join(map(str, table.columns))}")
    return table


def write_table(table: pd.DataFrame, path: str | Path, schema: str | None = None) -> None:
    """Write a TSV; with a schema, columns are checked against it and described in a JSON sidecar.

    Floats are written with up to 10 significant digits, so that the same numbers give the same bytes.
    """
    path = Path(path)
    if schema is not None:
        columns = read_columns(schema)
        if set(columns) != set(table.columns):
            raise ValueError(f"{path.name}: columns {set(columns) ^ set(table.columns)} do not fit schema {schema}")
        table = table[list(columns)]
        for name, column in columns.items():
            wrong = set(table[name].dropna()) - set(column["enum"]) if "enum" in column else set()
            if wrong:
                raise ValueError(f"{path.name}: {name} has {wrong}, but schema {schema} allows {column['enum']}")
    with replacing(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, na_rep=NOT_AVAILABLE, float_format="%.10g")
    if schema is not None:
        sidecar = {
            name: {"Description": column["description"]}
            | ({"Levels": {str(level): str(level) for level in column["enum"]}} if "enum" in column else {})
            | ({"Units": column["units"]} if "units" in column else {})
            for name, column in columns.items()
        }
        write_json(sidecar, path.with_suffix(".json"))
