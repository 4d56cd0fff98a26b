"""Storage: the stations' non-volatile memory, their message logs and their secrets, in one data folder."""
