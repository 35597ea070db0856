# reference: where grey matter is known (truth) or reported (meta-analyses) to be lost.

TEXT_MINED = [name for name, settings in config["reference"].items() if settings["source"] == "neuroquery"]


rule build_truth:
    input:
        loss=f"{RESULTS}/cohort/truth.nii.gz",
        brain_mask=BRAIN_MASK,
    output:
        reference_map=f"{RESULTS}/reference/truth/map.nii.gz",
        mask=f"{RESULTS}/reference/truth/mask.nii.gz",
        thresholds=f"{RESULTS}/reference/truth/thresholds.npz",
        sidecar=f"{RESULTS}/reference/truth/reference.json",
    log:
        f"{RESULTS}/reference/logs/build_truth.log",
    benchmark:
        f"{RESULTS}/reference/benchmarks/build_truth.tsv"
    conda:
        "../../envs/reference.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/build_truth.py"),
        space=SPACE,
    message:
        "Reference truth: the known disease's expected loss"
    script:
        "../scripts/build_truth.py"


rule select_foci:
    input:
        unpack(files_of_neuroquery),
    output:
        foci=f"{RESULTS}/reference/{{reference}}/foci.txt",
        papers=f"{RESULTS}/reference/{{reference}}/papers.tsv",
        sidecar=f"{RESULTS}/reference/{{reference}}/papers.json",
    log:
        f"{RESULTS}/reference/logs/select_foci/{{reference}}.log",
    benchmark:
        f"{RESULTS}/reference/benchmarks/select_foci/{{reference}}.tsv"
    wildcard_constraints:
        reference="|".join(TEXT_MINED) or "(?!)",
    conda:
        "../../envs/reference.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("workflow/scripts/select_foci.py"),
        rules=rules_of_neuroquery,
    message:
        "Papers of NeuroQuery whose foci make the reference {wildcards.reference}: {output.papers}"
    script:
        "../scripts/select_foci.py"


rule build_reference:
    input:
        evidence=evidence_of_reference,
        brain_mask=BRAIN_MASK,
    output:
        reference_map=f"{RESULTS}/reference/{{reference}}/map.nii.gz",
        mask=f"{RESULTS}/reference/{{reference}}/mask.nii.gz",
        thresholds=f"{RESULTS}/reference/{{reference}}/thresholds.npz",
        sidecar=f"{RESULTS}/reference/{{reference}}/reference.json",
    log:
        f"{RESULTS}/reference/logs/build_reference/{{reference}}.log",
    benchmark:
        f"{RESULTS}/reference/benchmarks/build_reference/{{reference}}.tsv"
    wildcard_constraints:
        reference="|".join(config["reference"]),
    conda:
        "../../envs/reference.yaml"
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(240),
    params:
        code=code_of("workflow/scripts/build_reference.py"),
        space=SPACE,
        settings=settings_of_reference,
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "Reference {wildcards.reference}: from {input.evidence}"
    script:
        "../scripts/build_reference.py"
