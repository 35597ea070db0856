"""Randomise controls to synthetic atrophy: a study with ground truth on real scans."""

from dataclasses import replace

import numpy as np
import pandas as pd

from relmaps.cohort.cohort import EXCLUSION_COLUMNS, Cohort, exclusion
from relmaps.cohort.participants import sample_severity
from relmaps.io.errors import UserError

SYNTHETIC_ATROPHY = "synthetic_atrophy"


def randomise_labels(cohort: Cohort, settings: dict) -> Cohort:
    """The cohort's controls alone, half of them labelled as disease with group `synthetic_atrophy`.

    settings : the configuration's `cohort`. The draw depends on the seed and on who takes part, not on files or jobs.
    With an odd number one more stays control. Raises UserError if fewer than two controls are there.
    """
    people = cohort.participants
    control = people["label"] == 0
    if control.sum() < 2:
        raise UserError(
            f"config: cohort.synthetic_atrophy needs controls, but {control.sum()} scan(s) of group "
            f"{settings['labels']['control']} were found; check cohort.labels.control"
        )
    controls = set(people.loc[control, "participant_id"])
    others = [
        exclusion("not a control; synthetic atrophy is added to controls alone", scan.participant_id, scan.scan_id)
        for scan in cohort.scans
        if scan.participant_id not in controls
    ]
    people = people[control].sort_values("participant_id").reset_index(drop=True)
    drawn = randomise_atrophy(people["participant_id"], settings["synthetic_atrophy"])
    ill = people["participant_id"].map(drawn.set_index("participant_id")["label"])
    people = people.assign(group=people["group"].mask(ill == 1, SYNTHETIC_ATROPHY), label=ill)
    exclusions = pd.DataFrame([*cohort.exclusions.to_dict("records"), *others], columns=EXCLUSION_COLUMNS)
    return replace(
        cohort,
        participants=people,
        scans=[scan for scan in cohort.scans if scan.participant_id in controls],
        exclusions=exclusions,
    )


def randomise_atrophy(participant_ids: pd.Series, atrophy: dict) -> pd.DataFrame:
    """participant_id, label, severity_left and severity_right of each participant; all 0 in those who stay controls.

    atrophy : the configuration's `cohort.synthetic_atrophy`.
    """
    identifiers = sorted(participant_ids)
    rng = np.random.default_rng([atrophy["seed"], 3])
    ill = rng.permutation(np.arange(len(identifiers)) < len(identifiers) // 2)
    left, right = sample_severity(ill, atrophy["severity"], atrophy["severity_spread"], rng)
    return pd.DataFrame(
        {"participant_id": identifiers, "label": ill.astype(int), "severity_left": left, "severity_right": right}
    )
