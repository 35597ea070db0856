"""Figures and tables of the study under the numbers of a paper, with their captions."""

import shutil

from relmaps.io.files import replacing, write_text
from relmaps.io.jobs import job
from relmaps.report.captions import caption_of


def main(numbered, figures, captions):
    """numbered : file to make -> the named one. figures : number -> name, of those that have a caption."""
    for target, source in numbered.items():
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    made = " ".join(map(str, numbered))
    texts = [
        f"**Figure {number}** ({name}). {caption_of(name)}\n"
        for number, name in figures.items()
        if f"figure_{number}_{name}." in made
    ]
    write_text("\n".join(texts), captions)


if __name__ == "__main__":
    with job(snakemake):
        main(
            numbered=dict(zip(snakemake.output.numbered, snakemake.input.named, strict=True)),
            figures=snakemake.params.figures,
            captions=snakemake.output.captions,
        )
