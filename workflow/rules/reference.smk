# reference: where grey matter is known (truth) or reported (meta-analysis) to be lost.

META_ANALYSIS = config["reference"]["meta_analysis"]


rule build_truth:
    input:
        loss=f"{RESULTS}/cohort/truth.nii.gz",
        brain_mask=BRAIN_MASK,
    output:
        reference_map=f"{RESULTS}/reference/truth/map.nii.gz",
        mask=f"{RESULTS}/reference/truth/mask.nii.gz",
        sidecar=f"{RESULTS}/reference/truth/reference.json",
    log:
        f"{RESULTS}/reference/logs/build_truth.log",
    benchmark:
        f"{RESULTS}/reference/benchmarks/build_truth.tsv"
    conda:
        "../../envs/reference.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/build_truth.py"),
        space=SPACE,
    message:
        "Reference truth: the known disease's expected loss"
    script:
        "../scripts/build_truth.py"


rule build_meta_analysis:
    input:
        evidence=evidence_of_meta_analysis,
        brain_mask=BRAIN_MASK,
    output:
        reference_map=f"{RESULTS}/reference/meta_analysis/map.nii.gz",
        mask=f"{RESULTS}/reference/meta_analysis/mask.nii.gz",
        sidecar=f"{RESULTS}/reference/meta_analysis/reference.json",
    log:
        f"{RESULTS}/reference/logs/build_meta_analysis.log",
    benchmark:
        f"{RESULTS}/reference/benchmarks/build_meta_analysis.tsv"
    conda:
        "../../envs/reference.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        code=code_of("workflow/scripts/build_meta_analysis.py"),
        space=SPACE,
        source=META_ANALYSIS["source"],
        threshold=META_ANALYSIS["threshold"],
        fdr=META_ANALYSIS["fdr"],
        minimum_cluster_voxels=META_ANALYSIS["minimum_cluster_voxels"],
        compute_threads=config["compute_threads"],
    message:
        "Reference meta_analysis: from {input.evidence}"
    script:
        "../scripts/build_meta_analysis.py"
