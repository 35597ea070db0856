"""The text of every rule of the workflow, for what Snakemake does not tell without running it."""

import re

from relmaps import ROOT
from relmaps.catalogue.figures import FIGURES


def rule_texts() -> dict[str, str]:
    """Name of each rule -> its directives; the figures of the catalogue share one rule."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    own = dict(re.findall(r"^rule (\w+):\n((?:(?:    .*)?\n)+)", text, re.M))
    (shared,) = re.findall(r"^    rule:\n((?:(?:        .*)?\n)+)", text, re.M)
    shared = re.sub(r"^    ", "", shared, flags=re.M)
    return own | {
        f"plot_{name}": shared.replace("{name}", name) for name, record in FIGURES.items() if record.inputs is not None
    }
