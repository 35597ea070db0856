# imported: maps from elsewhere, which are scored beside the study's own.
IMPORTED = config["relevance"]["external_maps"]


rule import_map:
    input:
        image=image_to_import,
        brain_mask=BRAIN_MASK,
    output:
        group=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        sidecar=f"{RESULTS}/relevance/{{map}}/group.json",
    log:
        f"{RESULTS}/relevance/logs/import_map/{{map}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/import_map/{{map}}.tsv"
    wildcard_constraints:
        map="|".join(IMPORTED) or "(?!)",
    conda:
        "../../envs/reference.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("workflow/scripts/import_map.py"),
        space=SPACE,
        polarity=polarity_to_import,
        description=description_to_import,
    message:
        "Map from elsewhere on the study's grid: {input.image}"
    script:
        "../scripts/import_map.py"
