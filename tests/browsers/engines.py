"""Drive real browser engines through one small interface; nothing they do reaches beyond this machine.

Each class starts its engine when it is made. Chromium and WebKit speak WebDriver; Firefox speaks its own
Marionette, because Debian packages no WebDriver for it.
"""

import base64
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from selenium import webdriver
from selenium.webdriver.chrome.service import Service as ChromeService
from selenium.webdriver.webkitgtk.service import Service as WebKitService

from ..ports import free_port

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it asks a deprecated function for the distribution
    from marionette_driver.marionette import Marionette

NOWHERE = "127.0.0.1:9"  # a proxy nobody runs: what an engine wants from the internet ends there


class Browser(Protocol):
    """One running engine with one window."""

    needs: tuple[str, ...]
    quit: Callable[[], None]
    """End the engine and everything that was started for it."""

    def open(self, url: str) -> None:
        """Load the page and wait until it has fired ``load``."""

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page; it must be JSON-able."""

    def resize(self, width: int, height: int) -> None:
        """Make the window so large, in CSS pixels."""

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as PNG."""


def _folder(owner: ExitStack) -> str:
    """Make a folder that goes when ``owner`` is closed."""
    return owner.enter_context(tempfile.TemporaryDirectory(prefix="hug-browser-", ignore_cleanup_errors=True))


class _WebDriver:
    """What Chromium and WebKit have in common."""

    _driver: Any
    quit: Callable[[], None]

    def open(self, url: str) -> None:
        self._driver.get(url)

    def evaluate(self, expression: str) -> Any:
        return self._driver.execute_script(f"return {expression}")

    def resize(self, width: int, height: int) -> None:
        self._driver.set_window_size(width, height)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(self._driver.get_screenshot_as_png())


class Chromium(_WebDriver):
    needs = ("chromium", "chromedriver")

    def __init__(self) -> None:
        with ExitStack() as owned:
            self._driver = self._start(_folder(owned))
            owned.callback(self._driver.quit)
            self.quit = owned.pop_all().close

    @staticmethod
    def _start(profile: str) -> webdriver.Chrome:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (
            "--headless",
            "--no-sandbox",  # root has none
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-sync",
            "--no-first-run",
            f"--proxy-server={NOWHERE}",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(flag)
        # Without both paths selenium looks for downloads.
        return webdriver.Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))

    def prefer(self, scheme: str) -> None:
        """Pretend that the user prefers the ``dark`` or ``light`` colour scheme."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


class WebKit(_WebDriver):
    needs = ("WebKitWebDriver", "Xvfb")

    def __init__(self) -> None:
        with ExitStack() as owned:
            self._driver = self._start(_folder(owned), _virtual_screen(owned))
            owned.callback(self._driver.quit)
            self.quit = owned.pop_all().close

    @staticmethod
    def _start(runtime: str, display: str) -> webdriver.WebKitGTK:
        options = webdriver.WebKitGTKOptions()
        # A recursive search below /usr/lib would follow symbolic links for ever.
        options.binary_location = str(next(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser")))
        options.add_argument("--automation")
        surroundings = os.environ | {
            "DISPLAY": display,
            "GSETTINGS_BACKEND": "memory",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "XDG_RUNTIME_DIR": runtime,
        }
        service = WebKitService(shutil.which("WebKitWebDriver"), env=surroundings)
        return webdriver.WebKitGTK(options=options, service=service)


def _virtual_screen(owner: ExitStack) -> str:
    """Start an X server that draws into memory until ``owner`` is closed; return its display name."""
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    screen = subprocess.Popen(command, pass_fds=[write_end], stderr=subprocess.DEVNULL)
    owner.callback(screen.wait)
    owner.callback(screen.terminate)  # killed, it would leave its lock file
    os.close(write_end)
    with os.fdopen(read_end) as number:
        return f":{number.readline().strip()}"


class Firefox:
    needs = ("firefox-esr",)
    quit: Callable[[], None]

    def __init__(self) -> None:
        with ExitStack() as owned:
            self._client = self._start(_folder(owned))
            owned.callback(self._end)
            self._client.start_session()
            self.quit = owned.pop_all().close

    @staticmethod
    def _start(folder: str) -> Any:
        # Only with this variable does a release build obey the address of its settings server below.
        os.environ["MOZ_REMOTE_SETTINGS_DEVTOOLS"] = "1"
        host, port = NOWHERE.split(":")
        return Marionette(
            port=free_port(),  # its default is the same for all Firefoxes of a machine
            bin=shutil.which("firefox-esr"),
            headless=True,
            gecko_log=str(Path(folder, "gecko.log")),
            prefs={
                "services.settings.server": "data:,#remote-settings-dummy/v1",
                "network.proxy.type": 1,
                "network.proxy.http": host,
                "network.proxy.http_port": int(port),
                "network.proxy.ssl": host,
                "network.proxy.ssl_port": int(port),
            },
        )

    def _end(self) -> None:
        self._client.quit()
        del self._client  # its destructor fails when it runs as late as the end of the interpreter

    def open(self, url: str) -> None:
        self._client.navigate(url)

    def evaluate(self, expression: str) -> Any:
        # The page's own eval: what the script itself can see lacks the page's const and let.
        script = "return window.eval(arguments[0])"
        return self._client.execute_script(script, [expression], sandbox=None, new_sandbox=False)

    def resize(self, width: int, height: int) -> None:
        self._client.set_window_rect(width=width, height=height)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._client.screenshot(full=False)))


ENGINES: dict[str, type[Chromium | Firefox | WebKit]] = {
    "chromium": Chromium,
    "firefox": Firefox,
    "webkit": WebKit,
}
