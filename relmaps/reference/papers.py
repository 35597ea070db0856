"""Papers and foci chosen from NeuroQuery by stated rules: a text-mined literature, not a curated contrast."""

import logging
import re
from pathlib import Path

import numpy as np
import pandas as pd

from relmaps.io.errors import UserError
from relmaps.io.text_tables import read_text_table
from relmaps.reference.neuroquery import AXES, COUNTED, Database
from relmaps.reference.sleuth import Experiment

log = logging.getLogger("relmaps")

LABEL = "text-mined map (NeuroQuery), not a curated contrast; sample size of every paper assumed to be {}"
LEFT_OUT = "left out: "
Rule = dict  # terms: list of str; fields: of title, abstract, keywords; minimum: how often the terms occur there in all


def choose_papers(
    database: Database,
    require: dict[str, Rule | None],
    exclude: dict[str, Rule | None],
    maximum_foci: int,
    allowed: dict[str, set[str]] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of papers.tsv, and the chosen foci (pmid, x, y, z in mm), both in the order of the database.

    A paper is chosen if every rule of `require` holds and none of `exclude`. Rules that are None do not count, and if
    none in `require` does, no paper is chosen by its terms. allowed : pmid -> ids or names of tables that somebody has
    read; of these papers exactly these tables are taken, whatever the rules say. A focus counts once per paper, of
    which the first `maximum_foci` are taken; of papers with the same title, foci or first foci the first is taken, and
    none with foci in Talairach space. Papers that are left out although all in `require` holds have a row with the
    reason.
    """
    # ASSUME: the first foci of a paper are those of its main contrast; nothing in the files says which are.
    allowed = allowed or {}
    candidates = database.papers.assign(reason=_reasons(database, require, exclude))
    candidates.loc[candidates["pmid"].isin(list(allowed)), "reason"] = "table on the allow-list"
    candidates = candidates.dropna(subset="reason")
    foci = _foci_by_paper(database, set(candidates["pmid"]), allowed)
    rows: list = []
    chosen: list = []
    seen: dict = {}
    for pmid, title, reason in candidates.itertuples(index=False):
        own = foci.get(pmid, database.foci.iloc[:0])
        if not reason.startswith(LEFT_OUT):
            elsewhere = f"{LEFT_OUT}foci in Talairach space" if pmid in database.talairach else None
            reason = elsewhere or _doubt(pmid, title, own, maximum_foci, seen) or reason
        used = own.iloc[: 0 if reason.startswith(LEFT_OUT) else maximum_foci]
        chosen.append(used[["pmid", *AXES]])
        rows.append(
            {
                "pmid": pmid,
                "title": " ".join(title.split()),
                "tables": ", ".join(used["table_name"].unique()) or None,
                "n_foci": len(own),
                "n_used": len(used),
                "capped": "true" if 0 < len(used) < len(own) else "false",
                "reason": reason,
            }
        )
    if not any(row["n_used"] for row in rows):
        raise UserError("NeuroQuery: no paper fits the rules; change require and exclude, or give an allow_list")
    papers, foci = pd.DataFrame(rows), pd.concat(chosen, ignore_index=True)
    log.info(
        "%d foci of %d papers; %d left out", len(foci), (papers["n_used"] > 0).sum(), (papers["n_used"] == 0).sum()
    )
    return papers, foci


def make_experiments(papers: pd.DataFrame, foci: pd.DataFrame, sample_size: int) -> list[Experiment]:
    """The chosen papers as experiments of `sample_size` subjects each."""
    # ASSUME: NeuroQuery has no sample sizes; one for all sets the width of every focus, so others are tried.
    titles = papers[papers["n_used"] > 0].set_index("pmid")["title"]  # a paper may stand twice, and is used once
    return [
        Experiment(f"PMID {pmid}: {titles[pmid]}", sample_size, "MNI", own[AXES].to_numpy(float))
        for pmid, own in foci.groupby("pmid", sort=False)
    ]


def read_allow_list(path: str | Path, database: Database) -> dict[str, set[str]]:
    """pmid -> tables, from a TSV with the columns pmid and table (id or name). UserError names what is not there."""
    listed = read_text_table(path, ("pmid", "table"))
    known = database.foci[["pmid", "table_id", "table_name"]].drop_duplicates()
    known = {(row.pmid, table) for row in known.itertuples() for table in (row.table_id, row.table_name)}
    tables: dict[str, set[str]] = {}
    for pmid, table in listed[["pmid", "table"]].itertuples(index=False):
        if (pmid, table) not in known:
            raise UserError(f"{path}: NeuroQuery has no {table!r} of PMID {pmid}; write its id or name, or remove it")
        tables.setdefault(pmid, set()).add(table)
    return tables


def count_terms(database: Database, rule: Rule) -> np.ndarray:
    """(n_papers,) how often a rule's terms occur in its fields.

    In titles a term is a run of whole words, without case and punctuation; the longest is counted where several fit.
    Abstracts and keywords are counted by NeuroQuery, for the terms of its vocabulary. UserError names a term that is
    looked for nowhere.
    """
    unknown = sorted(set(rule["terms"]) - set(database.terms))
    if unknown and "title" not in rule["fields"]:
        raise UserError(f"NeuroQuery has not counted {unknown[0]!r}; look for it in the field title, or remove it")
    occurrences = np.zeros(len(database.papers), dtype=int)
    if "title" in rule["fields"]:
        terms = "|".join(sorted(map(_plain, rule["terms"]), key=len, reverse=True))
        occurrences += database.papers["title"].map(_plain).str.count(rf"\b(?:{terms})\b").to_numpy(int)
    columns = [database.terms[term] for term in rule["terms"] if term in database.terms]
    for field in set(rule["fields"]).intersection(COUNTED):
        occurrences += np.asarray(database.counts[field][:, columns].sum(axis=1), dtype=int).ravel()
    return occurrences


def _reasons(database: Database, require: dict[str, Rule | None], exclude: dict[str, Rule | None]) -> pd.Series:
    """Of each paper that is required, why it is chosen or left out; missing for all others."""
    rules = {name: rule for name, rule in require.items() if rule is not None}
    held = {name: count_terms(database, rule) for name, rule in rules.items()}
    wanted = np.full(len(database.papers), bool(held))
    for name, counts in held.items():
        wanted &= counts >= rules[name]["minimum"]
    words = [", ".join(f"{name} {counts[row]}" for name, counts in held.items()) for row in range(len(database.papers))]
    reasons = pd.Series(words, index=database.papers.index, dtype=object).where(wanted)
    for name, rule in exclude.items():
        if rule is not None:
            barred = count_terms(database, rule) >= rule["minimum"]
            reasons[barred & reasons.notna()] = f"{LEFT_OUT}{name}"
    return reasons


def _foci_by_paper(database: Database, wanted: set[str], allowed: dict[str, set[str]]) -> dict[str, pd.DataFrame]:
    foci = database.foci[database.foci["pmid"].isin(wanted)]
    taken = [
        row.pmid not in allowed or bool({row.table_id, row.table_name} & allowed[row.pmid])
        for row in foci[["pmid", "table_id", "table_name"]].itertuples()
    ]
    return dict(list(foci[np.array(taken, dtype=bool)].drop_duplicates(["pmid", *AXES]).groupby("pmid", sort=False)))


def _doubt(pmid: str, title: str, foci: pd.DataFrame, maximum_foci: int, seen: dict) -> str | None:
    """Why a paper that fits is left out all the same; `seen` remembers titles and sets of foci of those before it."""
    if foci.empty:
        return f"{LEFT_OUT}no foci"
    every, first = (frozenset(part[AXES].itertuples(index=False, name=None)) for part in (foci, foci[:maximum_foci]))
    marks = [_plain(title), every, *([first] if len(first) > 1 else [])]  # one peak may well be that of two studies
    earlier = [seen[mark] for mark in marks if mark in seen]
    if earlier:
        return f"{LEFT_OUT}same title or foci as {earlier[0]}"
    seen.update(dict.fromkeys(marks, pmid))
    return None


def _plain(text: str) -> str:
    """Lower case words with one space between, without punctuation and the s of a genitive."""
    return re.sub(r"[\W_]+", " ", re.sub(r"['’׳]s\b", "", text.casefold())).strip()
