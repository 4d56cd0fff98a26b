"""The built-in test CSMS: answers any station on OCPP 1.6 and 2.0.1; shares no code with the station's engine."""
