# The few commands to remember. CONFIG and INPUT choose the study:
#   make study                                            the simulated demo
#   make study CONFIG=config/bids.yaml INPUT=/data/bids   a BIDS folder of your own
PYTHON ?= python3
CORES ?= all
CONFIG ?= config/config.yaml
INPUT ?=
VENV := .venv
BIN := $(VENV)/bin
# Test packages have an environment of their own: installing them must not change a study that is running.
TEST_VENV := .venv-test
TEST_BIN := $(TEST_VENV)/bin
PYTEST := $(TEST_BIN)/python -m pytest
# The value of a variable as one word of the shell: spaces, quotes and dollars stay as they were given.
quoted = '$(subst ','\'',$(value $(1)))'
STUDY_OPTIONS = --config $(call quoted,CONFIG) $(if $(value INPUT),--input $(call quoted,INPUT))

.PHONY: study resume figures test-fast test test-all test-conda test-slurm test-faults test-bytes mutations lint dag accuracy lock \
	check-null bench calibrate clean dryrun-bids dryrun-large verify plan

study: $(VENV)/study
	$(BIN)/relmaps run $(STUDY_OPTIONS) --cores $(CORES)

# After Ctrl-C, a power cut or kill -9.
resume: $(VENV)/study
	$(BIN)/relmaps resume $(STUDY_OPTIONS) --cores $(CORES)

# Unit tests without ANTs, Snakemake or a browser.
test-fast: $(TEST_VENV)/ready
	$(PYTEST) -n 2 -m "not slow and not long"

# All that the automatic checks run, with branch coverage of what runs inside the tests' own processes.
test: $(TEST_VENV)/ready
	$(PYTEST) -n 2 -m "not long" --cov --cov-report=term:skip-covered

# With the long ones: whole studies that are killed in each stage, two hundred heads, DICOM series.
test-all: $(TEST_VENV)/ready
	$(PYTEST) -n 2 -m ""

# The smallest study with an environment for each family of rules, made by a stand-in for conda; needs the package index.
test-conda: $(TEST_VENV)/ready
	$(PYTEST) -m "" tests/conda

# The smallest study through a SLURM cluster of one machine, which is started and taken down; as root, on Debian or Ubuntu.
test-slurm: $(TEST_VENV)/slurm
	tests/slurm/install.sh
	$(PYTEST) -m "" tests/slurm

# Every fault that docs/faults.md lists, then a study that is killed in each stage.
test-faults: $(TEST_VENV)/ready
	$(PYTEST) -n 2 -m fault

# One core, and two: the same tables and maps, byte by byte.
test-bytes: $(TEST_VENV)/ready
	$(PYTEST) -m long -k two_cores tests/faults/test_same_bytes.py

# Twenty faults put into the code one by one: the tests must catch each.
mutations: $(TEST_VENV)/ready
	$(TEST_BIN)/python -m tests.mutations

lint: $(TEST_VENV)/ready
	$(TEST_BIN)/ruff check .
	$(TEST_BIN)/ruff format --check .
	$(TEST_BIN)/snakefmt --check Snakefile workflow
	$(TEST_BIN)/snakemake --lint
	$(TEST_BIN)/mypy
	$(TEST_BIN)/lint-imports

# Every figure, table and the report again, from published tables and maps alone: make figures STUDY=results/full-demo
STUDY ?=
figures: $(VENV)/study
	$(BIN)/relmaps figures --cores $(CORES) $(if $(value STUDY),$(call quoted,STUDY),--config $(call quoted,CONFIG))

# Files, inputs, code and software against what the finished study has told of them.
verify: $(VENV)/study
	@$(BIN)/relmaps verify --config $(call quoted,CONFIG)

# What each stage of a study will take: make plan CONFIG=config/paper.yaml SCANS=502, or with the INPUT of your own.
plan: $(VENV)/study
	@$(BIN)/relmaps plan $(STUDY_OPTIONS) $(if $(SCANS),--scans $(SCANS))

# The exact versions of requirements*.txt, from the ranges of pyproject.toml; a version stays while it fits.
# To raise one: make lock UPGRADE="--upgrade-package numpy". torch names the CUDA libraries of its wheel itself.
UPGRADE ?=
COMPILE = $(TEST_BIN)/uv pip compile --quiet --python-version 3.11 --no-annotate --custom-compile-command "make lock" $(UPGRADE) pyproject.toml
lock: $(TEST_VENV)/ready
	$(COMPILE) -o requirements.txt
	$(COMPILE) -c requirements.txt --extra test -o requirements-dev.txt
	$(COMPILE) -c requirements.txt --extra slurm -o requirements-slurm.txt
	sed -i -E '/^(cuda|nvidia|setuptools|triton)/d' requirements.txt requirements-dev.txt requirements-slurm.txt
	echo "# Beside requirements.txt (make lock): pip install --no-deps -r requirements-slurm.txt" > requirements-slurm.new
	grep -vxFf requirements.txt requirements-slurm.txt >> requirements-slurm.new
	mv requirements-slurm.new requirements-slurm.txt

dag: $(VENV)/study
	@mkdir -p results
	$(BIN)/relmaps run $(STUDY_OPTIONS) --cores 1 -- --rulegraph mermaid-js > results/dag.mmd
	@echo "results/dag.mmd: paste it into a Markdown file or mermaid.live"

# What a BIDS folder with the columns age, sex and diagnosis (AD, CN) would take: every job from a fresh state, none run.
dryrun-bids: $(VENV)/study
	$(BIN)/relmaps run --config config/bids.yaml --config config/dryrun.yaml --input $(call quoted,BIDS) --cores $(CORES) \
		-- -n --forceall --quiet rules

# The same for 10,000 scans, with time and memory.
dryrun-large: $(VENV)/study
	$(BIN)/python -m benchmarks.planning 10000

# Held-out accuracy over cohort seeds, without maps: make accuracy SEEDS="201 202 203"
SEEDS ?= 201 202 203
accuracy: $(VENV)/study
	$(BIN)/python benchmarks/accuracy.py --cores $(CORES) $(SEEDS)

# Labels shuffled ten times: the mean balanced accuracy of every model must be that of chance.
check-null: $(VENV)/study
	$(BIN)/snakemake --cores $(CORES) --configfile config/label-permutations.yaml -- results/demo/classify/permutations.tsv
	$(BIN)/python -m relmaps.classify.permutation results/demo/classify/permutations.tsv

# Speed and memory against the plain way, both in one run; needs an idle machine, 12 GB of memory and 4 GB of disk.
bench: $(VENV)/study
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.linear
	$(BIN)/python -m benchmarks.lrp
	$(BIN)/python -m benchmarks.heatmaps
	$(BIN)/python -m benchmarks.bootstrap

# How often intervals cover the truth, and nulls reject it; some twenty minutes.
calibrate: $(VENV)/study
	$(BIN)/python -m benchmarks.coverage
	$(BIN)/python -m benchmarks.null_calibration

clean:
	rm -rf results/smoke results/accuracy-*

$(VENV)/study: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(TEST_VENV)/ready: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# No release of the plugin admits numpy and pandas of requirements.txt, hence --no-deps.
$(TEST_VENV)/slurm: $(TEST_VENV)/ready requirements-slurm.txt
	$(TEST_BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements-slurm.txt
	touch $@
