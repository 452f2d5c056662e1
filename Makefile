# Of the settings tried, those that paint best within the five minutes of `make gan`.
GAN_OPTIONS = --epochs 5 --warm-up 4 --critic-steps 1 --adversarial-weight 0.01 --flips --decay
L2_OPTIONS = --epochs 10 --flips --decay
# Options for nosetests, for example: make test TEST_OPTIONS='--stop'
TEST_OPTIONS =

.PHONY: help env gan l2 test clean

help:
	@echo 'make gan     train L2 + WGAN on photographs; pictures and model in runs/gan'
	@echo 'make l2      train L2 alone on the same photographs; in runs/l2'
	@echo 'make test    run all tests'
	@echo 'make env     make the environment, .venv, which the others make where it is missing'
	@echo 'make clean   remove the environment and what Python left behind; runs and data stay'
	@echo
	@echo 'Each looks for a Python 3.8 to 3.11 by itself; PYTHON=python3.9 takes that one.'

env: .venv/complete

# Written last, so that a half-made environment is made anew.
.venv/complete: requirements.txt
	@PYTHON='$(PYTHON)' sh tools/environment.sh

# A run that was stopped goes on.
RESUME = $(if $(wildcard runs/$@/checkpoint.npz),--resume)

gan: env
	.venv/bin/python experiments/run_gan.py --dataset photos --output runs/gan $(GAN_OPTIONS) $(RESUME)

l2: env
	.venv/bin/python experiments/run_l2.py --dataset photos --output runs/l2 $(L2_OPTIONS) $(RESUME)

test: env
	.venv/bin/nosetests tests $(TEST_OPTIONS)

clean:
	rm -rf .venv *.egg-info
	find . -name __pycache__ -prune -exec rm -r {} +
