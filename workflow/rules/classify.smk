# Splits, networks, SVM, held-out predictions and their performance.
CNN = config["classify"]["cnn"]
SVM = config["classify"]["svm"]

# A batch holds about four float32 copies of the first block's output on the packaged template's 197 x 233 x 189 mm.
WIDTH = max(4 if model == "small" else int(model[1:]) for model in ARCHITECTURES)
VOXELS = 197 * 233 * 189 / config["preprocess"]["template"]["voxel_mm"] ** 3
TRAINING_MB = 2000 + round(4 * 4 * WIDTH * VOXELS * CNN["batch_size"] / 1e6)


rule make_splits:
    input:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
    output:
        splits=f"{RESULTS}/classify/splits.tsv",
        sidecar=f"{RESULTS}/classify/splits.json",
    log:
        f"{RESULTS}/classify/logs/make_splits.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/make_splits.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/make_splits.py"),
        folds=config["classify"]["folds"],
        validation_fraction=config["classify"]["validation_fraction"],
        seed=config["seed"],
    message:
        "Folds and inner validation parts, stratified by label: {output.splits}"
    script:
        "../scripts/make_splits.py"


rule train_cnn:
    input:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        splits=f"{RESULTS}/classify/splits.tsv",
        images=f"{RESULTS}/preprocess/arrays/{CNN['feature']}.npy",
    output:
        weights=f"{RESULTS}/classify/cnn/{{model}}/fold-{{fold}}_seed-{{seed}}.safetensors",
        history=f"{RESULTS}/classify/cnn/{{model}}/fold-{{fold}}_seed-{{seed}}_history.tsv",
        predictions=f"{RESULTS}/classify/cnn/{{model}}/fold-{{fold}}_seed-{{seed}}_predictions.tsv",
    log:
        f"{RESULTS}/classify/logs/train_cnn_{{model}}_fold-{{fold}}_seed-{{seed}}.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/train_cnn_{{model}}_fold-{{fold}}_seed-{{seed}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=TRAINING_MB,
        runtime=240,
        gpu=1,
    params:
        code=code_of("workflow/scripts/train_cnn.py"),
        feature=CNN["feature"],
        recipe={
            key: CNN[key]
            for key in ("epochs", "epoch_selection", "batch_size", "learning_rate", "weight_decay")
        },
        seed=config["seed"],
        device=config["device"],
        compute_threads=config["compute_threads"],
    message:
        "Network {wildcards.model} trained on fold {wildcards.fold} with seed {wildcards.seed}"
    script:
        "../scripts/train_cnn.py"


rule fit_svm:
    input:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        splits=f"{RESULTS}/classify/splits.tsv",
        images=f"{RESULTS}/preprocess/arrays/{SVM['feature']}.npy",
    output:
        predictions=f"{RESULTS}/classify/svm/predictions.tsv",
    log:
        f"{RESULTS}/classify/logs/fit_svm.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/fit_svm.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_of("workflow/scripts/fit_svm.py"),
        c=SVM["c"],
        compute_threads=config["compute_threads"],
    message:
        "Linear SVM on {SVM[feature]}, all folds: {output.predictions}"
    script:
        "../scripts/fit_svm.py"


rule gather_predictions:
    input:
        svm=f"{RESULTS}/classify/svm/predictions.tsv",
        networks=expand(
            f"{RESULTS}/classify/cnn/{{model}}/fold-{{fold}}_seed-{{seed}}_predictions.tsv",
            model=ARCHITECTURES,
            seed=CNN["seeds"],
            fold=FOLDS,
        ),
    output:
        predictions=f"{RESULTS}/classify/predictions.tsv",
        sidecar=f"{RESULTS}/classify/predictions.json",
    log:
        f"{RESULTS}/classify/logs/gather_predictions.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/gather_predictions.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/gather_predictions.py"),
    message:
        "Held-out predictions of all models: {output.predictions}"
    script:
        "../scripts/gather_predictions.py"


rule select_networks:
    input:
        predictions=f"{RESULTS}/classify/predictions.tsv",
    output:
        selection=f"{RESULTS}/classify/selection.tsv",
    log:
        f"{RESULTS}/classify/logs/select_networks.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/select_networks.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/select_networks.py"),
    message:
        "The network of each fold, chosen on its validation part: {output.selection}"
    script:
        "../scripts/select_networks.py"


rule score_performance:
    input:
        predictions=f"{RESULTS}/classify/predictions.tsv",
        selection=f"{RESULTS}/classify/selection.tsv",
    output:
        performance=f"{RESULTS}/classify/performance.tsv",
        sidecar=f"{RESULTS}/classify/performance.json",
    log:
        f"{RESULTS}/classify/logs/score_performance.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/score_performance.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/score_performance.py"),
        svm_feature=SVM["feature"],
        cnn_feature=CNN["feature"],
        draws=config["classify"]["bootstrap_draws"],
        confidence=config["overlap"]["confidence"],
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "Performance of all models with intervals: {output.performance}"
    script:
        "../scripts/score_performance.py"
