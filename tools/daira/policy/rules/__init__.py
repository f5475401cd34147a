"""All rules, in the order of the catalogue. A rule that is not in this list does not exist."""

from daira.policy.rules import (
    run_as_non_root,
)

RULES = (run_as_non_root,)
