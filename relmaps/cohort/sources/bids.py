"""Which scans of a BIDS dataset a study takes, and why it leaves the others."""

import os
import re
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from relmaps.cohort.cohort import Cohort, Scan, assemble, exclusion, make_people
from relmaps.cohort.covariates import find_sidecar, read_levels
from relmaps.cohort.sessions import order_sessions
from relmaps.cohort.sources.bids_images import rank_image, why_no_plain_head
from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing
from relmaps.io.text_tables import read_text_table

# Entity -> its word in reasons, and its key in the configuration's `cohort.bids`; the most important first.
SELECTED = {"ses": ("session", "sessions"), "acq": ("acquisition", "acquisitions"), "run": ("run", "runs")}
BIDS_NAME = re.compile(r"sub-[A-Za-z0-9]+(_[a-z]+-[A-Za-z0-9]+)*")
T1W = re.compile(r"_T1w\.nii(\.gz)?\Z")
UNIT1 = re.compile(r"_UNIT1\.nii(\.gz)?\Z")

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

    settings : the configuration's `cohort`. One T1w image per participant is taken, the first one of `select_scans`.
    What .bidsignore lists is left out. Raises UserError that names the folder, file or column, or sessions without an
    order.
    """
    root = Path(root)
    if not root.is_dir():
        remedy = "give the BIDS dataset's folder, --config input=FOLDER"
        raise UserError(f"input {root}: {explain_missing(root, 'folder', remedy)}")
    table = root / "participants.tsv"
    people = _participants(table, settings["labels"], settings["covariates"])
    scans, excluded = _find_scans(root)
    in_groups = people["group"].isin([settings["labels"]["disease"], settings["labels"]["control"]])
    candidates, others, notes = select_scans(scans, settings["bids"], set(people.loc[in_groups, "participant_id"]))
    levels = read_levels(table, settings["covariates"]["sex"])
    return assemble(people, candidates, settings, excluded + others, f"input {root}", levels, notes)


def list_tables(where: str, settings: dict) -> list[str]:
    """participants.tsv, and its sidecar and .bidsignore if they are there."""
    table, ignored = f"{where}/participants.tsv", Path(where, ".bidsignore")
    return [table, *map(str, filter(None, [find_sidecar(table), ignored if ignored.is_file() else None]))]


def select_scans(
    scans: list[Scan], wanted: dict, participants: Container[str]
) -> tuple[dict[str, list[Scan]], list[dict], list[str]]:
    """Participant -> scans in order of preference, rows of exclusions.tsv for the other scans, and notes on these.

    wanted : sessions, runs and acquisitions, each None (any: the first session by `order_sessions`, then as in
    `rank_image`, by acquisition and by run) or a list in order of preference; allow : entities of images that are taken
    though they are no plain head. participants : those whose sessions must have an order; UserError if they have none.
    """
    lists = {entity: _wanted_values(entity, wanted[key]) for entity, (_, key) in SELECTED.items()}
    allowed, any_acquisition = wanted["allow"] or [], lists["acq"] is None
    usable: dict[str, list[Scan]] = {}
    excluded = []
    left_out: Counter[str] = Counter()
    for scan in scans:
        entities = _entities(scan.scan_id)
        unwanted = _find_unwanted(entities, lists)
        other = why_no_plain_head(entities, allowed, any_acquisition)
        if unwanted:
            excluded.append(exclusion(_why_unwanted(unwanted, entities), scan.participant_id, scan.scan_id))
        elif other:
            left_out[other.partition(" (")[0]] += 1
            what = other.rpartition("(")[2].removesuffix(")")
            remedy = f"to take it anyway, list {what} in cohort.bids.allow"
            excluded.append(exclusion(f"{other}; {remedy}", scan.participant_id, scan.scan_id))
        else:
            usable.setdefault(scan.participant_id, []).append(scan)
    candidates = {
        participant_id: _sort(participant_id, own, lists, participants) for participant_id, own in usable.items()
    }
    listed = ", ".join(f"{what} ({n})" for what, n in left_out.most_common())
    return candidates, excluded, [f"T1w images that were not considered, by their names: {listed}."] if listed else []


def _find_unwanted(entities: dict[str, str], lists: dict[str, list[str] | None]) -> str | None:
    """The first entity whose value is not in the configuration's list."""
    for entity, allowed in lists.items():
        if allowed is not None and _comparable(entity, entities.get(entity, "")) not in allowed:
            return entity
    return None


def _sort(
    participant_id: str, scans: list[Scan], lists: dict[str, list[str] | None], participants: Container[str]
) -> list[Scan]:
    """The scans of a participant in order of preference."""
    sessions = lists["ses"]
    if sessions is None:
        names = sorted({_entities(scan.scan_id).get("ses", "") for scan in scans})
        sessions = order_sessions(names)
        if sessions is None and participant_id in participants:
            known = ", ".join(name or "none" for name in names)
            raise UserError(
                f"{participant_id}: which of the sessions {known} is the first does not follow from their names; "
                "list the sessions in cohort.bids.sessions, the first one first"
            )
        sessions = sessions or names

    def key(scan: Scan) -> tuple:
        entities = _entities(scan.scan_id)
        acquisition, run = (_comparable(entity, entities.get(entity, "")) for entity in ("acq", "run"))
        return (
            sessions.index(entities.get("ses", "")),
            0 if lists["acq"] is None else lists["acq"].index(acquisition),
            rank_image(entities),
            acquisition,
            _rank_run(run, lists["run"]),
            scan.scan_id,
        )

    return sorted(scans, key=key)


def _participants(path: Path, labels: dict, covariates: dict) -> pd.DataFrame:
    """participant_id, group, age, sex and site of every row; UserError for an odd or repeated identifier."""
    wanted = [labels["column"], *filter(None, (covariates[name] for name in ("age", "sex", "site")))]
    table = read_text_table(path, list(dict.fromkeys(["participant_id", *wanted])))
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
    """All T1w images that .bidsignore does not list, and rows of exclusions.tsv for those that it does.

    A participant who has UNIT1 (MP2RAGE) alone has rows as well.
    """
    rules = _rules_of(root / ".bidsignore")
    scans, excluded, mp2rage = {}, [], []
    for participant_id, *session, name in _image_names(root):
        if UNIT1.search(name):
            mp2rage.append((participant_id, UNIT1.sub("", name)))
            continue
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
    with_t1w = {scan.participant_id for scan in scans.values()}
    for participant_id, scan_id in mp2rage:
        if participant_id not in with_t1w:
            why_not = "no T1w image but UNIT1, with noise around the head; save a denoised one as T1w to take it"
            excluded.append(exclusion(why_not, participant_id, scan_id))
    return list(scans.values()), excluded


def _image_names(root: Path) -> list[tuple[str, ...]]:
    """(subject, name) or (subject, session, name) of each T1w or UNIT1 image in an anat folder."""
    folders = [(subject,) for subject in _names_in(root, "sub-")]
    folders += [(subject, session) for (subject,) in folders for session in _names_in(root / subject, "ses-")]
    return [
        (*folder, name)
        for folder in folders
        for name in _names_in(root.joinpath(*folder, "anat"))
        if (T1W.search(name) or UNIT1.search(name)) and not name.startswith(".")
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
        if path.is_symlink():
            raise UserError(f"{path}: {explain_missing(path)}") from None
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


def _rank_run(value: str, wanted: list[str] | None) -> tuple[int, str]:
    if wanted is not None:
        return wanted.index(value), ""
    return (int(value), "") if value.isdecimal() else (0, value)


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
