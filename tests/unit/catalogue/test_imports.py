import subprocess
import sys

import pytest

from relmaps import ROOT

HEAVY = {"torch", "ants", "nilearn", "nimare", "nibabel", "sklearn", "scipy", "matplotlib", "bids2table"}
TABLES = {"pandas", "numpy"}
MODULES = {path.stem for path in (ROOT / "relmaps/catalogue").glob("*.py")} - {"__init__"}


@pytest.mark.parametrize(
    ("modules", "not_loaded"), [(MODULES, HEAVY), (MODULES - {"names"}, TABLES)], ids=["all", "records"]
)
def test_the_catalogue_loads_without_what_computes(modules, not_loaded):
    code = f"import sys, {', '.join(f'relmaps.catalogue.{name}' for name in modules)}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not not_loaded.intersection(run.stdout.split())
