"""A patient at a browser, who keeps the book of what she was thanked for."""

import random
import re
import threading
from dataclasses import dataclass, field

import httpx

FIELD = re.compile(r'<input[^>]*type="(?:radio|hidden)"[^>]*>')
NAME = re.compile(r'name="([^"]+)"')
VALUE = re.compile(r'value="([^"]*)"')


@dataclass
class Patient:
    """Opens one mailed link, fills the form by the dice, presses the button until thanked."""

    secret: str
    dice: random.Random
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    form: dict[str, str] = field(default_factory=dict)
    thanked: bool = False
    status: int = 0
    said: str = ""
    pressing: threading.Event = field(default_factory=threading.Event)
    pressed: bool = False

    def at(self, port: int) -> httpx.Client:
        address = f"http://127.0.0.1:{port}"
        # no https here, and the table of authorities takes longer to load than a page
        return httpx.Client(base_url=address, cookies=self.cookies, timeout=60, verify=False)

    def open(self, port: int) -> str:
        """The page, with every question answered by the dice."""
        with self.at(port) as browser:
            browser.get(f"/s/{self.secret}")
            page = browser.get("/s/")
            assert page.status_code == 200
            self.cookies, self.form = browser.cookies, self.filled(page.text)
            return page.text

    def filled(self, page: str) -> dict[str, str]:
        choices: dict[str, list[str]] = {}
        for tag in FIELD.findall(page):
            choices.setdefault(NAME.search(tag)[1], []).append(VALUE.search(tag)[1])
        return {name: self.dice.choice(values) for name, values in choices.items()}

    def press(self, port: int) -> bool:
        """True when thanked; a broken connection is no thanks."""
        try:
            with self.at(port) as browser:
                self.pressing.set()
                reply = browser.post("/s/", data=self.form)
        except httpx.TransportError:
            return False
        self.status, self.said = reply.status_code, reply.text
        self.thanked = reply.headers.get("location") == "/s/thanks/"
        return self.thanked

    @property
    def given(self) -> tuple[str, dict[str, dict]]:
        """The form's name and its answers, by questionnaire, as they should be stored."""
        answers: dict[str, dict] = {}
        for name, value in self.form.items():
            if "." in name:
                instrument, item = name.split(".")
                kept = int(value) if value.lstrip("-").isdigit() else value
                answers.setdefault(instrument, {})[item] = kept
        return self.form["form"], answers
