"""NeuroQuery's files: which papers there are, how often each uses which term, and the foci of their tables.

Dockès et al. 2020 (eLife 9:e53385) read titles, abstracts, keywords and tables of coordinates by machine. Nobody has
looked at which contrast a table shows.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from scipy import sparse

from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing
from relmaps.io.machine import raise_fault

VOCABULARY = "neuroquery7547"
COUNTED = ("abstract", "keywords")  # fields whose terms NeuroQuery has counted; titles are there in full
AXES = ["x", "y", "z"]
FILES = {
    "coordinates": "coordinates.tsv.gz",
    "metadata": "metadata.tsv.gz",
    "vocabulary": f"vocab-{VOCABULARY}_vocabulary.txt",
} | {field: f"vocab-{VOCABULARY}_source-{field}_type-count_features.npz" for field in COUNTED}


@dataclass(frozen=True, eq=False)
class Database:
    """papers : (n_papers,) pmid (text) and title. foci : pmid, table_id, table_name, x, y, z in mm, in the order of the
    tables. terms : term -> its column. counts : abstract, keywords -> (n_papers, n_terms) how often a term is used.
    talairach : pmids of papers whose foci are said to be in Talairach space."""

    papers: pd.DataFrame
    foci: pd.DataFrame
    terms: dict[str, int]
    counts: dict[str, sparse.csc_matrix]
    talairach: frozenset[str] = frozenset()


def read_database(folder: str | Path) -> Database:
    """The files of a folder, with or without the prefix of NiMARE's fetcher. UserError names the one that is missing.

    # ASSUME: coordinates are in MNI space; NeuroQuery has brought those it took for Talairach there, and does not say
    which. A paper that a column `space` of either table puts there all the same is among `talairach`.
    """
    paths = {name: _find(Path(folder), ending) for name, ending in FILES.items()}
    try:
        papers = pd.read_csv(paths["metadata"], sep="\t", dtype={"id": str}).rename(columns={"id": "pmid"})
        texts = dict.fromkeys(("id", "table_id", "table_name"), str)
        foci = pd.read_csv(paths["coordinates"], sep="\t", dtype=texts | dict.fromkeys(AXES, float))
        foci = foci.rename(columns={"id": "pmid"})
        spaces = [table[["pmid", "space"]] for table in (papers, foci) if "space" in table]
        papers, foci = papers[["pmid", "title"]].fillna(""), foci[["pmid", "table_id", "table_name", *AXES]]
        terms = paths["vocabulary"].read_text(encoding="utf-8").splitlines()
        counts = {field: sparse.load_npz(paths[field]).tocsc() for field in COUNTED}
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise_fault(error, folder)
        raise UserError(f"{folder}: a file of NeuroQuery is damaged ({error}); copy the folder again") from None
    for field, found in counts.items():
        if found.shape != (len(papers), len(terms)):
            raise UserError(
                f"{paths[field]}: {found.shape} does not fit {len(papers)} papers and {len(terms)} terms; "
                "copy the folder again"
            )
    talairach = [table.loc[table["space"].astype(str).str.upper().str.startswith("TAL"), "pmid"] for table in spaces]
    columns = {term: column for column, term in enumerate(terms)}
    return Database(papers, foci, columns, counts, frozenset().union(*talairach))


def fetch_database(folder: str | Path) -> Path:
    """Download the files (5 MB) with NiMARE and return their folder; UserError without a network."""
    from nimare.extract import fetch_neuroquery  # slow to import, and a folder that is there does not need it

    try:
        (found,) = fetch_neuroquery(
            data_dir=str(folder),
            version="1",
            vocab=VOCABULARY,
            source=list(COUNTED),
            type="count",
            return_type="files",  # as a studyset all papers would take 17 GB
        )
    except OSError as error:
        raise UserError(
            f"NeuroQuery cannot be downloaded ({error}); give the folder with its files as the reference's path"
        ) from None
    return Path(found["metadata"]).parent


def _find(folder: Path, ending: str) -> Path:
    named = sorted(folder.glob(f"*{ending}"))
    found = [path for path in named if path.is_file()]
    for path in named:
        if not path.exists():
            raise UserError(f"{path}: {explain_missing(path)}")
    if len(found) != 1:
        what = f"{len(found)} files end" if found else "no file ends"
        raise UserError(f"{folder}: {what} in {ending}; give the folder with NeuroQuery's files")
    return found[0]
