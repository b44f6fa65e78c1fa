"""The same for pyinfra: its own operations, where it has one."""

from pyinfra.operations import files, server, systemd, yum

yum.packages(name="packages", packages=["docker-ce"])
files.file(name="repository", path="/etc/yum.repos.d/docker-ce.repo")
files.directory(name="settings", path="/etc/docker")
server.group(name="group", group="docker")
systemd.service(name="service", service="docker", running=True, enabled=True)
server.shell(name="engine", commands=["docker version --format '{{.Server.Version}}'"])
