import pytest

from tests.synthetic_report import write_synthetic_report
from tests.synthetic_results import SyntheticStudy

pytestmark = pytest.mark.slow


def test_report_is_the_same_file_for_the_same_study(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    pictures = ("cohort", "quality", "mosaic", "performance", "calibration", "learning", "maps", "ranking", "curves")
    for name in ("first.html", "second.html"):
        write_synthetic_report(study, pictures, tmp_path / name)
    page = (tmp_path / "first.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert page.rstrip().endswith("</html>")
    assert page == (tmp_path / "second.html").read_text()
