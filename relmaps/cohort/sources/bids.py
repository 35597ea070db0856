"""Which scans of a BIDS dataset a study takes, and why it leaves the others."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from relmaps.cohort.cohort import Cohort, Scan, assemble, exclusion, make_people
from relmaps.io.errors import UserError
from relmaps.io.tables import read_table

# Entity -> its word in reasons, and its key in the configuration's `cohort.bids`; the most important first.
SELECTED = {"ses": ("session", "sessions"), "acq": ("acquisition", "acquisitions"), "run": ("run", "runs")}
BIDS_NAME = re.compile(r"sub-[A-Za-z0-9]+(_[a-z]+-[A-Za-z0-9]+)*")
T1W = re.compile(r"_T1w\.nii(\.gz)?\Z")

# One part of a gitignore pattern; a bracket without its partner and a backslash at the end match nothing.
GLOB = re.compile(
    r"(?P<folders>(?:\A|(?<=/))\*\*+/)"
    r"|(?P<below>(?:\A|(?<=/))\*\*+\Z)"
    r"|(?P<some>\*+)"
    r"|(?P<one>\?)"
    r"|\[(?P<not>[!^]?+)(?P<set>\]?+(?:\\.|[^\]\\])*+)\]"
    r"|(?P<broken>\[|\\\Z)"
    r"|\\?(?P<literal>.)"
)
SET_ITEM = re.compile(r"\\?(.)(?:-(?!\Z)\\?(.))?")


@dataclass(frozen=True)
class IgnoreRule:
    """A line of .bidsignore. negated : it takes in again what an earlier line has left out."""

    pattern: re.Pattern
    negated: bool
    folders_only: bool


def read_bids(root: str | Path, settings: dict) -> Cohort:
    """The study's participants and scans of a BIDS dataset.

    settings : the configuration's `cohort`. One T1w image per participant is taken: of those that `bids` allows the
    first by session, acquisition, run and name. What .bidsignore lists is left out. Raises UserError that names the
    folder, file or column.
    """
    root = Path(root)
    if not root.is_dir():
        raise UserError(f"input {root}: no such folder; give the BIDS dataset's folder, --config input=FOLDER")
    people = _participants(root / "participants.tsv", settings["labels"], settings["covariates"])
    scans, excluded = _find_scans(root)
    candidates, others = select_scans(scans, settings["bids"])
    return assemble(people, candidates, settings["labels"], excluded + others, f"input {root}")


def list_tables(where: str, settings: dict) -> list[str]:
    """participants.tsv, and .bidsignore if it is there."""
    ignored = Path(where, ".bidsignore")
    return [f"{where}/participants.tsv", *([str(ignored)] if ignored.is_file() else [])]


def select_scans(scans: list[Scan], wanted: dict) -> tuple[dict[str, list[Scan]], list[dict]]:
    """Participant -> scans in order of preference, and rows of exclusions.tsv for those that are not wanted.

    wanted : sessions, runs and acquisitions, each None (any, by name, runs by number) or a list in order of preference.
    """
    lists = {entity: _wanted_values(entity, wanted[key]) for entity, (_, key) in SELECTED.items()}
    ranked, excluded = [], []
    for scan in scans:
        entities = _entities(scan.scan_id)
        values = {entity: _comparable(entity, entities.get(entity, "")) for entity in SELECTED}
        unwanted = [
            entity for entity, allowed in lists.items() if allowed is not None and values[entity] not in allowed
        ]
        if unwanted:
            excluded.append(exclusion(_why_unwanted(unwanted[0], entities), scan.participant_id, scan.scan_id))
        else:
            ranks = [_rank(entity, value, lists[entity]) for entity, value in values.items()]
            ranked.append((ranks, scan.scan_id, scan))
    candidates: dict[str, list[Scan]] = {}
    for *_, scan in sorted(ranked, key=lambda item: item[:2]):
        candidates.setdefault(scan.participant_id, []).append(scan)
    return candidates, excluded


def _participants(path: Path, labels: dict, covariates: dict) -> pd.DataFrame:
    """participant_id, group, age, sex and site of every row; UserError for an odd or repeated identifier."""
    wanted = [labels["column"], *filter(None, covariates.values())]
    text = tuple(filter(None, (labels["column"], covariates["site"])))
    table = read_table(path, required=("participant_id", *wanted), text=text)
    identifiers = table["participant_id"].fillna("")
    identifiers = identifiers.where(identifiers.str.startswith("sub-"), "sub-" + identifiers)
    odd = identifiers[~identifiers.str.fullmatch(r"sub-[A-Za-z0-9]+")]
    if len(odd):
        raise UserError(f"{path}: participant_id {odd.iloc[0]!r} is not sub- with letters and digits; rename it")
    twice = identifiers[identifiers.duplicated()]
    if len(twice):
        raise UserError(f"{path}: participant {twice.iloc[0]} stands twice; keep one row per participant")
    return make_people(table, identifiers, labels, covariates)


def _find_scans(root: Path) -> tuple[list[Scan], list[dict]]:
    """All T1w images that .bidsignore does not list, and rows of exclusions.tsv for those that it does."""
    rules = _rules_of(root / ".bidsignore")
    scans, excluded = {}, []
    for participant_id, *session, name in _image_names(root):
        path = "/".join([participant_id, *session, "anat", name])
        scan_id = T1W.sub("", name)
        if is_ignored(path, rules):
            excluded.append(exclusion("ignored by .bidsignore", participant_id, scan_id))
            continue
        prefix = "_".join([participant_id, *session])
        if not (BIDS_NAME.fullmatch(scan_id) and f"{scan_id}_".startswith(f"{prefix}_")):
            remedy = f"rename it to {prefix}_T1w.nii.gz or list it in .bidsignore"
            raise UserError(f"{root / path}: not a BIDS name of {prefix}; {remedy}")
        if scan_id in scans:
            other = scans[scan_id].path
            raise UserError(f"{root / path}: {other} has the same name; keep one or list one in .bidsignore")
        entities = _entities(scan_id)
        session_id = f"ses-{entities['ses']}" if "ses" in entities else None
        scans[scan_id] = Scan(scan_id, participant_id, session_id, str(root / path))
    return list(scans.values()), excluded


def _image_names(root: Path) -> list[tuple[str, ...]]:
    """(subject, name) or (subject, session, name) of each T1w image in an anat folder."""
    folders = [(subject,) for subject in _names_in(root, "sub-")]
    folders += [(subject, session) for (subject,) in folders for session in _names_in(root / subject, "ses-")]
    return [
        (*folder, name)
        for folder in folders
        for name in _names_in(root.joinpath(*folder, "anat"))
        if T1W.search(name) and not name.startswith(".")
    ]


def _names_in(folder: Path, prefix: str = "") -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.startswith(prefix))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError:
        raise UserError(f"{folder}: not readable; check its permissions") from None


def _rules_of(path: Path) -> list[IgnoreRule]:
    try:
        return read_ignore_rules(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a readable UTF-8 text ({error}); save it as UTF-8") from None


def _entities(scan_id: str) -> dict[str, str]:
    return dict(part.split("-", 1) for part in scan_id.split("_"))


def _comparable(entity: str, value: str) -> str:
    """Runs are numbers: 1 and 01 are the same."""
    return str(int(value)) if entity == "run" and re.fullmatch("[0-9]+", value) else value


def _wanted_values(entity: str, names: list[str] | None) -> list[str] | None:
    """Values as `_comparable` gives them, without prefix; "" stands for an image without the entity."""
    if names is None:
        return None
    return ["" if name == "none" else _comparable(entity, name.removeprefix(f"{entity}-")) for name in names]


def _why_unwanted(entity: str, entities: dict[str, str]) -> str:
    word, key = SELECTED[entity]
    named = f"{word} {entity}-{entities[entity]}" if entity in entities else f"no {word}: none"
    return f"{named} is not in cohort.bids.{key}"


def _rank(entity: str, value: str, wanted: list[str] | None) -> tuple[int, str]:
    if wanted is not None:
        return wanted.index(value), ""
    return (int(value), "") if entity == "run" and value.isdecimal() else (0, value)


def read_ignore_rules(text: str) -> list[IgnoreRule]:
    """The rules of a file in gitignore's syntax; character classes such as [[:digit:]] are not known."""
    # Not pathspec: it takes files back in below a folder that is left out, and refuses or misreads some patterns. The
    # tests hold these rules against git itself.
    rules = []
    for line in text.splitlines():
        pattern = re.match(r"((?:\\.|.)*?) *\Z", line)[1]  # a space at the end counts if a backslash stands before it
        if not pattern or pattern.startswith("#"):
            continue
        negated = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        folders_only = pattern.endswith("/")
        pattern = pattern.removesuffix("/")
        anywhere = "" if "/" in pattern else "(?:.*/)?"
        expression = "".join(_expression(part) for part in GLOB.finditer(pattern.removeprefix("/")))
        rules.append(IgnoreRule(re.compile(anywhere + expression, re.DOTALL), negated, folders_only))
    return rules


def is_ignored(path: str, rules: list[IgnoreRule]) -> bool:
    """Whether gitignore rules leave out a file.

    path : relative to the rules' folder, with "/". The last rule that fits decides; within a folder that is left out
    nothing is taken in again.
    """
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        name, is_folder = "/".join(parts[:depth]), depth < len(parts)
        fitting = (
            rule for rule in reversed(rules) if (is_folder or not rule.folders_only) and rule.pattern.fullmatch(name)
        )
        rule = next(fitting, None)
        if rule is not None and not rule.negated:
            return True
    return False


def _expression(part: re.Match) -> str:
    """Regular expression of a match of GLOB."""
    kind = part.lastgroup
    if kind == "literal":
        return re.escape(part["literal"])
    if kind == "set":
        ranges = "".join(_range(*item.groups()) for item in SET_ITEM.finditer(part["set"]))
        return f"(?!/)[{'^' if part['not'] else ''}{ranges}]"
    return {"folders": "(?:.*/)?", "below": ".*", "some": "[^/]*", "one": "[^/]", "broken": "(?!)"}[kind]


def _range(first: str, last: str | None) -> str:
    """Python refuses a range that runs backwards; in gitignore it holds its first character alone."""
    end = f"-{re.escape(last)}" if last and first <= last else ""
    return re.escape(first) + end
