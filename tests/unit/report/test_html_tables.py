from xml.etree import ElementTree

import numpy as np
import pandas as pd

from relmaps.report.table import Column, Table, interval, number
from relmaps.report.tables import flagged, pairs


def test_specifications_show_rounded_numbers_and_sort_by_the_exact_ones():
    rows = pd.DataFrame({"name": ["a", "b"], "x": [0.123456, np.nan], "low": [0.1, np.nan], "high": [np.nan, np.nan]})
    columns = [Column("Name", lambda row: row["name"]), number("x", "X", 3), interval("x", "Y", "low", "high")]
    page = ElementTree.fromstring(Table(rows, columns, "A caption").html())
    assert page.findtext(".//caption") == "A caption"
    assert [button.text for button in page.findall(".//thead//button")] == ["Name", "X", "Y"]
    assert [cell.text for cell in page.findall(".//tbody//th")] == ["a", "b"]
    assert [cell.text for cell in page.findall(".//td")] == ["0.123", "0.12 [n/a]", "n/a", "n/a"]
    assert [cell.get("data-key") for cell in page.findall(".//td")] == ["0.123456", "0.123456", "", ""]


def test_text_is_escaped():
    page = ElementTree.fromstring(pairs({"<b>": "<script>alert(1)</script>"}, ("Key", "Value"), "Settings").html())
    assert page.findtext(".//td") == "<script>alert(1)</script>"
    assert page.find(".//script") is None


def test_latex_escapes_what_is_special_and_aligns_numbers():
    rows = pd.DataFrame({"name": ["a_b & 5 %", "LRP α"], "x": [-0.5, np.nan]})
    table = Table(rows, [Column("Name", lambda row: row["name"]), number("x", "X_1")], "At 95 %")
    latex = table.latex("mine")
    assert r"a\_b \& 5 \% & -0.50 \\" in latex
    assert r"LRP \ensuremath{\alpha} & n/a \\" in latex
    assert r"\begin{tabular}{lr}" in latex
    assert r"\caption{At 95 \%}" in latex
    assert r"X\_1" in latex
    assert latex.isascii()


def test_latex_wraps_long_texts_scales_wide_tables_and_breaks_long_ones():
    name, text = Column("Name", lambda row: row["name"]), Column("Text", lambda row: "word " * 30)
    short = pd.DataFrame({"name": ["a"] * 3})
    assert r"\begin{tabular}{lp{0.25\linewidth}}" in Table(short, [name, text], "A").latex("a")
    wide = Table(short, [name] * 12, "A")
    assert "resizebox" not in wide.latex("a")
    wide = Table(short.assign(name="x" * 20), [name] * 12, "A").latex("a")
    assert wide.index(r"\resizebox{\linewidth}{!}{%") < wide.index(r"\begin{tabular}")
    assert r"\end{tabular}}" in wide
    long = Table(pd.DataFrame({"name": ["a"] * 60}), [name], "A").latex("a")
    assert r"\begin{longtable}{l}" in long
    assert "tabular" not in long


def test_flagged_scans_are_told_by_their_row_and_not_by_name():
    qc = pd.DataFrame({"scan_id": ["sub-1", "sub-2", "sub-3"], "participant_id": ["sub-1", "sub-2", "sub-3"]})
    qc = qc.assign(status=["ok", "ok", "failed"], flags=[None, "noise high", None], content="x", reason="sub-3 broken")
    qc = qc.assign(similarity=[0.9, 0.8, np.nan], gm_dice=0.7, noise=0.02)
    table = flagged(qc, qc[:2])
    assert table.rows["number"].tolist() == [2, 3]
    page = table.html()
    assert "sub-" not in page
    assert "noise high" in page
