"""The tasks of `provision`, so that `fab --list` works in a checkout."""

from provision.tasks import (
    attach,
    bundle,
    facts,
    history,
    hosts,
    mirrors,
    plan,
    prove_docker,
    resume,
    runs,
    setup_docker,
    steps,
    uninstall_docker,
    unlock,
    verify,
    versions,
)

__all__ = [
    "attach",
    "bundle",
    "facts",
    "history",
    "hosts",
    "mirrors",
    "plan",
    "prove_docker",
    "resume",
    "runs",
    "setup_docker",
    "steps",
    "uninstall_docker",
    "unlock",
    "verify",
    "versions",
]
