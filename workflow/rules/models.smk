# figures and cards of the classifiers, drawn from published files alone.


rule plot_performance:
    input:
        performance=f"{RESULTS}/classify/performance.tsv",
        null=f"{RESULTS}/classify/null.tsv" if config["classify"]["permutations"] else [],
    output:
        png=report(
            f"{FIGURES}/performance.png",
            caption="../report/performance.rst",
            category="Performance",
            labels={"shows": "Accuracy and AUC"},
        ),
        svg=f"{FIGURES}/performance.svg",
        pdf=f"{FIGURES}/performance.pdf",
    log:
        f"{FIGURES}/logs/plot_performance.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_performance.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_performance.py"),
    message:
        "Figure of every model's performance on held-out participants"
    script:
        "../scripts/plot_performance.py"


rule plot_calibration:
    input:
        calibration=f"{RESULTS}/classify/calibration.tsv",
        performance=f"{RESULTS}/classify/performance.tsv",
    output:
        png=report(
            f"{FIGURES}/calibration.png",
            caption="../report/calibration.rst",
            category="Performance",
            labels={"shows": "Calibration"},
        ),
        svg=f"{FIGURES}/calibration.svg",
        pdf=f"{FIGURES}/calibration.pdf",
    log:
        f"{FIGURES}/logs/plot_calibration.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_calibration.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_calibration.py"),
    message:
        "Figure of predicted probabilities against what was observed"
    script:
        "../scripts/plot_calibration.py"


rule plot_learning:
    input:
        histories=[
            f"{RESULTS}/classify/cnn/{network}/fold-{fold}_seed-{seed}_history.tsv"
            for network, fold, seed in MAIN_TRAININGS
        ],
        selection=f"{RESULTS}/classify/selection.tsv",
    output:
        png=report(
            f"{FIGURES}/learning.png",
            caption="../report/learning.rst",
            category="Performance",
            labels={"shows": "Learning curves"},
        ),
        svg=f"{FIGURES}/learning.svg",
        pdf=f"{FIGURES}/learning.pdf",
    log:
        f"{FIGURES}/logs/plot_learning.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_learning.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_learning.py"),
        trainings=MAIN_TRAININGS,
    message:
        "Figure of the selected networks' loss over the epochs"
    script:
        "../scripts/plot_learning.py"


rule write_model_cards:
    input:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        splits=f"{RESULTS}/classify/splits.tsv",
        selection=f"{RESULTS}/classify/selection.tsv",
        performance=f"{RESULTS}/classify/performance.tsv",
        weights=[
            f"{RESULTS}/classify/cnn/{network}/fold-{fold}_seed-{seed}.safetensors"
            for network, fold, seed in MAIN_TRAININGS
        ],
    output:
        cards=expand(f"{RESULTS}/classify/cards/fold-{{fold}}.md", fold=FOLDS),
    log:
        f"{RESULTS}/classify/logs/write_model_cards.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/write_model_cards.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/write_model_cards.py"),
        folds=FOLDS,
        recipe={key: value for key, value in CNN.items() if key not in ("feature", "architectures", "seeds")},
        study=facts_of_study(),
        confidence=config["overlap"]["confidence"],
    message:
        "A card for the network chosen in each fold: what it is, what it is worth, what it is not for"
    script:
        "../scripts/write_model_cards.py"
