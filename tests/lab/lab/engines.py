"""An engine on a lab host without the tool: by yum alone, as a person would do it."""

from lab.host import LabHost
from lab.lab import Lab

REPO = """\
[docker-ce-stable]
name=Docker CE Stable - $basearch
baseurl=https://mirrors.aliyun.com/docker-ce/linux/centos/7/$basearch/stable
gpgcheck=1
gpgkey=https://mirrors.aliyun.com/docker-ce/linux/centos/gpg
"""


def add_repository(host: LabHost, *lines: str) -> None:
    """Write docker-ce.repo, with these lines behind it."""
    (host.root / "etc/yum.repos.d/docker-ce.repo").write_text(REPO + "".join(f"{line}\n" for line in lines))


def install(host: LabHost, nvr: str) -> None:
    """Install an engine."""
    add_repository(host)
    host.run(f"yum -y -q install {nvr}", timeout=120)


def start(host: LabHost, lab: Lab) -> None:
    """Start an engine that pulls from the lab's registry mirror."""
    daemon_json = host.root / "etc/docker/daemon.json"
    daemon_json.parent.mkdir(exist_ok=True)
    daemon_json.write_text(f'{{"registry-mirrors": ["{lab.registry_url}"]}}\n')
    host.run("systemctl start docker", timeout=120)
