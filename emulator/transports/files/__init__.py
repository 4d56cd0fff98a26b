"""File servers: HTTP(S), FTP(S) and SFTP."""
