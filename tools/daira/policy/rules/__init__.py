"""All rules, in the order of the catalogue. A rule that is not in this list does not exist."""

from daira.policy.rules import (
    cpu_limit,
    cpu_request,
    image_digest,
    image_pull_policy,
    image_reference,
    image_tag_floating,
    image_tag_latest,
    memory_limit,
    memory_request,
    run_as_non_root,
)

RULES = (
    cpu_limit,
    cpu_request,
    image_digest,
    image_pull_policy,
    image_reference,
    image_tag_floating,
    image_tag_latest,
    memory_limit,
    memory_request,
    run_as_non_root,
)
