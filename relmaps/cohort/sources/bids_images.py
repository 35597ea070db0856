"""Which T1w images of a BIDS dataset are plain magnitude images of a head, and which of those come first."""

import re
from collections.abc import Collection

# Entity -> what an image with it is, unless its value is among the plain ones.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ce": ("contrast-enhanced", ()),
    "part": ("not a magnitude image", ("mag",)),
    "chunk": ("one part of the field of view", ()),
    "inv": ("one inversion of several", ()),
    "mod": ("not a scan but made for one", ()),
    "bodypart": ("not an image of the head", ("brain", "head")),
    "bp": ("not an image of the head", ("brain", "head")),
}
WITHOUT = "".join(f"(?<!{word})" for word in ("no", "non", "pre", "without", "high", "low"))
# Words in the name of an acquisition, which is free text, and what such an image is.
WORDS = {
    "not an image of the head": r"spine|spinal|(?<!re)cord|neck|cervical|thora|lumbar|abdom|knee|prostate|breast",
    "contrast-enhanced": rf"{WITHOUT}(?:gado|gad\b|gd\b|contrast|enhanced)|^gad|post(?:gd)?\b",
    "a localizer": r"locali[sz]er|scout|survey|^loc\b",
    "a mask": r"mask",
}
# Acquisitions that have a head, but are worse: two-dimensional, thick or made for something else.
WORSE = re.compile(r"tse|fse|spinecho|(?<![0-9])2d|lowres|thick|fast|mton")
DERIVED = ("space", "desc", "res", "den", "label")
LAST = 3


def why_no_plain_head(entities: dict[str, str], allowed: Collection[str], any_acquisition: bool) -> str | None:
    """What the image is instead, with the entity that says so, such as "contrast-enhanced (ce-gad)"; None for a head.

    entities : of the file's name. allowed : entities such as ce-gad that may be taken nevertheless.
    any_acquisition : false where the configuration names the acquisitions; then their names are not judged.
    """
    for entity, value in entities.items():
        named = f"{entity}-{value}"
        if named in allowed:
            continue
        kind, plain = KINDS.get(entity, (None, ()))
        if kind and value.lower() not in plain:
            return f"{kind} ({named})"
        if entity == "acq" and any_acquisition:
            for kind, words in WORDS.items():
                if re.search(words, value.lower()):
                    return f"{kind} ({named})"
    return None


def rank_image(entities: dict[str, str]) -> tuple:
    """Sort key of images of one session, best first.

    Before all else comes what needed no permission, then raw images before derived ones, then acquisitions of a whole
    head in 3D. The scanner's normalised reconstruction (rec-norm) comes before the plain one, because it lacks the
    shading of the receiving coil, which a bias correction can only estimate. An image of all echoes (no echo-) comes
    before a single one. Runs and names are compared later.
    """
    reconstruction = entities.get("rec", "").lower()
    return (
        why_no_plain_head(entities, (), True) is not None,
        any(entity in entities for entity in DERIVED),
        WORSE.search(entities.get("acq", "").lower()) is not None or entities.get("mt") == "on",
        _rank_reconstruction(reconstruction),
        int(re.sub("[^0-9]", "", entities.get("echo", "")) or 0),
    )


def _rank_reconstruction(name: str) -> int:
    if "nonorm" in name or name == "nd":  # nd : not corrected for the gradients' distortion
        return LAST
    if "norm" in name:
        return 0
    return 1 if not name else 2
