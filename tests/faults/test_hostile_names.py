"""Names that would be commands in a shell, or lead out of the study's folder, are only names."""

import pytest

from relmaps import ROOT
from relmaps.io.tables import read_table
from relmaps.study.bids_tree import write_bids_tree
from tests.studies import finish

pytestmark = [pytest.mark.slow, pytest.mark.fault]

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
def folder(tmp_path):
    """Where the study runs; none of the names may have been run there, or in the repository, at the end."""
    folder = tmp_path / "study"
    folder.mkdir()
    yield folder
    assert not [path for path in (ROOT / MARK, *tmp_path.rglob(MARK)) if path.exists()]


def ingest(folder, *arguments):
    finish(folder, "results/hostile/cohort/scans.tsv", *arguments, "study=hostile")
    return read_table(folder / "results/hostile/cohort/scans.tsv")


def test_names_of_scans_and_of_the_table_s_folder_are_not_run(folder, tmp_path):
    source = tmp_path / NAMES[0] / NAMES[3]
    rows = ["participant\tpath\tgroup\tage\tsex"]
    for number in range(16):
        path = source / str(number) / f"{NAMES[number % 8]}.nii"
        path.parent.mkdir(parents=True)
        path.touch()
        quoted = str(path.relative_to(source)).replace('"', '""')
        rows.append(f'{number}\t"{quoted}"\t{"AD" if number % 2 else "CN"}\t70\tf')
    (source / "scans.tsv").write_text("\n".join(rows) + "\n")
    scans = ingest(folder, "--configfile", "config/table.yaml", "--config", f"input={source / 'scans.tsv'}")
    assert len(scans) == 16


def test_identifiers_of_a_scan_table_keep_letters_and_digits_alone(folder, tmp_path):
    rows = ["participant,path,group,age,sex"]
    for number in range(16):
        (tmp_path / f"{number}.nii").touch()
        quoted = f"../../{number}{NAMES[number % 8]}".replace('"', '""')
        rows.append(f'"{quoted}",{number}.nii,{"AD" if number % 2 else "CN"},70,f')
    (tmp_path / "scans.csv").write_text("\n".join(rows) + "\n")
    scans = ingest(folder, "--configfile", "config/table.yaml", "--config", f"input={tmp_path / 'scans.csv'}")
    assert scans["scan_id"].str.fullmatch(r"sub-[A-Za-z0-9]+").all()
    assert len(scans) == 16


@pytest.mark.parametrize("name", [NAMES[0], NAMES[3]])
def test_labels_and_groups_are_not_run(folder, tmp_path, name):
    """The dry run formats every message and log of the plan."""
    write_bids_tree(tmp_path / "bids", 12)
    table = tmp_path / "bids/participants.tsv"
    quoted = name.replace('"', '""')
    table.write_text(table.read_text().replace("\tAD\n", f'\t"{quoted}"\n'))
    (tmp_path / "mine.yaml").write_text(f"cohort: {{labels: {{disease: '{name.replace(chr(39), chr(39) * 2)}'}}}}\n")
    files = ["--configfile", "config/bids.yaml", "config/dryrun.yaml", str(tmp_path / "mine.yaml")]
    finish(folder, "-n", *files, "--config", f"input={tmp_path / 'bids'}")


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
