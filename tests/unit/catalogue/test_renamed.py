import copy

import jsonschema
import pytest

from relmaps import ROOT
from relmaps.catalogue.renamed import (
    RENAMED,
    Renamed,
    read_provenance,
    refuse_renamed,
    renamed_page,
    translate_renamed,
)
from relmaps.io.errors import UserError
from relmaps.io.files import write_json
from relmaps.study.config import load_config, read_schema

TABLE = [
    Renamed("2.0", "a.old", now="a.new"),
    Renamed("2.0", "a.gone", instead="leave it out"),
    Renamed("2.0", "a.new.word", value="x", now="y"),
    Renamed("3.0", "a.list", value="x", now="y"),
    Renamed("3.0", "a.list", value="z", instead="write y"),
    Renamed("3.0", "a.one", value="z", instead="write y"),
]


def nested(key, value):
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"a": {"old": None}}, "config: a.old: renamed in 2.0; write a.new"),
        ({"a": {"gone": 1}}, "config: a.gone: deleted in 2.0; leave it out"),
        ({"a": {"new": {"word": "x"}}}, "config: a.new.word: x was renamed in 2.0; write y"),
        ({"a": {"list": ["w", "x"]}}, "config: a.list: x was renamed in 3.0; write y"),
        ({"a": {"one": "z"}}, "config: a.one: z was deleted in 3.0; write y"),
    ],
)
def test_an_old_key_or_value_is_refused_with_its_new_name(config, line):
    with pytest.raises(UserError) as error:
        refuse_renamed(config, TABLE)
    assert str(error.value) == line


def test_present_names_and_other_shapes_are_left_alone():
    for config in ({}, {"a": None}, {"a": ["old"]}, {"old": 1}, {"a": {"new": {"word": "y"}, "list": [], "one": None}}):
        before = copy.deepcopy(config)
        refuse_renamed(config, TABLE)
        translate_renamed(config, TABLE)
        assert config == before


def test_old_names_are_translated_in_their_places():
    config = {"a": {"first": 1, "old": {"word": "x"}, "gone": 2, "list": ["w", "x", "z"], "last": 3}, "b": 4}
    translate_renamed(config, TABLE)
    assert repr(config) == repr({"a": {"first": 1, "new": {"word": "y"}, "list": ["w", "y"], "last": 3}, "b": 4})


def test_provenance_is_read_with_present_names(tmp_path):
    made = {"config": {"preprocess": {"preset": "fast", "minimum_similarity": 0.6}}, "code": "c"}
    write_json(made, tmp_path / "provenance.json")
    made["config"]["preprocess"].pop("minimum_similarity")
    assert read_provenance(tmp_path / "provenance.json") == made


def test_a_single_value_that_was_deleted_cannot_be_translated():
    with pytest.raises(UserError, match=r"a\.one: z was deleted in 3.0; write y"):
        translate_renamed({"a": {"one": "z"}}, TABLE)


@pytest.mark.parametrize("row", RENAMED, ids=lambda row: f"{row.key} {row.value or ''}")
def test_every_row_is_refused_when_a_study_is_loaded(row):
    with pytest.raises(UserError) as error:
        load_config(nested(row.key, row.value if row.value is not None else 1))
    assert str(error.value) == row.explain()
    assert "\n" not in row.explain()


@pytest.mark.parametrize("row", RENAMED, ids=lambda row: f"{row.key} {row.value or ''}")
def test_new_names_fit_the_schema_and_old_ones_do_not(row):
    assert (row.now is None) != (row.instead is None)
    schema = read_schema()
    names = schema["$defs"]
    *above, last = row.key.split(".")
    for name in above:
        schema = schema["properties"][name]
    known = schema["properties"]
    if row.value is None:
        assert last not in known
        assert row.now is None or row.now.split(".")[:-1] == above
        assert row.now is None or row.now.split(".")[-1] in known
    else:
        fits = jsonschema.Draft202012Validator(known[last] | {"$defs": names})
        one = (lambda value: [value]) if known[last].get("type") == "array" else lambda value: value
        assert not fits.is_valid(one(row.value))
        assert row.now is None or fits.is_valid(one(row.now))


def test_the_page_lists_the_table():
    assert (ROOT / "docs/renamed.md").read_text(encoding="utf-8") == renamed_page()
