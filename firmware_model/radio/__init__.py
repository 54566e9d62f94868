"""The radio: hardware state, the modes idle, station, IBSS and miniAP, and the address that each mode gives."""
