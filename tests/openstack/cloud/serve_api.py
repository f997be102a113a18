"""Serves one WSGI application: serve_api.py MODULE PORT."""

import importlib
import sys

import waitress

module, port = sys.argv[1:]
# The services read their own options from the command line.
sys.argv[1:] = []
# One request after the other: of two that write to SQLite at the same time one fails.
waitress.serve(importlib.import_module(module).application, host="127.0.0.1", port=int(port), threads=1)
