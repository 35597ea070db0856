"""A folder like NeuroQuery's, with a handful of papers."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

VOCABULARY = ["alzheimer disease", "atrophy", "fmri", "gray matter", "task"]


@dataclass
class Paper:
    """tables : name -> foci. abstract, keywords : term -> how often."""

    pmid: str
    title: str
    tables: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    abstract: dict[str, int] = field(default_factory=dict)
    keywords: dict[str, int] = field(default_factory=dict)


def write_neuroquery(folder: Path, papers: list[Paper], prefix: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    start = f"{folder}/{prefix}"
    metadata = pd.DataFrame({"id": [p.pmid for p in papers], "title": [p.title for p in papers]})
    metadata.to_csv(f"{start}metadata.tsv.gz", sep="\t", index=False)
    rows = [
        (paper.pmid, f"t{number}", name, *focus)
        for paper in papers
        for number, (name, foci) in enumerate(paper.tables.items(), 1)
        for focus in foci
    ]
    foci = pd.DataFrame(rows, columns=["id", "table_id", "table_name", "x", "y", "z"])
    foci.to_csv(f"{start}coordinates.tsv.gz", sep="\t", index=False)
    Path(f"{start}vocab-neuroquery7547_vocabulary.txt").write_text("\n".join(VOCABULARY) + "\n")
    for name in ("abstract", "keywords"):
        counts = np.array([[getattr(paper, name).get(term, 0) for term in VOCABULARY] for paper in papers], dtype=float)
        path = f"{start}vocab-neuroquery7547_source-{name}_type-count_features.npz"
        sparse.save_npz(path, sparse.csr_matrix(counts))
    return folder
