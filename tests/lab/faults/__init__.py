"""Faults in the middle of a run, on real hosts: each cell is a start, a step and a fault.

The harness knows the steps that a run announces. It stops the run as soon as the host has begun with one, or has come
to a moment within it, disturbs it there, then runs `setup-docker` again without help, and holds the end against that
of a run that nobody disturbed.

    cells.py         which faults at which steps from which starts
    injections.py    what each fault does
    harness.py       one cell: from its start, through its fault, to the comparison
    world.py         what is compared
    onhost/          what runs on the host meanwhile: it holds the run, it watches daemon.json
    page.py          docs/faults.md
    __main__.py      `make faults`
"""
