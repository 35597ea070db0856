"""Names that would be commands in a shell, or lead out of the study's folder, are only names."""

import shutil
import subprocess
import sys

import pytest

from relmaps.code import ROOT
from relmaps.tables import read_table
from tests.bids_tree import write_bids_tree

STUDY = "hostile-test"
RESULTS = ROOT / "results" / STUDY
MARK = "sprung-by-a-name"
NAMES = [
    f"$(touch {MARK})",
    f"`touch {MARK}`",
    f"; touch {MARK};",
    f"'; touch {MARK}; '",
    f'"; touch {MARK}; "',
    f"| touch {MARK} |",
    f"&& touch {MARK} &",
    f"-o {MARK} --delete",
]


@pytest.fixture
def mark():
    """The file that each of the names would make, were it run."""
    path = ROOT / MARK
    shutil.rmtree(RESULTS, ignore_errors=True)
    yield path
    path.unlink(missing_ok=True)
    shutil.rmtree(RESULTS, ignore_errors=True)


def ingest(*arguments):
    target = f"results/{STUDY}/cohort/scans.tsv"
    command = [sys.executable, "-m", "snakemake", "--cores", "1", target, *arguments, f"study={STUDY}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return read_table(RESULTS / "cohort/scans.tsv")


def test_names_of_scans_and_of_the_table_s_folder_are_not_run(mark, tmp_path):
    folder = tmp_path / NAMES[0] / NAMES[3]
    rows = ["participant\tpath\tgroup\tage\tsex"]
    for number in range(16):
        path = folder / str(number) / f"{NAMES[number % 8]}.nii"
        path.parent.mkdir(parents=True)
        path.touch()
        quoted = str(path.relative_to(folder)).replace('"', '""')
        rows.append(f'{number}\t"{quoted}"\t{"AD" if number % 2 else "CN"}\t70\tf')
    (folder / "scans.tsv").write_text("\n".join(rows) + "\n")
    scans = ingest("--configfile", "config/table.yaml", "--config", f"input={folder / 'scans.tsv'}")
    assert len(scans) == 16
    assert not mark.exists()


def test_identifiers_of_a_scan_table_keep_letters_and_digits_alone(mark, tmp_path):
    rows = ["participant,path,group,age,sex"]
    for number in range(16):
        (tmp_path / f"{number}.nii").touch()
        quoted = f"../../{number}{NAMES[number % 8]}".replace('"', '""')
        rows.append(f'"{quoted}",{number}.nii,{"AD" if number % 2 else "CN"},70,f')
    (tmp_path / "scans.csv").write_text("\n".join(rows) + "\n")
    scans = ingest("--configfile", "config/table.yaml", "--config", f"input={tmp_path / 'scans.csv'}")
    assert scans["scan_id"].str.fullmatch(r"sub-[A-Za-z0-9]+").all()
    assert len(scans) == 16
    assert not mark.exists()


@pytest.mark.parametrize("name", [NAMES[0], NAMES[3]])
def test_labels_and_groups_are_not_run(mark, tmp_path, name):
    """The dry run formats every message and log of the plan."""
    write_bids_tree(tmp_path / "bids", 12)
    table = tmp_path / "bids/participants.tsv"
    quoted = name.replace('"', '""')
    table.write_text(table.read_text().replace("\tAD\n", f'\t"{quoted}"\n'))
    (tmp_path / "mine.yaml").write_text(f"cohort: {{labels: {{disease: '{name.replace(chr(39), chr(39) * 2)}'}}}}\n")
    files = ["--configfile", "config/bids.yaml", "config/dryrun.yaml", str(tmp_path / "mine.yaml")]
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "-n",
        "--cores",
        "1",
        *files,
        "--config",
        f"input={tmp_path / 'bids'}",
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert not mark.exists()


def test_nothing_is_handed_to_a_shell():
    """Rules run scripts, and scripts start programs from lists of words."""
    for path in (
        *(ROOT / "workflow").rglob("*.smk"),
        *(ROOT / "workflow").rglob("*.py"),
        *(ROOT / "relmaps").rglob("*.py"),
    ):
        text = path.read_text()
        for way in ("shell:", "shell(", "shell=True", "os.system", "os.popen"):
            assert way not in text, f"{path}: {way}"
