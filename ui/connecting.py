"""What the connection bar does: applies what was typed, connects, disconnects, explains what failed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from PySide6.QtCore import QObject

from emulator.domain.errors import ForecourtError
from emulator.domain.tasks import Tasks
from ui.bridge import CsmsBridge
from ui.models.connection_state import ConnectionFields
from ui.session import StationSession
from ui.sessions import Sessions
from ui.views.connection_bar import ConnectionBar
from ui.views.connection_details import ConnectionDetails
from ui.views.problem_strip import ProblemStrip
from ui.workspace import Workspace

# A CSMS that does not answer the closing handshake is cut off by the transport sooner than this.
CLOSE_PATIENCE_S = 15.0


NO_CSMS = (
    "This station has no CSMS yet.",
    "Type its address and press Connect; or try the built-in one: CSMS › Connect to the test CSMS.",
)


class Connecting(QObject):
    """Stands between the bar, the strips below it, and the station in front."""

    def __init__(
        self,
        bar: ConnectionBar,
        details: ConnectionDetails,
        problem: ProblemStrip,
        sessions: Sessions,
        csms: CsmsBridge,
        workspace: Workspace,
        tasks: Tasks,
    ) -> None:
        super().__init__(bar)
        self._bar, self._details, self._problem = bar, details, problem
        self._sessions, self._csms, self._workspace, self._tasks = sessions, csms, workspace, tasks
        bar.deed.connect(self.do)
        bar.clock_wanted.connect(lambda parameters: sessions.current.perform("clock", parameters))
        bar.details_wanted.connect(details.setVisible)
        bar.fields_changed.connect(lambda: details.show_profile(bar.profile.currentIndex()))
        bar.profile.activated.connect(lambda number: bar.details.setChecked(number > 0))
        details.changed.connect(lambda: bar.set_hidden_fields(details.fields()))
        sessions.shown.connect(self._show_fields)
        sessions.failed.connect(lambda sentence: problem.show_problem(sentence, ""))

    def show(self, snapshot: dict[str, Any], answer_ms: float | None) -> None:
        """The station in front, as it is now."""
        self._bar.show_station(snapshot, answer_ms)
        connection = snapshot["connection"]
        if not connection["url"] and snapshot["station"]["powered"]:
            self._problem.show_state(*NO_CSMS, tone="accent")
        elif connection["problem"]:
            self._problem.show_state(connection["problem"]["sentence"], connection["problem"]["hint"])
        elif connection["state"] in {"connected", "offline"}:
            self._problem.show_state()

    def press(self) -> None:
        """The one button, from the keyboard."""
        self._bar.button.click()

    def do(self, deed: str) -> None:
        """What the button said: apply (and connect), disconnect, power_on."""
        session = self._sessions.current
        if deed == "apply":
            self._problem.clear()
            self._tasks.start(self._apply(session, self._bar.fields()), "connect")
        else:
            session.perform(deed)

    def connect_to_test_csms(self) -> None:
        """Start the built-in CSMS if need be, and connect the station in front to it."""
        self._tasks.start(self._to_test_csms(self._sessions.current), "connect to the test CSMS")

    def toggle_test_csms(self) -> None:
        """Start the built-in CSMS, or stop it."""
        if self._csms.url:
            self._tasks.start(self._csms.stop(), "stop the test CSMS")
        else:
            self._tasks.start(self.start_test_csms(self._sessions.current), "start the test CSMS")

    async def start_test_csms(self, session: StationSession) -> str:
        """Start the built-in CSMS on a station's clock, on the port it had last, so that kept addresses stay right."""
        url = await self._csms.start(session.emulator.clock, self._workspace.get("csms_port", 0))
        self._workspace.put("csms_port", urlsplit(url).port)
        return url

    async def _to_test_csms(self, session: StationSession) -> None:
        url = await self.start_test_csms(session)
        fields = session.connection_fields()._replace(url=url, security_profile=0)
        await self._apply(session, fields)

    async def _apply(self, session: StationSession, fields: ConnectionFields) -> None:
        if not fields.identity:
            self._problem.show_problem("A station needs an identity.", "Type one, such as CP001.")
            return
        if fields.identity != session.identity and fields.identity in self._sessions.identities():
            self._problem.show_problem(f"{fields.identity} is open already.", "Choose its tab, or another identity.")
            return
        if fields.identity != session.identity:
            made = await self._sessions.replace(session, fields.identity)
            if made is None:
                return
            session = made
            await self._sessions.start(session, connect=False)
        try:
            await self._connect(session, fields)
        except ForecourtError as refusal:
            self._problem.show_problem(str(refusal), "")
        session.bridge.refresh()

    async def _connect(self, session: StationSession, fields: ConnectionFields) -> None:
        state = session.emulator.snapshot("connection")["connection"]["state"]
        if state != "offline":
            await session.emulator.perform_named("disconnect", {})
            # A connection that is still closing would be taken for one that was lost.
            await session.bridge.until("offline", CLOSE_PATIENCE_S)
        if fields.password != session.connection_fields().password:
            await session.emulator.perform_named(
                "set_variable",
                {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": fields.password},
            )
        session.use_connection(fields)
        self._workspace.keep_connection(fields)
        self._show_fields(session)
        await session.emulator.perform_named("connect", {})

    def refresh_fields(self) -> None:
        """The station in front got other connection data by another hand than the bar's."""
        self._show_fields(self._sessions.current)

    def _show_fields(self, session: StationSession) -> None:
        if session is not self._sessions.current:
            return
        fields = session.connection_fields()
        self._bar.set_fields(fields)
        self._details.set_fields(fields)


__all__ = ["Connecting"]
