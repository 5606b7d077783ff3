"""`python -m leadline` is the command."""

from leadline.cli import main

main()
