"""daemon.json: read more strictly than dockerd does, merged without loss, given back without our part."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.engines import engine, found
from provision.resources import daemonjson
from provision.resources.daemonjson import MergedJson, Untouched, differing, load
from provision.resources.file import Unsuitable

OLD, NEW = engine("18.06.3"), engine("26.1.4")


class TestLoad:
    @pytest.mark.parametrize(
        ("text", "settings"),
        [
            ("{}", {}),
            ("null", {}),
            (' \n{"debug": true}\n', {"debug": True}),
            ('{"labels": ["a=Größe"], "mtu": 1400}', {"labels": ["a=Größe"], "mtu": 1400}),
            ('{"log-opts": {"a": "b"}, "labels": null}', {"log-opts": {"a": "b"}, "labels": None}),
        ],
    )
    def test_settings(self, text: str, settings: dict[str, Any]) -> None:
        assert load(text.encode()) == settings

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "the file is empty, which dockerd refuses; write {} or remove it"),
            (b" \n", "the file is empty"),
            (b'{"debug": true,}', "line 1, column 16: not valid JSON"),
            (b'{\n"debug" true}', "line 2, column 9: not valid JSON"),
            (b"\xef\xbb\xbf{}", "line 1, column 1: not valid JSON"),
            (b'{"debug": true}}', "line 1, column 16: not valid JSON (Extra data)"),
            (b"{} {}", "not valid JSON (Extra data)"),
            (b'{"labels": ["\xff"]}', "byte 13 isn't UTF-8"),
            (b"[]", "it holds no object"),
            (b"7", "it holds no object"),
            (b'{"a": 1, "a": 1}', "the key 'a' stands there twice; keep one of them"),
            (b'{"log-opts": {"b": 1, "b": 2}}', "the key 'b' stands there twice"),
            (b'{"mtu": NaN}', "it holds what isn't JSON"),
            (b'{"mtu": 1e999}', "it holds what isn't JSON"),
            (b'{"labels": ["\\ud800"]}', "it holds what isn't JSON"),
            (b'{"mtu": %s}' % (b"9" * 5000), "it holds what isn't JSON"),
            (b'{"a": ' + b"[" * 100_000, "it is nested too deeply"),
        ],
    )
    def test_what_dockerd_refuses_or_passes_over_is_named(self, content: bytes, why: str) -> None:
        with pytest.raises(Unsuitable) as error:
            load(content)
        assert why in str(error.value)
        assert len(str(error.value).splitlines()) == 1

    @given(st.binary() | st.text('{}[]",:0e.\\uD8nulltrefas \n').map(str.encode))
    def test_any_bytes_are_settings_or_unsuitable(self, content: bytes) -> None:
        try:
            settings = load(content)
        except Unsuitable:
            return
        assert load(json.dumps(settings).encode()) == settings


class TestMerged:
    def wanted(self, present: str | None, **settings: Any) -> str | None:
        asked = {key.replace("_", "-"): value for key, value in settings.items()}
        found = MergedJson(asked, OLD).wanted(present.encode() if present is not None else None)
        return found.decode() if found is not None else None

    def test_a_new_file_has_what_is_asked_for(self) -> None:
        assert self.wanted(None, debug=True, mtu=None) == '{\n  "debug": true\n}\n'

    @pytest.mark.parametrize("settings", [{}, {"mtu": None}])
    def test_no_file_where_nothing_is_asked_for(self, settings: dict[str, Any]) -> None:
        assert self.wanted(None, **settings) is None

    def test_other_keys_stay_in_their_order_and_ours_are_replaced_whole(self) -> None:
        found = self.wanted(
            '{"mtu": 1400, "log-opts": {"max-size": "1g"}, "icc": false}', log_opts={"max-file": "3"}
        )
        assert found is not None
        assert list(json.loads(found).items()) == [
            ("mtu", 1400),
            ("log-opts", {"max-file": "3"}),
            ("icc", False),
        ]

    def test_null_takes_a_key_out(self) -> None:
        assert self.wanted('{"mtu": 1400, "icc": false}', mtu=None) == '{\n  "icc": false\n}\n'

    def test_the_last_key_leaves_an_empty_object(self) -> None:
        assert self.wanted('{"mtu": 1400}', mtu=None) == "{}\n"

    @pytest.mark.parametrize(
        ("present", "settings"),
        [
            ('{ "debug":true }', {"debug": True}),
            ('{"debug":true}', {}),
            ('{"icc": false,\n\n"debug" : true}', {"debug": True, "mtu": None}),
            ("null", {}),
            ("{ }", {"mtu": None}),
        ],
    )
    def test_what_says_the_same_keeps_its_authors_layout(
        self, present: str, settings: dict[str, Any]
    ) -> None:
        assert self.wanted(present, **settings) == present

    @pytest.mark.parametrize(("present", "asked"), [(1, True), (1.0, 1), ("1", 1), (None, False), ([], {})])
    def test_what_python_takes_for_equal_dockerd_does_not(self, present: Any, asked: Any) -> None:
        found = self.wanted(json.dumps({"mtu": present}), mtu=asked)
        assert found is not None
        assert json.dumps(json.loads(found)["mtu"]) == json.dumps(asked)

    @pytest.mark.parametrize(
        ("present", "settings", "why"),
        [
            ("{", {}, "not valid JSON"),
            (
                '{"registry-mirror": []}',
                {},
                "Docker 18.06.3 doesn't know the key 'registry-mirror' that stands there",
            ),
            ('{"registry-mirror": []}', {}, "(did you mean 'registry-mirrors'?)"),
            ('{"zzz": 1}', {}, "doesn't know the key 'zzz' that stands there; take it out"),
            ('{"features": {}}', {"debug": True}, "doesn't know the key 'features'"),
        ],
    )
    def test_what_cannot_be_built_upon_is_named(
        self, present: str, settings: dict[str, Any], why: str
    ) -> None:
        with pytest.raises(Unsuitable) as error:
            self.wanted(present, **settings)
        assert why in str(error.value)

    def test_an_unknown_key_may_be_asked_out(self) -> None:
        assert self.wanted('{"zzz": 1, "icc": false}', zzz=None) == '{\n  "icc": false\n}\n'

    def test_a_key_that_the_unit_sets_is_named_with_its_flag(self) -> None:
        place = {"hosts": "-H in /etc/x.conf:3"}
        with pytest.raises(Unsuitable, match=r"'hosts' that stands there collides with -H in /etc/x.conf:3"):
            MergedJson({}, NEW, place).wanted(b'{"hosts": ["unix:///x"]}')
        with pytest.raises(Unsuitable, match=r"'hosts' that is asked for collides with -H in /etc/x.conf:3"):
            MergedJson({"hosts": ["unix:///x"]}, NEW, place).wanted(None)
        assert MergedJson({"hosts": None}, OLD, place).wanted(b'{"hosts": ["unix:///x"], "mtu": 1}')
        assert MergedJson({}, OLD).wanted(b'{"hosts": ["unix:///x"]}')

    def test_a_file_that_dockerd_does_not_read_is_not_changed(self) -> None:
        place = {"config-file": "--config-file in /etc/x.conf:3"}
        with pytest.raises(
            Unsuitable, match=r"dockerd reads another file, by --config-file in /etc/x.conf:3"
        ):
            MergedJson({"mtu": 1400}, OLD, place).wanted(None)
        assert MergedJson({}, OLD, place).wanted(b"{}") == b"{}"

    def test_a_key_that_is_asked_for_must_be_known_to_the_engine_that_will_read_it(self) -> None:
        with pytest.raises(
            Unsuitable, match=r"Docker 18.06.3 doesn't know the key 'features' that is asked for"
        ):
            MergedJson({"features": {}}, OLD).wanted(None)

    def test_of_an_engine_that_is_not_installed_here_only_mirrors_are_judged(self) -> None:
        other = found("1.13.1")
        merged = MergedJson({"registry-mirrors": ["https://m"]}, other).wanted(b'{"zzz": 1}')
        assert merged
        assert json.loads(merged) == {"zzz": 1, "registry-mirrors": ["https://m"]}
        with pytest.raises(
            Unsuitable, match=r"of Docker 1.13.1, which isn't installed here, only registry-mirrors"
        ):
            MergedJson({"mtu": 1400}, other).wanted(None)

    def test_of_a_mapping_only_what_is_named_is_ours(self) -> None:
        rotated = {"log-opts": {"max-size": "50m"}}
        present = b'{"log-opts": {"max-size": "10m", "labels": "a"}}'
        whole, part = MergedJson(rotated, OLD), MergedJson(rotated, OLD, widened=frozenset({"log-opts"}))
        assert load(whole.wanted(present) or b"") == rotated
        assert load(part.wanted(present) or b"") == {"log-opts": {"max-size": "50m", "labels": "a"}}
        assert load(part.wanted(b"{}") or b"") == load(part.wanted(b'{"log-opts": null}') or b"") == rotated

    def test_what_does_not_go_with_what_stands_there(self) -> None:
        rotated = MergedJson({"log-opts": {"max-size": "50m"}}, OLD)
        with pytest.raises(Unsuitable, match="log-opts: journald has no max-size"):
            rotated.wanted(b'{"log-driver": "journald"}')


class TestWithdrawn:
    def rest(self, present: str, **ours: Any) -> str | None:
        found = MergedJson({}, OLD).withdrawn(present.encode(), ours)
        return found.decode() if found is not None else None

    def test_of_a_mapping_our_part_goes(self) -> None:
        ours = {"max-size": "50m"}
        assert (
            self.rest('{"log-opts": {"max-size": "50m"}, "mtu": 1}', **{"log-opts": ours})
            == '{\n  "mtu": 1\n}\n'
        )
        left = self.rest('{"log-opts": {"max-size": "50m", "labels": "a"}}', **{"log-opts": ours})
        assert json.loads(left or "") == {"log-opts": {"labels": "a"}}
        other = '{"log-opts": {"max-size": "90m"}}'
        assert self.rest(other, **{"log-opts": ours}) == other

    def test_our_keys_go_where_they_hold_what_we_gave_them(self) -> None:
        assert self.rest('{"debug": true, "mtu": 1400}', debug=True, mtu=1500) == '{\n  "mtu": 1400\n}\n'

    def test_nothing_of_ours_changes_nothing(self) -> None:
        assert self.rest('{"debug":true}', mtu=1400, debug=None) == '{"debug":true}'

    def test_nothing_else_leaves_no_file(self) -> None:
        assert self.rest('{"debug": true}', debug=True) is None

    def test_what_is_no_json_is_left_to_its_author(self) -> None:
        with pytest.raises(Unsuitable):
            self.rest("{", debug=True)


def test_our_part_is_what_is_asked_for() -> None:
    assert MergedJson({"debug": True}, OLD).part() == {"debug": True}


def test_a_file_that_is_not_ours_to_change() -> None:
    untouched = Untouched()
    for present in (None, b"{", b"{}"):
        assert untouched.wanted(present) == present
    assert untouched.withdrawn(b"{", {"debug": True}) == b"{"
    assert untouched.part() == {}


@pytest.mark.parametrize(
    ("one", "other", "keys"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": True}, ["a"]),
        ({"a": None}, {}, []),
        ({"debug": False}, {}, []),
        ({}, {"debug": None}, []),
        ({"debug": 0}, {}, ["debug"]),
        ({}, {"debug": True}, ["debug"]),
        ({"b": 1, "a": 1}, {"a": 2, "c": 3}, ["b", "a", "c"]),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}, []),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a"]),
    ],
)
def test_keys_that_differ(one: dict[str, Any], other: dict[str, Any], keys: list[str]) -> None:
    assert list(differing(one, other, {"debug": False})) == keys


@pytest.mark.parametrize(
    ("settings", "mirrors"),
    [
        ({}, None),
        ({"registry-mirrors": None}, []),
        ({"registry-mirrors": []}, []),
        ({"registry-mirrors": ["https://a"]}, ["https://a"]),
        ({"registry-mirrors": "https://a"}, None),
        ({"registry-mirrors": [1]}, None),
        ({"registry-mirrors": {"a": 1}}, None),
    ],
)
def test_mirrors_that_are_asked_for(settings: dict[str, Any], mirrors: list[str] | None) -> None:
    assert daemonjson.mirrors(settings) == mirrors
