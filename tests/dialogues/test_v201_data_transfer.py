"""Vendor-specific messages of 2.0.1, and what a station does not serve (use cases P01, P02; part 4)."""

from __future__ import annotations

import pytest

from tests.support.dialogue import Dialogue


@pytest.mark.req("P01.FR.05", "P02.FR.06")
async def test_an_unknown_vendor() -> None:
    async with Dialogue("2.0.1") as d:
        answer = await d.call("DataTransfer", vendorId="com.example.other", messageId="hello", data={"x": 1})
        assert answer == {"status": "UnknownVendorId"}


@pytest.mark.req("P01.FR.06", "P02.FR.07")
async def test_an_unknown_message_of_the_own_vendor() -> None:
    async with Dialogue("2.0.1") as d:
        assert await d.call("DataTransfer", vendorId="Forecourt", messageId="hello") == {"status": "UnknownMessageId"}


@pytest.mark.req("P02.FR.04")
async def test_the_operator_sends_a_vendor_message() -> None:
    async with Dialogue("2.0.1", answers={"DataTransfer": {"status": "Accepted", "data": [1, 2]}}) as d:
        payload = {"vendorId": "com.example", "messageId": "hello", "data": "anything"}
        answer = await d.perform("send", action="DataTransfer", payload=payload)
        assert answer == {"response": {"status": "Accepted", "data": [1, 2]}}
        await d.expect("DataTransfer", vendorId="com.example", messageId="hello")


@pytest.mark.parametrize(
    ("action", "payload", "error"),
    [
        ("UnpublishFirmware", {"checksum": "0"}, "NotSupported"),
        ("MakeCoffee", {}, "NotImplemented"),
        ("Reset", {"type": "Soft"}, "PropertyConstraintViolation"),
        ("Reset", {}, "OccurrenceConstraintViolation"),
        ("RequestStopTransaction", {"transactionId": 5}, "TypeConstraintViolation"),
    ],
)
async def test_what_cannot_be_answered_gets_the_error_that_fits(
    action: str, payload: dict[str, object], error: str
) -> None:
    async with Dialogue("2.0.1") as d:
        assert (await d.call(action, payload))["error"] == error
