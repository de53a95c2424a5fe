#!/bin/sh
# The server reads its settings as one line and then commands, and ends when nobody can send any more.
{ cat mounts.json; exec sleep infinity; } | exec "${SYSTEM_PYTHON:-/usr/bin/python3}" serve.py
