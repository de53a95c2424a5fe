"""Where log lines go and how they look, in the command's own process and in those that it starts."""

import sys

import structlog

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


def log_to_stderr(level: str) -> None:
    """One line an occurrence on standard error, from a level of LOG_LEVELS on; standard output belongs to results."""
    write_plain_lines(colors=sys.stderr.isatty())
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def write_plain_lines(*, colors: bool) -> None:
    """Tracebacks without variables: those would show tokens and passwords, and fill pages."""
    renderer = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])
