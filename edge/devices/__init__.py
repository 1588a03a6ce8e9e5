"""MQTT in and out: the broker child, the link, one file per device kind. The only room that knows paho and topics."""
