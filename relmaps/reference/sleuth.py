"""Foci of published studies, read from a Sleuth text file (the input format of GingerALE).

NiMARE reads the format too, but its errors do not name the line, and two experiments of the same name overwrite each
other there; the rest (Talairach to MNI, kernels, statistics) is NiMARE's.
"""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from relmaps.io.errors import UserError

SPACES = {"mni": "MNI", "tal": "TAL", "talairach": "TAL"}
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


def read_sleuth(path: str | Path) -> list[Experiment]:
    """The experiments of a Sleuth file, in order.

    The file starts with //Reference=MNI or //Reference=Talairach; a line //Label=TEXT may follow. An experiment is one
    or more // lines with its name, a line //Subjects=N, and one line of x, y and z in mm per focus. UserError names the
    line and the remedy.
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
    return [Experiment(" ".join(b.names), b.subjects, space, np.array(b.foci)) for b in blocks]


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
        raise UserError(f"{path}: no such foci file; check the path") from None
    except (UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path}: not a readable UTF-8 text file ({error}); save it as plain text") from None
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _space(path: Path, line: str) -> str | None:
    match = re.fullmatch(r"//\s*reference\s*=\s*(.*)", line, re.IGNORECASE)
    if match is None:
        return None
    if match[1].lower() not in SPACES:
        raise UserError(f"{path}: its space {match[1]!r} is unknown; write //Reference=MNI or //Reference=Talairach")
    return SPACES[match[1].lower()]


def _label(lines: list[tuple[int, str]]) -> str | None:
    match = re.fullmatch(r"//\s*label\s*=\s*(.*)", lines[1][1], re.IGNORECASE) if len(lines) > 1 else None
    return match[1] if match else None


def _read_header(where: str, text: str, block: _Block) -> None:
    if re.match(r"reference\s*=", text, re.IGNORECASE):
        raise UserError(f"{where}: a second //Reference line; put the foci of each space in a file of their own")
    if block.subjects is not None:
        raise UserError(f"{where}: the experiment before it has no foci; add them or remove it")
    match = re.fullmatch(r"subjects\s*=\s*(.*)", text, re.IGNORECASE)
    if match is None:
        block.names.append(text)
    elif match[1].isdecimal() and int(match[1]) > 0:
        block.subjects = int(match[1])
    else:
        raise UserError(f"{where}: sample size {match[1]!r} is not a whole number above 0; write //Subjects=N")


def _focus(where: str, line: str) -> list[float]:
    try:
        focus = [float(part) for part in re.split(r"[\s,;]+", line)]
    except ValueError:
        focus = []
    if len(focus) != 3 or not all(map(math.isfinite, focus)):
        raise UserError(f"{where}: {line!r} is not a coordinate; write x, y and z in mm, or // before a comment")
    if max(map(abs, focus)) > HEAD_MM:
        raise UserError(f"{where}: {line!r} lies outside any head; write x, y and z in mm")
    return focus
