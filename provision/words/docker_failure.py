"""Why dockerd didn't start, or didn't take up a reload, in one line with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from provision.words.reason import Reason, first, rule


def daemon_failure(lines: Iterable[str]) -> Reason:
    """Why dockerd didn't start, from its lines on stderr or in the journal. The last cause counts."""
    return _reason([_message(line) for line in lines])


def reload_failure(lines: Sequence[str]) -> Reason | None:
    """Why the last SIGHUP wasn't taken up, from the log; None if the daemon says that it was.

    Not the last word: a wrong mirror is half taken up, and what docker info shows holds (18.06.3, run).
    """
    messages = [_message(line) for line in lines]
    signals = [
        i for i, message in enumerate(messages) if message.startswith("Got signal to reload configuration")
    ]
    if not signals:
        return Reason("the daemon didn't notice the reload", "see that it runs: `systemctl status docker`")
    after = messages[signals[-1] + 1 :]
    return None if any(message.startswith("Reloaded configuration") for message in after) else _reason(after)


_LOGRUS = re.compile(r'level=(?P<level>\w+) msg=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>\S+))(?P<rest>.*)')
_JOURNAL = re.compile(r"^\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ [\w.-]+(?:\[\d+\])?: ")


def _message(line: str) -> str:
    """The message of a log line: without the journal's prefix, and without logrus' time, level and quoting."""
    text = _JOURNAL.sub("", line.strip())
    found = _LOGRUS.search(text)
    if found is None:
        return text
    return re.sub(r"\\(.)", r"\1", found["quoted"] or found["bare"] or "") + found["rest"]


def _reason(messages: Sequence[str]) -> Reason:
    for message in reversed(messages):
        if reason := first(_RULES, message):
            return reason
    last = next((message for message in reversed(messages) if message), None)
    what = f"its last words are: {last}" if last else "it said nothing"
    return Reason(what, "look at `journalctl -u docker.service` on the host")


_FILE = r"unable to configure the Docker daemon with file (\S+): "
_MEND = "mend it in daemon.json"
_SPELLING = "correct or take out that key"

_RULES = (
    # the file as such
    rule(
        _FILE + r"the following directives don't match any configuration option: (.*)",
        "unknown key in {0}: {1}",
        _SPELLING,
    ),
    rule(
        _FILE + r"the following directives are specified both as a flag and in the configuration file: (.*)",
        "given in {0} and by the unit too: {1}",
        "take it out of one of the two (`systemctl cat docker` shows the flags)",
    ),
    rule(_FILE + r"EOF$", "{0} is empty", "write {{}} into it, or remove it"),
    rule(
        _FILE + r"unexpected (?:EOF|end of JSON input)", "{0} ends too early", "close its brackets and quotes"
    ),
    rule(
        _FILE + r"invalid character 'ï' looking for beginning of value",
        "{0} begins with a byte order mark",
        "save it as UTF-8 without BOM",
    ),
    rule(
        _FILE + r"(invalid character .*)",
        "{0} is not valid JSON: {1}",
        "mend it (`python -m json.tool FILE` names the line)",
    ),
    rule(
        r"json: cannot unmarshal (\S+) into Go struct field (?:\w+\.)+(\S+) of type (\S+)",
        "{1} is given as JSON {0}, which dockerd can't take as {2}",
        _MEND,
    ),
    rule(
        _FILE + r"json: cannot unmarshal (\S+) into Go value",
        "{0} holds a JSON {1} and no object",
        "put {{ }} around its keys",
    ),
    rule(_FILE + r"read \S+: is a directory", "{0} is a directory", "remove it"),
    rule(
        _FILE + r"open \S+: no such file", "{0} is missing", "look at --config-file in `systemctl cat docker`"
    ),
    rule(
        r"configuration validation (?:from file )?failed:? \(?(.*?)\)?$", "a setting is refused: {0}", _MEND
    ),
    rule(_FILE + r"(.*)", "{0} is refused: {1}", _MEND),
    # single settings
    rule(r"(invalid mirror: .*)", "{0}", "write registry-mirrors like https://HOST or https://HOST:PORT"),
    rule(
        r"(insecure registry .* is not valid|invalid index name .*)",
        "{0}",
        "write insecure-registries like HOST:PORT or 10.0.0.0/8",
    ),
    rule(r"(conflict labels for .*)", "{0}", "keep one of them under labels"),
    rule(r"failed to set log opts: (.*)", "a logging option is refused: {0}", "mend log-opts in daemon.json"),
    rule(
        r"(Unable to parse logging level: .*)", "{0}", "log-level is one of debug, info, warn, error, fatal"
    ),
    rule(
        r"plugin \"(\S+)\" not found",
        "the authorization plugin {0} isn't there",
        "install it first, or take it out of authorization-plugins",
    ),
    rule(
        r"live-restore daemon configuration is incompatible with swarm mode",
        "live-restore doesn't go with swarm mode",
        "take live-restore out of daemon.json, or leave the swarm",
    ),
    rule(r"(You specified .*)", "two settings exclude each other: {0}", _MEND),
    rule(
        r"(metrics-addr is only supported when experimental is enabled)",
        "{0}",
        "set experimental: true, or leave it out",
    ),
    rule(
        r"uid lookup for \"(\S+)\"",
        "userns-remap names the user {0}, who isn't there",
        "create the user, or take it out",
    ),
    rule(r"(opening seccomp profile .*)", "{0}", "mend seccomp-profile in daemon.json"),
    rule(r"(native.cgroupdriver option \S+ not supported)", "{0}", "it is cgroupfs or systemd"),
    # the host
    rule(
        r"Your Linux kernel version (\S+) is not supported",
        "kernel {0} is too old for Docker",
        "boot kernel 3.10 or newer",
    ),
    rule(
        r"pid file found, ensure docker is not running or delete (\S+)",
        "{0} names a living process",
        "if no dockerd runs (`pgrep -a dockerd`), delete that file and start docker again",
    ),
    rule(
        r"(\S+): no space left on device",
        "the disk is full: {0}",
        "make room (`df -h`), then start docker again",
    ),
    rule(
        r"without d_type support",
        "data-root lies on an xfs made without d_type (ftype=0), which overlay2 refuses",
        "put data-root on another file system, or make that one anew with `mkfs.xfs -n ftype=1`",
    ),
    rule(
        r"contains several valid graphdrivers: (.*?); ",
        "data-root holds images of several storage drivers: {0}",
        "name the one to keep by storage-driver",
    ),
    rule(
        r"error initializing graphdriver: (.*)",
        "the storage driver is refused: {0}",
        "mend storage-driver or storage-opts",
    ),
    rule(
        r"Unable to get the full path to root \((.*)\): (.*)",
        "data-root {0} can't be used: {1}",
        "name a folder by data-root",
    ),
    rule(r"^mkdir (\S+): (.*)", "{0} can't be made: {1}", "mend data-root, or what stands in its way"),
    rule(
        r"non-overlapping IPv4 address pool",
        "no network is free for docker0",
        "choose one by bip, like 172.26.0.1/16",
    ),
    rule(
        r"Error initializing network controller: (.*)",
        "no network: {0}",
        "mend bip, bridge or default-address-pools",
    ),
    rule(
        r"group (\S+) not found", "the group {0} isn't there", "create it, or take group out of daemon.json"
    ),
    rule(
        r"no sockets found via socket activation",
        "fd:// is listened on without docker.socket",
        "take hosts out of daemon.json",
    ),
    rule(
        r"Failed to create API server: (.*)",
        "the API can't listen: {0}",
        "mend tlscacert, tlscert and tlskey, or hosts",
    ),
    rule(r"Failed to load listeners: (.*)", "it can't listen: {0}", "mend hosts in daemon.json"),
    rule(
        r"failed to dial \"?(\S*containerd\.sock)",
        "containerd doesn't answer on {0}",
        "look at `systemctl status containerd`",
    ),
    rule(
        r"Status: (unknown flag: \S+|invalid argument .*)",
        "the unit starts it wrongly: {0}",
        "look at `systemctl cat docker`",
    ),
    rule(
        r"\"dockerd\" accepts no argument",
        "the unit hands it a stray argument",
        "look at `systemctl cat docker`",
    ),
    rule(r"(chmod \S+: operation not permitted)", "it isn't root: {0}", "start it by systemd"),
    rule(
        r"(?:Error starting daemon|failed to start daemon): (.*)",
        "{0}",
        "look at `journalctl -u docker.service`",
    ),
    rule(r"(Error reconfiguring the daemon: .*)", "{0}", _MEND),
)
