"""One exception a meaning; each carries the exit code of the contract: 0 clean, 1 findings, 2 usage, 3 failure."""

from __future__ import annotations


class DairaError(Exception):
    """Something the user has to know about: one sentence with what, where and what to do.

    exit_code: 3, could not do it, or an internal failure.
    """

    exit_code = 3


class UsageError(DairaError):
    """The command or a configuration file is wrong. exit_code: 2."""

    exit_code = 2


class CommandFailed(DairaError):  # noqa: N818 - says what happened
    """A program that daira started ended with an error, was missing, or ran out of time. exit_code: 3."""

    def __init__(self, message: str, *, output: str = "") -> None:
        super().__init__(message)
        self.output = output
