"""The page of prove-docker in a real browser: both languages, light and dark, pictures true to what was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from lab.browser import chromium
from provision.errors import Unreachable
from provision.prove import page
from provision.prove.result import Report
from provision.prove.texts import TITLES
from tests.lab import pages
from tests.lab.pages import HOSTILE, browser
from tests.unit.prove.recorded import report

__all__ = ["browser"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of three hosts: a good one, one whose mirror is dead and whose words are hostile, one that is away."""
    bad = report(
        "bad",
        "26.1.4",
        pull_1="said Error response from daemon: no",
        pull_1_end="1 15000 -",
        pull_1_log='level=info msg="Attempting next endpoint for pull after error: '
        'Get http://10.77.10.1:5000/v2/: dial tcp: connect: connection refused"',
        content_a=HOSTILE,
    )
    bad = replace(bad, notes=(HOSTILE,))
    path = tmp_path_factory.mktemp("page") / "proofs.html"
    hosts = [report("good", "18.06.3"), bad, Report("away", error=Unreachable(HOSTILE))]
    path.write_text(page.render(hosts, datetime(2026, 1, 2, 3, 4, tzinfo=UTC)))
    return path


@pytest.fixture
def opened(browser: webdriver.Chrome, written: Path) -> webdriver.Chrome:
    browser.get(written.as_uri())
    return browser


def test_it_is_whole_and_nothing_in_it_is_taken_for_more_than_text(opened: webdriver.Chrome) -> None:
    assert opened.title == "prove-docker"
    pages.assert_whole(opened)
    assert opened.find_elements(By.TAG_NAME, "img") == []
    assert len(opened.find_elements(By.TAG_NAME, "script")) == 1
    text = opened.find_element(By.TAG_NAME, "body").text
    assert text.count("<script>document.title='owned'</script>") >= 2


def test_every_proof_is_there_with_its_verdict(opened: webdriver.Chrome) -> None:
    hosts = opened.find_elements(By.CSS_SELECTOR, "section.host")
    found = [
        {each.get_attribute("data-name"): each.get_attribute("data-verdict") for each in proofs(host)}
        for host in hosts
    ]
    assert found[0] == dict.fromkeys(TITLES, "proven")
    assert found[1]["mirror"] == "not proven"
    assert found[2] == {}
    assert "http://10.77.10.1:5000/ is dead: nothing listens there" in hosts[1].text
    first = proofs(hosts[0])[0]
    assert "served redis" not in first.text
    first.find_element(By.TAG_NAME, "summary").click()
    assert "http://10.77.10.1:5000/ served redis:7.0.11-bullseye" in first.text


def proofs(host: WebElement) -> list[WebElement]:
    return host.find_elements(By.CSS_SELECTOR, ".proof")


def test_layers_are_drawn_to_scale_and_shared_ones_under_both(opened: webdriver.Chrome) -> None:
    picture = opened.find_element(By.CSS_SELECTOR, ".layers svg")
    shared, first, second = (
        [each.rect for each in picture.find_elements(By.CSS_SELECTOR, f"rect.{kind}")]
        for kind in ("shared", "own0", "own1")
    )
    assert [len(shared), len(first), len(second)] == [1, 2, 2]
    (base,) = shared
    for column in (first, second):
        for block in column:
            assert base["x"] - 1 <= block["x"]
            assert block["x"] + block["width"] <= base["x"] + base["width"] + 1
            assert block["y"] + block["height"] <= base["y"] + 1
    assert base["width"] > first[0]["width"] + second[0]["width"]
    sizes = {
        each.get_attribute("class"): each.rect["height"]
        for each in picture.find_elements(By.TAG_NAME, "rect")
    }
    assert sizes  # drawn at all
    # 29.8 MB, 13.7 MB and 56.6 MB, as docker has them
    assert base["height"] / first[0]["height"] == pytest.approx(29.8 / 13.7, rel=0.1)
    assert second[0]["height"] / base["height"] == pytest.approx(56.6 / 29.8, rel=0.1)


def test_the_other_pictures_show_what_was_seen(opened: webdriver.Chrome) -> None:
    stack = opened.find_element(By.CSS_SELECTOR, ".cow").text
    assert "changed by docker-provision" in stack
    assert stack.count("Debian GNU/Linux 11") == 3
    systems = opened.find_element(By.CSS_SELECTOR, ".systems").text
    assert "CentOS Linux 7 (Core)" in systems
    assert "Debian GNU/Linux 11 (bullseye)" in systems


def test_languages_and_colours_change_by_a_click(opened: webdriver.Chrome) -> None:
    body = opened.find_element(By.TAG_NAME, "body")
    assert "Copy on write" in body.text
    assert "写时复制" not in body.text
    light = opened.execute_script("return getComputedStyle(document.body).backgroundColor")
    opened.find_element(By.ID, "language").click()
    assert "写时复制" in body.text
    assert "Copy on write" not in body.text
    opened.find_element(By.ID, "theme").click()
    dark = opened.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (light, dark) == ("rgb(244, 246, 251)", "rgb(16, 20, 29)")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_hangs_over_and_all_can_be_read(opened: webdriver.Chrome, theme: str, language: str) -> None:
    opened.execute_script(
        "document.documentElement.dataset.theme = arguments[0]; document.documentElement.lang = arguments[1]",
        theme,
        language,
    )
    over = opened.execute_script("return document.documentElement.scrollWidth - innerWidth")
    assert over <= 0
    outside = opened.execute_script(
        """return [...document.querySelectorAll('svg text')].filter(each => {
             const box = each.getBoundingClientRect(), card = each.closest('.card').getBoundingClientRect();
             return box.width && (box.left < card.left || box.right > card.right);
           }).map(each => each.textContent)"""
    )
    assert [each for each in outside if HOSTILE[:20] not in each] == []
    assert pages.too_faint(opened, PAIRS) == []


PAIRS = (
    *(
        ("--ink", "--page"),
        ("--ink", "--card"),
        ("--soft", "--page"),
        ("--soft", "--card"),
        ("--good", "--paper"),
    ),
    *(("--bad", "--paper"), ("--none", "--paper"), ("--ink", "--paper"), ("--soft", "--paper")),
    *(("--on", "--shared"), ("--on", "--own0"), ("--on", "--own1")),
)


def test_a_browser_in_chinese_and_dark_begins_so(written: Path) -> None:
    with chromium(language="zh-CN", dark=True) as driver:
        driver.get(written.as_uri())
        root = driver.find_element(By.TAG_NAME, "html")
        assert (root.get_attribute("lang"), root.get_attribute("data-theme")) == ("zh", "dark")


def test_a_narrow_window_does(written: Path) -> None:
    with chromium(width=500) as driver:
        driver.get(written.as_uri())
        assert driver.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0
