#!/bin/sh
# Make .oracle/: the peers that benchmarks/ compares with, apart from our own environment.
# Usage: tools/oracle.sh [PYTHON]     (PYTHON defaults to python3; needs 3.11)
set -eu
cd "$(dirname "$0")/.."
python="${1:-python3}"
[ -x .oracle/bin/python ] || "$python" -m venv .oracle
.oracle/bin/python -m pip install --quiet --disable-pip-version-check -r tools/oracle-requirements.txt
.oracle/bin/python -c "import importlib.metadata as m; print('pylinac', m.version('pylinac'), 'in .oracle/')"
