"""The packages' scriptlets: what upstream's do, with systemd's macros of EL7 spelled out.

rpm passes how many versions of the package there will be: 1 is a fresh install, 2 an upgrade, and in %preun
and %postun 0 is a removal.
"""

from lab.table import ENGINES, Package

GROUP = """\
if ! getent group docker >/dev/null; then groupadd --system docker; fi"""
SYSTEMD_POST = """\
if [ $1 -eq 1 ]; then systemctl preset {unit} >/dev/null 2>&1 || :; fi"""
SYSTEMD_PREUN = """\
if [ $1 -eq 0 ]; then
    systemctl --no-reload disable {unit} >/dev/null 2>&1 || :
    systemctl stop {unit} >/dev/null 2>&1 || :
fi"""
SYSTEMD_POSTUN = """\
systemctl daemon-reload >/dev/null 2>&1 || :
if [ $1 -ge 1 ]; then systemctl try-restart {unit} >/dev/null 2>&1 || :; fi"""

# Of 18.06: meant for upgrades, but 1 is greater than 0, so that a fresh install stops a running docker too.
STATE = "/var/lib/rpm-state/docker-is-active"
STOP = f"""\
if [ $1 -gt 0 ]; then
    rm -f {STATE} >/dev/null 2>&1 || :
    if systemctl is-active docker >/dev/null 2>&1; then
        systemctl stop docker >/dev/null 2>&1 || :
        touch {STATE} >/dev/null 2>&1 || :
    fi
fi"""
START = f"""\
if [ $1 -ge 0 ] && [ -f {STATE} ]; then
    systemctl start docker >/dev/null 2>&1 || :
    rm -f {STATE} >/dev/null 2>&1 || :
fi"""


def scriptlets(package: Package) -> str:
    """The scriptlet sections of a package's spec file; empty for a package that upstream gives none."""
    sections: dict[str, str] = {}
    if package.name == "docker-ce":
        sections = {**_unit("docker"), "post": f"{SYSTEMD_POST.format(unit='docker')}\n{GROUP}"}
        if next(engine.pre_stops for engine in ENGINES if engine.nvr == package.nvr):
            sections |= {"pre": STOP, "posttrans": START}
    elif package.name == "docker-ce-cli":
        sections = {"post": GROUP}
    elif package.name in ("docker", "docker-engine"):
        sections = _unit("docker")
    elif package.name == "docker-latest":
        sections = _unit("docker-latest")
    elif package.name == "containerd.io":
        sections = _unit("containerd")
    return "".join(f"%{name}\n{text}\n" for name, text in sections.items())


def _unit(unit: str) -> dict[str, str]:
    return {
        "post": SYSTEMD_POST.format(unit=unit),
        "preun": SYSTEMD_PREUN.format(unit=unit),
        "postun": SYSTEMD_POSTUN.format(unit=unit),
    }
