# figures: all figures of the study, drawn from published files alone.
from relmaps.catalogue.figures import FIGURES
from relmaps.catalogue.numbers import by_number
from relmaps.catalogue.tables import TABLES

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
                caption="../report/figure.rst",
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
            caption=record.caption,
            code=hash_code(f"workflow/scripts/plot_{name}.py"),
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
            caption="../report/figure.rst",
            category=FIGURES["maps"].category,
            labels={"shows": FIGURES["maps"].shows},
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
        code=hash_code("workflow/scripts/plot_maps.py"),
        space=SPACE,
        maps=MAPS,
        references=REFERENCES,
        caption=FIGURES["maps"].caption,
    message:
        FIGURES["maps"].message
    script:
        "../scripts/plot_maps.py"


# Figures and tables under the paper's numbers, which relmaps/catalogue/ alone holds.
FIGURE_NUMBERS = {number: name for number, name in by_number(FIGURES).items() if name in LAYOUT.figures}
NUMBERED = {
    **{
        f"{PUBLICATION}/figure_{number}_{name}.{suffix}": path
        for number, name in FIGURE_NUMBERS.items()
        for suffix, path in FIGURES[name].pictures(name, RESULTS).items()
    },
    **{
        f"{PUBLICATION}/table_{number}_{name}.{suffix}": f"{RESULTS}/tables/{name}.{suffix}"
        for number, name in by_number(TABLES).items()
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
        code=hash_code("workflow/scripts/number_figures.py"),
        figures=FIGURE_NUMBERS,
    message:
        "Figures and tables under the numbers of the paper: {output.captions}"
    script:
        "../scripts/number_figures.py"
