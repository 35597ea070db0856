# reference: the ground truth of grey matter loss, and meta-analyses of reported loss.
TEXT_MINED = [name for name, settings in config["reference"].items() if settings["source"] == "neuroquery"]


rule build_truth:
    input:
        loss=f"{RESULTS}/cohort/truth.nii.gz",
        brain_mask=LAYOUT.brain_mask,
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
    resources:
        **LAYOUT.resources("build_truth"),
    params:
        code=hash_code("workflow/scripts/build_truth.py"),
        space=SPACE,
    message:
        "Reference truth: the ground truth, the expected loss of grey matter"
    script:
        "../scripts/build_truth.py"


rule select_foci:
    input:
        unpack(LAYOUT.neuroquery_files),
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
    resources:
        **LAYOUT.resources("select_foci"),
    params:
        code=hash_code("workflow/scripts/select_foci.py"),
        rules=LAYOUT.neuroquery_rules,
    message:
        "Papers and foci of NeuroQuery for the reference {wildcards.reference}: {output.papers}"
    script:
        "../scripts/select_foci.py"


rule build_reference:
    input:
        evidence=LAYOUT.reference_evidence,
        brain_mask=LAYOUT.brain_mask,
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
    resources:
        **LAYOUT.resources("build_reference"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/build_reference.py"),
        space=SPACE,
        settings=LAYOUT.reference_settings,
        seed=config["seed"],
    message:
        "Reference {wildcards.reference}: from {input.evidence}"
    script:
        "../scripts/build_reference.py"
