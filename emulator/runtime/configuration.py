"""What a station is made of and whom it talks to: built in, or from a station file."""

from __future__ import annotations

from dataclasses import dataclass, field

from emulator.domain.errors import EnvironmentProblem
from emulator.domain.station import Cable, Connector, Current, Evse, Station
from emulator.domain.tokens import IdTokenType
from emulator.domain.variables import ConnectorMakeup, EvseMakeup, StationMakeup
from emulator.domain.vehicle import Vehicle


class BadConfiguration(EnvironmentProblem):
    """What was asked for cannot be a station: a station file, an option or a setting is wrong."""


@dataclass(frozen=True, slots=True)
class ConnectorConfiguration:
    """One connector; `type` is a ConnectorEnumType value."""

    id: int
    type: str = "cType2"
    cable: Cable = Cable.ATTACHED
    max_current_a: float = 32.0


@dataclass(frozen=True, slots=True)
class EvseConfiguration:
    """One EVSE; voltage is phase to neutral on AC, the output's on DC."""

    id: int
    current: Current = Current.AC
    max_power_w: float = 22_000.0
    phases: int = 3
    voltage_v: float = 230.0
    connectors: tuple[ConnectorConfiguration, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A card in the tray."""

    id_token: str
    type: str = IdTokenType.ISO14443
    label: str = ""


DEFAULT_EVSES = (
    EvseConfiguration(1, Current.AC, 22_000.0, 3, 230.0, (ConnectorConfiguration(1, "cType2", Cable.ATTACHED, 32.0),)),
    EvseConfiguration(2, Current.DC, 150_000.0, 3, 400.0, (ConnectorConfiguration(1, "cCCS2", Cable.ATTACHED, 375.0),)),
)
DEFAULT_CARDS = (Card("04A22B6C", label="Driver"), Card("FLEET-7", label="Fleet"), Card("BLOCKED", label="Blocked"))


def default_vehicles() -> tuple[Vehicle, ...]:
    """The cars in the car park."""
    return (
        Vehicle("Family EV"),
        Vehicle("City car", battery_wh=36_000, soc_percent=52, max_ac_w=7_360, phases=1, max_dc_w=50_000),
        Vehicle("Tourer", battery_wh=95_000, soc_percent=18, max_ac_w=22_000, max_dc_w=150_000),
    )


@dataclass(frozen=True, slots=True)
class ConnectionConfiguration:
    """The first network configuration slot; without a URL the station stays offline."""

    url: str = ""
    ocpp: tuple[str, ...] = ("2.0.1", "1.6")
    security_profile: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class StationConfiguration:
    """A whole station."""

    id: str = "CP001"
    vendor: str = "Forecourt"
    model: str = "Two-bay"
    serial_number: str = "FC-000001"
    firmware_version: str = "1.0.0"
    iccid: str = ""
    imsi: str = ""
    meter_type: str = ""
    meter_serial_number: str = ""
    connection: ConnectionConfiguration = ConnectionConfiguration()
    evses: tuple[EvseConfiguration, ...] = DEFAULT_EVSES
    reader_layout: str = "shared"
    master_pass_ui: bool = False
    cards: tuple[Card, ...] = DEFAULT_CARDS
    vehicles: tuple[Vehicle, ...] = field(default_factory=default_vehicles)
    settings: tuple[tuple[str, str], ...] = ()

    def makeup(self) -> StationMakeup:
        """What the device model needs to know of the hardware."""
        return StationMakeup(
            tuple(
                EvseMakeup(
                    evse.id,
                    evse.current is Current.DC,
                    evse.phases,
                    evse.max_power_w,
                    tuple(ConnectorMakeup(c.id, c.type, c.cable is Cable.ATTACHED) for c in evse.connectors),
                )
                for evse in self.evses
            )
        )

    def build(self) -> Station:
        """The hardware, with nothing plugged in."""
        evses = []
        for declared in self.evses:
            evse = Evse(declared.id, declared.current, declared.max_power_w, declared.phases, declared.voltage_v)
            evse.connectors = [Connector(evse.id, c.id, c.type, c.cable, c.max_current_a) for c in declared.connectors]
            evses.append(evse)
        return Station(evses)
