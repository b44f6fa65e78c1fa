"""What pages are held to in a real browser, whatever they show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from selenium import webdriver

from lab.browser import chromium

HOSTILE = "<img src=x onerror=alert(1)></svg><script>document.title='owned'</script>"
"""What a host may say."""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as driver:
        yield driver


def logged(driver: webdriver.Chrome) -> list[object]:
    """What stands in the browser's console: errors, and what the page's policy kept from being fetched or run."""
    found: list[object] = driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium's own has no types
    return found


def assert_whole(driver: webdriver.Chrome) -> None:
    """The page is as it should be by itself: nothing was complained of, nothing was fetched."""
    assert logged(driver) == []
    fetched = driver.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert [each for each in fetched if not each.startswith("data:")] == []


def too_faint(driver: webdriver.Chrome, pairs: Sequence[tuple[str, str]], least: float = 4.5) -> list[str]:
    """The pairs of the page's colours that stand on one another with less contrast than that: 4.5 is what WCAG's AA
    asks for of text, 3 of what is drawn."""
    found: list[str] = driver.execute_script(CONTRAST, pairs, least)
    return found


CONTRAST = """
const light = text => {
  const parts = text.match(/[0-9.]+/g).slice(0, 3).map(each => {
    const part = each / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
};
const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rgb = hex => `${parseInt(hex.slice(1, 3), 16)},${parseInt(hex.slice(3, 5), 16)},${parseInt(hex.slice(5), 16)}`;
const [pairs, least] = arguments;
return pairs.filter(each => ratio(rgb(style(each[0])), rgb(style(each[1]))) < least).map(each => each.join(' on '));
"""
