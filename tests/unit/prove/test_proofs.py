"""Each proof is a function of what a host showed: proven by what real hosts answered, not proven by anything less."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provision.prove import also, apart, layers, mirror
from provision.prove.follow import PROOFS
from provision.prove.recipe import Ask, Seen
from provision.prove.result import Proof, Verdict
from provision.prove.texts import TITLES, say
from provision.script import Section
from tests.unit.prove.recorded import NAMES, seen, with_info

GOOD = "18.06.3"
MIRROR = "http://10.77.10.1:5000/"


def failed(text: str, status: int = 1) -> Section:
    return Section(text, status)


def words(found: Proof) -> str:
    """All that a proof says, in English."""
    told = [*found.evidence, found.why, found.remedy]
    return "\n".join(say(each) for each in told if each is not None)


def test_there_are_recorded_answers() -> None:
    assert {"18.06.3", "26.1.4"} <= set(NAMES)


@pytest.mark.parametrize("name", ["18.06.3", "26.1.4"])
def test_what_a_good_host_shows_proves_everything(name: str) -> None:
    found = [each(seen(name)) for each in PROOFS]
    assert [(each.name, each.verdict) for each in found] == [(name, Verdict.PROVEN) for name in TITLES]
    assert all(words(each) for each in found)


WRONG: dict[str, tuple[Callable[[Seen], Proof], dict[str, str | Section | None], str]] = {
    "no layers are told": (layers.prove_layers, {"image_1": "{}"}, "doesn't tell the layers"),
    "the second can't be pulled": (
        layers.prove_shared,
        {"pull_2": "said Error response from daemon: manifest unknown", "pull_2_end": "1 300 -"},
        "nginx:1.25.0 could not be pulled: manifest unknown",
    ),
    "nothing existed": (
        layers.prove_shared,
        {"pull_2": "layer 251ebad2fae4 12.9MB Pull complete"},
        "no layer of nginx:1.25.0 already existed",
    ),
    "two files": (
        layers.prove_shared,
        {"one_file": "a 1 10 /lib/libc.so\nb 2 11 /lib/libc.so\nlower 3 10 /var/libc.so"},
        "don't read /lib/libc.so from one place",
    ),
    "a container doesn't start": (
        apart.prove_cow,
        {"start_b": failed("docker: Error response from daemon: no space left on device.\n", 125)},
        "doesn't start: docker: Error response from daemon: no space left on device.",
    ),
    "nothing is written": (
        apart.prove_cow,
        {
            "content_a": "Debian GNU/Linux 11 \\n \\l",
            "change": failed("sh: /etc/issue: Read-only file system"),
        },
        "can't be written in a container: sh: /etc/issue: Read-only",
    ),
    "the other sees it": (apart.prove_cow, {"content_b": "changed"}, "the other container sees the change"),
    "the image has it": (apart.prove_cow, {"content_image": "changed"}, "the image has the change"),
    "more is changed": (
        apart.prove_cow,
        {"diff_a": "C /etc\nC /etc/issue\nA /x"},
        "other than that change: A /x",
    ),
    "the other is changed": (apart.prove_cow, {"diff_b": "A /y"}, "other than that change: A /y"),
    "directories of their own": (
        apart.prove_cow,
        {"inspect_a": '{"GraphDriver": {"Data": {"LowerDir": "/x-init/diff:/x/diff", "UpperDir": "/u"}}}'},
        "don't stand on the same directories",
    ),
    "another kernel": (apart.prove_kernel, {"kernel": "4.19.0"}, "runs on another kernel"),
    "no answer on the port": (
        also.prove_port,
        {"web": "127.0.0.1:32768 000 "},
        "nothing answers on 127.0.0.1:32768",
    ),
    "no server": (
        also.prove_port,
        {"web_start": failed("docker: port is taken", 125)},
        "docker: port is taken",
    ),
    "no name": (also.prove_dns, {"names": "own \nhost 1.2.3.4 hub"}, "doesn't find another by its name"),
    "no name outside": (
        also.prove_dns,
        {"names": "own 172.18.0.3 b\nhost 1.2.3.4 hub.example\ninside "},
        "the host finds hub.example, a container doesn't",
    ),
    "no limit": (
        also.prove_memory,
        {"memory": "memory/memory.limit_in_bytes 9223372036854771712"},
        "the container's limit is 9223372036854771712",
    ),
    "more than the limit": (
        also.prove_memory,
        {"memory": "memory.max 33554432\nmemory.peak 50000000\nwritten 67108864"},
        "it took 47.7 MiB, more than it may",
    ),
    "an unread limit": (
        also.prove_memory,
        {"memory": failed("docker: no such cgroup")},
        "docker: no such cgroup",
    ),
    "no logs": (also.prove_logs, {"logs": ""}, "hasn't what the container printed"),
    "it didn't come back": (
        also.prove_restart,
        {"restart": "before 10 2026-01-01T00:00:00Z 0 600\nafter 0 2026-01-01T00:00:00Z false 700"},
        "the container didn't come back",
    ),
    "the daemon is as it was": (
        also.prove_restart,
        {"restart": "before 10 2026-01-01T00:00:00Z 0 600\nafter 10 2026-01-01T00:00:00Z true 600"},
        "the container didn't come back",
    ),
    "no daemon any more": (
        also.prove_restart,
        {
            "restart": "before 10 2026-01-01T00:00:00Z 0 600\nafter  0\n"
            "unable to configure the Docker daemon with file /etc/docker/daemon.json: EOF"
        },
        "/etc/docker/daemon.json is empty",
    ),
    "no restart at all": (
        also.prove_restart,
        {"restart": failed("no such image")},
        "can't be followed: no such image",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_less_is_not_proven_and_says_why(name: str) -> None:
    prove, sections, text = WRONG[name]
    found = prove(seen(GOOD, None, **sections))
    assert found.verdict is Verdict.NOT_PROVEN
    assert text in words(found)


ENDED = '{"State": {"Running": false, "ExitCode": 1}}\n'
TOO_NEW = {
    "its library": {
        "own_1": f"{ENDED}Can't initialize Background Jobs.",
        "libc": "ldd (Debian GLIBC 2.36-9) 2.36",
    },
    "its words": {"own_1": f"{ENDED}sh: Operation not permitted", "libc": "sh: ldd: not found"},
}


@pytest.mark.parametrize("sign", TOO_NEW)
def test_an_image_that_is_too_new_is_known_by(sign: str) -> None:
    found = mirror.prove(seen(GOOD, None, **TOO_NEW[sign]))
    assert found.verdict is Verdict.NOT_PROVEN
    assert "too new for Docker 18.06.3-ce+lab" in words(found)
    assert "take an older tag, like redis:7.0.11-bullseye" in words(found)
    # an engine that is cured has other reasons, and so have images that are old
    assert mirror.prove(seen("26.1.4", None, **TOO_NEW[sign])).verdict is Verdict.PROVEN
    old = seen(GOOD, None, own_1=f"{ENDED}no config", libc="ldd (Debian GLIBC 2.31-13) 2.31")
    assert mirror.prove(old).verdict is Verdict.PROVEN


NOT_HERE: dict[str, tuple[Callable[[Seen], Proof], Seen, str]] = {
    "an image that was here": (
        layers.prove_layers,
        seen(GOOD, pull_1="said Status: Image is up to date for redis:7.0.11-bullseye"),
        "was here before",
    ),
    "nothing in common": (
        layers.prove_shared,
        seen(GOOD, image_2="layer sha256:1 10 sha256:2\nlayer sha256:3 20 -"),
        "have no layer in common",
    ),
    "no shell": (
        apart.prove_cow,
        seen(GOOD, start_a=failed('exec: "sh": executable file not found in $PATH: unknown.', 127)),
        "has no shell",
    ),
    "no file": (apart.prove_cow, seen(GOOD, file=""), "no regular file below /etc"),
    "the same distribution": (
        apart.prove_kernel,
        seen(GOOD, system='PRETTY_NAME="CentOS Linux 7 (Core)"'),
        "brings the host's own distribution",
    ),
    "no port": (also.prove_port, seen(GOOD, web="none"), "serves no port"),
    "a driver that keeps logs elsewhere": (
        also.prove_logs,
        seen(
            GOOD,
            logs=failed("Error response from daemon: configured logging driver does not support reading"),
        ),
        "can't be read back",
    ),
    "others run": (
        also.prove_restart,
        seen(GOOD, restart="others web db"),
        "(web, db); --allow-restart consents",
    ),
    "a pending file": (
        also.prove_restart,
        seen(GOOD, restart="pending /etc/docker/daemon.json"),
        "run setup-docker first",
    ),
    "no mirror": (mirror.prove, with_info(seen(GOOD), mirrors=()), "no registry mirror is set"),
    "another registry": (
        mirror.prove,
        seen(GOOD, Ask(images=("registry.example:5000/a:1", "nginx:1.25.0"))),
        "isn't Docker Hub's",
    ),
}


@pytest.mark.parametrize("name", NOT_HERE)
def test_what_does_not_apply_says_why(name: str) -> None:
    prove, host, text = NOT_HERE[name]
    found = prove(host)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert text in words(found)


def test_where_the_first_pull_fails_only_the_first_two_proofs_do() -> None:
    names = "own_1_start image_1 pull_2 pull_2_end start_a start_b file web_start web restart"
    gone: dict[str, str | Section | None] = dict.fromkeys(names.split())
    host = seen(GOOD, None, pull_1="said Error: no", pull_1_end="1 15000 -", **gone)
    found = {each(host).name: each(host).verdict for each in PROOFS}
    assert [name for name, verdict in found.items() if verdict is Verdict.NOT_PROVEN] == ["mirror", "layers"]
    assert set(list(found.values())[2:]) == {Verdict.NOT_APPLICABLE}


def test_another_storage_driver_is_no_failure() -> None:
    host = with_info(seen(GOOD, inspect_a="{}"), driver="devicemapper")
    for prove in (layers.prove_shared, apart.prove_cow):
        found = prove(host)
        assert found.verdict is Verdict.PROVEN
        assert "devicemapper, not overlay2" in words(found)


def test_mounts_that_docker_makes_are_no_change() -> None:
    mounts = '{"Mounts": [{"Destination": "/data"}], "GraphDriver": null}'
    host = with_info(
        seen(GOOD, inspect_a=mounts, diff_a="C /etc\nC /etc/issue\nA /data"), driver="devicemapper"
    )
    assert apart.prove_cow(host).verdict is Verdict.PROVEN


def test_live_restore_is_told() -> None:
    host = seen(GOOD, restart="before 10 2026-01-01T00:00:00Z 0 600\nafter 10 2026-01-01T00:00:00Z true 700")
    assert "went on over it (live-restore)" in words(also.prove_restart(host))


def test_shared_layers_are_those_with_all_below_them_alike() -> None:
    host = seen(
        GOOD,
        image_1="layer sha256:a 10 -\nlayer sha256:b 20 -\nlayer sha256:c 30 -",
        image_2="layer sha256:a 10 -\nlayer sha256:x 5 -\nlayer sha256:c 30 -",
    )
    first, second = layers.both(host).values()
    assert [each.shared for each in first] == [True, False, False]
    assert [each.shared for each in second] == [True, False, False]
