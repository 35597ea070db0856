"""Which of a participant's sessions is the first, by their names."""

import re
from collections.abc import Collection

# What comes before everything else, in this order. Screening (sc, scmri in ADNI) precedes baseline.
BEFORE = (
    *(r"sc|scr|screen|screening|scmri|screening\w*",),
    *(r"bl|base|baseline\w*|init|initial|first|pre|preop|presurgery|pretreatment|pretest|test",),
)
DURING = r"mid|during|intra|intraop"
AFTER = r"(?:post|postop|postsurgery|posttreatment|posttest|retest|fu|followup)(?P<number>[0-9]*)"
DAYS = {"d": 1.0, "day": 1.0, "w": 7.0, "wk": 7.0, "week": 7.0}
DAYS |= {"m": 30.44, "mo": 30.44, "mth": 30.44, "month": 30.44, "y": 365.25, "yr": 365.25, "year": 365.25}
UNIT = rf"({'|'.join(DAYS)})s?"

Place = tuple[str, tuple[float, ...]]  # how the name is built, and its place among names that are built so


def order_sessions(names: Collection[str]) -> list[str] | None:
    """The names, earliest first, or None if they do not say their order. Case and the prefix ses- do not count.

    Known are, in this order: names of screening and baseline; then names of one kind: times (m6, M12, 2y), names that
    differ in their numbers alone (1, 2, 10; v01, v02; visit1, visit2; dates such as 20060418), single letters, or
    during and after (mid, post, followup2). Names of two kinds, and two names of one place such as 1 and 01, say none.
    """
    places = {name: _place(name.lower().removeprefix("ses-")) for name in names}
    kinds = {kind for kind, _ in places.values() if kind != "before"}
    if len(names) > 1 and ("unknown" in kinds or len(kinds) > 1):
        return None
    ranks = {name: (kind != "before", place) for name, (kind, place) in places.items()}
    return sorted(names, key=ranks.__getitem__) if len(set(ranks.values())) == len(names) else None


def _place(name: str) -> Place:
    for rank, words in enumerate(BEFORE):
        if re.fullmatch(words, name):
            return "before", (rank,)
    if re.fullmatch(DURING, name):
        return "phase", (0.0, 0.0)
    if match := re.fullmatch(AFTER, name):
        return "phase", (1.0, float(match["number"] or 1))
    if match := re.fullmatch(rf"{UNIT}([0-9]+)", name):
        return "time", (DAYS[match[1]] * int(match[2]),)
    if match := re.fullmatch(rf"([0-9]+){UNIT}", name):
        return "time", (DAYS[match[2]] * int(match[1]),)
    if re.fullmatch("[a-z]", name):
        return "letter", (float(ord(name)),)
    numbers = re.findall("[0-9]+", name)
    if not numbers:
        return "unknown", ()
    if re.fullmatch("[0-9]{8}", name):
        is_date = re.fullmatch("(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])", name)
        return ("date", (float(name),)) if is_date else ("unknown", ())
    return re.sub("[0-9]+", "#", name), tuple(map(float, numbers))
