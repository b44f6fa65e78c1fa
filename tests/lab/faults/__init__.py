"""Faults in the middle of a run, on real hosts: each cell is a start, a step and a fault.

The harness knows the steps that a run announces. It disturbs the run as soon as the host has begun with one, then runs
`setup-docker` again without help, and holds the end against that of a run that nobody disturbed.

    cells.py      which faults at which steps from which starts
    harness.py    one cell: from its start, through its fault, to the comparison
    __main__.py   `make faults`: all cells, and their table for docs/faults.md
"""
