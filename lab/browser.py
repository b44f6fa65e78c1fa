"""A real browser without a screen: Debian's Chromium, driven by selenium."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from lab import apt

NEEDS = ("chromium", "chromium-driver", "fonts-wqy-microhei")  # a font that has Chinese
FLAGS = (
    "--headless",
    "--no-sandbox",  # we are root
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium(width: int = 980, *, language: str = "en", dark: bool = False) -> Iterator[webdriver.Chrome]:
    """A browser for as long as the block lasts, with a profile of its own; what it lacks is installed by apt."""
    apt.ensure(*NEEDS)
    with tempfile.TemporaryDirectory(
        prefix="docker-provision-chromium-", ignore_cleanup_errors=True
    ) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in (
            *FLAGS,
            f"--window-size={width},900",
            f"--lang={language}",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        if dark:
            options.add_argument("--force-dark-mode")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        try:
            yield driver
        finally:
            driver.quit()


def whole(driver: webdriver.Chrome, width: int = 980) -> None:
    """Make the window as high as the page."""
    height = driver.execute_script("return document.documentElement.scrollHeight")
    chrome = driver.execute_script("return window.outerHeight - window.innerHeight")
    driver.set_window_size(width, height + chrome)
