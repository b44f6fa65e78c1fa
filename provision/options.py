"""What an operator may ask for, as words: the names, help and examples of Spec's fields.

Apart from `spec`, so that listing the commands doesn't import pydantic. A test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One field of Spec."""

    name: str
    metavar: str
    help: str
    example: str
    """A value as a file has it."""
    many: bool = False
    """A list in a file, "a,b" as a flag."""
    in_flags: bool = True
    """False where only a file can say it."""
    switch: bool = False
    """true or false in a file; a flag without a value, which means true."""

    tri: bool = False
    """true or false in a file, yes or no as a flag; not given, what is there stays."""
    bare: str = ""
    """What the flag means without a value; empty where it must have one."""

    @property
    def flag(self) -> str:
        """As it is typed: --docker-version."""
        return "--" + self.name.replace("_", "-")


OPTIONS: tuple[Option, ...] = (
    Option(
        "docker_version",
        "VERSION",
        "Docker Engine to install, exactly (default 18.06.3; `versions` lists what is on offer)",
        "18.06.3",
    ),
    Option(
        "package_mirror",
        "MIRROR",
        "where packages come from: aliyun (default), tuna, ustc, official, the URL of a docker-ce folder, or"
        " bundle:DIR, which `bundle` made",
        "aliyun",
    ),
    Option(
        "repo_key",
        "FILE",
        "armoured public key that signs the packages, if the mirror signs with another key than Docker's",
        "keys/mirror.asc",
    ),
    Option(
        "fix_base_repos",
        "ARCHIVE",
        "where CentOS's own repositories are dead, switch them off and add an archive: aliyun (also without a value),"
        " official or tuna",
        "aliyun",
        bare="aliyun",
    ),
    Option(
        "base_key",
        "FILE",
        "armoured public key that signs the base packages, if the hosts have another one than CentOS 7's",
        "keys/base.asc",
    ),
    Option(
        "proxy",
        "URL",
        "HTTP proxy for packages and for the daemon, like http://proxy.example.com:3128; with user and password by"
        " reference: env:NAME, file:PATH or command:WORDS; none: go without",
        "env:PROXY_URL",
    ),
    Option(
        "package_proxy",
        "URL",
        "the same for packages alone",
        "http://proxy.example.com:3128",
    ),
    Option(
        "daemon_proxy",
        "URL",
        "the same for the daemon alone (neither given: it keeps what it has)",
        "http://proxy.example.com:3128",
    ),
    Option(
        "no_proxy",
        "HOST[,HOST]",
        "what the daemon reaches without its proxy: hosts, domains like .example.com, addresses",
        "[registry.example.com]",
        many=True,
    ),
    Option(
        "package_ca",
        "FILE",
        "certificate (PEM) of the authority by which the package mirror is known, if that isn't a public one",
        "certificates/mirror.pem",
    ),
    Option(
        "registry_ca",
        "REGISTRY=FILE[,REGISTRY=FILE]",
        "certificates (PEM) of the authorities by which registries are known, for /etc/docker/certs.d",
        '["registry.example.com:5000=certificates/registry.pem"]',
        many=True,
    ),
    Option(
        "registry_mirrors",
        "URL[,URL]",
        "registry mirrors, in order, like https://<id>.mirror.aliyuncs.com; none takes all away"
        " (not given: those on the host stay)",
        "[https://mirror.example.com]",
        many=True,
    ),
    Option(
        "log_max_size",
        "SIZE",
        "containers' logs are rotated at this size: a number with k, m or g (max-size in log-opts)",
        "50m",
    ),
    Option("log_max_file", "NUMBER", "so many rotated logs are kept (max-file in log-opts)", "3"),
    Option(
        "data_root",
        "FOLDER",
        "where images, containers and volumes are kept (default /var/lib/docker)",
        "/data/docker",
    ),
    Option(
        "cgroup_driver",
        "systemd|cgroupfs",
        "who manages containers' control groups, as a kubelet must do too (native.cgroupdriver in exec-opts)",
        "systemd",
    ),
    Option(
        "live_restore",
        "yes|no",
        "containers go on while the daemon is down; not in a swarm",
        "true",
        tri=True,
    ),
    Option(
        "bridge_nf",
        "yes|no",
        "packets between a bridge's ports pass iptables or don't, now and after a boot"
        " (net.bridge.bridge-nf-call-iptables, -ip6tables)",
        "true",
        tri=True,
    ),
    Option(
        "daemon",
        "KEY: VALUE",
        "further settings of daemon.json; null takes a key out",
        "{log-driver: json-file}",
        in_flags=False,
    ),
    Option(
        "users",
        "USER[,USER]",
        "members of the group docker, which makes them root on the host",
        "[alice, bob]",
        many=True,
    ),
    Option(
        "any_el7",
        "true",
        "take RHEL, Oracle Linux and Scientific Linux 7 for CentOS 7; their own repositories are left alone",
        "true",
        switch=True,
    ),
    Option(
        "accept_data_change",
        "KEY[,KEY]",
        "data-root, graph, storage-driver or userns-remap may change, although images, containers and volumes are no"
        " longer seen then; `downgrade`: the engine may go down over them",
        "[data-root]",
        many=True,
    ),
    Option(
        "hold_everywhere",
        "true",
        "where other repositories of a host offer Docker too, exclude it in their sections as well, so that"
        " `yum update` doesn't move it",
        "true",
        switch=True,
    ),
    Option(
        "ack_eol",
        "true",
        "the end of life of CentOS 7 and this Docker is known: say no more of it, and note that on the hosts",
        "true",
        switch=True,
    ),
)

FLAGS: tuple[Option, ...] = tuple(option for option in OPTIONS if option.in_flags)
"""Those that a command line can say."""
