"""All rules, in the order of the catalogue. A rule that is not in this list does not exist."""

from daira.policy.rules import (
    autoscaler_bounds_valid,
    autoscaler_has_requests,
    autoscaler_minimum,
    autoscaler_target_exists,
    liveness_probe_present,
    probe_port_names_exist,
    probe_port_numbers_declared,
    probe_settings_valid,
    probe_timeout_within_period,
    probes_differ,
    readiness_probe_present,
    replicas_at_least_two,
    replicas_left_to_autoscaler,
    run_as_non_root,
    startup_has_time,
)

RULES = (
    autoscaler_bounds_valid,
    autoscaler_has_requests,
    autoscaler_minimum,
    autoscaler_target_exists,
    liveness_probe_present,
    probe_port_names_exist,
    probe_port_numbers_declared,
    probe_settings_valid,
    probe_timeout_within_period,
    probes_differ,
    readiness_probe_present,
    replicas_at_least_two,
    replicas_left_to_autoscaler,
    run_as_non_root,
    startup_has_time,
)
