"""Hosts as values: the later word counts, and where it was said stays known."""

from __future__ import annotations

from provision.asked import Wishes
from provision.inventory import Host, Inventory, Origin, Ssh, of_names
from provision.spec import Layer, from_flags, parse


def layer(text: str) -> Layer:
    return parse(text, "i")


ALL = Origin("all", layer("user: deploy\nport: 22"), layer("docker_version: '18.06.3'\nusers: [a]"))
WEB = Origin("web", layer("port: 2222"), layer("users: [b]"))


def test_the_later_word_counts() -> None:
    host = Host("web01", (ALL, WEB, Origin("web01", layer("gateway: bastion"))))
    assert host.ssh == Ssh("web01", user="deploy", port=2222, gateway="bastion")
    assert Wishes().of(host.specs).spec.users == ("b",)


def test_flags_have_the_last_word() -> None:
    over = Wishes(Origin("flags", spec=from_flags({"users": "carol"})))
    assert over.of(Host("web01", (ALL, WEB)).specs).spec.users == ("carol",)


def test_hosts_of_which_the_same_is_asked_share_it() -> None:
    wishes = Wishes()
    one, other = (wishes.of(Host(name, (ALL, WEB)).specs) for name in ("web01", "web02"))
    assert one is other
    assert wishes.of(Host("db", (ALL,)).specs) is not one


def test_what_counts_is_known_with_the_place_where_it_was_said() -> None:
    said = {
        key: (origin, located.plain(), located.place.line)
        for key, origin, located in Host("web01", (ALL, WEB)).said()
    }
    assert said == {
        "ssh.user": ("all", "deploy", 1),
        "ssh.port": ("web", 2222, 1),
        "spec.docker_version": ("all", "18.06.3", 1),
        "spec.users": ("web", ["b"], 1),
    }


def test_hosts_of_the_command_line_say_nothing_else() -> None:
    assert of_names(("a", "deploy@b:2222")) == Inventory((Host("a"), Host("deploy@b:2222")))
    assert Host("deploy@b:2222").ssh == Ssh("deploy@b:2222")
