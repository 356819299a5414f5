"""Run the command line with ``python -m ankibuild``."""

from ankibuild.cli import main

main()
