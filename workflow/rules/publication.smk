# publication: figures and tables under the paper's numbers, which stand in relmaps/catalogue/ alone.
from relmaps.catalogue.numbers import by_number

PUBLICATION = f"{RESULTS}/publication"
FIGURE_NUMBERS = {
    number: name for number, name in by_number(FIGURE_RECORDS).items() if name in NAMES_OF_FIGURES
}
NUMBERED = {
    **{
        f"{PUBLICATION}/figure_{number}_{name}.{suffix}": path
        for number, name in FIGURE_NUMBERS.items()
        for suffix, path in FIGURE_RECORDS[name].pictures(name, RESULTS).items()
    },
    **{
        f"{PUBLICATION}/table_{number}_{name}.{suffix}": f"{TABLES}/{name}.{suffix}"
        for number, name in by_number(TABLE_RECORDS).items()
        for suffix in ("tex", "html", "tsv")
    },
}


rule number_figures:
    input:
        named=list(NUMBERED.values()),
    output:
        numbered=list(NUMBERED),
        captions=f"{PUBLICATION}/captions.md",
    log:
        f"{PUBLICATION}/logs/number_figures.log",
    benchmark:
        f"{PUBLICATION}/benchmarks/number_figures.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/number_figures.py"),
        figures=FIGURE_NUMBERS,
    message:
        "Figures and tables under the numbers of the paper: {output.captions}"
    script:
        "../scripts/number_figures.py"
