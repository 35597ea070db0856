from xml.etree import ElementTree

import numpy as np
import pandas as pd

from relmaps.report.tables import Column, html_table, interval, number, pairs_html


def test_cells_show_rounded_numbers_and_sort_by_the_exact_ones():
    rows = pd.DataFrame({"name": ["a", "b"], "x": [0.123456, np.nan], "low": [0.1, np.nan], "high": [np.nan, np.nan]})
    columns = [Column("Name", lambda row: row["name"]), number("x", "X", 3), interval("x", "Y", "low", "high")]
    page = ElementTree.fromstring(html_table(rows, columns, "A caption"))
    assert page.findtext(".//caption") == "A caption"
    assert [button.text for button in page.findall(".//thead//button")] == ["Name", "X", "Y"]
    assert [cell.text for cell in page.findall(".//tbody//th")] == ["a", "b"]
    assert [cell.text for cell in page.findall(".//td")] == ["0.123", "0.12 [n/a]", "n/a", "n/a"]
    assert [cell.get("data-key") for cell in page.findall(".//td")] == ["0.123456", "0.123456", "", ""]


def test_text_is_escaped():
    page = ElementTree.fromstring(pairs_html({"<b>": "<script>alert(1)</script>"}, ("Key", "Value"), "Settings"))
    assert page.findtext(".//td") == "<script>alert(1)</script>"
    assert page.find(".//script") is None
