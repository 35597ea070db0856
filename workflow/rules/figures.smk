# figures: what the study found, as pictures; drawn from published files alone.
from relmaps.catalogue.figures import FIGURES as FIGURE_RECORDS
from relmaps.study.provenance import code_hash

FIGURES = f"{RESULTS}/figures"
MAP_SIDECARS = expand(f"{RESULTS}/relevance/{{map}}/group.json", map=MAPS)
REPORT_TEMPLATES = code_hash(
    ["relmaps/report/templates", "relmaps/report/niivue"]
)  # code_of follows imports only
# What relmaps/catalogue/figures.yaml names.
FIGURE_LISTS = {
    "heatmaps": HEATMAPS,
    "growing_maps": GROWING,
    "histories": [f"{network}/fold-{fold}_seed-{seed}" for network, fold, seed in MAIN_TRAININGS],
    "label_nulls": ["null"] if config["classify"]["permutations"] else [],
}
FIGURE_SETTINGS = {
    "maps": MAPS,
    "references": REFERENCES,
    "exclude_on": config["preprocess"]["exclude_on"],
    "trainings": MAIN_TRAININGS,
}
FIGURE_CONDITIONS = {
    None: True,
    "truth": "truth" in REFERENCES,
    "growth": bool(GROWING),
    "training": config["external_validation"] is None,
}
NAMES_OF_FIGURES = [name for name, record in FIGURE_RECORDS.items() if FIGURE_CONDITIONS[record.needs]]


for name, record in FIGURE_RECORDS.items():
    if record.inputs is None:
        continue

    rule:
        name:
            f"plot_{name}"
        input:
            **record.files(RESULTS, FIGURE_LISTS),
        output:
            png=report(
                f"{FIGURES}/{name}.png",
                caption=f"../report/{name}.rst",
                category=record.category,
                labels={"shows": record.shows},
            ),
            svg=f"{FIGURES}/{name}.svg",
            pdf=f"{FIGURES}/{name}.pdf",
        log:
            f"{FIGURES}/logs/plot_{name}.log",
        benchmark:
            f"{FIGURES}/benchmarks/plot_{name}.tsv"
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=growing(1000),
            runtime=growing(10),
        params:
            **{key: FIGURE_SETTINGS[key] for key in record.settings},
            figure=name,
            code=code_of(f"workflow/scripts/plot_{name}.py"),
        message:
            record.message
        script:
            "../scripts/plot_figure.py"


rule plot_maps:
    input:
        maps=expand(f"{RESULTS}/relevance/{{map}}/group.nii.gz", map=MAPS),
        map_sidecars=MAP_SIDECARS,
        reference_maps=expand(f"{RESULTS}/reference/{{reference}}/map.nii.gz", reference=REFERENCES),
        reference_sidecars=REFERENCE_SIDECARS,
        outline=REFERENCE_MASKS[0],
        template=TEMPLATE_T1,
        brain_mask=BRAIN_MASK,
    output:
        png=report(
            f"{FIGURES}/maps.png",
            caption="../report/maps.rst",
            category="Maps",
            labels={"shows": "Group maps"},
        ),
        rows=expand(f"{FIGURES}/maps/{{map}}.png", map=MAPS),
        svg=f"{FIGURES}/maps.svg",
        pdf=f"{FIGURES}/maps.pdf",
    log:
        f"{FIGURES}/logs/plot_maps.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_maps.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_maps.py"),
        space=SPACE,
        maps=MAPS,
        references=REFERENCES,
    message:
        "Figure of all group maps beside the references"
    script:
        "../scripts/plot_maps.py"
