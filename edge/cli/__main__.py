"""`python -m edge.cli`: the `edge` command of this very interpreter, as a process starts another of its kind."""

from edge.cli import main

main()
