"""The auditor's own chain check agrees with the contract's test vector; without this it could be wrong in the server's favour."""

from tests.journeys import chain

SALT = "000102030405060708090a0b0c0d0e0f"
ISSUED = (
    '{"ticket":"01936b2e-7c00-7000-8000-0000000000a1","number":"Ө042","day":"2026-03-02","service":"passport",'
    '"category":null,"lang":"ky","booking":null,"via":"kiosk-1"}'
)
CALLED = '{"ticket":"01936b2e-7c00-7000-8000-0000000000a1","desk":"3","why":"Күттү"}'

FIRST = {
    "actor": "device:kiosk-1",
    "at": "2026-03-02T03:15:00.120Z",
    "centre": "kara-balta",
    "clock": "ntp",
    "epoch": 1,
    "id": "01936b2e-7c00-7000-8000-000000000001",
    "payload_hash": "a3640087a3a910c1364cdc0f2bf43f1001443081fd24f3f38d78cc459ab74f7e",
    "prev_hash": chain.GENESIS,
    "schema": 1,
    "seq": 1,
    "type": "ticket.issued",
    "salt": SALT,
    "payload": ISSUED,
    "hash": "601d192722ff1ddc09e33e2378fcf25b8d29c2b9bf083bb9c94fe0c8dc0e7e3a",
}
SECOND = {
    **FIRST,
    "actor": "desk:3",
    "id": "01936b2e-7c00-7000-8000-000000000002",
    "payload_hash": "174770a7b1865515e69ef915264524a4a305da0e6c2645cd4f1129d6264e39b8",
    "prev_hash": FIRST["hash"],
    "seq": 2,
    "type": "ticket.called",
    "salt": "f0" * 16,
    "payload": CALLED,
    "hash": "02e0f12f5c50f96432099b4a3f01cd42fc9907cf164a347ec21954bba9a97bf2",
}


def test_the_contracts_vector_has_the_contracts_hashes() -> None:
    assert len(ISSUED.encode()) == 165
    assert chain.faults([FIRST, SECOND]) == []


def test_a_changed_payload_a_gap_and_a_changed_header_are_each_found() -> None:
    assert chain.faults([{**FIRST, "payload": ISSUED.replace("ky", "ru")}]) == ["line 1: the payload differs from its hash"]
    assert any("wanted epoch 1 seq 2" in fault for fault in chain.faults([FIRST, {**SECOND, "seq": 3}]))
    assert "line 2: the header differs from its hash" in chain.faults([FIRST, {**SECOND, "actor": "desk:4"}])
