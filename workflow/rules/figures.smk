# figures: what the study found, as pictures, tables and a page; drawn from published files alone.
from relmaps.study.provenance import code_hash

FIGURES = f"{RESULTS}/figures"
MAP_SIDECARS = expand(f"{RESULTS}/relevance/{{map}}/group.json", map=MAPS)
REPORT_TEMPLATES = code_hash(
    ["relmaps/report/templates", "relmaps/report/niivue"]
)  # code_of follows imports only


rule plot_cohort:
    input:
        participants=f"{RESULTS}/cohort/participants.tsv",
        scans=f"{RESULTS}/cohort/scans.tsv",
        exclusions=f"{RESULTS}/cohort/exclusions.tsv",
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
    output:
        png=report(
            f"{FIGURES}/cohort.png",
            caption="../report/cohort.rst",
            category="Cohort",
            labels={"shows": "Scans found and used"},
        ),
        svg=f"{FIGURES}/cohort.svg",
        pdf=f"{FIGURES}/cohort.pdf",
    log:
        f"{FIGURES}/logs/plot_cohort.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_cohort.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_cohort.py"),
    message:
        "Figure of the scans found, left out and used"
    script:
        "../scripts/plot_cohort.py"


rule plot_quality:
    input:
        qc=f"{RESULTS}/preprocess/qc.tsv",
        participants=f"{RESULTS}/cohort/participants.tsv",
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
    output:
        png=report(
            f"{FIGURES}/quality.png",
            caption="../report/quality.rst",
            category="Cohort",
            labels={"shows": "Quality control"},
        ),
        svg=f"{FIGURES}/quality.svg",
        pdf=f"{FIGURES}/quality.pdf",
    log:
        f"{FIGURES}/logs/plot_quality.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_quality.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_quality.py"),
        exclude_on=config["preprocess"]["exclude_on"],
    message:
        "Figure of the quality of registration and segmentation"
    script:
        "../scripts/plot_quality.py"


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


rule plot_ranking:
    input:
        scores=f"{RESULTS}/overlap/scores.tsv",
    output:
        png=report(
            f"{FIGURES}/ranking.png",
            caption="../report/ranking.rst",
            category="Overlap",
            labels={"shows": "Ranking"},
        ),
        svg=f"{FIGURES}/ranking.svg",
        pdf=f"{FIGURES}/ranking.pdf",
    log:
        f"{FIGURES}/logs/plot_ranking.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_ranking.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_ranking.py"),
        references=REFERENCES,
    message:
        "Figure of all maps ranked by their overlap"
    script:
        "../scripts/plot_ranking.py"


rule plot_curves:
    input:
        curves=f"{RESULTS}/overlap/curves.tsv",
    output:
        png=report(
            f"{FIGURES}/curves.png",
            caption="../report/curves.rst",
            category="Overlap",
            labels={"shows": "Dice and ROC curves"},
        ),
        svg=f"{FIGURES}/curves.svg",
        pdf=f"{FIGURES}/curves.pdf",
    log:
        f"{FIGURES}/logs/plot_curves.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_curves.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_curves.py"),
        maps=MAPS,
        references=REFERENCES,
    message:
        "Figure of overlap at every threshold"
    script:
        "../scripts/plot_curves.py"
