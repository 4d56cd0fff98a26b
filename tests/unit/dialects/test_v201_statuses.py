"""The five statuses of 2.0.1, from the facts."""

from __future__ import annotations

import pytest

from emulator.dialects.v201.statuses import ConnectorStatus, connector_status
from emulator.domain.station import Cable, Connector, Current, Evse, Fault, Station
from emulator.services.session import Session


def make(cable: Cable = Cable.ATTACHED) -> tuple[Station, Session, Connector, Connector]:
    evse = Evse(1, Current.AC, 22_000, 3, 230)
    evse.connectors = [Connector(1, 1, "cType2", cable, 32), Connector(1, 2, "cType2", cable, 32)]
    return Station([evse]), Session(evse), evse.connectors[0], evse.connectors[1]


def test_nothing_going_on():
    station, session, connector, _ = make()
    assert connector_status(station, session, connector) is ConnectorStatus.AVAILABLE


@pytest.mark.req("G01.FR.03", "G01.FR.08")
def test_a_car_occupies_its_own_connector_alone():
    station, session, connector, other = make()
    connector.vehicle_present = True
    assert connector_status(station, session, connector) is ConnectorStatus.OCCUPIED
    assert connector_status(station, session, other) is ConnectorStatus.AVAILABLE


def test_a_cable_left_in_a_socket_occupies_it():
    station, session, connector, _ = make(Cable.SOCKET)
    connector.cable_present = True
    assert connector_status(station, session, connector) is ConnectorStatus.OCCUPIED


@pytest.mark.req("G03.FR.06", "G04.FR.07")
@pytest.mark.parametrize("part", ["station", "evse", "connector"])
def test_each_part_can_be_out_of_service(part: str):
    station, session, connector, other = make()
    holder = {"station": station, "evse": session.evse, "connector": connector}[part]
    holder.operative = False
    connector.vehicle_present = True
    assert connector_status(station, session, connector) is ConnectorStatus.UNAVAILABLE
    expected = ConnectorStatus.AVAILABLE if part == "connector" else ConnectorStatus.UNAVAILABLE
    assert connector_status(station, session, other) is expected


def test_an_evse_that_the_software_holds_back_is_unavailable():
    station, session, connector, _ = make()
    session.evse.held = True
    assert connector_status(station, session, connector) is ConnectorStatus.UNAVAILABLE


@pytest.mark.req("G03.FR.06")
@pytest.mark.parametrize("part", ["station", "evse", "connector"])
def test_a_fault_goes_before_everything(part: str):
    station, session, connector, _ = make()
    {"station": station, "evse": session.evse, "connector": connector}[part].fault = Fault("GroundFailure")
    station.operative = False
    connector.vehicle_present = True
    assert connector_status(station, session, connector) is ConnectorStatus.FAULTED
