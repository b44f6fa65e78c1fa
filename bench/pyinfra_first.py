"""The commands by hand as pyinfra's operations, where it has one."""

from io import StringIO

from pyinfra.operations import files, server, systemd

SETTINGS = '{"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}\n'

files.download(
    name="repository",
    src="https://mirrors.aliyun.com/docker-ce/linux/centos/docker-ce.repo",
    dest="/etc/yum.repos.d/docker-ce.repo",
)
server.shell(name="metadata", commands=["yum clean all", "yum makecache"])
server.shell(name="engine", commands=["yum install --setopt=obsoletes=0 -y docker-ce-18.06.3.ce-3.el7"])
files.put(name="settings", src=StringIO(SETTINGS), dest="/etc/docker/daemon.json")
systemd.service(name="service", service="docker", running=True, enabled=True, restarted=True)
server.shell(name="answer", commands=["docker version"])
