"""What F1 says: a few sentences per part of the window, with the sections of the specifications that govern it."""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """A title, what there is to know, and where it is written."""

    title: str
    text: str
    sections: tuple[str, ...] = ()


P2 = "OCPP 2.0.1 part 2"
P4 = "OCPP 2.0.1 part 4 (OCPP-J)"
C16 = "OCPP 1.6 edition 2"
J16 = "OCPP-J 1.6"

TOPICS: dict[str, Topic] = {
    "url": Topic(
        "Address of the CSMS",
        "The station opens a WebSocket to this address, with its identity as the last part of the path. "
        "ws:// is plain, wss:// is TLS.",
        (f"{P4} 3.1.1 The connection URL", f"{J16} 3.1.1 The connection URL"),
    ),
    "identity": Topic(
        "Identity of the charging station",
        "It names the station at the CSMS, in the URL and as user name of HTTP Basic authentication. Another identity "
        "is another station, with a memory of its own.",
        (f"{P4} 3.1.1 The connection URL", f"{P2} A00.FR.204"),
    ),
    "versions": Topic(
        "OCPP versions",
        "They are offered as WebSocket sub-protocols (ocpp2.0.1, ocpp1.6), in this order. The CSMS picks one; when it "
        "picks none, the station closes the connection.",
        (f"{P4} 3.1.2 OCPP version", f"{J16} 3.1.2 OCPP version"),
    ),
    "profile": Topic(
        "Security profile",
        "1: password over an open line. 2: password over TLS. 3: TLS with a certificate of the station. 0 is none of "
        "them, for tests in a closed network.",
        (f"{P2} A 1.3 Security Profiles (A00.FR.001 ff., A05)", "OCPP 1.6 security white paper, chapter 2"),
    ),
    "details": Topic(
        "Credentials",
        "The password lives in the variable SecurityCtrlr.BasicAuthPassword (key AuthorizationKey in 1.6). Without a "
        "CA file no TLS server is trusted.",
        (f"{P2} A00.FR.205, A00.FR.304, A00.FR.308", "OCPP 1.6 security white paper, chapter 2"),
    ),
    "connect": Topic(
        "Connect",
        "Once connected the station sends BootNotification and waits to be accepted. When the connection is lost it "
        "comes back by itself, after waits that grow: RetryBackOffWaitMinimum, RandomRange, RepeatTimes.",
        (f"{P2} B01 Cold Boot Charging Station", f"{P4} 5.3 Reconnecting", f"{C16} 4.2 Boot Notification"),
    ),
    "clock": Topic(
        "The station's clock",
        "Every timer, meter and timestamp follows it. Faster than 1×, or standing still, the CSMS's time in "
        "BootNotification and Heartbeat responses is not followed.",
        (f"{P2} G02 Heartbeat, B01.FR.06", f"{C16} 4.6 Heartbeat"),
    ),
    "station": Topic(
        "The charging station",
        "Drag a plug to a car, a card to the reader; double click does the same. P plugs and unplugs, S swipes, X "
        "stops, F breaks something, 1 to 8 choose the EVSE.",
        (f"{P2} E01 Start Transaction options", f"{P2} C01 EV Driver Authorization using RFID", f"{C16} 3.6, 4.8"),
    ),
    "messages": Topic(
        "The message log",
        "Every frame as it went over the wire, paired with its answer and judged by the schemas. Ctrl+F filters, F3 "
        "goes to the next match, Return opens the frame.",
        (f"{P4} 4.2 Message structures", f"{J16} 4.2 Message structures"),
    ),
    "sequence": Topic("Sequence", "The messages around the selected one, in time from top to bottom."),
    "frame": Topic(
        "The frame",
        "Fields with their types, and what the schema says against them, at the field. An answer that breaks a rule is "
        "a CALLERROR with the code that the version names.",
        (f"{P4} 4.2.3 CALLERROR, 4.3 error codes", f"{J16} 4.2.3 CallError"),
    ),
    "charts": Topic(
        "Charts",
        "What the meters of an EVSE measure, and the limit in force. The station sends these values as MeterValues, "
        "or inside TransactionEvent.",
        (f"{P2} J01, J02 Meter Values", f"{C16} 3.16 Metering Data"),
    ),
    "transactions": Topic(
        "Transactions",
        "In 2.0.1 the station gives a transaction its id; in 1.6 the CSMS does, in the answer to StartTransaction.",
        (f"{P2} E01 Start Transaction options", f"{C16} 4.8 Start Transaction, 4.10 Stop Transaction"),
    ),
    "queue": Topic(
        "The queue",
        "Transaction-related messages are kept on disk, sent in order, held while the station is offline, and tried "
        "again as the settings say. Other messages may overtake them.",
        (f"{P2} E04, E12, E13 offline and retries", f"{C16} 3.7 Transaction-related messages"),
    ),
    "settings": Topic(
        "Settings",
        "One store: variables of components in 2.0.1, configuration keys in 1.6. What the CSMS may not write, your "
        "hand may. A bold value differs from the one out of the box.",
        (f"{P2} B05 Set Variables, B06 Get Variables", f"{P2} appendices: referenced components", f"{C16} 9 keys"),
    ),
    "csms": Topic(
        "The test CSMS",
        "It accepts any station, authorizes by the token list, and sends every command. It shares no code with the "
        "station, so the two cannot agree on a mistake.",
        (f"{P2} F Remote control, B Provisioning", f"{C16} 5 Operations initiated by Central System"),
    ),
    "composer": Topic(
        "The composer",
        "Send any message, valid or not, or decide how the next command of the CSMS is answered. Ctrl+Return sends.",
        (f"{P4} 4.2.1 CALL", f"{J16} 4.2.1 Call"),
    ),
    "network": Topic(
        "Network and faults",
        "Down cuts the TCP connection; silent keeps it open and passes nothing, which only ping or a time-out finds "
        "out. Breakpoints hold frames until you let them go.",
        (f"{P4} 5.3 Reconnecting", f"{P2} E04 offline", f"{P4} 5.2, {J16} 5.3 WebSocket Ping"),
    ),
    "notes": Topic("The station's log", "What the station notes about itself: it is not sent to the CSMS."),
}

# Where each message is described: use case of 2.0.1, section of 1.6.
ACTION_SECTIONS: dict[str, tuple[str, ...]] = {
    "Authorize": (f"{P2} C01", f"{C16} 4.1"),
    "BootNotification": (f"{P2} B01 to B03", f"{C16} 4.2"),
    "ChangeAvailability": (f"{P2} G03, G04", f"{C16} 5.2"),
    "ChangeConfiguration": (f"{C16} 5.3",),
    "ClearCache": (f"{P2} C11", f"{C16} 5.4"),
    "DataTransfer": (f"{P2} P01, P02", f"{C16} 4.3, 5.6"),
    "GetBaseReport": (f"{P2} B07",),
    "GetConfiguration": (f"{C16} 5.8",),
    "GetTransactionStatus": (f"{P2} E14",),
    "GetVariables": (f"{P2} B06",),
    "Heartbeat": (f"{P2} G02", f"{C16} 4.6"),
    "MeterValues": (f"{P2} J01", f"{C16} 4.7"),
    "NotifyReport": (f"{P2} B07, B08",),
    "RemoteStartTransaction": (f"{C16} 5.11",),
    "RemoteStopTransaction": (f"{C16} 5.12",),
    "RequestStartTransaction": (f"{P2} F01, F02",),
    "RequestStopTransaction": (f"{P2} F03",),
    "Reset": (f"{P2} B11, B12", f"{C16} 5.14"),
    "SetVariables": (f"{P2} B05",),
    "StartTransaction": (f"{C16} 4.8",),
    "StatusNotification": (f"{P2} G01", f"{C16} 4.9"),
    "StopTransaction": (f"{C16} 4.10",),
    "TransactionEvent": (f"{P2} E01 to E15",),
    "TriggerMessage": (f"{P2} F06", f"{C16} 5.17"),
    "UnlockConnector": (f"{P2} F05", f"{C16} 5.18"),
}

__all__ = ["ACTION_SECTIONS", "TOPICS", "Topic"]
