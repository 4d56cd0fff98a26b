"""The command line: forecourt, forecourt run, forecourt csms, forecourt scenario."""
