# Every target is `python3 tools/dev.py TARGET`; without make, type that. Arguments: make test ARGS="-k payment"
PYTHON ?= python3
.PHONY: setup run test test-long bench demo check texts screenshots audit
setup run test test-long bench demo check texts screenshots audit: ; @$(PYTHON) tools/dev.py $@ $(ARGS)
