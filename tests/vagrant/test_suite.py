"""The lab's own tests on a virtual machine: set up, verify, again, drift, uninstall.

Those whose subject is the machine, and one of a kind: what a kernel can't change is shown in the lab. A set-up takes
two minutes in emulation, so that all of them begin with `converged`, which is set up once.
"""

from tests.lab.test_setup import (
    test_images_come_through_the_mirror,
    test_mirrors_change_by_a_reload,
    test_second_run_is_one_connection_and_one_command,
)
from tests.lab.test_uninstall import test_running_containers_are_not_ended_unasked
from tests.lab.test_verify import test_a_host_that_was_set_up_passes

__all__ = [
    "test_a_host_that_was_set_up_passes",
    "test_images_come_through_the_mirror",
    "test_mirrors_change_by_a_reload",
    "test_running_containers_are_not_ended_unasked",
    "test_second_run_is_one_connection_and_one_command",
]
