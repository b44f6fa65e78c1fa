"""The tasks of `provision`, so that `fab --list` works in a checkout."""

from provision.tasks import (
    facts,
    hosts,
    mirrors,
    plan,
    prove_docker,
    setup_docker,
    steps,
    uninstall_docker,
    verify,
    versions,
)

__all__ = [
    "facts",
    "hosts",
    "mirrors",
    "plan",
    "prove_docker",
    "setup_docker",
    "steps",
    "uninstall_docker",
    "verify",
    "versions",
]
