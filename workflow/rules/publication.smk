# publication: figures and tables under the paper's numbers, which stand in this file alone; elsewhere each has a name
# that says what it shows.
PUBLICATION = f"{RESULTS}/publication"
FIGURE_NUMBERS = {
    **{"1": "cohort", "2": "performance", "3": "maps", "4": "curves", "5a": "ranking", "5b": "sweep"},
    **{"6a": "sanity", "6b": "faithfulness", "6c": "stability", "S1": "quality", "S2": "mosaic"},
    **{
        "S3": "calibration",
        "S4": "learning",
        "S5": "trainings",
        "S6": "regions",
        "S7": "truth",
        "S8": "growth",
    },
}
TABLE_NUMBERS = {
    **{"1": "cohort", "2": "performance", "3": "overlap", "4": "comparisons", "S1": "flagged"},
    **{"S2": "model_comparisons", "S3": "variability", "S4": "maps", "S5": "references", "S6": "recovery"},
    **{"S7": "regions"},
}
NUMBERED = {
    **{
        f"{PUBLICATION}/figure_{number}_{name}.{suffix}": f"{FIGURES}/{name}.{suffix}"
        for number, name in FIGURE_NUMBERS.items()
        if name in NAMES_OF_FIGURES
        for suffix in ("svg", "pdf", "png")
    },
    **{
        f"{PUBLICATION}/figure_{number}_{name}.png": f"{RESULTS}/preprocess/qc_mosaic.png"
        for number, name in FIGURE_NUMBERS.items()
        if name == "mosaic"
    },
    **{
        f"{PUBLICATION}/table_{number}_{name}.{suffix}": f"{TABLES}/{name}.{suffix}"
        for number, name in TABLE_NUMBERS.items()
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
        templates=code_hash(["workflow/report"]),
        figures=FIGURE_NUMBERS,
    message:
        "Figures and tables under the numbers of the paper: {output.captions}"
    script:
        "../scripts/number_figures.py"
