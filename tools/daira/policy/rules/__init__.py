"""All rules, in the order of the catalogue. A rule that is not in this list does not exist."""

from daira.policy.rules import (
    deprecated_api,
    deprecated_field,
    removed_api,
    removed_volume,
    run_as_non_root,
)

RULES = (
    deprecated_api,
    deprecated_field,
    removed_api,
    removed_volume,
    run_as_non_root,
)
