"""The tasks of `provision`, so that `fab --list` works in a checkout."""

from provision.tasks import facts, plan, setup_docker, steps, uninstall_docker, verify, versions

__all__ = ["facts", "plan", "setup_docker", "steps", "uninstall_docker", "verify", "versions"]
