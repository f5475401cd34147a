"""All rules, in the order of the catalogue. A rule that is not in this list does not exist."""

from daira.policy.rules import (
    deprecated_api,
    deprecated_field,
    modsecurity_engine,
    nginx_alias_traversal,
    nginx_config_parses,
    nginx_headers_inherited,
    nginx_limit_status,
    nginx_limit_zones,
    nginx_request_splitting,
    nginx_server_tokens,
    nginx_tls_protocols,
    removed_api,
    removed_volume,
    run_as_non_root,
)

RULES = (
    deprecated_api,
    deprecated_field,
    modsecurity_engine,
    nginx_alias_traversal,
    nginx_config_parses,
    nginx_headers_inherited,
    nginx_limit_status,
    nginx_limit_zones,
    nginx_request_splitting,
    nginx_server_tokens,
    nginx_tls_protocols,
    removed_api,
    removed_volume,
    run_as_non_root,
)
