"""Foci of published studies, read from a Sleuth text file (the input format of GingerALE).

NiMARE reads the format too, but its errors do not name the line, and two experiments of the same name overwrite each
other there; the rest (Talairach to MNI, kernels, statistics) is NiMARE's.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from relmaps.io.errors import UserError
from relmaps.io.files import FETCH, explain_missing
from relmaps.io.machine import raise_fault
from relmaps.io.numbers import read_number
from relmaps.io.text_tables import POINTERS

# Names of a space without case, spaces and punctuation; those of other templates, such as MNI305, are unknown.
SPACES = {
    "MNI": r"(mni|icbm|mniicbm)(152)?(lin|nlin(6|2009[abc])a?sym)?(space)?",
    "TAL": r"tal(airach)?((and)?tournoux)?(space|brett|lancaster)?",
}
HEAD_MM = 150  # no point of a head lies farther from the origin of MNI or Talairach space along an axis


@dataclass(frozen=True, eq=False)
class Experiment:
    """One contrast of one group of subjects. foci : (n, 3) float64 in mm, RAS+, in `space` (MNI or TAL)."""

    name: str
    subjects: int
    space: str
    foci: np.ndarray


@dataclass
class _Block:
    """An experiment while its lines are being read."""

    line: int
    names: list[str] = field(default_factory=list)
    subjects: int | None = None
    foci: list[list[float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return " ".join(self.names)


def read_sleuth(path: str | Path) -> list[Experiment]:
    """The experiments of a Sleuth file, in order.

    The file starts with //Reference=MNI or //Reference=Talairach; a line //Label=TEXT may follow. An experiment is one
    or more // lines with its name, a line //Subjects=N, and one line of x, y and z in mm per focus. The three are apart
    by white space, semicolons or commas, and may have a decimal comma if not by commas. An experiment that stands twice
    is refused: the same foci, in any order, under the same name, or more than one focus and the same sample size.
    UserError names the line and the remedy.
    """
    path = Path(path)
    lines = _numbered_lines(path)
    space = _space(path, lines[0][1]) if lines else None
    if space is None:
        raise UserError(f"{path}: names no space; add //Reference=MNI or //Reference=Talairach as first line")
    blocks: list[_Block] = []
    for number, line in lines[1 if _label(lines) is None else 2 :]:
        if line.startswith("//"):
            if not blocks or blocks[-1].foci:
                blocks.append(_Block(number))
            _read_header(f"{path}, line {number}", line[2:].strip(), blocks[-1])
        else:
            if not blocks or blocks[-1].subjects is None:
                raise UserError(f"{path}, line {number}: no sample size before {line!r}; add a line //Subjects=N above")
            blocks[-1].foci.append(_focus(f"{path}, line {number}", line))
    if not any(block.foci for block in blocks):
        raise UserError(f"{path}: has no foci; add one line of x, y and z in mm per focus")
    if not blocks[-1].foci:
        raise UserError(f"{path}, line {blocks[-1].line}: {blocks[-1].names} has no foci; add them or remove it")
    _check_repetitions(path, blocks)
    return [Experiment(b.name, b.subjects, space, np.array(b.foci)) for b in blocks]


def read_remark(path: str | Path) -> str:
    """What a reader must know of the space that a Sleuth file names, or ""."""
    if "brett" not in (_name_of_space(_numbered_lines(Path(path))[0][1]) or "").lower():
        return ""
    return "The foci were brought to Talairach space by Brett's formula, and back by Lancaster's: off by some mm."


def read_label(path: str | Path) -> str:
    """What a Sleuth file says that its foci must be called: the text of a second line //Label=TEXT, or ""."""
    return _label(_numbered_lines(Path(path))) or ""


def sleuth_text(experiments: list[Experiment], label: str = "") -> str:
    """What read_sleuth and read_label read back; the experiments must be in one space."""
    (space,) = {experiment.space for experiment in experiments}
    lines = [f"//Reference={'MNI' if space == 'MNI' else 'Talairach'}", *([f"//Label={label}"] if label else [])]
    for experiment in experiments:
        lines += ["", f"// {experiment.name}", f"// Subjects={experiment.subjects}"]
        lines += ["\t".join(f"{value:g}" for value in focus) for focus in experiment.foci]
    return "\n".join(lines) + "\n"


def _numbered_lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path}: {explain_missing(path, 'foci file')}") from None
    except (UnicodeDecodeError, OSError) as error:
        raise_fault(error, path)
        raise UserError(f"{path}: not a readable UTF-8 text file ({error}); save it as plain text") from None
    if text.startswith(POINTERS):
        raise UserError(f"{path}: a pointer to a file that is not there; {FETCH}")
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _space(path: Path, line: str) -> str | None:
    name = _name_of_space(line)
    if name is None:
        return None
    plain = re.sub("[^a-z0-9]", "", name.lower())
    for space, names in SPACES.items():
        if re.fullmatch(names, plain):
            return space
    raise UserError(f"{path}: its space {name!r} is unknown; write //Reference=MNI or //Reference=Talairach")


def _name_of_space(line: str) -> str | None:
    """As it is written, without a comment after it; None if the line does not name one."""
    match = re.fullmatch(r"//\s*reference\s*=\s*(.*)", line, re.IGNORECASE)
    return re.split("//|#|;", match[1])[0].strip() if match else None


def _label(lines: list[tuple[int, str]]) -> str | None:
    match = re.fullmatch(r"//\s*label\s*=\s*(.*)", lines[1][1], re.IGNORECASE) if len(lines) > 1 else None
    return match[1] if match else None


def _read_header(where: str, text: str, block: _Block) -> None:
    if re.match(r"reference\s*=", text, re.IGNORECASE):
        raise UserError(f"{where}: a second //Reference line; put the foci of each space in a file of their own")
    match = re.fullmatch(r"subjects\s*=\s*(.*)", text, re.IGNORECASE)
    if block.subjects is not None and not block.names and match is None:
        stands = f"//Subjects={block.subjects} stands before the experiment's name"
        raise UserError(f"{where}: {stands}; put the name first")
    if block.subjects is not None:
        raise UserError(f"{where}: the experiment before it has no foci; add them or remove it")
    if match is None:
        block.names.append(text)
    else:
        block.subjects = _subjects(where, match[1])


def _subjects(where: str, text: str) -> int:
    try:
        number = read_number(text)
    except ValueError:
        number = 0.0
    if number < 1 or not number.is_integer():
        raise UserError(f"{where}: sample size {text!r} is not a whole number above 0; write //Subjects=N")
    return int(number)


def _check_repetitions(path: Path, blocks: list[_Block]) -> None:
    """Two studies may well report the same single peak with as many subjects, but not the same set of peaks."""
    seen: dict[tuple, _Block] = {}
    for block in blocks:
        foci = frozenset(map(tuple, block.foci))
        marks = [(foci, block.name)] + ([(foci, block.subjects)] if len(foci) > 1 else [])
        for mark in marks:
            other = seen.setdefault(mark, block)
            if other is not block:
                raise UserError(
                    f"{path}, line {block.line}: experiment {block.name!r} has the foci of {other.name!r} in line "
                    f"{other.line}, and would count twice; remove one"
                )


def _focus(where: str, line: str) -> list[float]:
    parts = _split(line)
    try:
        focus = [read_number(part) for part in parts]
    except ValueError:
        focus = []
    if len(focus) != 3 and re.search(r"[,;]", line):
        remedy = "write x, y and z with one delimiter, such as tabs, and decimals with a point"
        raise UserError(f"{where}: {line!r} is not three numbers apart by one delimiter; {remedy}")
    if len(focus) != 3:
        raise UserError(f"{where}: {line!r} is not a coordinate; write x, y and z in mm, or // before a comment")
    if max(map(abs, focus)) > HEAD_MM:
        raise UserError(f"{where}: {line!r} lies outside any head; write x, y and z in mm")
    return focus


def _split(line: str) -> list[str]:
    """The numbers of a line by its one delimiter: semicolons, else white space, else commas.

    A comma within a number is a decimal one; a comma beside a space delimits.
    """
    parts = line.split(";") if ";" in line else line.split()
    if ";" not in line and (len(parts) == 1 or any(re.search(r"^,|,$|,.*,", part) for part in parts)):
        return line.split(",")
    return [part.replace(",", ".", 1) for part in parts]  # 26,500 is a coordinate of 26.5
