"""`mirrors` from hosts that have no Docker yet: measured, ranked, and nothing left behind."""

from __future__ import annotations

import json

from lab.host import LabHost
from lab.lab import Lab
from tests.lab.prove.badmirror import mirror, status
from tests.lab.sshdlog import SshdLog
from tests.lab.state import difference, whole
from tests.lab.support import fab


def test_mirrors_are_ranked_over_all_hosts(lab: Lab, host: LabHost) -> None:
    other = lab.hosts["host2"]
    other.restore("fresh")
    before, log = whole(host), SshdLog(host)
    with mirror(lab) as good, mirror(lab, status(403)) as refusing, mirror(lab) as gone:
        dead = f"http://{gone.place}"
        gone.server_close()
        asked = (dead, f"http://{refusing.place}", f"http://{good.place}", lab.registry_url)
        done = fab(lab, "-H", "host1,host2", "mirrors", ",".join(asked), "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads(done.stdout)
        plain = fab(lab, "-H", "host1", "mirrors", f"{dead},http://{refusing.place}")
    ranking = {each["url"]: (each["serves"], each["reached"], each["hosts"]) for each in found["ranking"]}
    assert ranking == {
        lab.registry_url: (2, 2, 2),
        f"http://{good.place}": (2, 2, 2),
        f"http://{refusing.place}": (0, 2, 2),
        dead: (0, 0, 2),
    }
    assert list(ranking)[2:] == [f"http://{refusing.place}", dead]
    assert all(each["seconds"] > 0 for each in found["ranking"][:3])
    assert found["hosts"]["host2"][dead]["problem"] == "no connection"
    assert plain.returncode == 1
    assert "HTTP 403" in plain.stdout
    assert "no connection" in plain.stdout
    assert log.count().commands == 2
    assert difference(before, whole(host)) == {}


def test_what_is_no_url_is_told_before_any_host_is_asked(lab: Lab) -> None:
    done = fab(lab, "-H", "nowhere.invalid", "mirrors", "mirror.example")
    assert done.returncode == 2
    assert done.stderr == (
        "error: mirrors: 'mirror.example' is not a URL: it must begin with https:// or http://\n"
    )
