"""The module that pytest collects: the plugin gives it every check for every host."""

from __future__ import annotations

from testinfra.host import Host

from provision.spec import Spec
from provision.verify.checks import Check


def test(check: Check, host: Host, spec: Spec) -> None:
    check(host, spec)
