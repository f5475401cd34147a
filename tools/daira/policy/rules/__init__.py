"""All rules, in the order of the catalogue. A rule that is not in this list does not exist."""

from daira.policy.rules import (
    image_digest,
    image_pull_policy,
    image_reference,
    image_tag_floating,
    image_tag_latest,
    run_as_non_root,
)

RULES = (
    image_digest,
    image_pull_policy,
    image_reference,
    image_tag_floating,
    image_tag_latest,
    run_as_non_root,
)
