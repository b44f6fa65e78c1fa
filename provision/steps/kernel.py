"""The kernel: whether bridged packets pass iptables, now and after a boot; only where that is asked for."""

from __future__ import annotations

from provision.resources.base import Resource, Step
from provision.resources.bridgenf import BridgeFilter
from provision.resources.file import Exactly, File, Left
from provision.spec import Spec
from provision.templating import render, shipped

MODULES = "etc/modules-load.d/docker-provision.conf"
SYSCTLS = "etc/sysctl.d/docker-provision.conf"


def step(spec: Spec, *, withdraw: bool) -> Step:
    """`withdraw`: what isn't asked for now may have been before, and is read for the way back."""
    resources: tuple[Resource, ...] = ()
    if spec.bridge_nf is not None:
        digit = "1" if spec.bridge_nf else "0"
        resources = (
            File(f"/{MODULES}", Exactly(shipped(MODULES))),
            File(f"/{SYSCTLS}", Exactly(render(f"{SYSCTLS}.j2", digit=digit))),
            BridgeFilter(spec.bridge_nf),
        )
    elif withdraw:
        left = [File(f"/{name}", Left(), mode=None) for name in (MODULES, SYSCTLS)]
        resources = (*left, BridgeFilter(None))
    return Step("kernel", "the bridge-nf sysctls, where they are asked for", resources)
