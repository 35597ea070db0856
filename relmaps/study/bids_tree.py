"""A BIDS folder of any size whose scans are empty files: planning must not open them."""

from pathlib import Path


def write_bids_tree(root: Path, n_scans: int) -> Path:
    """Participants sub-00001, ... of two equal groups, AD and CN, with a T1w image each; the folder itself."""
    rows = ["participant_id\tage\tsex\tdiagnosis"]
    for number in range(1, n_scans + 1):
        subject = f"sub-{number:05d}"
        (root / subject / "anat").mkdir(parents=True)
        (root / subject / "anat" / f"{subject}_T1w.nii.gz").touch()
        rows.append(f"{subject}\t{55 + number % 40}\t{'fm'[number // 2 % 2]}\t{('AD', 'CN')[number % 2]}")
    (root / "participants.tsv").write_text("\n".join(rows) + "\n")
    return root
