"""yum's settings, put together as yum does."""

from __future__ import annotations

import pytest

from provision.resources.yum_settings import PLUGIN_CONF, Place, Settings

V18 = "18.06.3.ce-3.el7"
CONF = "/etc/yum.conf"
FOLDER = "/etc/yum.repos.d"
LIST = "/etc/yum/pluginconf.d/versionlock.list"
LOCKED = {
    CONF: "[main]\nplugins=1\n",
    PLUGIN_CONF: f"[main]\nenabled = 1\nlocklist = {LIST}\n",
    LIST: "# mine\n0:docker-ce-18.06.2.ce-3.el7.*\n",
}
PLUGINS = frozenset({"versionlock"})


def test_repositories_come_in_the_order_of_names_and_the_first_of_an_id_counts() -> None:
    settings = Settings(
        {
            f"{FOLDER}/b.repo": "[one]\nname=b\n[four]\n",
            f"{FOLDER}/a.repo": "[three]\n[one]\nname=a\n",
            "/etc/yum/repos.d/z.repo": "[two]\n[off]\nenabled=0\n",
            CONF: "[main]\nexclude=x\n[zero]\n",
            f"{FOLDER}/README": "[readme]\n",
        }
    )
    found = settings.repositories()
    assert [each.id for each in found] == ["zero", "two", "three", "one", "four"]
    assert str(found[3].place) == f"{FOLDER}/a.repo, line 2 ([one])"
    assert "off" in settings.every_repository()


def test_one_that_is_off_and_read_first_is_off() -> None:
    settings = Settings({f"{FOLDER}/a.repo": "[x]\nenabled=0\n", f"{FOLDER}/b.repo": "[x]\n"})
    assert settings.repositories() == []


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://mirrors.aliyun.com/docker-ce/linux/centos/7/$basearch/stable", True),
        ("https://download.docker.com/anything", True),
        ("http://10.0.0.5/mirror/linux/centos/7/x86_64/test", True),
        ("https://mirrors.aliyun.com/docker-ce/linux/centos/7/source/stable", False),
        ("https://mirrors.aliyun.com/docker-ce/linux/centos/7/debug-$basearch/stable", False),
        ("http://yum.dockerproject.org/repo/main/centos/7", False),
        ("http://vault.centos.org/7.9.2009/os/x86_64/", False),
    ],
)
def test_where_docker_is_known_by_the_folders(url: str, leads: bool) -> None:
    for key in ("baseurl", "mirrorlist", "metalink"):
        (found,) = Settings({f"{FOLDER}/a.repo": f"[a]\n{key}={url}\n"}).repositories()
        assert found.leads_to_docker is leads


@pytest.mark.parametrize(
    ("options", "hidden"),
    [
        *(
            ("", False),
            ("exclude=docker-ce", True),
            ("exclude=a,\n  docker*", True),
            ("exclude=docker", False),
        ),
        # yum 3.4.3 doesn't know that one (run)
        ("excludepkgs=docker-ce", False),
        *(("includepkgs=docker-ce", False), ("includepkgs=kubelet kubeadm", True)),
    ],
)
def test_what_a_section_hides(options: str, hidden: bool) -> None:
    (found,) = Settings({f"{FOLDER}/a.repo": f"[a]\n{options}\n"}).repositories()
    assert found.hides("docker-ce", V18) is hidden


def test_what_is_hidden_in_all_of_them() -> None:
    settings = Settings({CONF: "[main]\n\nexclude=kernel*\n  docker-ce\n"})
    assert settings.hiding("docker-ce", V18) == Place(CONF, 3, "exclude=kernel*")
    assert settings.hiding("containerd.io", "1.6.33-3.1.el7") is None


def test_the_newer_place_of_yum_conf_is_the_one() -> None:
    settings = Settings({CONF: "[main]\nexclude=docker-ce\n", "/etc/yum/yum.conf": "[main]\n"})
    assert settings.hiding("docker-ce", V18) is None


def test_a_lock_hides_too() -> None:
    settings = Settings(LOCKED, PLUGINS)
    assert settings.hiding("docker-ce", V18) == Place(LIST, 2, "0:docker-ce-18.06.2.ce-3.el7.*")
    assert settings.hiding("docker-ce", "18.06.2.ce-3.el7") is None


@pytest.mark.parametrize(
    ("files", "plugins"),
    [
        (LOCKED, frozenset[str]()),
        ({**LOCKED, CONF: "[main]\n"}, PLUGINS),
        ({**LOCKED, CONF: "[main]\nplugins=0\n"}, PLUGINS),
        ({**LOCKED, PLUGIN_CONF: f"[main]\nenabled=0\nlocklist={LIST}\n"}, PLUGINS),
        ({**LOCKED, PLUGIN_CONF: f"[main]\nlocklist={LIST}\n"}, PLUGINS),
        ({**LOCKED, PLUGIN_CONF: "[main]\nenabled=1\n"}, PLUGINS),
        ({path: text for path, text in LOCKED.items() if path != LIST}, PLUGINS),
    ],
)
def test_locks_without_the_plugin_lock_nothing(files: dict[str, str], plugins: frozenset[str]) -> None:
    assert Settings(files, plugins).hiding("docker-ce", V18) is None


@pytest.mark.parametrize("url", [f"file:{LIST}", f"file://{LIST}", LIST])
def test_the_list_may_be_named_as_a_url(url: str) -> None:
    files = {**LOCKED, PLUGIN_CONF: f"[main]\nenabled=1\nlocklist={url}\n"}
    assert Settings(files, PLUGINS).hiding("docker-ce", V18) is not None


@pytest.mark.parametrize(
    ("line", "unread"),
    [("", False), ("reposdir=/etc/corp", True), ("reposdir=/etc/corp, /etc/yum.repos.d/", False)],
)
def test_which_folders_are_read(line: str, unread: bool) -> None:
    place = Settings({CONF: f"[main]\n{line}\n"}).unread(FOLDER)
    assert (place == Place(CONF, 2, line)) if unread else (place is None)
