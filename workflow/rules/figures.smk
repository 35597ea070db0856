# figures: what the study found, as pictures; drawn from published files alone.
from relmaps.catalogue.figures import FIGURES
from relmaps.study.provenance import code_hash

PICTURES = f"{RESULTS}/figures"
PUBLICATION = f"{RESULTS}/publication"


for name, record in FIGURES.items():
    if record.inputs is None:
        continue

    rule:
        name:
            f"plot_{name}"
        input:
            **LAYOUT.figure_inputs(record),
        output:
            png=report(
                f"{PICTURES}/{name}.png",
                caption=f"../report/{name}.rst",
                category=record.category,
                labels={"shows": record.shows},
            ),
            svg=f"{PICTURES}/{name}.svg",
            pdf=f"{PICTURES}/{name}.pdf",
        log:
            f"{PICTURES}/logs/plot_{name}.log",
        benchmark:
            f"{PICTURES}/benchmarks/plot_{name}.tsv"
        conda:
            "../../envs/figures.yaml"
        resources:
            **LAYOUT.resources(f"plot_{name}"),
        params:
            **LAYOUT.figure_settings(record),
            figure=name,
            code=code_of(f"workflow/scripts/plot_{name}.py"),
        message:
            record.message
        script:
            "../scripts/plot_figure.py"


rule plot_maps:
    input:
        **REFERENCE_MAPS,
        maps=LAYOUT.group_maps(),
        map_sidecars=LAYOUT.group_maps(suffix=".json"),
        reference_sidecars=REFERENCE_MASKS["reference_sidecars"],
        outline=REFERENCE_MASKS["reference_masks"][0],
        template=LAYOUT.t1,
        brain_mask=LAYOUT.brain_mask,
    output:
        png=report(
            f"{PICTURES}/maps.png",
            caption="../report/maps.rst",
            category="Maps",
            labels={"shows": "Group maps"},
        ),
        rows=expand(f"{PICTURES}/maps/{{map}}.png", map=MAPS),
        svg=f"{PICTURES}/maps.svg",
        pdf=f"{PICTURES}/maps.pdf",
    log:
        f"{PICTURES}/logs/plot_maps.log",
    benchmark:
        f"{PICTURES}/benchmarks/plot_maps.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **LAYOUT.resources("plot_maps"),
    params:
        code=code_of("workflow/scripts/plot_maps.py"),
        space=SPACE,
        maps=MAPS,
        references=REFERENCES,
    message:
        "Figure of all group maps beside the references"
    script:
        "../scripts/plot_maps.py"


# Figures and tables under the paper's numbers, which stand here alone; elsewhere each has a name that says what it shows.
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
        f"{PUBLICATION}/figure_{number}_{name}.{suffix}": f"{PICTURES}/{name}.{suffix}"
        for number, name in FIGURE_NUMBERS.items()
        if name in LAYOUT.figures
        for suffix in ("svg", "pdf", "png")
    },
    **{
        f"{PUBLICATION}/figure_{number}_{name}.png": f"{RESULTS}/preprocess/qc_mosaic.png"
        for number, name in FIGURE_NUMBERS.items()
        if name == "mosaic"
    },
    **{
        f"{PUBLICATION}/table_{number}_{name}.{suffix}": f"{RESULTS}/tables/{name}.{suffix}"
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
    resources:
        **LAYOUT.resources("number_figures"),
    params:
        code=code_of("workflow/scripts/number_figures.py"),
        templates=code_hash(["workflow/report"]),
        figures=FIGURE_NUMBERS,
    message:
        "Figures and tables under the numbers of the paper: {output.captions}"
    script:
        "../scripts/number_figures.py"
