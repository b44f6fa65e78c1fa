"""The page about a run in a real browser: found, sorted and opened by mouse and by keyboard, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from lab.browser import chromium
from provision.report import page
from tests.lab import pages
from tests.lab.pages import browser
from tests.unit.report.heard import CHANGES, many, ten

__all__ = ["browser"]

GROUNDS = ("--page", "--card", "--paper")
TEXT = [(ink, ground) for ink in ("--ink", "--soft", "--good", "--bad", "--none") for ground in GROUNDS]
KINDS = (
    "record",
    "base",
    "repos",
    "engine",
    "kernel",
    "daemon",
    "service",
    "access",
    "hook",
    "check",
    "failed",
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten hosts that end in each way there is, one of them hostile; and beside it a thousand."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "many.html").write_text(page.render(many(1000)))
    (folder / "index.html").write_text(page.render(ten()))
    return folder / "index.html"


@pytest.fixture
def opened(browser: webdriver.Chrome, written: Path) -> webdriver.Chrome:
    browser.get(written.as_uri())
    return browser


def rows(driver: webdriver.Chrome) -> list[str]:
    """The hosts that are listed, in order."""
    found: list[str] = driver.execute_script(
        "return [...document.querySelectorAll('#matrix tbody .host')].map(each => each.textContent)"
    )
    return found


def hidden(driver: webdriver.Chrome) -> bool:
    return not driver.find_element(By.ID, "detail").is_displayed()


def has_focus(driver: webdriver.Chrome, element: WebElement) -> bool:
    return bool(driver.switch_to.active_element == element)


def test_it_is_whole_and_nothing_in_it_is_taken_for_more_than_text(opened: webdriver.Chrome) -> None:
    assert opened.title == "setup-docker 20260102-030405-abcd"
    pages.assert_whole(opened)
    assert opened.find_elements(By.TAG_NAME, "img") == []
    assert "<script>document.title='owned'</script>" in opened.find_element(By.ID, "causes").text
    opened.find_element(By.CSS_SELECTOR, "[data-host=n3]").click()
    said = opened.find_element(By.ID, "what").text
    assert said.count("<script>document.title='owned'</script>") == 2
    assert opened.find_elements(By.TAG_NAME, "img") == []


def test_what_becomes_of_each_host_is_in_the_matrix(opened: webdriver.Chrome) -> None:
    table = opened.find_element(By.ID, "matrix")
    heads = [each.text for each in table.find_elements(By.CSS_SELECTOR, "thead th")]
    steps = ["record", "repos", "engine", "daemon", "service", "access"]
    assert heads == ["host", "wave", "outcome", "Docker", *steps, "changes", "start", "seconds"]
    failed = table.find_elements(By.CSS_SELECTOR, "tbody tr")[1]
    assert [each.text for each in failed.find_elements(By.CSS_SELECTOR, "th, td")] == [
        *("n2", "2", "✗ failed", "18.06.3", "●\n1 changed", "● 3\n3 changed", "✗\nfailed", "○ 2\n2 to do"),
        *("○\n1 to do", "○\n1 to do", "4", "20.0", "15.5"),
    ]
    assert opened.find_element(By.CSS_SELECTOR, ".early").text.startswith("The run was broken off")
    assert [each.text for each in opened.find_elements(By.CSS_SELECTOR, "#slowest .host")][:2] == ["n2", "n1"]


def test_hosts_are_found(opened: webdriver.Chrome) -> None:
    search = opened.find_element(By.ID, "search")
    search.send_keys("no answer")
    assert rows(opened) == ["n4", "n5"]
    assert opened.find_element(By.ID, "count").text == "2 of 10 hosts"
    search.send_keys(" nowhere")
    assert rows(opened) == []
    assert opened.find_element(By.ID, "none").is_displayed()
    opened.find_element(By.ID, "clear").click()
    assert len(rows(opened)) == 10
    for status in ("changed", "failed"):
        opened.find_element(By.CSS_SELECTOR, f"[data-status={status}]").send_keys(Keys.SPACE)
    assert rows(opened) == ["n1", "n2", "n7", "n8"]
    pressed = opened.find_elements(By.CSS_SELECTOR, "#outcomes [aria-pressed=true]")
    assert [each.get_attribute("data-status") for each in pressed] == ["failed", "changed"]
    opened.find_element(By.CSS_SELECTOR, "[data-cause='0'] button").click()
    assert rows(opened) == ["n4", "n5"]
    opened.find_element(By.CSS_SELECTOR, "#changes button").click()
    assert rows(opened) == ["n1", "n2", "n7", "n8"]


def test_hosts_are_sorted_by_keyboard(opened: webdriver.Chrome) -> None:
    def sort(name: str) -> None:
        opened.find_element(By.CSS_SELECTOR, f"[data-sort={name}]").send_keys(Keys.ENTER)

    sort("host")
    assert rows(opened)[-2:] == ["n9", "n10"]  # as people count
    sort("seconds")
    sort("seconds")
    assert rows(opened)[:3] == ["n2", "n1", "n9"]
    button = opened.find_element(By.CSS_SELECTOR, "[data-sort=seconds]")
    assert has_focus(opened, button)
    head = button.find_element(By.XPATH, "..")
    assert (head.get_attribute("aria-sort"), head.get_attribute("scope")) == ("descending", "col")
    sort("status")
    assert rows(opened)[:2] == ["n2", "n3"]


def test_a_host_is_opened_and_closed_by_keyboard(opened: webdriver.Chrome) -> None:
    host = opened.find_element(By.CSS_SELECTOR, "#matrix [data-host=n2]")
    host.send_keys(Keys.ENTER)
    detail = opened.find_element(By.ID, "detail")
    assert (detail.aria_role, detail.accessible_name) == ("dialog", "n2")
    text = detail.text
    assert "packages docker-ce: no room; make room" in text
    assert "No space left" in text
    for resource in CHANGES:
        assert resource in text
    assert '+    "https://mirror.example"' in text
    steps = detail.find_elements(By.CSS_SELECTOR, ".steps tbody tr")
    assert [each.find_element(By.TAG_NAME, "th").text for each in steps] == CHANGES[:5]
    assert "✗ no" in steps[-1].text
    assert opened.execute_script("return document.getElementById('detail').contains(document.activeElement)")
    opened.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert hidden(opened)
    assert has_focus(opened, host)


def test_the_timeline_leads_to_hosts_and_says_in_words_what_it_draws(opened: webdriver.Chrome) -> None:
    bars = opened.find_element(By.ID, "bars")
    assert (bars.aria_role, bars.accessible_name[:25]) == ("image", "A bar for each of 9 hosts")
    legend = opened.find_element(By.ID, "legend").text.split("\n")
    assert legend == ["connect and read", "record", "repos", "engine", "daemon", "failed"]
    # of the first host's bar, the part in which repositories were set up: 2.5 s to 8.5 s of 80
    color = opened.execute_script(
        """const bars = document.getElementById('bars'), ratio = devicePixelRatio, left = gutter();
           const x = left + (bars.clientWidth - left - 8) * 5 / 80;
           return [...bars.getContext('2d').getImageData(x * ratio, (22 + 10) * ratio, 1, 1).data].slice(0, 3)"""
    )
    assert color == [0x3F, 0x5E, 0xE0]
    size = bars.size
    action = webdriver.ActionChains(opened)
    action.move_to_element_with_offset(bars, 0, 22 + 30 - size["height"] // 2).click().perform()
    assert opened.find_element(By.ID, "who").text == "n2"
    opened.switch_to.active_element.send_keys(Keys.ESCAPE)


def test_languages_change_by_a_click_and_stay_where_one_is(opened: webdriver.Chrome) -> None:
    opened.find_element(By.ID, "search").send_keys("n1")
    opened.find_element(By.ID, "language").click()
    body = opened.find_element(By.TAG_NAME, "body").text
    for words in ("时间线", "最慢的主机", "失败原因", "无法连接", "10 台主机中的 2 台"):
        assert words in body
    assert "Timeline" not in body
    assert rows(opened) == ["n1", "n10"]
    opened.find_element(By.CSS_SELECTOR, "#matrix [data-host=n1]").click()
    assert "计划" in opened.find_element(By.ID, "what").text
    opened.switch_to.active_element.send_keys(Keys.ESCAPE)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_can_be_read(opened: webdriver.Chrome, theme: str) -> None:
    opened.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    assert pages.too_faint(opened, TEXT) == []
    assert pages.too_faint(opened, [(f"--k-{kind}", "--card") for kind in KINDS], 3) == []


REACHED = "button, input, [tabindex='0'], canvas"


def nameless(elements: list[WebElement]) -> list[str | None]:
    """Those that are seen and have no name."""
    return [
        each.get_attribute("outerHTML")
        for each in elements
        if each.is_displayed() and not each.accessible_name
    ]


def test_everything_has_a_name_for_who_does_not_see(opened: webdriver.Chrome) -> None:
    outside = opened.find_elements(By.CSS_SELECTOR, f"main > :not(dialog) :is({REACHED})")
    assert len(outside) > 30
    assert nameless(outside) == []
    opened.find_element(By.CSS_SELECTOR, "#matrix [data-host=n2]").click()
    inside = opened.find_elements(By.CSS_SELECTOR, f"dialog :is({REACHED})")
    assert len(inside) > 3
    assert nameless(inside) == []
    unscoped = opened.find_elements(By.CSS_SELECTOR, "th:not([scope])")
    assert unscoped == []


def test_a_thousand_hosts_are_found_at_once(browser: webdriver.Chrome, written: Path) -> None:
    browser.get(written.with_name("many.html").as_uri())
    assert browser.find_element(By.ID, "count").text == "1000 of 1000 hosts"
    assert browser.find_element(By.ID, "matrix").get_attribute("aria-rowcount") == "1001"
    assert 100 <= len(rows(browser)) < 1000
    browser.find_element(By.CSS_SELECTOR, "[data-status=failed]").click()
    assert len(rows(browser)) == 40
    browser.find_element(By.ID, "clear").click()
    browser.find_element(By.ID, "search").send_keys("web0999")
    assert rows(browser) == ["web0999.example.com"]
    browser.find_element(By.CSS_SELECTOR, "#matrix .host").send_keys(Keys.ENTER)
    assert "registry-mirrors" in browser.find_element(By.ID, "what").text
    assert pages.logged(browser) == []


def test_a_narrow_window_in_chinese_and_dark_begins_so(written: Path) -> None:
    with chromium(width=500, language="zh-CN", dark=True) as driver:
        driver.get(written.as_uri())
        root = driver.find_element(By.TAG_NAME, "html")
        assert (root.get_attribute("lang"), root.get_attribute("data-theme")) == ("zh", "dark")
        assert driver.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0
        pages.assert_whole(driver)
