"""What holds for every test."""

import signal

from hypothesis import HealthCheck, settings

# A shell that starts the tests in the background tells them to ignore Ctrl-C, and their subprocesses would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests run side by side: how long an example takes depends on the others.
settings.register_profile("parallel", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("parallel")
