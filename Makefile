# What a learner needs: `make lab`, `make test`, `make reset LESSON=06`. All logic stands in tools/.

PYTHON ?= python3
IN_VENV = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help venv lab test check hosts notebooks figures sweep weights proofs bench site minutes reset mutants constraints

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile

venv: ## make .venv, or repair it (TORCH_BACKEND=cpu: the small build of torch; PYTHON=python3.12)
	@"$(PYTHON)" tools/environment.py

lab: venv ## open your own lessons, in my_lessons/, in JupyterLab (ARGS="--no-browser --port 8899" passes on)
	@$(IN_VENV) -m resnext_edu lab $(ARGS)

test: check ## run every test and every lesson
	@$(IN_VENV) -m pytest -n 3 --dist loadscope --no-loadscope-reorder \
		--nbval --nbval-current-env --nbval-cell-timeout=120 $(ARGS)

hosts: venv ## install marimo, Voila, notebook 6 and myst-nb, so that `make test` tries the explorers there, too
	@$(IN_VENV) -m tools.hosts

check: venv ## look for mistakes in the code without running it (ruff, notebooks included; types: mypy)
	@$(IN_VENV) -m ruff check || { $(IN_VENV) -m tools.lessons; exit 1; }
	@$(IN_VENV) -m mypy

reset: venv ## make one of your lessons anew, and keep what was there (LESSON=06; ARGS=--keep-answers keeps your answers)
	@$(IN_VENV) -m resnext_edu reset $(LESSON) $(ARGS)

notebooks: venv ## run every lesson anew and save what it shows
	@$(IN_VENV) tools/notebooks.py

sweep: venv ## do the trainings of lesson 10 again that benchmarks/sweep.csv does not hold (an hour on two cores)
	@OMP_NUM_THREADS=1 $(IN_VENV) -m resnext_edu sweep --out benchmarks/sweep.csv --workers 2 $(ARGS)

proofs: venv ## do the proofs anew that a saved page of lesson 06's lab shows (two minutes)
	@$(IN_VENV) tools/make_proofs.py

weights: venv ## train the network that comes with the package anew (some minutes)
	@$(IN_VENV) tools/make_weights.py $(ARGS)

minutes: venv ## how long each lesson takes, counted
	@$(IN_VENV) -m tools.minutes

figures: venv ## draw every picture in figures/ anew
	@$(IN_VENV) tools/figures.py

bench: venv ## time forms, networks, proofs, traces, trainings, predictions, explorers and pages beside torchvision's, torchinfo's and interact
	@$(IN_VENV) benchmarks/blocks.py
	@$(IN_VENV) benchmarks/network.py
	@$(IN_VENV) benchmarks/proofs.py --threads 2
	@$(IN_VENV) benchmarks/tracing.py
	@$(IN_VENV) benchmarks/cardinality.py
	@$(IN_VENV) benchmarks/training.py
	@$(IN_VENV) benchmarks/inference.py
	@PYTHONPATH=. $(IN_VENV) benchmarks/explorers.py
	@$(IN_VENV) -m tools.website.build
	@PYTHONPATH=. $(IN_VENV) benchmarks/website.py

site: venv ## build the course as a site in site/_build/html, which needs no network: copy the folder anywhere
	@$(IN_VENV) -m tools.website.build

mutants: venv ## break the code in a hundred small ways: do the tests notice? (half an hour; ARGS="--rooms cost --seed 1")
	@$(IN_VENV) tools/mutants.py $(ARGS)

constraints: venv ## choose the newest versions that work together and write constraints.txt
	@$(IN_VENV) -m tools.constraints
