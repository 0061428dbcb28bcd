"""What holds for every test."""

import signal

# A shell that starts the tests in the background tells them to ignore Ctrl-C, and their subprocesses would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
