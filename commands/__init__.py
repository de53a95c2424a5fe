"""What the command line knows: each module a group of commands, each command imports only what it needs."""
