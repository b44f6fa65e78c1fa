"""Words of an operator's that stand for something."""

from __future__ import annotations

from collections.abc import Mapping

PACKAGE_MIRRORS: Mapping[str, str] = {
    "aliyun": "https://mirrors.aliyun.com/docker-ce",
    "tuna": "https://mirrors.tuna.tsinghua.edu.cn/docker-ce",
    "ustc": "https://mirrors.ustc.edu.cn/docker-ce",
    "official": "https://download.docker.com",
}
"""Package mirrors known by name: the folder above linux/centos of each."""

BASE_ARCHIVES: Mapping[str, str] = {
    "aliyun": "https://mirrors.aliyun.com/centos-vault/7.9.2009",
    "official": "https://vault.centos.org/7.9.2009",
    "tuna": "https://mirrors.tuna.tsinghua.edu.cn/centos-vault/7.9.2009",
}
"""Archives of CentOS 7 known by name: the folder above os, updates and extras of each."""

BUNDLE = "bundle:"
"""How --package-mirror begins where packages come from a folder of this machine."""

DATA_KEYS = ("data-root", "graph", "storage-driver", "userns-remap")
"""The keys of daemon.json by whose change the daemon looks for its data elsewhere."""

DOWNGRADE = "downgrade"
DATA_CHANGES = (*DATA_KEYS, DOWNGRADE)
"""What needs consent by name where there is data; an older engine may not read what a newer one has written."""

NONE = "none"
"""What a flag says to clear a list, or to go without a proxy."""
