"""Figures and tables of the study under the numbers of a paper, with their captions."""

import shutil

from relmaps.catalogue.figures import FIGURES
from relmaps.io.files import replacing, write_text
from relmaps.io.jobs import job


def main(numbered, figures, captions):
    """numbered : file to make -> the named one. figures : number -> name, in the order of the captions."""
    for target, source in numbered.items():
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    texts = [f"**Figure {number}** ({name}). {FIGURES[name].caption}\n" for number, name in figures.items()]
    write_text("\n".join(texts), captions)


if __name__ == "__main__":
    with job(snakemake):
        main(
            numbered=dict(zip(snakemake.output.numbered, snakemake.input.named, strict=True)),
            figures=snakemake.params.figures,
            captions=snakemake.output.captions,
        )
