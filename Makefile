# make run         set everything up and train a network on handwritten digits
# make test        the fast tests
# make test-full   all tests, with many more random examples
# make check       lint, formatting, types, and the project's own rules; a minute at most
# make web         build the script of the pages from web/
# make web-check   compare it with the one in the package
# make bench       the benchmarks and the comparisons with other libraries, in an environment of their own
# make clean       remove all that these made

# One thread for each test process: two processes on two cores would otherwise fight over four threads.
workers := 2
pytest := OPENBLAS_NUM_THREADS=1 .venv/bin/python -m pytest -n $(workers)
peers := torch==2.13.0 jax micrograd scikit-learn

.PHONY: run test test-full check web web-check bench clean browser

run: .venv/run.stamp
	@.venv/bin/holograd train digits

test: .venv/dev.stamp browser
	$(pytest) -m "not slow"

test-full: .venv/dev.stamp browser
	$(pytest) --hypothesis-profile=full --timeout=1200

check: .venv/dev.stamp
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m pyright
	.venv/bin/python -m pytest -q -x tests/test_project.py

web: .venv/dev.stamp
	.venv/bin/python -m scripts.build_web

web-check: .venv/dev.stamp
	.venv/bin/python -m scripts.build_web --check

# Tests of pages need Chromium. It is installed where that takes no password; elsewhere they say what they skip.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing Chromium; this is done once" \
	     && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install chromium >/dev/null; } \
	|| echo "Chromium is missing: the tests of pages are skipped. On Debian: sudo apt install chromium" >&2

bench: .bench-venv/bench.stamp
	.bench-venv/bin/python -m pytest -m peer
	.bench-venv/bin/python -m benchmarks

clean:
	rm -rf .venv .bench-venv web/node_modules .pytest_cache .ruff_cache .hypothesis build dist
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# A stamp is newer than pyproject.toml once its environment holds what that file asks for. It holds the folder that
# this was done in: an environment's files name that too, so that a checkout that was moved needs it anew.
stamps := .venv/run.stamp .venv/dev.stamp .bench-venv/bench.stamp
.PHONY: $(foreach stamp,$(stamps),$(if $(shell grep -sxF '$(CURDIR)' $(stamp)),,$(stamp)))

.venv/run.stamp: pyproject.toml
	$(call make_environment,.venv)
	@.venv/bin/python -m pip install -qq -e ".[data,pictures,tables]"
	@echo '$(CURDIR)' >$@

.venv/dev.stamp: .venv/run.stamp
	@echo "Adding the test tools to .venv"
	@.venv/bin/python -m pip install -qq -e ".[dev]"
	@echo '$(CURDIR)' >$@

.bench-venv/bench.stamp: pyproject.toml
	$(call make_environment,.bench-venv)
	@.bench-venv/bin/python -m pip install -qq -e ".[dev]" $(peers)
	@echo '$(CURDIR)' >$@

# $(call make_environment,FOLDER): a virtual environment by the first Python that is new enough and has the
# module venv with its pip, which Debian ships apart. Set PYTHON to choose one. One that was made here and works
# is kept.
define make_environment
@grep -sqF '$(CURDIR)/$(1)' $(1)/bin/activate && $(1)/bin/python -m pip --version >/dev/null 2>&1 && exit 0; \
found=; \
for python in $(PYTHON) python3.11 python3 python3.12 python3.13 python3.14; do \
    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
    found=$$("$$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'); \
    "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || continue; \
    echo "Setting up $(1) with $$found; this is done once"; \
    exec "$$python" -m venv --clear $(1); \
done; \
if [ -n "$$found" ]; then \
    echo "$$found lacks its venv module. On Debian and Ubuntu: sudo apt install $$found-venv" >&2; \
else \
    echo "holograd needs Python 3.11 or newer. On Debian and Ubuntu: sudo apt install python3 python3-venv" >&2; \
fi; \
exit 1
endef
