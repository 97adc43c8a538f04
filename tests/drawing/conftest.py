"""The browser that shows the pages: headless Chromium, one for all tests, driven by selenium."""

import json
import os
import shutil
import time

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SETTINGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
# Functions that inspect the page, as methods of one object.
SCRIPT = """
window.probe = {
  // The visible part of an element: the product of its opacity and those of its ancestors.
  seen(element) {
    let part = 1;
    for (let e = element; e instanceof Element; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.visibility === "hidden" || style.display === "none") return 0;
      part *= style.opacity;
    }
    return part;
  },
  slide(at) {
    const slider = document.querySelector("input");
    slider.value = at;
    slider.dispatchEvent(new Event("input"));
  },
  shapes: () => [...document.querySelectorAll(".node[tabindex]")],
  title: (shape) => shape.querySelector("text").textContent,
  name: (shape) => probe.title(shape).split(" = ")[0],
  named: (name) => probe.shapes().find((shape) => probe.name(shape) === name),
  // The visible texts of every card, by its name.
  cards() {
    const text = (shape, part) => {
      const found = shape.querySelector(`text.${part}[font-size="13.00"]`);
      return found && probe.seen(found) ? found.textContent : null;
    };
    return Object.fromEntries(probe.shapes().map((shape) => [probe.name(shape), {
      value: text(shape, "value"), grad: text(shape, "gradient"), asked: text(shape, "unknown"),
      cells: [...shape.querySelectorAll(".cell")].filter(probe.seen).length,
    }]));
  },
  // The names of the two ends of every edge of a class; the sign of an op is "op" and the name of its result.
  edges(part) {
    const card = (id) => probe.name(document.getElementById(id.replace(/^o/, "")));
    const name = (id) => (id[0] === "o" ? "op " : "") + card(id);
    const found = [...document.querySelectorAll(`.edge.${part}`)];
    return found.map((edge) => [name(edge.dataset.s), name(edge.dataset.t)]);
  },
  // The contrast of every text with what is under it: [contrast, text, colours].
  contrasts() {
    const linear = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    const light = (colour) => {
      const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((x) => linear(x / 255));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [], page = getComputedStyle(document.body).backgroundColor;
    const add = (text, colour, under) => {
      const [a, b] = [light(colour), light(under)].sort((a, b) => b - a);
      found.push([(a + 0.05) / (b + 0.05), text, `${colour} on ${under}`]);
    };
    for (const text of document.querySelectorAll('main text:not([font-size="8.00"])')) {
      const card = text.parentElement.matches(".node, .cluster") && text.parentElement;
      const shape = card && card.querySelector(":scope > path, :scope > ellipse");
      add(text.textContent, getComputedStyle(text).fill, card ? getComputedStyle(shape).fill : page);
    }
    const words = "h1, #caption, output, button:enabled, figcaption, .alerts p, #tip *";
    for (const e of document.querySelectorAll(words)) add(e.textContent, getComputedStyle(e).color, page);
    for (const e of document.querySelectorAll(".tick")) add(e.textContent, getComputedStyle(e).fill, page);
    return found;
  },
  // Faults of the layout: things that are cut off, outside of their card, or on top of others.
  misplaced() {
    const wrong = [], header = document.querySelector("header"), main = document.querySelector("main");
    const all = (css) => [...document.querySelectorAll(css)], rect = (e) => e.getBoundingClientRect();
    const within = (a, b, by) =>
      a.left >= b.left - by && a.top >= b.top - by && a.right <= b.right + by && a.bottom <= b.bottom + by;
    const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
    const check = (fine, what) => { if (!fine) wrong.push(what); };
    check(document.documentElement.scrollWidth <= innerWidth, "the page scrolls sideways");
    const whole = { left: 0, top: 0, right: innerWidth, bottom: rect(header).bottom };
    for (const e of all("header *")) check(within(rect(e), whole, 0.5), `cut off: ${e.id || e.textContent}`);
    for (const e of all("button, #caption, output, h1"))
      check(e.scrollWidth <= e.clientWidth + 1, `cut off: ${e.id || e.textContent}`);
    for (const card of probe.shapes()) {
      const box = (e) => { const b = e.getBBox(); return new DOMRect(b.x, b.y, b.width, b.height); };
      const own = box(card.querySelector("path"));
      for (const text of card.querySelectorAll("text:not(:empty)"))
        check(within(box(text), own, 1), `outside its card: ${text.textContent}`);
    }
    const figures = all("figure");
    for (const e of all("#panel")) check(e.scrollHeight <= e.clientHeight + 1, "the figures are cut off");
    for (const a of figures) for (const b of [...figures, main])
      check(a === b || apart(rect(a), rect(b)), "a figure is on top of another");
    for (const e of all("figure text"))
      check(within(rect(e), rect(e.closest("figure")), 1), `cut off: ${e.textContent}`);
    return wrong;
  },
};
"""


class Page:
    """A page in the browser."""

    def __init__(self, driver, folder):
        self.driver, self.folder = driver, folder
        self.url = ""

    def open(self, drawing, *, width=1400, height=900, dark=False, motion=False):
        """Save the drawing or film, open it in a window of that size, and return this page."""
        self.check()
        path = self.folder / "page.html"
        drawing.save(path)
        self.driver.get("about:blank")
        self.console()
        self.driver.get_log("performance")
        self.resize(width, height)
        self.media(dark, motion)
        self.url = path.as_uri()
        self.driver.get(self.url)
        self.run(SCRIPT)
        return self

    def resize(self, width, height=900):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def media(self, dark=False, motion=False):
        """Set the reader's preferences: dark colours, motion. Without motion a step takes no time."""
        preferences = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "no-preference" if motion else "reduce",
        }
        features = [{"name": name, "value": value} for name, value in preferences.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, css):
        return self.driver.find_element("css selector", css)

    def press(self, *keys):
        """Press keys, given as letters or by their names in selenium."""
        from selenium.webdriver import ActionChains, Keys

        ActionChains(self.driver, duration=0).send_keys(*(getattr(Keys, key, key) for key in keys)).perform()

    def click(self, element, x=0, y=0):
        """Click on an element, at its middle or at a distance from it."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver, duration=0).move_to_element_with_offset(element, x, y).click().perform()

    def hover(self, name):
        """Move the mouse from the heading to a card."""
        from selenium.webdriver import ActionChains

        shape = self.run("return probe.named(arguments[0])", name)
        mouse = ActionChains(self.driver, duration=0).move_to_element(self.find("h1"))
        mouse.move_to_element(shape).perform()

    def step(self, at):
        """Move the slider to a step."""
        self.run("probe.slide(arguments[0])", at)

    @property
    def at(self):
        return int(self.run("return document.querySelector('input').value"))

    @property
    def caption(self):
        return self.find("#caption").text

    @property
    def cards(self):
        return self.run("return probe.cards()")

    def edges(self, part):
        return {tuple(ends) for ends in self.run("return probe.edges(arguments[0])", part)}

    def check(self):
        """Assert that the page has written nothing to the console and loaded nothing except itself."""
        if self.url:
            assert self.console() == []
            assert self.requests() == [self.url]

    def console(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Every address that the page loaded, except data inside the page."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("data:")]

    def wait(self, condition, seconds=10.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "the condition is still false"
            time.sleep(0.02)


@pytest.hookimpl(tryfirst=True)  # before tests/conftest.py takes the sample
def pytest_collection_modifyitems(items):
    """Mark every test that uses the browser as long."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """The browser. If it is not installed the tests are skipped, or fail in CI."""
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if not (binary and driver):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "no Chromium with its driver: apt-get install chromium chromium-driver"
        )
    os.environ["SE_OFFLINE"] = "true"  # selenium downloads no browser and sends no statistics
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for setting in SETTINGS.split():
        options.add_argument(setting)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture
def page(chromium, tmp_path):
    """A page to open. At the end its console is empty, and it has loaded nothing except itself."""
    shown = Page(chromium, tmp_path)
    yield shown
    shown.check()
