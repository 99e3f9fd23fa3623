"""`python -m kilter` is the command line."""

from kilter.interfaces.cli.main import entry

entry()
