"""Which participants the study uses: those with a scan that passed every check."""

import pandas as pd

from relmaps.errors import UserError


def select_subjects(
    participants: pd.DataFrame, qc: pd.DataFrame, left_out: pd.DataFrame, minimum_similarity: float, on_bad_scan: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables `subjects` and `exclusions`.

    left_out : rows of scans that the cohort stage did not take. Raises UserError with the whole list of bad scans under
    the policy `fail`, and under `exclude` if a group has nobody left.
    """
    qc = qc.astype({"reason": object})  # a column of n/a alone is read as numbers
    low = (qc["status"] == "ok") & ~(qc["similarity"] >= minimum_similarity)
    qc.loc[low, "reason"] = [
        f"similarity {value:.2f} to the template is below {minimum_similarity:g}: registration failed"
        for value in qc.loc[low, "similarity"]
    ]
    bad = qc[(qc["status"] == "failed") | low]
    if len(bad) and on_bad_scan == "fail":
        raise UserError(
            f"{len(bad)} scan(s) cannot be used and cohort.on_bad_scan is fail; mend or remove them, or set it to "
            f"exclude: {'; '.join(f'{row.scan_id}: {row.reason}' for row in bad.itertuples())}"
        )
    rejected = bad[["scan_id", "participant_id", "reason"]].assign(stage="preprocess")
    exclusions = pd.concat([left_out, rejected], ignore_index=True) if len(left_out) else rejected
    good = qc.drop(bad.index)[["scan_id", "participant_id", "tiv_ml"]]
    subjects = participants.merge(good, on="participant_id", validate="one_to_one").sort_values("participant_id")
    for label, group in ((1, "disease"), (0, "control")):
        if not (subjects["label"] == label).any():
            raise UserError(f"no {group} scan is left after exclusions; see preprocess/qc.tsv and cohort/left_out.tsv")
    return subjects.drop(columns="group"), exclusions
