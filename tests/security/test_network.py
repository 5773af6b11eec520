"""No command and no call opens a socket, seen by Python's audit hook and by the kernel; pages load nothing."""

import os
import platform
import re
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import pliant

HERE = Path(__file__).parent
HEARD = 97
FILTERED = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")


def guarded(*words, home):
    """Run Python where a socket ends the process, with nothing of the user's settings."""
    path = os.pathsep.join([str(HERE / "guard"), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path, "HOME": str(home)}
    environment["LOGNAME"] = "somebody"  # else torch's export asks the system, and glibc's answer is by a local socket
    return subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize("what", ["commands", "library"])
def test_nothing_that_pliant_does_opens_a_socket(tmp_path, what):
    done = guarded(str(HERE / "everything.py"), str(tmp_path), what, home=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    pages = [path for path in tmp_path.rglob("*") if path.suffix in (".html", ".svg")]
    assert len(pages) >= 10 or what == "library"
    for path in pages:
        names_no_address(path.name, path.read_text("utf-8"))


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket()",
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')",
    ],
)
def test_the_guard_hears_python(tmp_path, code):
    done = guarded("-c", code, home=tmp_path)
    assert (done.returncode, "opened a socket" in done.stderr) == (HEARD, True)


def test_the_guard_hears_native_code_too(tmp_path):
    code = "import ctypes; print(ctypes.CDLL(None).socket(2, 1, 0) >= 0)"
    done = guarded("-c", code, home=tmp_path)
    if FILTERED:
        assert done.returncode == -signal.SIGSYS
    else:  # nothing but the audit hook there
        assert done.stdout == "True\n"


class Loads(HTMLParser):
    """Gather what a page would load or go to."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        names = ("src", "srcset", "href", "xlink:href", "action", "formaction", "data", "poster", "background", "cite")
        self.found += [value for name, value in attributes if name in names]


def names_no_address(name, text):
    """See that a page, a picture or a part of one loads nothing and calls nothing outside itself."""
    assert [each for each in Loads(text).found if not re.match(r"#|data:", each)] == [], name
    assert re.findall(r"@import|url\((?!['\"]?(?:#|data:))", text) == [], name
    calls = r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts)\b"
    assert re.findall(calls, text) == [], name
    outside = set(re.findall(r"(?:https?|wss?|ftp)://[^\s\"'<>)]+", text))
    assert outside <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}, name


def test_what_pages_are_made_of_names_no_address(tmp_path):
    room = HERE.parents[1] / "src" / "pliant"
    own = [path for kind in ("css", "js", "html") for path in room.rglob(f"*.{kind}")]
    assert len(own) >= 5
    for path in own:
        names_no_address(path.name, path.read_text("utf-8"))
    line = pliant.fit("body_mass_g ~ flipper_length_mm", pliant.datasets.penguins(), hidden=())
    names_no_address("notebook", line._repr_html_())
