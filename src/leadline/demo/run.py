"""A demo from its first line to its last: the server, what serves the models, and the story."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import IO

import msgspec

from leadline.demo.api import endpoints
from leadline.demo.clock import Clock
from leadline.demo.faults import FAULTS
from leadline.demo.fleet import FLEET
from leadline.demo.plan import Plan
from leadline.demo.recorded import live_from
from leadline.demo.service import Step
from leadline.demo.state import Demo
from leadline.demo.story import Story
from leadline.errors import ConfigurationError, MissingExtraError, RetryableError
from leadline.schedule import DAY
from leadline.server.run import listening, server
from leadline.server.service import Service, now

SPEED = 10_800.0
"""Simulated seconds in a real one: a day in eight seconds."""

LOOK_SECONDS = 0.5
"""Real time between two looks at what came in."""

AHEAD = 3 * DAY
"""Simulated time that goes by at most while the last days are judged: a slow machine has slower days."""

Say = Callable[[str], None]


def run(
    folder: str | None,
    port: int,
    speed: float,
    say: Say,
    once: Callable[[Running], str] | None = None,
    files: Sequence[str] = (),
) -> str:
    """Run a demo until it is interrupted, or until its story is over.

    Args:
        folder: where everything is kept; None: in a temporary folder, until the end.
        port: on this machine; 0: any that is free.
        speed: simulated seconds in a real one.
        say: takes a line.
        once: a story that ends; says what went wrong, "" where nothing did.
        files: of past predictions, which are played instead of the simulated fleet; a model is called as its
            file.

    Returns:
        What the story said; "" without one.

    Raises:
        ConfigurationError: the folder holds something already.
        DataError: a file cannot be read, has no times, or is too short.
        RetryableError: the port is taken, or a model could not be brought up.
        MissingExtraError: scikit-learn or the client is not installed.
    """
    _check_installed()
    with ExitStack() as stack:
        place = (
            Path(stack.enter_context(TemporaryDirectory(prefix="leadline-demo-")))
            if folder is None
            else _empty(folder)
        )
        stop = stack.enter_context(_interrupted())
        found = stack.enter_context(
            running(place, port, speed, say, stop, recorded(files) if files else simulated(now()))
        )
        if not found.prepared():
            return ""
        if once is not None:
            return once(found)
        say(f"What can be set off: leadline demo faults --url {found.url}. Ctrl-C ends the demo.")
        while not stop.wait(LOOK_SECONDS):
            found.look()
    return ""


class Running:
    """A demo that runs.

    Attributes:
        service, demo: its server's.
        url: of its page.
        story: what is told of it.
        stop: set when it is to end.
    """

    def __init__(
        self,
        service: Service,
        demo: Demo,
        url: str,
        speed: float,
        say: Say,
        stop: threading.Event,
        plans: Sequence[Plan],
    ) -> None:
        self.service, self.demo, self.url = service, demo, url
        self._plans = [msgspec.structs.replace(plan, url=url) for plan in plans]
        self.story = Story(service, demo, say)
        self.stop, self._say, self._speed = stop, say, speed
        self._processes: list[subprocess.Popen[str]] = []
        self._began = monotonic()

    def prepared(self) -> bool:
        """Bring the models up; whether they are, before it is to end."""
        self._start()
        while not self.stop.wait(LOOK_SECONDS):
            self._check()
            self.look()
            if len(self.service.metadata.judgements.all()) == len(self._plans):
                if not self._plans[0].file:
                    # A simulated day is over when all its rows are there, however slow the machine is.
                    self.demo.serve(self._plans[0].origin)
                self.demo.clock.start(self._speed)
                self._say_after(f"live: a day takes {86_400 / self._speed:.3g} s")
                return True
        return False

    def look(self) -> None:
        """Count and judge what came in, and tell of it; the clock does not run away from that."""
        self.demo.clock.allow("judging", self.demo.clock() + AHEAD)
        self.service.worker.round()
        for model, problem in self.service.worker.problems.items():
            raise RetryableError("a model could not be judged", where=model, found=problem)
        self.story.tell()

    def _start(self) -> None:
        """A process for the whole fleet; one for each file, whose time is its own."""
        # One thread: a process that takes all processors keeps the server from going on meanwhile.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        recorded = any(plan.file for plan in self._plans)
        for plans in [[plan] for plan in self._plans] if recorded else [self._plans]:
            process = subprocess.Popen(
                [sys.executable, "-m", "leadline.demo.service", msgspec.json.encode(plans).decode()],
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
                start_new_session=True,  # Ctrl-C is for this process alone; it ends the others.
            )
            self._processes.append(process)
            assert process.stdout is not None
            threading.Thread(target=self._listen, args=(process.stdout,), daemon=True).start()

    def _listen(self, lines: IO[str]) -> None:
        for line in lines:
            step = msgspec.json.decode(line, type=Step)
            self._say_after(f"{step.model}: {step.done}")

    def _say_after(self, line: str) -> None:
        self._say(f"{monotonic() - self._began:4.0f} s  {line}")

    def _check(self) -> None:
        for process in self._processes:
            if process.poll() is not None:
                raise RetryableError(
                    "a process that serves models has ended", found=f"exit code {process.returncode}"
                )

    def close(self) -> None:
        """End the processes that serve the models."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


@contextmanager
def running(
    folder: Path, port: int, speed: float, say: Say, stop: threading.Event, plans: Sequence[Plan]
) -> Iterator[Running]:
    """A demo's server, its pages reachable at once; its models come up with `prepared`."""
    clock = Clock(plans[0].origin)
    demo = Demo(clock, () if plans[0].file else FAULTS)
    with listening("127.0.0.1", port) as socket:
        # Rounds are made by whoever looks: a demo's days are short.
        service = Service(folder, clock=clock, pause_seconds=3600.0)
        web = server(service, True, endpoints(demo))
        thread = threading.Thread(target=web.run, kwargs={"sockets": [socket]})
        try:
            thread.start()
            url = f"http://127.0.0.1:{socket.getsockname()[1]}"
            say(f"Leadline demo: {url}")
            found = Running(service, demo, url, speed, say, stop, plans)
            try:
                yield found
            finally:
                found.close()
        finally:
            web.should_exit = True
            thread.join()
            service.close()


def simulated(moment: int) -> list[Plan]:
    """The plans of the simulated fleet, before there is a server."""
    return [Plan(deployment.name, "", origin(moment)) for deployment in FLEET]


def recorded(files: Sequence[str]) -> list[Plan]:
    """The plans of models whose traffic is played from files; their live parts begin together."""
    begin = min(live_from(file) for file in files)
    return [Plan(Path(file).stem, "", begin, file=str(Path(file).resolve())) for file in files]


def origin(moment: int) -> int:
    """The midnight (UTC) before the Monday before a moment, so that each demo begins on the same weekday."""
    day = moment // DAY
    return (day - (day + 3) % 7) * DAY


def _empty(folder: str) -> Path:
    """The folder, where nothing of a server is in it."""
    place = Path(folder)
    if (place / "leadline.sqlite").exists():
        raise ConfigurationError(
            "a demo begins anew each time, and the folder holds data of a server already",
            where="--data-dir",
            found=folder,
            accepted="a folder that is empty or not there yet",
            next_step=f"To look at it: leadline up --no-tokens --data {shlex.quote(folder)}\n"
            "For another demo name another folder, or remove this one.",
        )
    return place


def _check_installed() -> None:
    from importlib.util import find_spec

    for package in ("sklearn", "leadline_client"):
        if find_spec(package) is None:
            raise MissingExtraError.named(package, "demo", "the demo")


@contextmanager
def _interrupted() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, as long as the block runs."""
    found = threading.Event()
    numbers: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: found.set()) for number in numbers}
    try:
        yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
