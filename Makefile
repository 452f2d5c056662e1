# Options for nosetests, for example: make test TEST_OPTIONS='--stop'
TEST_OPTIONS =

.PHONY: help env captions xla gpu paint page gan l2 shapes systems test lint notebooks clean
.DELETE_ON_ERROR:

help:
	@echo 'make paint     paint photographs with the trained models that come with this, in runs/painted.png'
	@echo 'make page      serve a page to brush holes on and to paint them: http://127.0.0.1:8080'
	@echo 'make gan       train the model texture further, L2 + GAN, on photographs; in runs/gan'
	@echo 'make l2        train L2 alone on the same photographs; in runs/l2'
	@echo 'make shapes    train on drawn scenes with and without captions, and measure what these are worth'
	@echo 'make systems   train L2, L2 + WGAN, L2 + WGAN + captions on those scenes, and paint side by side'
	@echo 'make test      run all tests'
	@echo 'make lint      check the style of the code and its layout'
	@echo 'make notebooks run the notebooks and keep their outputs in them'
	@echo 'make env       make the environment, .venv, which the others make where it is missing'
	@echo 'make captions  add what captions take'
	@echo 'make xla       add what --backend xla takes; without a C++ compiler it is there already'
	@echo 'make gpu       the same for NVIDIA GPUs'
	@echo 'make clean     remove the environment and what Python left behind; runs and data stay'
	@echo
	@echo 'Each looks for a Python 3.11 to 3.14 by itself; PYTHON=python3.12 takes that one.'

env: .venv/complete

# Written last, so that a half-made environment is made anew.
.venv/complete: requirements-pip.txt requirements.txt ift6266/compat/releases.txt
	@PYTHON='$(PYTHON)' sh tools/environment.sh

# What some take besides: a file for each requirements-*.txt that has been installed.
.venv/with-%: requirements-%.txt .venv/complete
	.venv/bin/python -m pip install --no-compile --no-deps --only-binary :all: --require-hashes \
	    --requirement $<
	@touch $@

captions xla gpu: %: .venv/with-%

# $(call train,SCRIPT,RECIPE,RUN,OPTIONS): a run that was stopped continues.
train = .venv/bin/python experiments/run_$(1).py --recipe $(2) --output runs/$(3) $(4) \
	$(if $(wildcard runs/$(3)/checkpoint.npz),--resume)

paint: env
	.venv/bin/python experiments/paint.py --output runs/painted.png

gan: env
	$(call train,gan,quick,gan)

page: .venv/with-page
	.venv/bin/python -m ift6266.page

l2: env
	$(call train,l2,l2,l2,--epochs 10 --hold-out 500)

data/shapes.hdf5: | .venv/with-captions
	.venv/bin/python -m ift6266.data convert shapes -o data
	.venv/bin/python -m ift6266.captions $@

shapes: env data/shapes.hdf5
	$(call train,caption_gan,shapes,shapes/captions,--loss l2)
	$(call train,caption_gan,shapes,shapes/without,--loss l2 --network captionless_generator)
	.venv/bin/python experiments/evaluate.py --model runs/shapes/captions/generator.npz \
	    --dataset shapes --ablate-captions --without-captions runs/shapes/without/generator.npz

systems: env data/shapes.hdf5
	$(call train,l2,shapes,systems/l2)
	$(call train,gan,shapes_gan,systems/gan)
	$(call train,caption_gan,shapes_gan,systems/captions)
	.venv/bin/python experiments/compare.py runs/systems/l2/generator.npz \
	    runs/systems/gan/generator.npz runs/systems/captions/generator.npz \
	    --dataset shapes --output runs/systems/systems.png

test: .venv/with-captions .venv/with-page .venv/with-test
	.venv/bin/nosetests tests $(TEST_OPTIONS)

lint: .venv/with-test
	.venv/bin/ruff check
	.venv/bin/ruff format --check

notebooks: .venv/with-captions .venv/with-test
	.venv/bin/python tools/run_notebooks.py

clean:
	rm -rf .venv .ruff_cache build *.egg-info
	find . -name __pycache__ -prune -exec rm -r {} +
