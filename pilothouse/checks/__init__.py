"""Checks: functions from objects, or from a whole stack, to findings; one catalogue of them all."""

from pilothouse.checks.catalogue import (
    Check,
    Problem,
    catalogue,
    environments_check,
    node_check,
    object_check,
    pod_check,
    stack_check,
)
from pilothouse.checks.run import check_environments, check_machine_file, check_object, check_stack

__all__ = [
    "Check",
    "Problem",
    "catalogue",
    "check_environments",
    "check_machine_file",
    "check_object",
    "check_stack",
    "environments_check",
    "node_check",
    "object_check",
    "pod_check",
    "stack_check",
]
