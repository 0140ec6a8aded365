"""What the README and docs/ say of browsers."""

import re
from pathlib import Path

from ..ports import free_port
from .engines import Browser
from .examples import serving_example
from .watching import wait_for

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CONTRACT, STEPS, *_ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
(TICKS,) = re.findall(r"```js\n(.*?)```", README, re.DOTALL)
(PAGE,) = (
    block
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs/streams.md").read_text(), re.DOTALL)
    if "PAGE" in block
)
LISTEN = f"""(() => {{
    window.ticks = [];
    window.steps = [];
    console.log = n => ticks.push(n);
    {TICKS};
    window.stopping = new EventSource('/steps');
    stopping.addEventListener('step', event => steps.push(JSON.parse(event.data).done));
}})()"""


def test_first_screen(browser: Browser, tmp_path: Path) -> None:
    """The first example comes again and again, the second one once; a page shows the end of its countdown."""
    app = tmp_path / "app.py"
    app.write_text(CONTRACT + STEPS + PAGE)
    port = free_port()
    with serving_example(str(app), port):
        browser.open(f"http://127.0.0.1:{port}/")
        browser.evaluate(LISTEN)
        wait_for(browser, "ticks.length >= 6 && stopping.readyState === EventSource.CLOSED")
        assert browser.evaluate("ticks.slice(0, 6)") == [0, 1, 2] * 2
        assert browser.evaluate("steps") == [1, 2, 3]
        wait_for(browser, "document.title === 'Done' && document.getElementById('n').textContent === '1'")
        browser.open("about:blank")
